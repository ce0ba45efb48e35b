package mailbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Expunge destroys deliveries for good and returns the state after it: all of them or,
// when one can't be, none. A message goes with its last delivery; its id stays known,
// so that it is not delivered again. What [AgentState].Holds names, and of an agent its
// own messages after Through, is [ErrInUse]. Numbers that are not there are passed
// over. Nothing in this library does so by itself.
func (s *Store) Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error) {
	var state quire.State
	err := s.update(ctx, "expunge", addr, driver.Update{Repeatable: true}, func(w driver.Write, box quire.Address) error { // twice destroyed is destroyed
		if err := w.Lock(box); err != nil {
			return err
		}
		b, err := expunge(w, box, uids)
		if err == nil {
			state, err = stateAt(w, b.Modseq)
		}
		return err
	})
	return state, err
}

func expunge(tx driver.Write, box quire.Address, uids []quire.UID) (driver.Box, error) {
	meta, err := tx.Box(box)
	if err != nil {
		return meta, err
	}
	agent, err := tx.Agent(box)
	if err != nil {
		return meta, err
	}
	for _, uid := range slices.Compact(slices.Sorted(slices.Values(uids))) {
		d, err := tx.Delivery(box, uid)
		if err != nil {
			return meta, err
		}
		if d == nil {
			continue
		}
		if agent != nil && (slices.Contains(agent.Holds, uid) || d.Self && uid > agent.Through) {
			return meta, fmt.Errorf("%s: %w", uid, ErrInUse)
		}
		meta.Modseq++
		meta.Total--
		if d.Open() {
			count(&meta, d, -1)
		}
		if err := tx.Destroy(box, d, meta.Modseq); err != nil {
			return meta, err
		}
	}
	return meta, tx.PutBox(box, meta)
}
