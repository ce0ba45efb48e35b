package agent

import (
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// flagSet gathers what one commit does to deliveries.
type flagSet map[quire.UID]mailbox.FlagChange

func (f flagSet) set(uid quire.UID, flags quire.Flags) {
	c := f[uid]
	c.UID = uid
	c.Set |= flags
	c.Clear &^= flags
	f[uid] = c
}

// deferUntil makes a delivery wait until at, as if it had not been shown.
func (f flagSet) deferUntil(uid quire.UID, at time.Time) {
	f[uid] = mailbox.FlagChange{UID: uid, Clear: quire.FlagPulled | quire.FlagNotified | quire.FlagHandled, VisibleAt: &at}
}

// handle acknowledges a delivery, unless it was deferred.
func (f flagSet) handle(uid quire.UID) {
	if c, ok := f[uid]; ok && c.VisibleAt != nil {
		return
	}
	f.set(uid, quire.FlagHandled)
}

// having lists the deliveries that get all of the flags, in order.
func (f flagSet) having(flags quire.Flags) []quire.UID {
	var uids []quire.UID
	for _, uid := range slices.Sorted(maps.Keys(f)) {
		if f[uid].Set.Has(flags) {
			uids = append(uids, uid)
		}
	}
	return uids
}

// changes lists the changes by number.
func (f flagSet) changes() []mailbox.FlagChange {
	var out []mailbox.FlagChange
	for _, uid := range slices.Sorted(maps.Keys(f)) {
		out = append(out, f[uid])
	}
	return out
}
