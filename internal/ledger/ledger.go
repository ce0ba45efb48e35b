// Package ledger keeps what a caller knows of a provider's cache: the prefixes that its own
// earlier requests left there.
//
// [Ledger.Predict] makes the [price.Bill] of a request before it is sent; when it went well,
// [Ledger.After] is the next ledger, when it did not, [Ledger.Failed]. All three are pure
// functions of values: the time comes in, and nothing is changed in place. A ledger errs to
// one side: it never calls a prefix readable that the rules of the model don't promise, and
// may miss one that they do.
//
// Package internal/emulate plays the caches themselves from the bytes of requests: it is
// what predictions are checked against.
package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/quire-dev/quire/price"
)

// Prefix identifies the bytes of a prompt from its beginning to a boundary:
// those of all that stands there, tools and system included. Equal prefixes must
// mean equal bytes; make it from a chain of digests.
type Prefix uint64

// Boundary is a place between two messages of a prompt: after the first Index
// messages (0 is the end of tools and system). A request's boundaries are in
// order, with Index and Tokens growing.
type Boundary struct {
	Index  int
	Prefix Prefix
	Tokens int // of all that stands before it
	// Blocks is how many positions lie between the boundary before and this one,
	// for caches that count positions back from a mark; 0 means 1.
	Blocks int
	// Long: a mark on this boundary asks for [price.CostModel.LongTTL]. An entry has the life
	// that it was written for, and reading it never changes that: a mark on what can be
	// read buys nothing. What a mark for the longer life writes is billed from the end of
	// what was read, and the entry is of the whole prefix, whatever the life of what was
	// read (platform.claude.com build-with-claude/prompt-caching, "Mixing different
	// TTLs": reads up to A, writes for an hour from A to B; "marking a block writes one
	// entry, a hash of the prefix"). That such an entry outlives those inside of it no
	// source states or denies: see [price.CostModel.Layered].
	Long bool
}

// Written is a prefix that an earlier call may have left in the provider's
// cache.
type Written struct {
	Prefix Prefix    `json:"prefix"`
	Tokens int       `json:"tokens"`
	Used   time.Time `json:"used"` // when it was last written or read
	// Maybe: the call that wrote it did not end well; priced as unreadable.
	Maybe bool `json:"maybe,omitzero"`
	// Seen: by [price.CostModel.Units]: an earlier request held it, but no entry ends on
	// it yet.
	Seen bool `json:"seen,omitzero"`
	// Long: it was written for [price.CostModel.LongTTL].
	Long bool `json:"long,omitzero"`
}

// Ledger is what earlier calls left readable. It is a value: a call's outcome
// makes the next one, and no method changes it in place. It is part of the
// composer's state, so it is kept small: see [Ledger.After]. The zero Ledger is
// that of an empty cache.
type Ledger struct {
	Entries []Written // least recently used first
	// Thinned: some of an exact cache's entries were forgotten, so that a request
	// may have read a longer one than the ledger knows.
	Thinned bool
}

// Readable returns those of a request's boundaries, in order, up to which the
// provider's cache can be read now. The look-back from a mark is not looked at:
// where the marks are is for the caller to choose.
//
// In a cache that finds any common prefix, all boundaries up to the last known
// one are readable. With Units less than all that stands before a boundary may
// be: Tokens says how much.
func (l Ledger) Readable(m price.CostModel, now time.Time, bounds []Boundary) []Boundary {
	c := rules(m)
	known := l.readable(&c, now)
	var out []Boundary
	if !c.Exact {
		common := bounds[:known.common(bounds)+1]
		out = make([]Boundary, 0, len(common))
		for _, b := range common {
			if c.cacheable(b.Tokens) > 0 {
				out = append(out, b)
			}
		}
		return out
	}
	out = make([]Boundary, 0, min(len(bounds), len(l.Entries)))
	for _, b := range bounds {
		if known.has(b.Prefix) && c.cacheable(b.Tokens) > 0 {
			b.Tokens = known.tokens(b)
			out = append(out, b)
		}
	}
	return out
}

// Recall returns the ledger with what it has forgotten of an earlier request: of
// the boundaries that are named by their Index values, those that lie within
// what it still knows of that request. bounds are the request's, with or without
// what came behind. A ledger keeps few of the boundaries that a cache finds
// by itself; who still has all of them names the one that he goes back to. In a
// cache that finds marked prefixes only there is nothing to recall.
func (l Ledger) Recall(m price.CostModel, now time.Time, bounds []Boundary, named ...int) Ledger {
	c := rules(m)
	if c.Exact && !c.Units {
		return l
	}
	known := indexOf(l.Entries, func(e *Written) bool { return !e.Maybe && c.alive(e, now) })
	last := known.common(bounds)
	if last < 0 {
		return l
	}
	end := l.Entries[known.find(bounds[last].Prefix)]
	out := Ledger{Entries: slices.Clone(l.Entries), Thinned: l.Thinned}
	for _, n := range named {
		i, ok := slices.BinarySearchFunc(bounds, n, func(b Boundary, n int) int { return cmp.Compare(b.Index, n) })
		if !ok || i >= last || known.has(bounds[i].Prefix) {
			continue
		}
		e := written(bounds[i], end.Used)
		e.Seen = c.Units
		out.Entries = append(out.Entries, e)
	}
	slices.SortStableFunc(out.Entries, order)
	return out
}

// readable indexes what can be read now.
func (l Ledger) readable(c *rules, now time.Time) index {
	return indexOf(l.Entries, func(e *Written) bool { return !e.Maybe && !e.Seen && c.alive(e, now) })
}
