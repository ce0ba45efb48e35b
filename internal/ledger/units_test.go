package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

// units is a cache that ends its entries by itself.
var units = price.CostModel{Read: 0.1, Write: 1, Uncached: 1, TTL: time.Hour, Exact: true, Units: true, Marks: 1}

// reads is what a request of n boundaries reads, with a tail of 7.
func reads(t *testing.T, l ledger.Ledger, at time.Duration, bounds []ledger.Boundary, marks ...int) int {
	total := bounds[len(bounds)-1].Tokens
	if len(marks) == 0 {
		total += 7
	}
	b := l.Predict(units, start.Add(at), bounds, marks, total)
	assert.Equal(t, total, b.Input())
	assert.Zero(t, b.Write, "nothing is billed for writing")
	return b.Read
}

// parted is a prompt like even(1, n) up to boundary at, and another one behind.
func parted(at, n, id int) []ledger.Boundary {
	return append(even(1, at), even(id, n)[at+1:]...)
}

func TestUnitsEndWithTheRequest(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), []int{5})
	assert.Equal(t, 500, reads(t, l, 0, even(1, 8), 8))
	assert.Equal(t, 500, reads(t, l, 0, even(1, 8)), "wherever the marks are")
	assert.Equal(t, 0, reads(t, l, 0, even(1, 4), 4), "a unit is read whole or not at all")
	assert.Equal(t, []int{5}, indexes(l.Readable(units, start, even(1, 8))))
	assert.Equal(t, 0, reads(t, l, time.Hour, even(1, 8)))
}

func TestUnitsEndWhereRequestsPart(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), nil) // the request ends behind a tail
	assert.Equal(t, 0, reads(t, l, 0, even(1, 8)), "seen is not readable")
	assert.Empty(t, l.Readable(units, start, even(1, 8)))
	l = l.After(units, start.Add(30*time.Minute), even(1, 8), nil)
	assert.Equal(t, 500, reads(t, l, 30*time.Minute, even(1, 9)), "after a second request that shares it it is")
	assert.Zero(t, reads(t, l, 30*time.Minute, parted(5, 9, 2)), "the two may have parted within the next message, so it has to stand again")
	assert.Equal(t, []ledger.Boundary{{Index: 6, Prefix: even(1, 6)[6].Prefix, Tokens: 500}}, l.Readable(units, start, even(1, 9)))
	l = l.After(units, start.Add(80*time.Minute), parted(6, 9, 2), nil)
	assert.Equal(t, 500, reads(t, l, 130*time.Minute, parted(6, 9, 3)), "reading is a refresh")
	assert.Equal(t, 600, reads(t, l, 130*time.Minute, parted(6, 9, 2)), "and what is read may end further on")
	assert.Zero(t, reads(t, l, 140*time.Minute, parted(6, 9, 3)), "for an hour")
}

func TestUnitsThatAreOnlySeenAreNoDoubt(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), []int{5})
	l = l.After(units, start.Add(30*time.Minute), even(1, 8), nil)
	l = l.After(units, start.Add(80*time.Minute), even(1, 9), nil)
	assert.Equal(t, 500, reads(t, l, 120*time.Minute, parted(5, 6, 2)), "it was surely read, and so refreshed, by both")
}

func TestUnitsTakeLittleRoom(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), nil)
	l = l.After(units, start.Add(1), even(1, 6), []int{6})
	assert.Equal(t, []ledger.Written{
		{Prefix: even(1, 6)[6].Prefix, Tokens: 600, Used: start.Add(1)},
	}, l.Entries, "a request's end is no place to part from it as well")

	l = ledger.Ledger{}.After(units, start, even(1, 5), nil)
	l = l.After(units, start.Add(1), even(1, 8), nil)
	assert.Equal(t, []ledger.Written{
		{Prefix: even(1, 6)[6].Prefix, Tokens: 500, Used: start.Add(1)},
		{Prefix: even(1, 8)[8].Prefix, Tokens: 800, Used: start.Add(1), Seen: true},
	}, l.Entries, "of a request that went on only the new end is seen")

	l = ledger.Ledger{}.After(units, start, even(1, 5), []int{5})
	for id := range 2 * ledger.MaxEntries {
		l = l.After(units, start.Add(time.Duration(id)), even(id+2, 5), nil)
	}
	assert.Len(t, l.Entries, ledger.MaxEntries)
	assert.Equal(t, 500, reads(t, l, 1, even(1, 6)), "what can be read is forgotten after what was only seen")
}

func TestUnitsSurviveARestart(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), []int{5})
	b, err := json.Marshal(l)
	require.NoError(t, err)
	var again ledger.Ledger
	require.NoError(t, json.Unmarshal(b, &again))
	assert.Equal(t, l, again)
	assert.Equal(t, []int{5}, indexes(again.Readable(units, start, even(1, 5))), "what was seen only is told apart: %s", b)
}

func TestFailedUnitsAreNotCountedOn(t *testing.T) {
	l := ledger.Ledger{}.After(units, start, even(1, 5), []int{5})
	l = l.Failed(units, start, even(1, 8), []int{8})
	assert.Equal(t, 500, reads(t, l, 0, even(1, 8), 8))
	l = l.After(units, start.Add(50*time.Minute), even(1, 8), []int{8})
	assert.Equal(t, 0, reads(t, l, 80*time.Minute, parted(5, 6, 2)), "it may have read the failed one's: the one before is not taken as refreshed")
}

func TestRecallGivesBackWhereARequestPasses(t *testing.T) {
	long := even(1, 2000)
	for _, c := range []price.CostModel{automatic, units} {
		l := ledger.Ledger{}.After(c, start, long, []int{2000})
		place := 0 // one that was forgotten
		for n := range 2000 {
			cut := parted(n, 2001, 2)
			if got := l.Predict(c, start, cut, nil, 300_000).Read; n > 20 && got < 100*n-128 {
				place = n
				break
			}
		}
		require.Positive(t, place)
		back := l.Recall(c, start, long, place, 2000, 2001, -1)
		if c.Units {
			assert.Zero(t, back.Predict(c, start, parted(place, 2001, 2), nil, 300_000).Read, "seen, not readable")
			back = back.After(c, start, parted(place, 2001, 2), nil)
			assert.Equal(t, 100*place, back.Predict(c, start, parted(place, 2001, 2), nil, 300_000).Read)
			continue
		}
		assert.Equal(t, 100*place/128*128, back.Predict(c, start, parted(place, 2001, 2), nil, 300_000).Read)
		assert.Zero(t, back.Predict(c, start.Add(c.TTL), parted(place, 2001, 2), nil, 300_000).Read, "it lives as long as the request")
		late := l.Recall(c, start.Add(c.TTL-1), long, place)
		assert.Zero(t, late.Predict(c, start.Add(c.TTL), parted(place, 2001, 2), nil, 300_000).Read, "recalling is no use of it")
		assert.Equal(t, l, l.Recall(c, start, even(3, 2000), place), "of an unknown request nothing comes back")
		assert.Equal(t, l, l.Recall(c, start.Add(c.TTL), long, place), "nor of a dead one")
		beyond := ledger.Ledger{}.After(c, start, even(1, 20), nil)
		assert.Equal(t, beyond, beyond.Recall(c, start, long, 25), "nor behind its end")
	}
	l := ledger.Ledger{}.After(claude, start, long, []int{2000})
	assert.Equal(t, l, l.Recall(claude, start, long, 1500), "marked prefixes are all known")
}

func TestNoRequestIsReadWhole(t *testing.T) {
	l := ledger.Ledger{}.After(automatic, start, even(1, 64), nil)
	b := l.Predict(automatic, start, even(1, 64), nil, 6400)
	assert.Equal(t, [2]int{6272, 128}, [2]int{b.Read, b.Write}, "an answer begins from the last token")
	assert.Equal(t, 6400, l.Predict(automatic, start, even(1, 64), nil, 6401).Read)
}
