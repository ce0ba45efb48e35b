package agent

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
)

// ask calls the model. A model that returns nothing at all is one that failed, as is one
// that does not answer in time. Every failure is a *[providers.Error], but the end of ctx
// and [ErrShutdown].
func (a *Agent) ask(ctx context.Context, m *moment, plan *compose.Plan) (reply *quire.Reply, err error) {
	if a.draining() {
		return nil, ErrShutdown
	}
	p := plan.Prompt // the model may keep it for longer than it may take
	p.Messages = slices.Clone(p.Messages)
	var meanwhile sync.WaitGroup
	meanwhile.Go(func() { _, _ = plan.Next.MarshalBinary() }) // what it takes most time for is kept for the commit
	defer meanwhile.Wait()
	if a.o.Streaming.On {
		reply, err = a.speak(ctx, m, plan, &p)
	} else {
		model := a.model().Model
		reply, err = within(ctx, a, "the model "+a.model().Profile.Name, a.o.Limits.CallFor, func(ctx context.Context) (*quire.Reply, error) {
			return model.Generate(ctx, &p)
		})
	}
	if err == nil && reply != nil {
		if err = declined(a.model().Profile.Name, reply); err != nil {
			tokens, cost := a.costOf(plan, reply)
			m.host.spend(m.now, tokens, cost, a.o.Limits.threads()) // it is paid all the same
		}
	}
	if err == nil && reply == nil {
		err = &providers.Error{Provider: a.model().Profile.Name, Code: providers.CodeBadReply, Err: errors.New("no reply and no error")}
	}
	if err == nil {
		return reply, nil
	}
	a.unheard(ctx, err)
	err = a.typed(ctx, err)
	if a.failedAt.IsZero() && outage(err) {
		a.failedAt = a.o.Now()
	}
	return nil, err
}

// typed makes an error of a model one that says what to do next.
func (a *Agent) typed(ctx context.Context, err error) error {
	var failure *providers.Error
	if ctx.Err() != nil || errors.As(err, &failure) {
		return err
	}
	code := providers.CodeOther
	if errors.Is(err, context.DeadlineExceeded) {
		code = providers.CodeUnavailable
	}
	return &providers.Error{Provider: a.model().Profile.Name, Code: code, Err: err}
}
