package modeltest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// thought is a step whose reply holds reasoning beside a call.
func (k *kit) thought() (Step, vendor, error) {
	v := vendors()[k.api]
	if v.thinker == "" {
		return Step{}, v, errNotOffered
	}
	step := Call(quire.ToolCall{ID: "call_r", Name: "read", Args: `{"path":"a.go"}`})
	step.Reply.Parts = slices.Concat(v.thinks, step.Reply.Parts)
	return step, v, nil
}

// goesOn is a prompt in which a reply's calls are answered.
func (k *kit) goesOn(r *quire.Reply) *quire.Prompt {
	p := k.prompt()
	p.Thinking = 2000
	_, _, calls := split(r)
	var results []quire.Part
	for _, c := range calls {
		results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: "it is empty"}}})
	}
	p.Messages = append(p.Messages,
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
	return p
}

func checkReasoning(k *kit) error {
	step, v, err := k.thought()
	if err != nil {
		return err
	}
	then := Say("ok")
	then.Want = v.proofs
	script := Script{step, then, step}
	m := k.open(k.t, script)
	r, err := k.generate(k.t.Context(), m, k.prompt())
	if err != nil {
		return err
	}
	if want := ownedBy(r.Model, step.Reply.Parts); !reflect.DeepEqual(r.Parts, want) {
		return fmt.Errorf("got %+v, want %+v", r.Parts, want)
	}
	if _, err := k.generate(k.t.Context(), m, k.goesOn(r)); err != nil {
		return err
	}
	if s, ok := m.(providers.Streamer); ok {
		return k.compareStream(s, r)
	}
	return nil
}

// ownedBy names the model that reasoning is of.
func ownedBy(model string, parts []quire.Part) []quire.Part {
	parts = slices.Clone(parts)
	for i, p := range parts {
		if p, ok := p.(quire.Reasoning); ok {
			p.Model = model
			parts[i] = p
		}
	}
	return parts
}

func checkReasoningElsewhere(k *kit) error {
	step, v, err := k.thought()
	if err != nil {
		return err
	}
	then := Say("ok")
	for _, p := range v.thinks {
		if p, ok := p.(quire.Reasoning); ok {
			then.Avoid = append(then.Avoid, slices.DeleteFunc([]string{p.Text, p.Signature, p.Data}, func(s string) bool { return s == "" })...)
		}
	}
	r := *step.Reply
	r.Parts = ownedBy("another-model", r.Parts)
	_, err = k.generate(k.t.Context(), k.open(k.t, Script{then}), k.goesOn(&r))
	return err
}
