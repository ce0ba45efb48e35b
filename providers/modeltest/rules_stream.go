package modeltest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func (k *kit) streamer(script Script) (providers.Streamer, error) {
	s, ok := k.open(k.t, script).(providers.Streamer)
	if !ok {
		return nil, errNotOffered
	}
	return s, nil
}

func checkStream(k *kit) error {
	step := Call(twoCalls()...)
	step.Reply.Parts = append([]quire.Part{quire.Text{Text: sample}}, step.Reply.Parts...)
	long := Say(strings.Repeat("a long line ", 20_000)) // more than a scanner's 64 KiB
	for _, step := range []Step{Say(sample), step, long} {
		m, err := k.streamer(Script{step, step})
		if err != nil {
			return err
		}
		whole, err := k.generate(k.t.Context(), m, k.prompt())
		if err != nil {
			return err
		}
		if err := k.compareStream(m, whole); err != nil {
			return err
		}
	}
	return nil
}

// outcome is all that came out of a stream.
type outcome struct {
	text, thought strings.Builder
	calls         []quire.ToolCall
	reply         *quire.Reply
	err           error
}

// stream reads a stream to its end. Its error says that the stream broke the
// rules of streams; how it failed is in the outcome.
func (k *kit) stream(ctx context.Context, m providers.Streamer, each func()) (*outcome, error) {
	return k.streamOf(ctx, m, k.prompt(), each)
}

// streamOf is stream for a prompt of its own.
func (k *kit) streamOf(ctx context.Context, m providers.Streamer, p *quire.Prompt, each func()) (*outcome, error) {
	o := &outcome{}
	var wrong error
	stuck := k.within(func() {
		for d, err := range m.Stream(ctx, p) {
			switch {
			case o.err != nil:
				wrong = errors.New("the stream went on after its error")
				return
			case o.reply != nil:
				wrong = errors.New("a delta follows the one with the reply")
				return
			case err != nil:
				o.err = err
				continue
			}
			o.text.WriteString(d.Text)
			o.thought.WriteString(d.Reasoning)
			if d.ToolCall != nil {
				o.calls = append(o.calls, *d.ToolCall)
			}
			o.reply = d.Reply
			if each != nil {
				each()
			}
		}
	})
	if stuck != nil {
		return nil, stuck
	}
	if wrong == nil && o.err == nil && o.reply == nil {
		wrong = errors.New("no delta carries the reply, and there is no error")
	}
	return o, wrong
}

func (k *kit) compareStream(m providers.Streamer, whole *quire.Reply) error {
	o, err := k.stream(k.t.Context(), m, nil)
	if err != nil {
		return err
	}
	if o.err != nil {
		return fmt.Errorf("the stream failed: %w", o.err)
	}
	return o.equals(whole)
}

// equals checks that a stream brought what a whole reply did.
func (o *outcome) equals(whole *quire.Reply) error {
	if !reflect.DeepEqual(o.reply, whole) {
		return fmt.Errorf("streamed: %.2000s\nwhole: %.2000s", fmt.Sprintf("%+v", o.reply), fmt.Sprintf("%+v", whole))
	}
	t, th, c := split(whole)
	if o.text.String() != t || o.thought.String() != th {
		return fmt.Errorf("the deltas add up to %.60q and %.60q, want %.60q and %.60q", o.text.String(), o.thought.String(), t, th)
	}
	return sameCalls(o.calls, c)
}

func checkStreamError(k *kit) error {
	m, err := k.streamer(Script{{Fail: providers.CodeAuth}})
	if err != nil {
		return err
	}
	o, err := k.stream(k.t.Context(), m, nil)
	if err != nil {
		return err
	}
	if o.reply != nil {
		return errors.New("the stream has a reply")
	}
	return coded(o.err, providers.CodeAuth)
}

func checkStreamBreak(k *kit) error {
	script := Script{Say("warm up")}
	for range repeats {
		script = append(script, Say(sample))
	}
	m, err := k.streamer(script)
	if err != nil {
		return err
	}
	if _, err := k.generate(k.t.Context(), m, k.prompt()); err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for range repeats {
		for _, err := range m.Stream(k.t.Context(), k.prompt()) {
			if err != nil {
				return err
			}
			break
		}
	}
	return k.settle(before)
}
