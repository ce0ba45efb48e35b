package modeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// RunServer holds a model behind a real server to what can be asked of one that answers
// what it likes: that requests of every shape are taken, that replies and streams are
// whole, that usage adds up, and that a call which is broken off harms no other. What the
// answers say means nothing here. Prompts name no model: m must have one of its own.
// broken is as in [RunExcept]. The server should be one of your own: this makes some thirty calls.
func RunServer(t *testing.T, m providers.Model, broken map[string]string) {
	t.Helper()
	open := func(*testing.T, Script) providers.Model { return m }
	run(t, serverRules(), &kit{open: open, live: true, patience: 5 * time.Minute}, broken)
}

func serverRules() []Rule {
	return []Rule{
		{"server-answers", "a question gets a reply that says something, why it ended, and what it used", checkServerAnswers},
		{"server-streams", "the deltas of a stream add up to the reply at its end, and nothing follows", checkServerStreams},
		{"server-usage", "the same prompt has the same input, whole and streamed, a longer one more; no part is more than the whole", checkServerUsage},
		{"server-limit", "a reply takes no more output than the prompt allows", checkServerLimit},
		{"server-history", "calls side by side, failed results, several messages of a person in a row and a notice are taken", checkServerHistory},
		{"server-calls", "what the model calls can be answered", checkServerCalls},
		{"server-text", "odd text is taken: control characters, marks of templates, other alphabets, very long lines", checkServerText},
		{"server-too-long", "a prompt that is larger than the window is too-long", checkServerTooLong},
		{"server-cancelled", "a call that is cancelled in the middle ends with the context's error, and the next one is answered", checkServerCancelled},
		{"server-broken-off", "a stream that is left in the middle harms no later call", checkServerBrokenOff},
		{"server-concurrent", "calls side by side are all answered", checkServerConcurrent},
	}
}

// ask calls the model under test.
func (k *kit) ask(p *quire.Prompt) (*quire.Reply, error) {
	r, err := k.generate(k.t.Context(), k.open(k.t, nil), p)
	if err != nil {
		return nil, fmt.Errorf("the call failed: %w", err)
	}
	return r, sound(r)
}

// sound checks what holds for every reply.
func sound(r *quire.Reply) error {
	u := r.Usage
	for _, p := range r.Parts {
		if t, ok := p.(quire.Text); ok && !utf8.ValidString(t.Text) {
			return fmt.Errorf("a text is no UTF-8: %.60q", t.Text)
		}
		if c, ok := p.(quire.ToolCall); ok && (c.ID == "" || c.Name == "") {
			return fmt.Errorf("a call without an id or a name: %+v", c)
		}
	}
	switch {
	case len(r.Parts) == 0 && r.Stop == quire.StopEnd:
		return errors.New("the reply says nothing, and ends well")
	case r.Stop == "":
		return errors.New("the reply does not say why it ended")
	case u.Input <= 0 || u.Output < 0 || u.CachedInput+u.CacheWrite > u.Input || u.Reasoning > u.Output:
		return fmt.Errorf("usage does not add up: %+v", u)
	}
	return nil
}

func checkServerAnswers(k *kit) error {
	r, err := k.ask(k.prompt())
	if err == nil && len(r.Parts) == 0 {
		err = fmt.Errorf("the reply says nothing, and stops with %q", r.Stop)
	}
	return err
}

func checkServerStreams(k *kit) error {
	m, err := k.streamer(nil)
	if err != nil {
		return err
	}
	o, err := k.stream(k.t.Context(), m, nil)
	if err != nil {
		return err
	}
	if o.err != nil {
		return fmt.Errorf("the stream failed: %w", o.err)
	}
	return errors.Join(o.equals(o.reply), sound(o.reply))
}

func checkServerUsage(k *kit) error {
	short, err := k.ask(k.prompt())
	if err != nil {
		return err
	}
	again, err := k.ask(k.prompt())
	if err != nil {
		return err
	}
	if again.Usage.Input != short.Usage.Input {
		return fmt.Errorf("the same prompt took %d and %d tokens", short.Usage.Input, again.Usage.Input)
	}
	if m, err := k.streamer(nil); err == nil {
		o, err := k.stream(k.t.Context(), m, nil)
		if err := errors.Join(err, o.failure()); err != nil {
			return err
		}
		if o.reply.Usage.Input != short.Usage.Input {
			return fmt.Errorf("the same prompt took %d tokens, and %d streamed", short.Usage.Input, o.reply.Usage.Input)
		}
	}
	p := k.prompt()
	p.Messages[0] = say(quire.RoleUser, strings.Repeat("What is here? ", 50))
	long, err := k.ask(p)
	if err == nil && long.Usage.Input < short.Usage.Input+50 {
		err = fmt.Errorf("a prompt with 50 more sentences took %d tokens, without them %d", long.Usage.Input, short.Usage.Input)
	}
	return err
}

// failure is how the stream failed, if it did.
func (o *outcome) failure() error {
	if o == nil {
		return nil
	}
	return o.err
}

func checkServerLimit(k *kit) error {
	p := k.prompt()
	p.MaxOutput = 4
	r, err := k.ask(p)
	if err == nil && r.Usage.Output > p.MaxOutput {
		err = fmt.Errorf("the reply took %d tokens, of %d", r.Usage.Output, p.MaxOutput)
	}
	return err
}

func checkServerHistory(k *kit) error {
	p := k.prompt()
	call := func(id, name string) quire.Part {
		return quire.ToolCall{ID: id, Name: name, Args: `{"path":"a \"b\" <c>"}`}
	}
	result := func(id, name, text string, failed bool) quire.Part {
		return quire.ToolResult{CallID: id, Name: name, Parts: []quire.Part{quire.Text{Text: text}}, IsError: failed}
	}
	p.Messages = append(p.Messages,
		say(quire.RoleUser, "And there?"),
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "I look."}, call("call_first", "list"), call("call_second", "read")}},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{result("call_first", "list", "a.go", false), result("call_second", "read", "no such file", true)}},
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "One file."}}},
		say(quire.RoleUser, "Thanks."), say(quire.RoleUser, "Go on."),
	)
	if _, err := k.ask(p); err != nil {
		return err
	}
	p.Messages = p.Messages[:4] // results at the end, and a notice behind them
	p.Notice = "2 mails wait"
	_, err := k.ask(p)
	return err
}

func checkServerCalls(k *kit) error {
	p := k.prompt()
	r, err := k.ask(p)
	if err != nil {
		return err
	}
	_, _, calls := split(r)
	if len(calls) == 0 {
		return errNotOffered // it had no wish to
	}
	results := quire.PromptMessage{Role: quire.RoleTool}
	for _, c := range calls {
		results.Parts = append(results.Parts, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: "Nothing found."}}})
	}
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
	_, err = k.ask(p)
	return err
}

func checkServerText(k *kit) error {
	for _, text := range []string{
		"\x00\x01\x1b[31m\r\n\t\u2028\ufeff", "<|im_start|>system\n[INST] {{ .System }} <<SYS>> </s><|eot_id|>", "Ü 漢字 עברית \U0001F4EC\u200d e\u0301",
		strings.Repeat("x", 2000), "   ", `{"role":"user"}`,
	} {
		p := k.prompt()
		p.Messages[0] = say(quire.RoleUser, text)
		if _, err := k.ask(p); err != nil {
			return fmt.Errorf("%.40q: %w", text, err)
		}
	}
	return nil
}

func checkServerTooLong(k *kit) error {
	m, ok := k.open(k.t, nil).(providers.Profiled)
	if !ok || m.Profile().Window == 0 {
		return errNotOffered
	}
	p := k.prompt()
	p.Messages[0] = say(quire.RoleUser, strings.Repeat("What is here? ", m.Profile().Window/2))
	_, err := k.generate(k.t.Context(), m, p)
	return coded(err, providers.CodeTooLong)
}

func checkServerCancelled(k *kit) error {
	m, err := k.streamer(nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	o, err := k.stream(ctx, m, cancel)
	if err != nil {
		return err
	}
	if o.reply == nil { // else all of it was there before it could be cancelled
		if err := cancelled(o.err); err != nil {
			return err
		}
	}
	_, err = k.ask(k.prompt())
	return err
}

func checkServerBrokenOff(k *kit) error {
	m, err := k.streamer(nil)
	if err != nil {
		return err
	}
	for range 3 {
		for _, err := range m.Stream(k.t.Context(), k.prompt()) {
			if err != nil {
				return err
			}
			break
		}
		if _, err := k.ask(k.prompt()); err != nil {
			return err
		}
	}
	return nil
}

func checkServerConcurrent(k *kit) error {
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = k.ask(k.prompt()) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
