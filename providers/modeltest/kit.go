package modeltest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// Open makes the model under test so that it answers by script. It is called
// anew for every rule, with a t of its own to hang clean-ups on.
type Open func(t *testing.T, script Script) providers.Model

// Rule is one rule that a model has to keep.
type Rule struct {
	Name  string // of the subtest
	Text  string // what it demands
	check func(k *kit) error
}

// Rules returns the rules of the kit, in the order in which [Run] tries them.
func Rules() []Rule {
	rules := append(replyRules(), streamRules()...)
	return append(append(rules, conductRules()...), errorRules()...)
}

// Run holds a model to all rules, each as a subtest.
func Run(t *testing.T, open Open) {
	t.Helper()
	RunExcept(t, open, nil)
}

// RunExcept is Run for a model that is known to break rules: broken names them,
// each with the reason, and they are skipped with it. A name that is no rule
// fails the test.
func RunExcept(t *testing.T, open Open, broken map[string]string) {
	t.Helper()
	known := 0
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			if why, ok := broken[rule.Name]; ok {
				t.Skipf("known to break %q: %s", rule.Text, why)
			}
			err := rule.check(&kit{t: t, open: open, patience: 10 * time.Second})
			switch {
			case errors.Is(err, errNotOffered):
				t.Skip(err)
			case err != nil:
				t.Errorf("rule %s: %s\n%v", rule.Name, rule.Text, err)
			}
		})
		if _, ok := broken[rule.Name]; ok {
			known++
		}
	}
	if known != len(broken) {
		t.Errorf("modeltest: %d of the %d exceptions name no rule", len(broken)-known, len(broken))
	}
}

// errNotOffered says that a rule is about something that the model does not do.
var errNotOffered = errors.New("the model does not offer this")

// kit is what a rule works with.
type kit struct {
	t        *testing.T
	open     Open
	patience time.Duration // for a call that should have ended
}

// prompt is a plain one.
func prompt() *quire.Prompt {
	return &quire.Prompt{
		Model: "claude-opus-5", System: "You are Ada.", MaxOutput: 100,
		Tools: []quire.Tool{
			{Name: "list", Description: "Lists files.", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
			{Name: "read", Description: "Reads a file.", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
		},
		Messages: []quire.PromptMessage{say(quire.RoleUser, "What is here?")},
	}
}

func say(role quire.Role, text string) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: []quire.Part{quire.Text{Text: text}}}
}

// generate calls the model, and gives up on it after a while.
func (k *kit) generate(ctx context.Context, m providers.Model, p *quire.Prompt) (*quire.Reply, error) {
	type outcome struct {
		r   *quire.Reply
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := m.Generate(ctx, p)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		if o.err == nil && o.r == nil {
			return nil, errors.New("it returned neither a reply nor an error")
		}
		return o.r, o.err
	case <-time.After(k.patience):
		return nil, errStuck
	}
}

var errStuck = errors.New("the call did not end")

// one opens the model on one step and calls it.
func (k *kit) one(step Step) (*quire.Reply, error) {
	return k.generate(k.t.Context(), k.open(k.t, Script{step}), prompt())
}

// repeats is how often a rule about goroutines does its deed: a few goroutines
// of earlier calls may still be ending when they are counted first, and must not
// hide the one that each deed leaks.
const repeats = 12

// settle waits until no more goroutines run than before, or says how many do.
func (k *kit) settle(before int) error {
	deadline := time.Now().Add(k.patience)
	for {
		now := runtime.NumGoroutine()
		if now <= before {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d goroutines were running before the call, %d after it", before, now)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// texts, calls and thoughts split a reply's parts.
func split(r *quire.Reply) (text, thought string, calls []quire.ToolCall) {
	for _, p := range r.Parts {
		switch p := p.(type) {
		case quire.Text:
			text += p.Text
		case quire.Reasoning:
			thought += p.Text
		case quire.ToolCall:
			calls = append(calls, p)
		}
	}
	return text, thought, calls
}
