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

// Run holds a model to all rules, each as a subtest. Rules that need to know the
// format are skipped: see [RunAs].
func Run(t *testing.T, open Open) {
	t.Helper()
	RunExcept(t, open, nil)
}

// RunExcept is Run for a model that is known to break rules: broken names them,
// each with the reason, and they are skipped with it. A name that is no rule
// fails the test.
func RunExcept(t *testing.T, open Open, broken map[string]string) {
	t.Helper()
	RunAs(t, "", open, broken)
}

// RunAs is RunExcept for a model behind a format of [NewServer]. So the kit knows
// what that reports and carries: it asks for all classes of usage, and for the
// reasoning of a model that wants its own back. Prompts name that model there.
func RunAs(t *testing.T, api quire.API, open Open, broken map[string]string) {
	t.Helper()
	run(t, Rules(), &kit{open: open, api: api, patience: 30 * time.Second}, broken)
}

// run tries rules, each with a kit like k.
func run(t *testing.T, rules []Rule, k *kit, broken map[string]string) {
	t.Helper()
	known := 0
	for _, rule := range rules {
		t.Run(rule.Name, func(t *testing.T) {
			if why, ok := broken[rule.Name]; ok {
				t.Skipf("known to break %q: %s", rule.Text, why)
			}
			mine := *k
			mine.t = t
			err := rule.check(&mine)
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
	api      quire.API     // "" when it is not known
	live     bool          // the model is behind a server that nobody scripted
	patience time.Duration // for a call that should have ended
}

// prompt is a plain one.
func (k *kit) prompt() *quire.Prompt {
	model := "claude-opus-5"
	if v := vendors()[k.api]; v.thinker != "" {
		model = v.thinker
	}
	p := &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 100,
		Tools: []quire.Tool{
			{Name: "list", Description: "Lists files.", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
			{Name: "read", Description: "Reads a file.", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
		},
		Messages: []quire.PromptMessage{say(quire.RoleUser, "What is here?")},
	}
	if k.live {
		p.Model = "" // its own
		// What the model that bench server makes calls: of a call to what is not there
		// Ollama says nothing at all.
		p.Tools = append(p.Tools, quire.Tool{Name: "mail_find", Description: "Searches a mailbox.", Schema: []byte(`{"type":"object","properties":{"words":{"type":"string"}}}`)})
	}
	return p
}

func say(role quire.Role, text string) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: []quire.Part{quire.Text{Text: text}}}
}

// generate calls the model, and gives up on it after a while.
func (k *kit) generate(ctx context.Context, m providers.Model, p *quire.Prompt) (*quire.Reply, error) {
	var r *quire.Reply
	var err error
	if stuck := k.within(func() { r, err = m.Generate(ctx, p) }); stuck != nil {
		return nil, stuck
	}
	if err == nil && r == nil {
		return nil, errors.New("it returned neither a reply nor an error")
	}
	return r, err
}

// within runs f, and gives up on it after a while. After an error f is still
// running: nothing that it writes may be read.
func (k *kit) within(f func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	timer := time.NewTimer(k.patience)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return errStuck
	}
}

var errStuck = errors.New("the call did not end")

// one opens the model on one step and calls it.
func (k *kit) one(step Step) (*quire.Reply, error) {
	return k.generate(k.t.Context(), k.open(k.t, Script{step}), k.prompt())
}

// repeats is how often a rule about goroutines does its deed. What each deed
// leaks adds up; the few that begin or end meanwhile for other reasons (idle
// connections, earlier calls) are told from it by their number.
const repeats = 12

// settle waits until the goroutines that deeds left are gone, or says how many
// are not.
func (k *kit) settle(before int) error {
	deadline := time.Now().Add(k.patience)
	for {
		now := runtime.NumGoroutine()
		if now <= before+repeats/2 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d goroutines were running before %d calls, %d after them", before, repeats, now)
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
