package work

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// model is the reader behind a request's bytes: it gets what a provider would get.
type model struct {
	s     *Setting
	out   *Outcome
	clock *clock
	purse *purse
	seen  func(body []byte, a Act) // nil: nobody watches
}

var _ providers.Model = (*model)(nil)

// Generate implements [providers.Model].
func (m *model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	body, err := wire.Encode(m.s.API, p, nil)
	if err != nil {
		return nil, &providers.Error{Provider: "reader", Code: providers.CodeInvalid, Err: err}
	}
	return m.read(ctx, body, p)
}

// read answers the bytes of a request. p is what stands in them, to be paid.
func (m *model) read(ctx context.Context, body []byte, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.clock.pass(callTakes)
	act, err := Read(body, m.s.Careful)
	if err != nil {
		return nil, &providers.Error{Provider: "reader", Code: providers.CodeInvalid, Err: err}
	}
	if act.Slipped != "" {
		m.out.Slipped[act.Slipped] = true
	}
	if m.seen != nil {
		m.seen(body, act)
	}
	m.out.Steps++
	n, fixed, cost := m.purse.pay(p)
	m.out.Tokens += int64(n)
	m.out.Price += cost
	m.out.Fixed, m.out.Most = max(m.out.Fixed, fixed), max(m.out.Most, n)
	return m.reply(p.Model, act, n), nil
}

// reply is an act as a model's reply.
func (m *model) reply(name string, act Act, tokens int) *quire.Reply {
	r := &quire.Reply{Model: name, Stop: quire.StopEnd, Usage: quire.Usage{Input: tokens, Output: 20}}
	if act.Text != "" {
		r.Parts = append(r.Parts, quire.Text{Text: act.Text})
	}
	for i, c := range act.Calls {
		r.Parts = append(r.Parts, quire.ToolCall{ID: "call_" + itoa(m.out.Steps) + "_" + itoa(i+1), Name: c.Name, Args: c.Args})
		r.Stop = quire.StopTools
	}
	return r
}
