package openaimodel

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers"
)

// templates finds out which models behind the chat format have strict templates, and
// remembers it: servers of open models say so by refusing what breaks them.
type templates struct {
	strict exchange.Adapter
	mu     sync.Mutex
	known  map[string]bool // by the model's name
}

// refusals are how servers word it, in lower case: what vLLM and llama.cpp's llama-server
// pass on of the templates of Mistral, Llama 3 and Gemma (read 2026-11-28).
var refusals = []string{
	"roles must alternate", "jinja exception", "only supports single tool-calls at once",
	"tool call ids should be alphanumeric strings with length 9",
}

// refused says whether err is a template's refusal.
func refused(err error) bool {
	var e *providers.Error
	if !errors.As(err, &e) || e.Code != providers.CodeInvalid {
		return false
	}
	said := strings.ToLower(e.Error())
	for _, words := range refusals {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

func (t *templates) knows(model string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[model]
}

// learn keeps that a model took in strict form what it refused before.
func (t *templates) learn(model string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]bool{}
	}
	t.known[model] = true
}

// generate asks in the plain form, and where a template refuses that, in the strict one.
// When neither is taken the first refusal counts: it is about the prompt as it is.
func (t *templates) generate(ctx context.Context, plain *exchange.Adapter, p *quire.Prompt) (*quire.Reply, error) {
	if name := t.name(p); !t.knows(name) {
		r, err := plain.Generate(ctx, p)
		if !refused(err) {
			return r, err
		}
		r, again := t.strict.Generate(ctx, p)
		if refused(again) {
			return nil, err
		}
		if again == nil {
			t.learn(name)
		}
		return r, again
	}
	return t.strict.Generate(ctx, p)
}

// stream is generate, streamed: a refusal comes before the first delta.
func (t *templates) stream(ctx context.Context, plain *exchange.Adapter, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	name := t.name(p)
	if t.knows(name) {
		return t.strict.Stream(ctx, p)
	}
	return func(yield func(quire.Delta, error) bool) {
		var first error
		for d, err := range plain.Stream(ctx, p) {
			if refused(err) {
				first = err
				break
			}
			if !yield(d, err) {
				return
			}
		}
		if first == nil {
			return
		}
		for d, err := range t.strict.Stream(ctx, p) {
			if refused(err) {
				err = first
			} else if err == nil {
				t.learn(name)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func (t *templates) name(p *quire.Prompt) string {
	if p.Model != "" {
		return p.Model
	}
	return t.strict.Profile.Name
}
