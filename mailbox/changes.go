package mailbox

import (
	"cmp"
	"slices"

	"github.com/quire-dev/quire"
)

// maxChanges is how many deliveries Changes lists when max is 0.
const maxChanges = 1000

// Change is one thing that happened to a delivery, for [MergeChanges].
type Change struct {
	UID    quire.UID
	Modseq uint64 // when
	Kind   ChangeKind
}

// ChangeKind says what happened.
type ChangeKind uint8

// The kinds of change.
const (
	ChangeCreated ChangeKind = iota
	ChangeUpdated
	ChangeDestroyed
)

// ChangeLimit is how many changes a store has to read of each kind, in order of
// modseq, to answer a request for at most max deliveries.
func ChangeLimit(max int) int {
	if max <= 0 {
		max = maxChanges
	}
	return max + 1
}

// MergeChanges makes the answer of [Store.Changes] for a mailbox at modseq now:
// from what was created (at its creation), updated (at its last change, if that
// is not its creation) and destroyed after a state, at least the first
// [ChangeLimit] of each kind.
func MergeChanges(list []Change, epoch string, now uint64, max int) Changes {
	slices.SortFunc(list, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.Modseq, y.Modseq), cmp.Compare(x.UID, y.UID))
	})
	c := Changes{State: FormatState(epoch, now)}
	if limit := ChangeLimit(max) - 1; len(list) > limit {
		list = list[:limit]
		c.State, c.More = FormatState(epoch, list[limit-1].Modseq), true
	}
	created := map[quire.UID]bool{}
	for _, ch := range list {
		switch ch.Kind {
		case ChangeCreated:
			created[ch.UID] = true
			c.Created = append(c.Created, ch.UID)
		case ChangeUpdated:
			if !created[ch.UID] {
				c.Updated = append(c.Updated, ch.UID)
			}
		case ChangeDestroyed:
			c.Destroyed = append(c.Destroyed, ch.UID)
		}
	}
	return c
}
