package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
)

// hungTold is how often the owner is told of tools that don't end.
const hungTold = time.Hour

// runTool runs a tool for as long as it may take. The error is that of ctx, when the tool
// does not heed its end: what became of the call is found out when the step is resumed.
func (a *Agent) runTool(ctx context.Context, m *moment, d *desk, t *Tool, c Call) ([]quire.Part, bool, error) {
	type outcome struct {
		parts   []quire.Part
		isError bool
	}
	got, err := within(ctx, a, "the tool "+t.Name, a.o.Limits.ToolFor, func(ctx context.Context) (outcome, error) {
		parts, isError, err := t.run(ctx, c)
		return outcome{parts, isError}, err
	})
	var hung *hungError
	if !errors.As(err, &hung) {
		if got.parts == nil && err != nil { // it heeds nothing
			return nil, false, err
		}
		return got.parts, got.isError, nil
	}
	what := fmt.Sprintf("did not end within %s; outcome unknown", a.o.Limits.ToolFor)
	if hung.limit <= 0 {
		what = fmt.Sprintf("was not run: %d calls before it never ended", maxLeft)
	}
	a.log.Error(logTool, "tool", t.Name, "turn", m.host.turn(), "step", m.host.Steps, "limit", hung.limit)
	a.survived(fmt.Errorf("agent %s: %w", a.o.Address, err))
	now := a.o.Now()
	if since := now.Sub(m.host.HungTold); m.host.HungTold.IsZero() || since < 0 || since >= hungTold {
		m.host.HungTold = now
		d.sends = append(d.sends, a.tellOwner(m, "A tool does not end", fmt.Sprintf("The tool %s of %s %s. The turn goes on without it.", t.Name, a.o.Address, what))...)
	}
	return say("The tool %s %s. Check what it did before you repeat it.", t.Name, what), true, nil
}
