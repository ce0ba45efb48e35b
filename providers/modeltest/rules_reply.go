package modeltest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

const sample = "Two files:\n\ta.go <b> & \"c\" \\ \u00fc\U0001F4EC"

func checkText(k *kit) error {
	r, err := k.one(Say(sample))
	if err != nil {
		return err
	}
	if text, _, calls := split(r); text != sample || len(calls) > 0 {
		return fmt.Errorf("got %q and %d calls, want %q", text, len(calls), sample)
	}
	return stopped(r, quire.StopEnd)
}

func stopped(r *quire.Reply, want quire.StopReason) error {
	if r.Stop != want {
		return fmt.Errorf("stopped with %q, want %q", r.Stop, want)
	}
	return nil
}

// twoCalls have arguments that do not survive a decoder: an order of keys and a
// number that floats can't hold.
func twoCalls() []quire.ToolCall {
	return []quire.ToolCall{
		{ID: "call_b", Name: "read", Args: `{"z":1,"path":"a.go","big":12345678901234567890}`},
		{ID: "call_a", Name: "list", Args: `{"path":"<.>"}`},
	}
}

func sameCalls(got, want []quire.ToolCall) error {
	if !slices.Equal(got, want) {
		return fmt.Errorf("got calls %+v, want %+v", got, want)
	}
	return nil
}

func checkCalls(k *kit) error {
	r, err := k.one(Call(twoCalls()...))
	if err != nil {
		return err
	}
	_, _, calls := split(r)
	if err := sameCalls(calls, twoCalls()); err != nil {
		return err
	}
	return stopped(r, quire.StopTools)
}

func checkBoth(k *kit) error {
	step := Call(twoCalls()...)
	step.Reply.Parts = append([]quire.Part{quire.Text{Text: sample}}, step.Reply.Parts...)
	r, err := k.one(step)
	if err != nil {
		return err
	}
	text, _, calls := split(r)
	if text != sample {
		return fmt.Errorf("got text %q, want %q", text, sample)
	}
	if _, ok := r.Parts[0].(quire.Text); !ok {
		return fmt.Errorf("the first part is a %T", r.Parts[0])
	}
	return sameCalls(calls, twoCalls())
}

func checkLength(k *kit) error {
	step := Say("and so")
	step.Reply.Stop = quire.StopLength
	r, err := k.one(step)
	if err != nil {
		return err
	}
	return stopped(r, quire.StopLength)
}

func checkUsage(k *kit) error {
	step := Say("x")
	all := quire.Usage{Input: 100, CachedInput: 60, CacheWrite: 30, CacheWriteLong: 20, Output: 9, Reasoning: 4}
	step.Reply.Usage = all
	r, err := k.one(step)
	if err != nil {
		return err
	}
	if v, ok := vendors()[k.api]; ok {
		if want := v.usage(all); r.Usage != want {
			return fmt.Errorf("got %+v, want %+v", r.Usage, want)
		}
		return nil
	}
	// Not all formats tell, but those that do tell the truth.
	for _, n := range [][2]int{
		{r.Usage.CachedInput, all.CachedInput}, {r.Usage.CacheWrite, all.CacheWrite},
		{r.Usage.CacheWriteLong, all.CacheWriteLong}, {r.Usage.Reasoning, all.Reasoning},
	} {
		if n[0] != 0 && n[0] != n[1] {
			return fmt.Errorf("got %+v, want %+v or less of it", r.Usage, all)
		}
	}
	if r.Usage.Input != all.Input || r.Usage.Output != all.Output {
		return fmt.Errorf("got %+v, want %+v", r.Usage, all)
	}
	return nil
}

func checkInvalidUTF8(k *kit) error {
	const text, want = "a\xff\xfeb \u00fc", "a\ufffd\ufffdb \u00fc"
	step := Say(text)
	m := k.open(k.t, Script{step, step})
	r, err := k.generate(k.t.Context(), m, k.prompt())
	if err != nil {
		return err
	}
	if got, _, _ := split(r); got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	if s, ok := m.(providers.Streamer); ok {
		return k.compareStream(s, r)
	}
	return nil
}

// history is a prompt in the middle of a turn.
func (k *kit) history() *quire.Prompt {
	p := k.prompt()
	said := []quire.Part{quire.Text{Text: "Let me look."}}
	var results []quire.Part
	for _, c := range twoCalls() {
		said = append(said, c)
		results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: "result of " + c.ID}}})
	}
	p.Messages = append(p.Messages,
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: said},
		quire.PromptMessage{Role: quire.RoleTool, Parts: results},
		say(quire.RoleAssistant, "There are two."),
		say(quire.RoleUser, "Thanks. And now?"))
	return p
}

func checkHistory(k *kit) error {
	_, err := k.generate(k.t.Context(), k.open(k.t, Script{Say("ok")}), k.history())
	return err
}

func checkUntouched(k *kit) error {
	p := k.history()
	p.Notice = "1 mail waits"
	p.Marks = []quire.CacheMark{{After: 3}, {After: 0}}
	if _, err := k.generate(k.t.Context(), k.open(k.t, Script{Say("ok")}), p); err != nil {
		return err
	}
	want := k.history()
	want.Notice, want.Marks = "1 mail waits", []quire.CacheMark{{After: 3}, {After: 0}}
	if !reflect.DeepEqual(p, want) {
		return fmt.Errorf("the prompt is now %+v, was %+v", p, want)
	}
	return nil
}
