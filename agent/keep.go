package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

type dropArgs struct {
	UIDs uidList `json:"uids"`
}

// drop is context_drop.
func (d *desk) drop(in dropArgs) ([]quire.Part, error) {
	if len(in.UIDs) == 0 {
		return nil, errNoUIDs
	}
	var gone, with, absent, pinned []quire.UID
	for _, uid := range in.UIDs {
		besides := d.besides(uid)
		switch {
		case d.m.state.Drop(uid, true):
			gone = append(gone, uid)
			with = append(with, besides...)
		case d.m.state.Resident(uid):
			pinned = append(pinned, uid)
		default:
			absent = append(absent, uid)
		}
	}
	var s []string
	if len(gone) == 1 {
		s = append(s, fmt.Sprintf("%s released. It may stay visible for some calls; don't rely on it; context_pull brings it back.", gone[0]))
	} else if len(gone) > 1 {
		s = append(s, numbers(gone)+" released. They may stay visible for some calls; don't rely on them; context_pull brings them back.")
	}
	with = slices.DeleteFunc(with, func(uid quire.UID) bool { return contains(gone, uid) })
	if slices.Sort(with); len(with) > 0 {
		s = append(s, numbers(slices.Compact(with))+" came in the same pull, and will leave with it.")
	}
	if len(pinned) > 0 {
		s = append(s, numbers(pinned)+" pinned: unpin first.")
	}
	if len(absent) > 0 {
		s = append(s, numbers(absent)+" not in your context.")
	}
	return say("%s", strings.Join(s, " ")), nil
}

// besides lists what else the results show that show a message, and that stands nowhere
// else: to release one is to release all.
func (d *desk) besides(uid quire.UID) []quire.UID {
	var out []quire.UID
	elsewhere := map[quire.UID]bool{}
	for _, s := range d.m.state.Items() {
		switch {
		case s.Mark != "" || s.Fate == compose.FateStub || s.Fate == compose.FateOut || s.Class == policy.ClassPinned:
		case !contains(s.Shows, uid) || s.Pinned:
			elsewhere[s.UID] = true
			for _, other := range s.Shows {
				elsewhere[other] = true
			}
		default:
			out = append(out, s.Shows...)
		}
	}
	return slices.DeleteFunc(out, func(other quire.UID) bool { return other == uid || elsewhere[other] })
}

type pinArgs struct {
	UIDs uidList `json:"uids"`
	On   *bool   `json:"on"`
}

// maxPinned is the part of the budget, in percent, that run-time pins may hold.
const maxPinned = 40

// pin is context_pin.
func (d *desk) pin(in pinArgs) ([]quire.Part, error) {
	if len(in.UIDs) == 0 {
		return nil, errNoUIDs
	}
	on := in.On == nil || *in.On
	limit := d.a.budget() * maxPinned / 100
	var did, absent, full []quire.UID
	for _, uid := range in.UIDs {
		switch {
		case !d.m.state.Resident(uid), !on && !d.m.state.Pin(uid, false):
			absent = append(absent, uid)
		case on && !d.m.pin(uid, d.a.budget()):
			full = append(full, uid)
		default:
			did = append(did, uid)
		}
	}
	var s []string
	if len(did) > 0 && on {
		s = append(s, numbers(did)+" pinned.")
	} else if len(did) > 0 {
		s = append(s, numbers(did)+" unpinned.")
	}
	if len(full) > 0 {
		s = append(s, fmt.Sprintf("%s not pinned: pins hold %d tokens and may hold %d; unpin something first.", numbers(full), pinned(&d.m.state), limit))
	}
	if len(absent) > 0 {
		s = append(s, numbers(absent)+" not in your context: pull first.")
	}
	return say("%s", strings.Join(s, " ")), nil
}
