package modeltest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/quire-dev/quire"
)

func replyRules() []Rule {
	return []Rule{
		{"text", "a reply has the text that the provider sent, byte for byte, and stops with \"end\"", checkText},
		{"parallel-calls", "calls made side by side arrive in their order, each with its id and its arguments byte for byte, and the reply stops with \"tools\"", checkCalls},
		{"text-beside-calls", "text and calls of one reply both arrive, the text first", checkBoth},
		{"cut-off", "a reply that ran into the output limit stops with \"length\"", checkLength},
		{"usage", "usage is filled; its input counts cached tokens too", checkUsage},
		{"history", "earlier calls, their results and text are sent back; the request is valid", checkHistory},
		{"prompt-untouched", "the prompt is not modified", checkUntouched},
	}
}

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
	step.Reply.Usage = quire.Usage{Input: 100, CachedInput: 60, Output: 9}
	r, err := k.one(step)
	if err != nil {
		return err
	}
	u := r.Usage
	u.CachedInput = step.Reply.Usage.CachedInput // not all formats tell
	if u.Reasoning = 0; u != step.Reply.Usage {
		return fmt.Errorf("got %+v, want %+v", r.Usage, step.Reply.Usage)
	}
	if r.Usage.CachedInput != 0 && r.Usage.CachedInput != 60 {
		return fmt.Errorf("got %d cached tokens of 60", r.Usage.CachedInput)
	}
	return nil
}

// history is a prompt in the middle of a turn.
func history() *quire.Prompt {
	p := prompt()
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
	_, err := k.generate(k.t.Context(), k.open(k.t, Script{Say("ok")}), history())
	return err
}

func checkUntouched(k *kit) error {
	p := history()
	p.Notice = "1 mail waits"
	p.Marks = []quire.CacheMark{{After: 3}, {After: 0}}
	if _, err := k.generate(k.t.Context(), k.open(k.t, Script{Say("ok")}), p); err != nil {
		return err
	}
	want := history()
	want.Notice, want.Marks = "1 mail waits", []quire.CacheMark{{After: 3}, {After: 0}}
	if !reflect.DeepEqual(p, want) {
		return fmt.Errorf("the prompt is now %+v, was %+v", p, want)
	}
	return nil
}
