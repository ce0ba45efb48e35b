package ledger_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a prompt that grows, is cut and is sent.
type world struct {
	prompt []msg
	next   int
	now    time.Time
}

func (w *world) grow(t *rapid.T, most int) {
	for range rapid.IntRange(0, most).Draw(t, "new") {
		w.next++
		w.prompt = append(w.prompt, msg{fmt.Sprint(w.next), rapid.IntRange(0, 300).Draw(t, "tokens"), rapid.IntRange(0, 3).Draw(t, "blocks")})
	}
}

func (w *world) cut(t *rapid.T) {
	if len(w.prompt) > 1 && rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
		from := rapid.IntRange(1, len(w.prompt)-1).Draw(t, "from")
		to := rapid.IntRange(from, len(w.prompt)).Draw(t, "to")
		w.prompt = slices.Delete(slices.Clone(w.prompt), from, to)
	}
}

func (w *world) marks(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(0, len(w.prompt)), 0, 6).Draw(t, "marks")
}

func anyModel(t *rapid.T, exact bool) price.CostModel {
	return price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1, Exact: exact,
		Quantum:   rapid.SampledFrom([]int{0, 1, 16, 128}).Draw(t, "quantum"),
		MinPrefix: rapid.SampledFrom([]int{0, 300, 1000}).Draw(t, "min"),
		TTL:       rapid.SampledFrom([]time.Duration{0, time.Minute, 5 * time.Minute}).Draw(t, "ttl"),
		Marks:     rapid.SampledFrom([]int{0, 1, 4}).Draw(t, "most marks"),
		Lookback:  rapid.SampledFrom([]int{0, 1, 5, 20}).Draw(t, "look-back"),
	}
}

// In an exact cache, as long as no call fails and nothing has to be forgotten, the ledger says
// exactly what a cache that stores whole prefixes does.
func TestExactLedgerIsTheCache(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyModel(t, true)
		w := world{now: start, prompt: []msg{{"system", rapid.IntRange(0, 1200).Draw(t, "system"), 1}}}
		var l ledger.Ledger
		p := cache{c: c}
		for range rapid.IntRange(1, 12).Draw(t, "calls") {
			w.grow(t, 6)
			w.cut(t)
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 150).Draw(t, "seconds")) * time.Second)
			bounds, marks, tail := boundaries(w.prompt), w.marks(t), rapid.IntRange(0, 50).Draw(t, "tail")
			total := size(w.prompt) + tail
			read, write, uncached := p.bill(w.prompt, marks, total, w.now)
			assert.Equal(t, price.Bill{Read: read, Write: write, Uncached: uncached, Cost: c.Cost(read, write, uncached)},
				l.Predict(c, w.now, bounds, marks, total))
			assert.Equal(t, readable(&p, w.prompt, w.now), indexes(l.Readable(c, w.now, bounds)))
			if len(l.Entries) > ledger.MaxEntries-8 {
				return
			}
			p.sent(w.prompt, marks, w.now)
			l = l.After(c, w.now, bounds, marks)
		}
	})
}

func readable(p *cache, prompt []msg, now time.Time) (out []int) {
	for n := 1; n <= len(prompt); n++ {
		if p.whole(size(prompt[:n])) > 0 && p.has(prompt[:n], now) {
			out = append(out, n-1)
		}
	}
	return out
}

func indexes(bounds []ledger.Boundary) (out []int) {
	for _, b := range bounds {
		out = append(out, b.Index)
	}
	return out
}

// Whatever a ledger forgets, and whatever failed calls left behind: it never
// calls readable what the cache does not have, which leaves an entry at every
// mark, as documented. It stays small, and in caches that find any common prefix
// it misses no more than it promises.
func TestLedgerNeverPromisesTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyModel(t, rapid.Bool().Draw(t, "exact"))
		w := world{now: start, prompt: []msg{{"system", 500, 1}}}
		var l ledger.Ledger
		p := cache{c: c, every: true}
		failed := false
		for range rapid.IntRange(1, 8).Draw(t, "calls") {
			w.grow(t, 60)
			w.cut(t)
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
			bounds, marks, total := boundaries(w.prompt), w.marks(t), size(w.prompt)+7
			if rapid.Bool().Draw(t, "many marks") {
				for i := range w.prompt {
					marks = append(marks, i)
				}
			}
			got := l.Predict(c, w.now, bounds, marks, total)
			read, _, _ := p.bill(w.prompt, marks, total, w.now)
			assert.LessOrEqual(t, got.Read, read)
			assert.Equal(t, total, got.Input())
			assert.Subset(t, readable(&p, w.prompt, w.now), indexes(l.Readable(c, w.now, bounds)))
			if !c.Exact && !failed {
				end := float64(p.lastSent(w.now, w.prompt))
				hit := p.hit(w.prompt, nil, w.now)
				promised := p.whole(size(w.prompt[:within(w.prompt, hit, end)]))
				assert.GreaterOrEqual(t, got.Read, promised, "of %d", read)
			}
			switch rapid.IntRange(0, 5).Draw(t, "outcome") {
			case 0: // fails, and left nothing
				l, failed = l.Failed(c, w.now, bounds, marks), true
			case 1: // fails, and was taken in
				p.sent(w.prompt, marks, w.now)
				l, failed = l.Failed(c, w.now, bounds, marks), true
			default:
				p.sent(w.prompt, marks, w.now)
				l, failed = l.After(c, w.now, bounds, marks), false
			}
			assert.LessOrEqual(t, len(l.Entries), ledger.MaxEntries)
			assert.True(t, slices.IsSortedFunc(l.Entries, func(a, b ledger.Written) int { return a.Used.Compare(b.Used) }))
		}
	})
}

// lastSent is the size of the last prompt sent, if it is alive.
func (p *cache) lastSent(now time.Time, prompt []msg) int {
	if alive := p.alive(now); len(alive) > 0 {
		return size(alive[len(alive)-1].prefix)
	}
	return 0
}

// within is the length of the prefix that must be known at least when hit
// messages are common: at most an eighth further from the end that was, or the
// boundary before.
func within(prompt []msg, hit int, end float64) int {
	if hit == 0 {
		return 0
	}
	reach := (end - float64(size(prompt[:hit]))) * 1.125
	for n := 0; n < hit; n++ {
		if end-float64(size(prompt[:n])) <= math.Max(0, reach) {
			return n
		}
	}
	return hit
}
