package agent

import (
	"context"

	"github.com/quire-dev/quire"
)

// TurnResult is what one turn did.
type TurnResult struct {
	Idle    bool   // nothing waited: no turn began
	Parked  string // with Idle: why what waits is not taken up
	Steps   int    // model calls
	Calls   int    // tool calls
	Resumed int    // tool calls finished for a step that was cut off before
	Text    string // of the reply that ended the turn
	Usage   quire.Usage
	Cost    Cost
	Handled []quire.UID // mail that was acknowledged at its end
}

// Turn makes steps until the turn ends: with a reply that calls no tools, or one
// that only drops and pins and also says something. A turn that was cut off is
// gone on with. The result tells what was done also when there is an error; see
// [Agent.Step] for those.
func (a *Agent) Turn(ctx context.Context) (TurnResult, error) {
	work := &turnWork{}
	var t TurnResult
	var err error
	defer func() { work.over(&t, err) }()
	t, err = a.turn(context.WithValue(ctx, turnKey{}, work))
	if !t.Idle {
		a.turned(ctx, &t, err)
	}
	return t, err
}

func (a *Agent) turn(ctx context.Context) (TurnResult, error) {
	var t TurnResult
	for {
		if a.draining() {
			return t, ErrShutdown
		}
		s, err := a.Step(ctx)
		t.Calls += s.Calls
		t.Resumed += s.Resumed
		t.Text, t.Handled = s.Text, s.Handled
		if s.Plan != nil {
			t.Steps++
			t.Usage, t.Cost = t.Usage.Add(s.Usage), t.Cost.add(s.Cost)
		}
		if s.Idle {
			t.Idle, t.Parked = t.Steps+t.Resumed == 0, s.Parked
			return t, err
		}
		if err != nil || s.Ended {
			return t, err
		}
	}
}
