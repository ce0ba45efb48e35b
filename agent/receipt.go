package agent

import (
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// receipt is the plan's receipt as a store keeps it.
func receipt(plan *compose.Plan, m *moment) (*mailbox.Receipt, error) {
	r := plan.Receipt()
	data, err := r.Encode()
	return &mailbox.Receipt{Call: plan.Call, Time: m.now, Full: r.Full, Data: data}, err
}
