package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/providers"
)

// Content that the first model's server does not like, also when all is well.
const (
	poison   = "zqpoison" // 400
	maybe    = "zqmaybe"  // 400, every other time, until all is well
	garbles  = "zqgarble" // the reply can't be read
	declines = "zqnever"  // the model declines
)

// fail fails, if it is to.
func (m *mind) fail(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if !m.second {
		if r, err := m.dislike(p); r != nil || err != nil {
			return r, err
		}
	}
	if m.p.w.calm.Load() {
		return nil, nil
	}
	if time.Now().Before(m.bad) {
		return nil, m.invalid("400 for all")
	}
	for _, f := range failures {
		if !m.p.dice.chance(f.of) {
			continue
		}
		m.p.w.count(f.name)
		return f.do(m, ctx)
	}
	return nil, nil
}

func (m *mind) dislike(p *quire.Prompt) (*quire.Reply, error) {
	var b strings.Builder
	for i := range p.Messages {
		b.WriteString(flat(p.Messages[i].Parts))
	}
	s := b.String()
	switch {
	case strings.Contains(s, poison):
		return nil, m.invalid("400 for some content")
	case strings.Contains(s, maybe) && (m.p.w.o.Fickle || !m.p.w.calm.Load()) && m.p.dice.chance(5000):
		return nil, m.invalid("400 for some content, sometimes")
	case strings.Contains(s, garbles):
		return nil, m.failure(providers.CodeBadReply, 200, "unexpected end of JSON input")
	case strings.Contains(s, declines):
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "I can't"}}, Stop: quire.StopRefused}, nil
	}
	return nil, nil
}

func (m *mind) failure(code providers.Code, status int, what string) error {
	return &providers.Error{Provider: "chaos", Code: code, Status: status, Err: errors.New(what)}
}

func (m *mind) invalid(what string) error {
	m.p.w.count(what)
	return m.failure(providers.CodeInvalid, 400, "something in messages is not what it should be")
}

func fails(code providers.Code, status int, what string) func(*mind, context.Context) (*quire.Reply, error) {
	return func(m *mind, _ context.Context) (*quire.Reply, error) { return nil, m.failure(code, status, what) }
}

func says(stop quire.StopReason, parts ...quire.Part) func(*mind, context.Context) (*quire.Reply, error) {
	return func(*mind, context.Context) (*quire.Reply, error) { return &quire.Reply{Parts: parts, Stop: stop}, nil }
}

// failures are how calls of models fail, and how often of 10,000.
var failures = []struct {
	name string
	of   int
	do   func(*mind, context.Context) (*quire.Reply, error)
}{
	{"429", 300, func(m *mind, _ context.Context) (*quire.Reply, error) {
		return nil, &providers.Error{Provider: "chaos", Code: providers.CodeRateLimited, Status: 429, RetryAfter: m.p.dice.between(time.Second, 3*time.Minute), Err: errors.New("slow down")}
	}},
	{"500", 300, fails(providers.CodeUnavailable, 500, "internal error")},
	{"503", 300, fails(providers.CodeUnavailable, 503, "overloaded")},
	{"reset", 300, func(*mind, context.Context) (*quire.Reply, error) {
		return nil, fmt.Errorf("read tcp: %w", syscall.ECONNRESET)
	}},
	{"401", 30, fails(providers.CodeAuth, 401, "invalid key")},
	{"400 for all begins", 40, func(m *mind, _ context.Context) (*quire.Reply, error) {
		m.bad = time.Now().Add(m.p.dice.between(time.Second, 10*time.Minute))
		return nil, m.invalid("400 for all")
	}},
	{"400 once", 60, fails(providers.CodeInvalid, 400, "bad request")},
	{"unreadable", 200, fails(providers.CodeBadReply, 200, "unexpected end of JSON input")},
	{"too long", 40, fails(providers.CodeTooLong, 400, "maximum context length exceeded")},
	{"cut off", 200, says(quire.StopLength, quire.Text{Text: "I begin and"})},
	{"cut off call", 100, says(quire.StopLength, quire.ToolCall{ID: "cut", Name: "once", Args: `{"job":`})},
	{"refusal", 60, says(quire.StopRefused, quire.Text{Text: "I won't"})},
	{"pause", 150, says(quire.StopPaused, quire.Text{Text: "Let me see."})},
	{"empty", 100, says(quire.StopEnd)},
	{"nil", 50, func(*mind, context.Context) (*quire.Reply, error) { return nil, nil }},
	{"panic", 30, func(*mind, context.Context) (*quire.Reply, error) { panic("a bug in an adapter") }},
	{"hang", 60, func(_ *mind, ctx context.Context) (*quire.Reply, error) { <-ctx.Done(); return nil, ctx.Err() }},
	{"never returns", 20, func(m *mind, _ context.Context) (*quire.Reply, error) { m.p.never(); return nil, errors.New("late") }},
	{"no such tool", 150, func(m *mind, _ context.Context) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{m.call("do_all", `{}`), m.call("", `{}`)}, Stop: quire.StopTools}, nil
	}},
	{"no JSON", 150, func(m *mind, _ context.Context) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{m.call("once", `job 5`), m.call("mail_send", `{"to":`)}, Stop: quire.StopTools}, nil
	}},
	{"ten calls", 200, tenCalls},
}

// tenCalls asks for much at once, some of it nonsense.
func tenCalls(m *mind, _ context.Context) (*quire.Reply, error) {
	n := m.p.w.next()
	closedTo := m.send(map[string]any{"to": []quire.Address{closed}, "text": fmt.Sprint("for nobody ", n)})
	both := m.send(map[string]any{"to": []quire.Address{closed, owner}, "text": fmt.Sprint("for some ", n)})
	return &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{
		quire.Text{Text: "Much to do."},
		m.call("look", fmt.Sprintf(`{"n":%d}`, n)), m.call("once", fmt.Sprintf(`{"n":%d}`, n)), closedTo,
		m.call("mail_find", fmt.Sprintf(`{"words":"job %d"}`, n)), m.call("context_pull", fmt.Sprintf(`{"uids":[%d,%d,99999]}`, 1+m.p.dice.n(20), 1+m.p.dice.n(60))),
		m.call("once", fmt.Sprintf(`{"m":%d}`, n)), m.call("context_pin", `{"uids":[88888]}`), both,
		m.call("mail_send", `{"to":"p0","text":"`+mark(m.p.w.next())+`","options":["a"],"default":"b","reply_by":"1h"}`), m.call("look", `{`),
	}}, nil
}

// tools are those that fail in every way.
func (p *process) tools() []agent.Tool {
	return []agent.Tool{
		{Name: "once", Run: func(ctx context.Context, c agent.Call) ([]quire.Part, error) {
			if p.dead.Load() {
				return nil, ctx.Err()
			}
			p.w.mu.Lock()
			p.w.ran[string(c.Agent)+" "+c.Key]++
			p.w.mu.Unlock()
			return p.toolFails(ctx, "did it")
		}},
		{Name: "look", Repeatable: true, Run: func(ctx context.Context, _ agent.Call) ([]quire.Part, error) {
			return p.toolFails(ctx, "seen")
		}},
	}
}

func (p *process) toolFails(ctx context.Context, done string) ([]quire.Part, error) {
	p.w.count("tool calls")
	if err := pause(ctx, p.dice.between(time.Millisecond, 2*time.Second)); err != nil {
		return nil, err
	}
	if !p.w.calm.Load() {
		switch n := p.dice.n(100); {
		case n < 5:
			return nil, errors.New("it does not work")
		case n < 8:
			p.w.count("tool panics")
			panic("a bug in a tool")
		case n < 10:
			p.w.count("tool hangs")
			<-ctx.Done()
			return nil, ctx.Err()
		case n < 11:
			p.w.count("tool never returns")
			p.never()
		}
	}
	return []quire.Part{quire.Text{Text: done}}, nil
}

// never returns, but when the world ends: then what never ended is no leak of the agent's.
func (p *process) never() {
	p.w.hung.Add(1)
	defer p.w.hung.Done()
	<-p.w.release
}
