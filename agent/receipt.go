package agent

import (
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/providers"
)

// receipt is the plan's receipt as a store keeps it, with what the provider reported and
// how many requests it took.
func receipt(plan *compose.Plan, m *moment, reply *quire.Reply, tries int) (*driver.Receipt, error) {
	r := plan.Receipt()
	r.Usage, r.Tries, r.Changed = reply.Usage, tries, reply.Changed
	for _, p := range reply.Parts {
		if t, ok := p.(quire.Text); ok {
			r.Phase = t.Phase
		}
	}
	data, err := r.Encode()
	return &driver.Receipt{Call: plan.Call, Time: m.now, Full: r.Full, Data: data}, err
}

// failedState is the state behind a call that brought no reply, with why and after how
// many requests: its next receipt has it.
func (a *Agent) failedState(plan *compose.Plan, cause error) compose.State {
	why := ""
	var failure *providers.Error
	if errors.As(cause, &failure) {
		why = string(failure.Code)
	}
	return plan.Failed(why, a.tries+1)
}
