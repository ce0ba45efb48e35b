package mailbox

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Compact forgets what only those need who come back after long: which deliveries were
// destroyed up to a state, and when. It raises the mailbox's low mark to that state,
// durably and for good, and returns the mark, which never falls: a state below it
// changes nothing. [Store.Changes] since a state below the mark is
// [ErrCannotCalculateChanges] from then on, whatever happened since; changes since the
// mark, or a newer state, stay whole. A state that is not this mailbox's past is
// ErrCannotCalculateChanges. Nothing in this library compacts by itself.
//
// Nothing else changes: no state, no message, no id that a message or a commit had. A
// Wait takes states from below the mark, since it looks for what is there.
func (s *Store) Compact(ctx context.Context, addr quire.Address, before quire.State) (quire.State, error) {
	var low quire.State
	err := s.update(ctx, "compact", addr, driver.Update{Repeatable: true}, func(w driver.Write, box quire.Address) error { // twice forgotten is forgotten
		if err := w.Lock(box); err != nil {
			return err
		}
		b, epoch, err := boxNow(w, box)
		if err != nil {
			return err
		}
		to, err := parseState(before, epoch, b.Modseq)
		if err != nil {
			return err
		}
		low = formatState(epoch, max(to, b.Low))
		if to <= b.Low {
			return nil
		}
		return w.Compact(box, to)
	})
	if err != nil {
		return "", err
	}
	return low, nil
}
