package compose_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/price/emulate"
)

// counted is what the pieces of a plan's prompt take, as the plan counted them.
func counted(plan *compose.Plan) sent.Tokens {
	n := sent.Tokens{Fixed: plan.Used, Messages: make([]int, len(plan.Prompt.Messages))}
	set, at := &plan.Next.Set, 0
	entries := append(append([]quire.Entry(nil), set.Head...), set.Log...)
	for i := range entries {
		e := &entries[i]
		if e.Tombstone != nil {
			n.Messages[at] = e.Tombstone.Tokens
			at++
			continue
		}
		n.Messages[at] = e.Spans[0].Tokens
		at++
		if len(e.CallIDs) > 0 {
			for _, sp := range e.Spans[1:] {
				n.Messages[at] += sp.Tokens
			}
			at++
		}
	}
	for _, m := range n.Messages {
		n.Fixed -= m
	}
	return n
}

// TestBillIsTrue: what a plan predicts is what the provider's cache does with
// the bytes that are sent, to the token, at every call. What the ledger leaves out
// is left out here: see billed.older.
func TestBillIsTrue(rt *testing.T) {
	rapid.Check(rt, func(t *rapid.T) {
		w := newWorld(t)
		if rapid.Bool().Draw(t, "short prefixes are kept too") {
			w.base.Price.MinPrefix /= 16
		}
		b := billed{cost: w.base.Price, api: w.target.api, cache: emulate.New(emulate.For(w.base.Price))}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			before := w.now
			w.happen()
			if w.now.Before(before) {
				w.now = before // no clock of a provider goes back
			}
			in := w.input()
			plan, err := w.composer.Plan(in)
			if err != nil {
				continue
			}
			notice := 0
			if plan.Prompt.Notice != "" {
				notice = textCounter(w.counter).CountText(plan.Prompt.Notice) + w.framing.PerMessage
			}
			lost := rapid.IntRange(0, 6).Draw(t, "fails") == 0
			if !b.send(t, plan, notice, in.Now, lost) {
				continue
			}
			if lost {
				w.state = plan.Failed
				continue
			}
			w.arrived, w.state = nil, plan.Next
		}
	})
}

// billed holds the bills of plans against a provider's cache.
type billed struct {
	cost  price.CostModel
	api   quire.API
	cache *emulate.Cache
	last  *emulate.Request // that was answered
	// older: in a cache that finds more than marks, a request had more in common
	// with one from before the last than with the last. Ledgers remember of these
	// only where they ended, so the prediction may be too low, never too high.
	older int
}

// send plays a plan's request, unless it is the last one once more, notice and
// all: then the tail could be read too, which no bill counts on.
func (b *billed) send(t require.TestingT, plan *compose.Plan, notice int, at time.Time, lost bool) bool {
	n := counted(plan)
	n.Fixed, n.Notice = n.Fixed-notice, notice
	r, err := sent.Request(b.api, &plan.Prompt, n)
	require.NoError(t, err)
	same := 0
	if b.last != nil {
		same = inCommon(b.last, r)
	}
	if notice > 0 && same == len(r.Segments) {
		return false
	}
	r.At, r.Lost = at, lost
	out, err := b.cache.Send(r)
	require.NoError(t, err)
	require.Equal(t, plan.Used, out.Input())
	if b.finds() && (b.older > 0 && b.cost.Units || out.Hit > same) {
		b.older++
		require.LessOrEqual(t, plan.Bill.Read, out.Read, "%s at %s\n%s", b.cost.Name, b.api, written(plan))
	} else {
		require.Equal(t, out.Bill, plan.Bill, "%s at %s\n%s", b.cost.Name, b.api, written(plan))
	}
	if !lost {
		b.last = r
	}
	return true
}

// finds says whether the cache finds more than marks.
func (b *billed) finds() bool { return !b.cost.Exact || b.cost.Units }

// inCommon is how many segments two requests begin with alike.
func inCommon(a, b *emulate.Request) int {
	n := 0
	for a.Scope == b.Scope && n < min(len(a.Segments), len(b.Segments)) && bytes.Equal(a.Segments[n].Bytes, b.Segments[n].Bytes) {
		n++
	}
	return n
}
