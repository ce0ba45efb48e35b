package emulate_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/models"
)

// mixedLife is a prompt that grows and is cut, sent with marks of both lives.
type mixedLife struct {
	texts []string
	next  int
	now   time.Time
}

func (l *mixedLife) happens(t *rapid.T) {
	if len(l.texts) > 2 && rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
		from := rapid.IntRange(1, len(l.texts)-1).Draw(t, "from")
		l.texts = slices.Delete(slices.Clone(l.texts), from, rapid.IntRange(from, len(l.texts)).Draw(t, "to"))
	}
	for range rapid.IntRange(1, 6).Draw(t, "new") {
		l.next++
		l.texts = append(slices.Clone(l.texts), fmt.Sprint(l.next, ";"))
	}
	l.now = l.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 4 * time.Minute, 5 * time.Minute, 20 * time.Minute, 56 * time.Minute, 2 * time.Hour}).Draw(t, "passes"))
}

// request is the prompt as it is sent and as the ledger sees it: the first so many of
// the marks are for an hour.
func (l *mixedLife) request(marks []int, long int) (*emulate.Request, []ledger.Boundary) {
	r := &emulate.Request{At: l.now}
	h := fnv.New64a()
	var bounds []ledger.Boundary
	for i, s := range l.texts {
		seg := emulate.Segment{Level: emulate.LevelMessages, Bytes: []byte(s), Tokens: 700 + 13*len(s), Message: i}
		h.Write(seg.Bytes)
		b := ledger.Boundary{Index: i, Prefix: ledger.Prefix(h.Sum64()), Tokens: seg.Tokens}
		if i > 0 {
			b.Tokens += bounds[i-1].Tokens
		}
		if k := slices.Index(marks, i); k >= 0 {
			seg.Mark, seg.TTL, b.Long = true, 5*time.Minute, k < long
			if b.Long {
				seg.TTL = time.Hour
			}
		}
		r.Segments, bounds = append(r.Segments, seg), append(bounds, b)
	}
	return r, bounds
}

// TestMixedLifetimesAreBilledAsTheCacheDoes: whatever marks ask for five minutes and
// for an hour, and however long it takes to the next request, what the ledger predicts
// is what the cache does, to the last bit of the cost. What a failed request may have
// left is not counted on: with the life that it has, an entry never is there too long.
func TestMixedLifetimesAreBilledAsTheCacheDoes(t *testing.T) {
	p, _ := models.Find("claude-opus-5")
	c := p.Cache
	long := 0
	rapid.Check(t, func(t *rapid.T) {
		unsure := rapid.Bool().Draw(t, "calls may fail, and be taken in")
		cache, l := emulate.New(emulate.For(c)), mixedLife{texts: []string{"system;"}, now: start}
		var ledger ledger.Ledger
		for range rapid.IntRange(1, 16).Draw(t, "calls") {
			l.happens(t)
			marks := rapid.SliceOfNDistinct(rapid.IntRange(0, len(l.texts)-1), 0, min(4, len(l.texts)), rapid.ID).Draw(t, "marks")
			if rapid.Bool().Draw(t, "the end is marked") && !slices.Contains(marks, len(l.texts)-1) {
				marks = append(marks[:min(3, len(marks))], len(l.texts)-1)
			}
			if slices.Sort(marks); unsure { // what marks inside of what is read leave is another open question
				marks = []int{len(l.texts) - 1}
			}
			r, bounds := l.request(marks, rapid.IntRange(0, len(marks)).Draw(t, "for an hour"))
			fails := unsure && rapid.IntRange(0, 3).Draw(t, "fails") == 0
			r.Lost = fails && rapid.Bool().Draw(t, "lost")
			out, err := cache.Send(r)
			require.NoError(t, err)
			predicted := ledger.Predict(c, l.now, bounds, marks, out.Input())
			long += out.Long
			if unsure {
				require.LessOrEqual(t, predicted.Read, out.Read)
			} else {
				require.Equal(t, out.Bill, predicted)
			}
			if fails {
				ledger = ledger.Failed(c, l.now, bounds, marks)
			} else {
				ledger = ledger.After(c, l.now, bounds, marks)
			}
		}
	})
	assert.Positive(t, long, "some of it was written for an hour")
}

// TestWhatAnHourStandsOn: whether an entry of an hour outlives the entry of five
// minutes that was read when it was written, no source says; both ways can be played.
func TestWhatAnHourStandsOn(t *testing.T) {
	rules := rulesOf(t, "claude-opus-5")
	steps := func(p player) emulate.Outcome {
		p.reads(0, 1, prompt("a!"), "five minutes")
		p.reads(1, 1, after(time.Minute, prompt("a b!!")), "an hour, of what is new")
		out, err := p.Send(after(20*time.Minute, prompt("a b c!")))
		require.NoError(t, err)
		return out
	}
	assert.Equal(t, 2000, steps(play(t, rules)).Read)
	rules.Unstated.Layered = true
	assert.Zero(t, steps(play(t, rules)).Read, "what it stands on is gone")

	p := play(t, rules)
	p.reads(0, 2, prompt("a!! b!"), "an hour from the beginning on")
	p.reads(2, 1, after(time.Minute, prompt("a b c!")), "")
	p.reads(1, 3, after(20*time.Minute, prompt("a! b c d!")), "the hour is there, what stood on it is not")
	p = play(t, rules)
	p.reads(0, 1, prompt("a!"), "")
	p.reads(1, 1, after(time.Minute, prompt("a b!!")), "")
	p.reads(2, 1, after(5*time.Minute, prompt("a b c!")), "reading b lets a live anew")
	p.reads(3, 0, after(9*time.Minute, prompt("a b c!")), "")
}
