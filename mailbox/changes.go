package mailbox

import (
	"cmp"
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// maxChanges is how many deliveries Changes lists when max is 0.
const maxChanges = 1000

// Changes is what happened to a mailbox between two states.
type Changes struct {
	State     quire.State // after these changes: the next since
	Created   []quire.UID
	Updated   []quire.UID
	Destroyed []quire.UID
	More      bool
}

// changeLimit is how many changes a store has to read of each kind, in order of
// modseq, to answer a request for at most max deliveries.
func changeLimit(max int) int {
	if max <= 0 {
		max = maxChanges
	}
	return max + 1
}

// mergeChanges makes the answer of [Store.Changes] for a mailbox at modseq now:
// from what was created (at its creation), updated (at its last change, if that
// is not its creation) and destroyed after a state, at least the first
// [changeLimit] of each kind.
func mergeChanges(list []driver.Change, epoch string, now uint64, max int) Changes {
	slices.SortFunc(list, func(x, y driver.Change) int {
		return cmp.Or(cmp.Compare(x.Modseq, y.Modseq), cmp.Compare(x.UID, y.UID))
	})
	c := Changes{State: formatState(epoch, now)}
	if limit := changeLimit(max) - 1; len(list) > limit {
		list = list[:limit]
		c.State, c.More = formatState(epoch, list[limit-1].Modseq), true
	}
	created := map[quire.UID]bool{}
	for _, ch := range list {
		switch ch.Kind {
		case driver.ChangeCreated:
			created[ch.UID] = true
			c.Created = append(c.Created, ch.UID)
		case driver.ChangeUpdated:
			if !created[ch.UID] {
				c.Updated = append(c.Updated, ch.UID)
			}
		case driver.ChangeDestroyed:
			c.Destroyed = append(c.Destroyed, ch.UID)
		}
	}
	return c
}

// Changes lists what happened since a state, at most max deliveries (0: 1,000). A state
// of another epoch, or one that was compacted away, is [ErrCannotCalculateChanges],
// never "everything".
func (s *Store) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (Changes, error) {
	var c Changes
	err := s.view(ctx, "changes", addr, func(r driver.Read, box quire.Address) error {
		b, epoch, err := boxNow(r, box)
		if err != nil {
			return err
		}
		from, err := parseState(since, epoch, b.Modseq)
		if err == nil && from < b.Low {
			err = ErrCannotCalculateChanges
		}
		if err != nil {
			return err
		}
		list, err := r.Changes(box, from, b.Modseq, changeLimit(max))
		c = mergeChanges(list, epoch, b.Modseq, max)
		return err
	})
	return c, err
}
