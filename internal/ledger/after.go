package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/quire-dev/quire/price"
)

// MaxEntries is how many prefixes a ledger remembers at most: about what an agent leaves in
// the longest life of an entry, of which some last an hour.
const MaxEntries = 128

// After returns the next ledger when a request went well; now is when it was
// sent, since the life of a cache entry counts from there. The arguments are
// those of [Ledger.Predict].
//
// In an exact cache the request leaves an entry at each mark beyond what it
// read, and refreshes the entry that it read and those at its other marks. An
// entry that lies inside of the one it read is not taken as refreshed:
// providers don't say that it is.
//
// In the others the request leaves all its boundaries. To remember them all
// would make the state grow with the prompt, so the further from the end, the
// fewer are remembered: of a later prompt that is cut anywhere, at most an
// eighth more of the tokens behind the cut is taken as unreadable than really
// is (or the one message before the cut, if that is more). Of earlier requests
// with another beginning, the last boundary is remembered.
//
// What expired is forgotten. Beyond [MaxEntries], so are, one kind after the
// other, the oldest entries that may not exist, the oldest with another
// beginning, and then some of those that lie close together.
func (l Ledger) After(m price.CostModel, now time.Time, bounds []Boundary, marks []int) Ledger {
	c := rules(m)
	now = now.Round(0).UTC() // as it is after a restart
	var fresh []Written
	if c.Exact {
		known := l.readable(&c, now)
		at := c.marked(bounds, marks)
		fresh = make([]Written, 0, len(at)+3)
		hit := c.lookUp(&known, bounds, at)
		for _, i := range at {
			if k := known.find(bounds[i].Prefix); k >= 0 {
				fresh = append(fresh, used(l.Entries[k], bounds[i], now))
			} else if i > hit {
				fresh = append(fresh, l.marked(&c, now, bounds, i, c.Layered && hit >= 0 && !l.Entries[known.find(bounds[hit].Prefix)].Long))
			}
		}
		if hit >= 0 && !slices.Contains(at, hit) && l.surely(&c, now, bounds, at, hit) {
			e := used(l.Entries[known.find(bounds[hit].Prefix)], bounds[hit], now)
			e.Tokens = known.tokens(bounds[hit])
			fresh = append(fresh, e)
		}
		if c.Units {
			fresh = append(fresh, l.parting(&c, now, bounds, &known, at, hit)...)
			fresh = append(fresh, c.seen(bounds, now, fresh)...)
		}
	} else {
		fresh = c.sparse(bounds, now)
	}
	again := indexOf(fresh, all)
	return l.with(&c, now, bounds, fresh, func(e *Written, on bool) bool {
		return !again.has(e.Prefix) && (c.Exact && !e.Seen || !on)
	})
}

// parting returns the entry that ends where a request and an earlier one part,
// beyond what it reads. They may part within the message that follows, so it is
// only counted on where that message stands again: it has that one's prefix, and
// fewer tokens.
func (l Ledger) parting(c *rules, now time.Time, bounds []Boundary, read *index, at []int, hit int) []Written {
	known := indexOf(l.Entries, func(e *Written) bool { return !e.Maybe && c.alive(e, now) })
	i := known.common(bounds)
	if i < 0 || i == len(bounds)-1 || hit >= 0 && bounds[i].Tokens <= read.tokens(bounds[hit]) || slices.Contains(at, i) || slices.Contains(at, i+1) {
		return nil
	}
	e := written(bounds[i+1], now)
	e.Tokens = bounds[i].Tokens
	return []Written{e}
}

// seen returns what is remembered of a request besides its entries, so that a
// later one can part from it: its last boundary. One that parts from it before
// that has to be recalled.
func (c *rules) seen(bounds []Boundary, now time.Time, fresh []Written) []Written {
	if len(bounds) == 0 {
		return nil
	}
	e := written(bounds[len(bounds)-1], now)
	has := indexOf(fresh, all)
	if c.cacheable(e.Tokens) == 0 || has.has(e.Prefix) {
		return nil
	}
	e.Seen = true
	return []Written{e}
}

// order is that of a ledger.
func order(a, b Written) int {
	return cmp.Or(a.Used.Compare(b.Used), cmp.Compare(a.Tokens, b.Tokens))
}

// surely says whether the request read the entry at hit and none beyond it: one
// that was forgotten, or that may have been left by a call that failed.
func (l Ledger) surely(c *rules, now time.Time, bounds []Boundary, marks []int, hit int) bool {
	perhaps := indexOf(l.Entries, func(e *Written) bool { return !e.Seen && c.alive(e, now) })
	return !l.Thinned && c.lookUp(&perhaps, bounds, marks) == hit
}

// Failed returns the next ledger when it is not known what became of a request:
// the entries that it would have left may be there, and are priced as if they
// were not; what it would have read is not refreshed. The arguments are those of
// [Ledger.After].
func (l Ledger) Failed(m price.CostModel, now time.Time, bounds []Boundary, marks []int) Ledger {
	c := rules(m)
	now = now.Round(0).UTC()
	var fresh []Written
	if c.Exact {
		known := l.readable(&c, now)
		at := c.marked(bounds, marks)
		hit := c.lookUp(&known, bounds, at)
		for _, i := range at {
			if i > hit {
				e := written(bounds[i], now)
				e.Long = bounds[i].Long && c.LongTTL > 0
				fresh = append(fresh, e)
			}
		}
	} else {
		fresh = c.sparse(bounds, now)
	}
	kept := indexOf(l.Entries, func(e *Written) bool { return c.alive(e, now) })
	fresh = slices.DeleteFunc(fresh, func(e Written) bool { return kept.has(e.Prefix) })
	for i := range fresh {
		fresh[i].Maybe = true
	}
	return l.with(&c, now, bounds, fresh, func(*Written, bool) bool { return true })
}

func all(*Written) bool { return true }

func written(b Boundary, now time.Time) Written {
	return Written{Prefix: b.Prefix, Tokens: b.Tokens, Used: now}
}

// used is an entry that was read or marked again: it keeps the life that it was written
// for.
func used(e Written, b Boundary, now time.Time) Written {
	long := e.Long
	e = written(b, now)
	e.Long = long
	return e
}

// marked is the entry that a mark leaves beyond what was read. It has the longer life
// only where nothing of a shorter one may have stood: what a failed call left there, or
// an entry that was forgotten, was read and not written. At the end of a request there
// is none that was forgotten: requests grow. short: what it stands on has the shorter
// life.
func (l Ledger) marked(c *rules, now time.Time, bounds []Boundary, i int, short bool) Written {
	e := written(bounds[i], now)
	if !bounds[i].Long || c.LongTTL <= 0 || short || l.Thinned && i < len(bounds)-1 {
		return e
	}
	e.Long = !slices.ContainsFunc(l.Entries, func(o Written) bool {
		return o.Maybe && (c.Layered || o.Prefix == e.Prefix && !o.Long) && c.alive(&o, now)
	})
	return e
}

// with returns the ledger with fresh entries and those of the old ones that
// want accepts, without what is dead or too much.
func (l Ledger) with(c *rules, now time.Time, bounds []Boundary, fresh []Written, want func(e *Written, on bool) bool) Ledger {
	var room flags
	on := onChain(room[:0], l.Entries, bounds)
	out := make([]Written, 0, len(l.Entries)+len(fresh))
	for i := range l.Entries {
		if e := &l.Entries[i]; c.alive(e, now) && want(e, on[i]) {
			out = append(out, *e)
		}
	}
	if !c.Exact {
		out = ends(out, bounds)
	}
	out, thinned := limit(append(out, fresh...), bounds)
	if !slices.IsSortedFunc(out, order) {
		slices.SortStableFunc(out, order)
	}
	return Ledger{Entries: out, Thinned: c.Exact && len(out) > 0 && (l.Thinned || thinned)}
}

// flags are room for one flag for each entry, of as many as there usually are at most.
type flags [2 * MaxEntries]bool

// onChain tells which entries are prefixes of the request, in the room that it is given.
func onChain(room []bool, entries []Written, bounds []Boundary) []bool {
	on := slices.Grow(room, len(entries))[:len(entries)]
	x := indexOf(entries, all)
	for i := range bounds {
		if at := x.find(bounds[i].Prefix); at >= 0 {
			on[at] = true
		}
	}
	return on
}

// maxEnds is how many requests with another beginning a ledger remembers, in a
// cache that finds any common prefix.
const maxEnds = 8

// ends leaves of requests with another beginning only the longest prefix of
// each of the newest: a cache that finds any common prefix has all before it
// too.
func ends(entries []Written, bounds []Boundary) []Written {
	var room flags
	on := onChain(room[:0], entries, bounds)
	out := make([]Written, 0, len(entries))
	others := 0
	for i := len(entries) - 1; i >= 0; i-- { // the newest first, of each the longest
		e := entries[i]
		if !on[i] {
			longer := i+1 < len(entries) && !on[i+1] && !entries[i+1].Maybe && entries[i+1].Used.Equal(e.Used)
			if e.Maybe || longer || others == maxEnds {
				continue
			}
			others++
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

// limit forgets entries beyond [MaxEntries], and says whether it did.
func limit(entries []Written, bounds []Boundary) (out []Written, thinned bool) {
	over := len(entries) - MaxEntries
	if over <= 0 {
		return entries, false
	}
	var room, gone flags
	on := onChain(room[:0], entries, bounds)
	forget := slices.Grow(gone[:0], len(entries))[:len(entries)]
	for _, kind := range []func(i int) bool{
		func(i int) bool { return entries[i].Maybe },
		func(i int) bool { return entries[i].Seen && !on[i] },
		func(i int) bool { return !on[i] },
	} {
		for i := 0; i < len(entries) && over > 0; i++ {
			if !forget[i] && kind(i) {
				forget[i] = true
				over--
			}
		}
	}
	out = entries[:0]
	for i, e := range entries {
		if !forget[i] {
			out = append(out, e)
		}
		thinned = thinned || forget[i] && !e.Seen
	}
	if over > 0 {
		slices.SortStableFunc(out, func(a, b Written) int { return cmp.Compare(a.Tokens, b.Tokens) })
		return thin(out, func(e Written) int { return e.Tokens }), true
	}
	return out, thinned
}
