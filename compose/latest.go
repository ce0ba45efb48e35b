package compose

import (
	"github.com/quire-dev/quire"
)

// rankNames counts for each message that stands of how many identifiers it is the newest
// holder, of the model's own messages or of the others. It goes on from what it counted
// last: by what left since, and by what came.
func (w *work) rankNames() {
	w.indexResident()
	u, standing := &w.memo.uses, w.stands()
	u.leave(standing)
	u.comeBack(standing)
	for _, uid := range u.fresh { // each is newer than all before it
		at, stands := findHolder(standing, uid)
		if !stands {
			continue
		}
		for _, name := range u.names[uid] {
			tops := u.tops[name]
			tops[standing[at].side()] = uid
			u.rank(name, tops)
		}
	}
	u.ranked, u.fresh = append(u.ranked[:0], standing...), u.fresh[:0]
}

// leave ranks anew what was the newest holder of a name and does not stand any more.
func (u *useIndex) leave(standing []holder) {
	for _, h := range missing(u.ranked, standing) {
		for _, name := range u.names[h.uid] {
			if u.tops[name][h.side()] == h.uid {
				u.rank(name, u.newest(name, standing))
			}
		}
	}
}

// comeBack ranks what stands again though it was not added again, as after a call that
// failed.
func (u *useIndex) comeBack(standing []holder) {
	added := make(map[quire.UID]bool, len(u.fresh))
	for _, uid := range u.fresh {
		added[uid] = true
	}
	for _, h := range missing(standing, u.ranked) {
		if added[h.uid] {
			continue
		}
		for _, name := range u.names[h.uid] {
			u.rank(name, u.newest(name, standing))
		}
	}
}

// missing lists what is in a and not in b. Both are sorted.
func missing(a, b []holder) (out []holder) {
	for _, h := range a {
		for len(b) > 0 && b[0].uid < h.uid {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == h {
			b = b[1:]
		} else {
			out = append(out, h)
		}
	}
	return out
}

// rank notes the newest holders of a name.
func (u *useIndex) rank(name uint64, tops [2]quire.UID) {
	was := u.tops[name]
	for side, uid := range tops {
		if uid != was[side] {
			u.latest[was[side]]--
			u.latest[uid]++
		}
	}
	u.tops[name] = tops
}
