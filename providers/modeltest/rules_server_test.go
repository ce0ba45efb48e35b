package modeltest

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// free is a model whose answers nobody scripted: it counts letters, calls a tool where the
// newest message is a person's, and says something else.
type free struct {
	window  int
	text    string
	input   func(p *quire.Prompt, streamed bool) int
	output  int
	stop    quire.StopReason
	refuses func(p *quire.Prompt) bool
	deaf    bool   // to cancelling
	follow  string // a delta that is in no reply
	harmed  *bool  // by a stream that was left
}

func (f free) Profile() models.Profile { return models.Profile{Name: "free", Window: f.window} }

func letters(p *quire.Prompt, _ bool) int {
	n := len(p.System) + len(p.Notice)
	for _, m := range p.Messages {
		n += len(quire.PlainText(m.Parts)) + 4
	}
	return n
}

func (f free) answer(p *quire.Prompt, streamed bool) (*quire.Reply, error) {
	count := f.input
	if count == nil {
		count = letters
	}
	switch {
	case f.window > 0 && letters(p, false) > f.window:
		return nil, &providers.Error{Provider: "free", Code: providers.CodeTooLong}
	case f.refuses != nil && f.refuses(p):
		return nil, &providers.Error{Provider: "free", Code: providers.CodeInvalid}
	case f.harmed != nil && *f.harmed:
		return nil, &providers.Error{Provider: "free", Code: providers.CodeUnavailable}
	}
	r := &quire.Reply{Model: "free", Stop: f.stop, Usage: quire.Usage{Input: count(p, streamed), Output: f.output}}
	if f.text != "" {
		r.Parts = []quire.Part{quire.Text{Text: f.text}}
	}
	if p.Messages[len(p.Messages)-1].Role == quire.RoleUser && f.stop == quire.StopEnd {
		r.Parts = append(r.Parts, quire.ToolCall{ID: "c", Name: "list", Args: "{}"})
		r.Stop = quire.StopTools
	}
	return r, nil
}

func (f free) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f.answer(p, false)
}

func (f free) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		r, err := f.answer(p, true)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		text, _, calls := split(r)
		for _, piece := range strings.SplitAfter(text, " ") {
			if !yield(quire.Delta{Text: piece}, nil) {
				if f.harmed != nil {
					*f.harmed = true
				}
				return
			}
			if ctx.Err() != nil && !f.deaf {
				yield(quire.Delta{}, ctx.Err())
				return
			}
			if ctx.Err() != nil {
				yield(quire.Delta{}, fmt.Errorf("went away"))
				return
			}
		}
		for _, c := range calls {
			if !yield(quire.Delta{ToolCall: &c}, nil) {
				return
			}
		}
		yield(quire.Delta{Reply: r, Text: f.follow}, nil)
	}
}

func sane() free {
	return free{window: 5000, text: "I look at it.", output: 4, stop: quire.StopEnd}
}

// TestServerRules: a model that behaves keeps them all, and for each rule there is one
// that breaks it.
func TestServerRules(t *testing.T) {
	RunServer(t, sane(), nil)
	has := func(test func(m quire.PromptMessage) bool) func(*quire.Prompt) bool {
		return func(p *quire.Prompt) bool {
			for _, m := range p.Messages {
				if test(m) {
					return true
				}
			}
			return false
		}
	}
	cases := map[string]func(f *free){
		"server-answers": func(f *free) { f.text, f.stop = "", quire.StopLength },
		"server-streams": func(f *free) { f.follow = "more" },
		"server-usage": func(f *free) {
			f.input = func(p *quire.Prompt, s bool) int { return letters(p, s) + len(fmt.Sprint(s)) }
		},
		"server-limit":   func(f *free) { f.output = 5 },
		"server-history": func(f *free) { f.refuses = has(func(m quire.PromptMessage) bool { return len(m.Parts) == 3 }) },
		"server-calls":   func(f *free) { f.refuses = has(func(m quire.PromptMessage) bool { return m.Role == quire.RoleTool }) },
		"server-text": func(f *free) {
			f.refuses = has(func(m quire.PromptMessage) bool { return strings.Contains(quire.PlainText(m.Parts), "\x00") })
		},
		"server-too-long":   func(f *free) { f.window = 0 },
		"server-cancelled":  func(f *free) { f.deaf = true },
		"server-broken-off": func(f *free) { f.harmed = new(bool) },
		"server-concurrent": func(f *free) { f.input = func(*quire.Prompt, bool) int { return 0 } },
	}
	for _, rule := range serverRules() {
		breaks, ok := cases[rule.Name]
		if !assert.True(t, ok, "no model breaks %s", rule.Name) {
			continue
		}
		f := sane()
		breaks(&f)
		var m providers.Model = f
		if rule.Name == "server-too-long" { // a window that the model does not hold
			m = windowed{f}
		}
		open := func(*testing.T, Script) providers.Model { return m }
		err := rule.check(&kit{t: t, open: open, live: true, patience: 5 * time.Second})
		assert.Error(t, err, rule.Name)
		assert.NotErrorIs(t, err, errNotOffered, rule.Name)
	}
	assert.Len(t, cases, len(serverRules()))
}

// windowed says that it has a window, and takes everything.
type windowed struct{ free }

func (windowed) Profile() models.Profile { return models.Profile{Name: "free", Window: 1000} }
