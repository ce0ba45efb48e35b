package modeltest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func checkCutCall(k *kit) error {
	step := Call(twoCalls()...)
	step.Reply.Stop = quire.StopLength
	step.Reply.Parts[1] = quire.ToolCall{ID: "call_a", Name: "list", Args: "{}"}
	r, err := k.one(step)
	if err != nil {
		return err
	}
	if err := stopped(r, quire.StopLength); err != nil {
		return err
	}
	if n := r.Whole(); n != 1 {
		return fmt.Errorf("%d of the parts %+v pass for whole, want 1", n, r.Parts)
	}
	return nil
}

func checkStopped(k *kit) error {
	stops := vendors()[k.api].stops
	if len(stops) == 0 {
		return errNotOffered
	}
	for _, stop := range stops {
		step := Say(sample)
		step.Reply.Stop = stop
		m := k.open(k.t, Script{step, step})
		r, err := k.generate(k.t.Context(), m, k.prompt())
		if err != nil {
			return err
		}
		if err := stopped(r, stop); err != nil {
			return err
		}
		if s, ok := m.(providers.Streamer); ok {
			if err := k.compareStream(s, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// oddities returns the answers of the model's format, of one kind.
func (k *kit) oddities(kind string) ([]oddity, error) {
	found := slices.DeleteFunc(oddAnswers(), func(o oddity) bool {
		return o.kind != kind || !slices.Contains(o.apis, k.api)
	})
	if len(found) == 0 {
		return nil, errNotOffered
	}
	return found, nil
}

func checkOddUsage(k *kit) error {
	odd, err := k.oddities(oddUsage)
	if err != nil {
		return err
	}
	for _, o := range odd {
		r, err := k.one(o.step())
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		if err := o.means(r); err != nil {
			return err
		}
	}
	return nil
}

func checkOddStreams(k *kit) error {
	odd, err := k.oddities(oddShape)
	if err != nil {
		return err
	}
	for _, o := range odd {
		got, err := k.streamOnce(o)
		switch {
		case err != nil:
			return err
		case got.err != nil:
			return fmt.Errorf("%s: %w", o.name, got.err)
		}
		if err := o.means(got.reply); err != nil {
			return err
		}
		if err := got.equals(got.reply); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

func checkGarbled(k *kit) error {
	odd, err := k.oddities(oddGarbled)
	if err != nil {
		return err
	}
	for _, o := range odd {
		got, err := k.streamOnce(o)
		if err != nil {
			return err
		}
		if got.reply != nil {
			return fmt.Errorf("%s: it passes for a reply: %+v", o.name, got.reply.Parts)
		}
		if err := coded(got.err, providers.CodeUnavailable); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

func (k *kit) streamOnce(o oddity) (*outcome, error) {
	m, err := k.streamer(Script{o.step()})
	if err != nil {
		return nil, err
	}
	return k.stream(k.t.Context(), m, nil)
}

// step is the script of an oddity.
func (o oddity) step() Step {
	if o.want == nil {
		return Step{raw: o.body, Fail: providers.CodeUnavailable}
	}
	return Step{raw: o.body, Reply: o.want}
}

// means checks that a reply says what the oddity does. Ids that it has none of are
// the adapter's.
func (o oddity) means(r *quire.Reply) error {
	if r == nil {
		return errors.New("no reply")
	}
	got := slices.Clone(r.Parts)
	for i, p := range got {
		c, ok := p.(quire.ToolCall)
		if ok && i < len(o.want.Parts) && reflect.DeepEqual(o.want.Parts[i], quire.Part(quire.ToolCall{Name: c.Name, Args: c.Args})) {
			got[i] = o.want.Parts[i]
		}
	}
	want := ownedBy(r.Model, o.want.Parts)
	if !reflect.DeepEqual(got, want) || r.Stop != o.want.Stop || r.Usage != o.want.Usage {
		return fmt.Errorf("%s: got %+v, %q, %+v, want %+v, %q, %+v", o.name, got, r.Stop, r.Usage, want, o.want.Stop, o.want.Usage)
	}
	return nil
}
