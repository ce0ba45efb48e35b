package openaimodel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// says is a step with an id of its own.
func says(id string, parts ...quire.Part) modeltest.Step {
	r := &quire.Reply{ID: id, Parts: parts, Stop: quire.StopEnd, Usage: quire.Usage{Input: 11, Output: 7}}
	for _, p := range parts {
		if _, ok := p.(quire.ToolCall); ok {
			r.Stop = quire.StopTools
		}
	}
	return modeltest.Step{Reply: r}
}

// talk is a conversation with a model: each call is answered, and the answer goes
// into the next prompt.
type talk struct {
	t *testing.T
	m *openaimodel.Model
	p *quire.Prompt
}

func newTalk(t *testing.T, m *openaimodel.Model) *talk {
	return &talk{t: t, m: m, p: &quire.Prompt{
		Model: "gpt-6", System: "You are Ada.", MaxOutput: 100, CacheKey: "ada",
		Tools:    []quire.Tool{{Name: "read", Schema: []byte(`{"type": "object"}`)}},
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{text("hello")}}},
		Marks:    []quire.CacheMark{{}, {After: 1}},
	}}
}

// took adds a reply and what follows it to the prompt.
func (k *talk) took(r *quire.Reply) {
	next := quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("go on after " + r.ID)}}
	var results []quire.Part
	for _, p := range r.Parts {
		if c, ok := p.(quire.ToolCall); ok {
			results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{text("result of " + c.ID)}})
		}
	}
	if results != nil {
		next = quire.PromptMessage{Role: quire.RoleTool, Parts: results}
	}
	k.p.Messages = append(k.p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, next)
	k.p.Marks = []quire.CacheMark{{}, {After: len(k.p.Messages)}}
}

// ask calls the model, whole or streamed, and takes the reply.
func (k *talk) ask(stream bool) (*quire.Reply, error) {
	if !stream {
		r, err := k.m.Generate(k.t.Context(), k.p)
		if err == nil {
			k.took(r)
		}
		return r, err
	}
	var said strings.Builder
	for d, err := range k.m.Stream(k.t.Context(), k.p) {
		if err != nil {
			return nil, err
		}
		said.WriteString(d.Text)
		if d.Reply != nil {
			assert.Equal(k.t, textOf(d.Reply), said.String(), "nothing twice, nothing lost")
			k.took(d.Reply)
			return d.Reply, nil
		}
	}
	return nil, errors.New("no reply")
}

func textOf(r *quire.Reply) (s string) {
	for _, p := range r.Parts {
		if p, ok := p.(quire.Text); ok {
			s += p.Text
		}
	}
	return s
}

func read(id string) quire.Part { return quire.ToolCall{ID: id, Name: "read", Args: `{"z":1,"a":2}`} }

// chainedCalls says which of the events were chained: "-" in full, "c" chained.
func chainedCalls(creates []created) (s string) {
	for _, c := range creates {
		s += map[bool]string{true: "c", false: "-"}[c.chained]
	}
	return s
}
