package compose_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/price"
)

// counted is what the pieces of a plan's prompt take, as the plan counted them.
func counted(plan *compose.Plan) sent.Tokens {
	n := sent.Tokens{Fixed: plan.Used, Messages: make([]int, len(plan.Prompt.Messages))}
	set, at := plan.Next.Set(), 0
	entries := append(append([]resident.Entry(nil), set.Head...), set.Log...)
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
// the bytes that are sent, to the token, at every call. Of what the ledger
// doesn't count on it never promises too much: see billed.
func TestBillIsTrue(rt *testing.T) {
	rapid.Check(rt, func(t *rapid.T) {
		w := newWorld(t)
		if rapid.Bool().Draw(t, "short prefixes are kept too") {
			w.base.Model.Cache.MinPrefix /= 16
		}
		rules := emulate.For(w.base.Model.Cache)
		unsure := rapid.IntRange(0, 3).Draw(t, "some calls are taken in, though no answer comes through") == 0
		rules.Unstated.MarkLeaves = unsure // what is hoped for there, and nowhere else
		b := billed{cost: w.base.Model.Cache, api: w.target.api, cache: emulate.New(rules), unsure: unsure}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			before := w.now
			w.happen()
			if !w.now.After(before) {
				w.now = before.Add(time.Millisecond) // no clock of a provider stands still or goes back
			}
			in := w.input()
			plan, err := w.composer.Plan(in)
			if err != nil {
				continue
			}
			notice := 0
			if plan.Prompt.Notice != "" {
				notice = w.counter.CountText(plan.Prompt.Notice) + w.framing.PerMessage
			}
			fails := rapid.IntRange(0, 6).Draw(t, "fails") == 0
			if !b.send(t, plan, notice, in.Now, fails && !(unsure && rapid.Bool().Draw(t, "taken in"))) {
				continue
			}
			if fails {
				w.state = plan.Failed("", 0)
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
	// unsure: calls of which the caller knows nothing may have left entries. They
	// are not counted on, so a prediction may be too low.
	unsure bool
	paid   float64 // for the last request
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
	b.paid = out.Cost
	// Where the units are that a cut may find, only the provider knows: it compares
	// requests token by token.
	atParting := b.cost.Units && plan.CutReason != ""
	if b.unsure || atParting || b.finds() && (b.older > 0 && b.cost.Units || out.Hit > same) {
		if !b.unsure && !atParting {
			b.older++
		}
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
