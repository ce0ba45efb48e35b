package agent

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// Preview plans the next prompt as things stand, without sending it or changing
// anything: what the next Step would send, if its turn began with the mail that
// waits now and with more, taken as arrived after it. Without either there is
// often nothing to send: [compose.ErrNothingToSend]. While calls of a cut-off step wait for their results there is no
// next prompt yet: the error is [compose.ErrOpenCalls].
func (a *Agent) Preview(ctx context.Context, more ...quire.Item) (*compose.Plan, error) {
	m, err := a.look(ctx)
	if err != nil {
		return nil, err
	}
	if !m.host.Open {
		w, err := a.waiting(ctx, m, flagSet{})
		if err != nil {
			return nil, err
		}
		if _, _, err := a.choose(ctx, m, w.rows); err != nil {
			return nil, err
		}
	}
	in, _, err := a.input(ctx, m)
	if err != nil {
		return nil, err
	}
	in.Scratch = nil
	in.Arrived = append(in.Arrived, more...)
	return a.o.Composer.Plan(in)
}
