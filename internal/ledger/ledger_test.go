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

// claude is an exact cache with the usual figures.
var claude = price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1, MinPrefix: 1000, TTL: 5 * time.Minute, Exact: true, Marks: 4, Lookback: 20}

// automatic finds any common prefix.
var automatic = price.CostModel{Read: 0.1, Write: 1, Quantum: 128, MinPrefix: 1024, TTL: 5 * time.Minute}

// even are n+1 boundaries, 100 tokens apart, of a prompt named by id.
func even(id, n int) (out []ledger.Boundary) {
	for i := range n + 1 {
		out = append(out, ledger.Boundary{Index: i, Prefix: ledger.Prefix(id*1_000_000 + i), Tokens: 100 * i})
	}
	return out
}

func TestExactBillOverThreeCalls(t *testing.T) {
	var l ledger.Ledger
	first := l.Predict(claude, start, even(1, 20), []int{10, 20}, 2050)
	assert.Equal(t, "input 2050: read 0, write 2000, uncached 50; cost 2550.0", first.String())
	l = l.After(claude, start, even(1, 20), []int{10, 20})
	assert.Equal(t, []int{10, 20}, indexes(l.Readable(claude, start, even(1, 30))))

	second := l.Predict(claude, start.Add(time.Minute), even(1, 30), []int{30}, 3050)
	assert.Equal(t, price.Bill{Read: 2000, Write: 1000, Uncached: 50, Cost: 200 + 1250 + 50}, second)

	for _, c := range []struct {
		name  string
		after time.Duration
		marks []int
		want  price.Bill
	}{
		{"a mark that sees 20 positions", 0, []int{39}, price.Bill{Read: 2000, Write: 1900, Uncached: 100}},
		{"one position further", 0, []int{40}, price.Bill{Read: 0, Write: 4000}},
		{"and a mark on the way", 0, []int{40, 21}, price.Bill{Read: 2000, Write: 2000}},
		{"no mark", 0, nil, price.Bill{Uncached: 4000}},
		{"a mark below the shortest prefix", 0, []int{9}, price.Bill{Uncached: 4000}},
		{"an unknown mark", 0, []int{41, -1}, price.Bill{Uncached: 4000}},
		{"more marks than count", 0, []int{20, 31, 32, 33, 40}, price.Bill{Read: 2000, Write: 2000}},
		{"too many between", 0, []int{10, 37, 38, 39, 40, 36}, price.Bill{Read: 2000, Write: 2000}},
		{"just alive", 5*time.Minute - 1, []int{20}, price.Bill{Read: 2000, Uncached: 2000}},
		{"just expired", 5 * time.Minute, []int{20}, price.Bill{Write: 2000, Uncached: 2000}},
	} {
		c.want.Cost = claude.Cost(c.want.Read, c.want.Write, c.want.Uncached)
		assert.Equal(t, c.want, l.Predict(claude, start.Add(c.after), even(1, 40), c.marks, 4000), c.name)
	}
}

func TestReadingRefreshesWhatWasReadAndMarked(t *testing.T) {
	l := ledger.Ledger{}.After(claude, start, even(1, 30), []int{10, 20, 25})
	later := start.Add(4 * time.Minute)
	l = l.After(claude, later, even(1, 30), []int{10, 26}) // reads 25, refreshes 10
	end := start.Add(6 * time.Minute)
	assert.Equal(t, []int{10, 25, 26}, indexes(l.Readable(claude, end, even(1, 30))), "20 was not used")
	assert.Equal(t, []int{12}, indexes(l.After(claude, end.Add(time.Hour), even(1, 30), []int{12}).Readable(claude, end, even(1, 30))))
}

func TestWhatIsTooShortIsNotKept(t *testing.T) {
	assert.Empty(t, ledger.Ledger{}.After(claude, start, even(1, 9), []int{9}).Entries)
	shorter := claude
	shorter.MinPrefix = 500
	l := ledger.Ledger{}.After(shorter, start, even(1, 20), []int{7, 20})
	assert.Len(t, l.Entries, 2)
	assert.Equal(t, []int{20}, indexes(l.Readable(claude, start, even(1, 20))), "another model's shortest prefix is longer")
}

func TestAMarkInsideOfWhatIsReadLeavesNothing(t *testing.T) {
	l := ledger.Ledger{}.After(claude, start, even(1, 30), []int{20})
	l = l.After(claude, start, even(1, 30), []int{15, 25})
	assert.Equal(t, []int{20, 25}, indexes(l.Readable(claude, start, even(1, 30))))
}

func TestAFailedCallMayHaveLeftSomething(t *testing.T) {
	for _, c := range []price.CostModel{claude, automatic} {
		l := ledger.Ledger{}.After(c, start, even(1, 20), []int{20})
		known := l.Readable(c, start, even(1, 30))
		failed := l.Failed(c, start.Add(time.Minute), even(1, 30), []int{30})
		assert.Equal(t, known, failed.Readable(c, start, even(1, 30)), "it is not taken as readable")
		assert.Equal(t, ledger.Written{Prefix: 1_000_030, Tokens: 3000, Used: start.Add(time.Minute), Maybe: true}, failed.Entries[len(failed.Entries)-1])
		assert.NotContains(t, failed.Readable(c, start.Add(5*time.Minute), even(1, 30)), known[len(known)-1], "and refreshes nothing")
		well := failed.After(c, start.Add(time.Minute), even(1, 30), []int{30})
		assert.Contains(t, indexes(well.Readable(c, start.Add(time.Minute), even(1, 30))), 30)
		for _, e := range well.Entries {
			assert.False(t, e.Maybe, "%+v", e)
		}
	}
}

func TestWhatMayBeThereMakesReadingUnsure(t *testing.T) {
	l := ledger.Ledger{}.After(claude, start, even(1, 20), []int{20})
	l = l.Failed(claude, start.Add(time.Minute), even(1, 30), []int{30})
	l = l.After(claude, start.Add(4*time.Minute), even(1, 35), []int{35}) // read 20, or 30
	assert.Equal(t, []int{35}, indexes(l.Readable(claude, start.Add(6*time.Minute), even(1, 35))))
}

func TestAutomaticCachesReadWhatIsCommonDownToTheQuantum(t *testing.T) {
	l := ledger.Ledger{}.After(automatic, start, even(1, 40), nil)
	b := l.Predict(automatic, start, even(1, 50), []int{3}, 5100)
	assert.Equal(t, price.Bill{Read: 3968, Write: 1032, Uncached: 100, Cost: 396.8 + 1032 + 100}, b)
	assert.Equal(t, 41-11, len(l.Readable(automatic, start, even(1, 50))), "from 1,024 tokens on, up to the last common boundary")

	cut := append(even(1, 33)[:30], even(2, 50)[30:]...) // what follows message 29 is another
	b = l.Predict(automatic, start, cut, nil, 5000)
	assert.Equal(t, 2816, b.Read, "28.5 messages are remembered exactly enough: 2,900 less an eighth of 1,100, in steps")
	assert.Equal(t, price.Bill{Write: 5000, Cost: 5000}, l.Predict(automatic, start.Add(5*time.Minute), cut, nil, 5000))
	assert.Equal(t, price.Bill{Uncached: 1023, Cost: 1023}, ledger.Ledger{}.Predict(automatic, start, even(1, 10), nil, 1023))
}

func TestAutomaticCachesRememberEndsOfOtherPrompts(t *testing.T) {
	var l ledger.Ledger
	for id := range 12 {
		l = l.After(automatic, start.Add(time.Duration(id)*time.Second), even(id, 40), nil)
		l = l.Failed(automatic, start.Add(time.Duration(id)*time.Second), even(100+id, 40), nil)
	}
	now := start.Add(12 * time.Second)
	l = l.After(automatic, now, even(50, 11), nil)
	for id := range 12 {
		want := 0
		if id >= 12-8 {
			want = 3968
		}
		assert.Equal(t, want, l.Predict(automatic, now, even(id, 41), nil, 4100).Read, "prompt %d", id)
	}
	assert.Len(t, l.Entries, 8+1, "one for each, and what the last one had that can be cached")
}

func TestLedgerStaysSmall(t *testing.T) {
	unlimited := claude
	unlimited.TTL, unlimited.Lookback = 0, 0
	for _, c := range []price.CostModel{unlimited, automatic} {
		var l ledger.Ledger
		for n := 20; n < 2000; n += 7 {
			l = l.After(c, start, even(1, n), []int{n - 5, n - 1, n})
		}
		require.LessOrEqual(t, len(l.Entries), ledger.MaxEntries)
		b, err := json.Marshal(l)
		require.NoError(t, err)
		assert.Less(t, len(b), 2000)
		var back ledger.Ledger
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, l, back)
	}
}

func TestForgettingTakesTheDoubtfulFirst(t *testing.T) {
	c := claude
	c.TTL, c.Marks, c.Lookback = 0, 0, 0
	var l ledger.Ledger
	var marks []int
	for i := 10; i < 10+ledger.MaxEntries-4; i++ {
		marks = append(marks, i)
	}
	l = l.Failed(c, start, even(3, 200), []int{50, 60, 70})
	l = l.After(c, start, even(2, 200), []int{50, 60})
	l = l.After(c, start, even(1, 200), marks)
	assert.Len(t, l.Entries, ledger.MaxEntries)
	assert.True(t, l.Thinned)
	assert.Len(t, l.Readable(c, start, even(2, 200)), 2)
	assert.Len(t, l.Readable(c, start, even(1, 200)), ledger.MaxEntries-4)

	l = l.After(c, start, even(1, 200), []int{190, 191, 192, 193})
	assert.Len(t, l.Entries, ledger.MaxEntries)
	assert.Empty(t, l.Readable(c, start, even(2, 200)), "then what has another beginning")
	l = l.After(c, start, even(1, 200), []int{194})
	assert.Contains(t, indexes(l.Readable(c, start, even(1, 200))), 194)
	assert.Contains(t, indexes(l.Readable(c, start, even(1, 200))), 10, "the first one is always kept")
}

func TestLedgersAreValues(t *testing.T) {
	a := ledger.Ledger{}.After(claude, start, even(1, 40), []int{10, 20, 30})
	want, err := json.Marshal(a)
	require.NoError(t, err)
	a.After(claude, start.Add(time.Hour), even(1, 50), []int{10, 50})
	a.Failed(claude, start, even(2, 50), []int{10, 50})
	got, err := json.Marshal(a)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestTimesAreAsAfterARestart(t *testing.T) {
	now := time.Now().In(time.FixedZone("x", 3600)) // with a monotonic reading
	l := ledger.Ledger{}.After(claude, now, even(1, 20), []int{20})
	b, err := json.Marshal(l)
	require.NoError(t, err)
	var back ledger.Ledger
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, l, back)
}

func TestHostileLedgersAndBoundaries(t *testing.T) {
	l := ledger.Ledger{Entries: []ledger.Written{{Prefix: 5, Tokens: -7, Used: start, Maybe: true}, {Prefix: 5, Used: start}, {Prefix: 5, Used: start.Add(time.Hour)}}}
	wild := []ledger.Boundary{{Index: 3, Prefix: 5, Tokens: 9000}, {Index: 3, Prefix: 5, Tokens: -4}, {Index: -8, Tokens: 40}}
	for range 200 {
		wild = append(wild, ledger.Boundary{Tokens: -len(wild), Prefix: ledger.Prefix(len(wild)), Blocks: -3})
	}
	for _, c := range []price.CostModel{claude, automatic, {}, {Exact: true}} {
		b := l.Predict(c, start, wild, []int{3, 3, -8, 99}, -5)
		assert.GreaterOrEqual(t, b.Uncached, 0)
		assert.GreaterOrEqual(t, b.Write, 0)
		assert.NotPanics(t, func() { l.After(c, start, wild, []int{3, -8, 0}).Failed(c, start, wild, []int{0}) })
		assert.Empty(t, ledger.Ledger{}.Readable(c, start, nil))
		assert.LessOrEqual(t, len(l.After(c, start, wild, nil).Entries), ledger.MaxEntries)
	}
}

func TestLedgersInJSON(t *testing.T) {
	l := ledger.Ledger{}.After(claude, start, even(1, 20), []int{10, 20})
	l = l.Failed(claude, start.Add(time.Second), even(1, 22), []int{22})
	l.Entries[0].Prefix = 1<<64 - 1
	l.Thinned = true
	b, err := json.Marshal(l)
	require.NoError(t, err)
	assert.Equal(t, `{"calls":[{"used":"2026-11-23T12:00:00Z","prefixes":["ffffffffffffffff","f4254"],"tokens":[1000,2000]},`+
		`{"used":"2026-11-23T12:00:01Z","maybe":true,"prefixes":["f4256"],"tokens":[2200]}],"thinned":true}`, string(b))
	var back ledger.Ledger
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, l, back)

	b, err = json.Marshal(ledger.Ledger{})
	require.NoError(t, err)
	assert.Equal(t, `{}`, string(b))
	for _, bad := range []string{`{"calls":[{"prefixes":["1"],"tokens":[]}]}`, `{"calls":[{"prefixes":["-1"],"tokens":[1]}]}`, `[]`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
	assert.Equal(t, l, back, "what can't be read changes nothing")
}

// TestALedgerKnowsLongerLives: an entry has the life that it was written for; being read
// or marked again does not change it.
func TestALedgerKnowsLongerLives(t *testing.T) {
	two := claude
	two.LongTTL, two.LongWrite = time.Hour, 2
	bounds := even(1, 30)
	bounds[10].Long, bounds[20].Long = true, true
	marks := []int{10, 20, 30}
	b := ledger.Ledger{}.Predict(two, start, bounds, marks, 3100)
	assert.Equal(t, price.Bill{Write: 3000, Uncached: 100, Cost: 2000*2 + 1000*1.25 + 100}, b)
	l := ledger.Ledger{}.After(two, start, bounds, marks)
	at := func(l ledger.Ledger, d time.Duration) []int { return indexes(l.Readable(two, start.Add(d), bounds)) }
	assert.Equal(t, []int{10, 20, 30}, at(l, time.Minute))
	assert.Equal(t, []int{10, 20}, at(l, time.Hour-1))
	assert.Empty(t, at(l, time.Hour))

	short := even(1, 30)
	again := l.After(two, start.Add(20*time.Minute), short, []int{20})
	assert.Equal(t, []int{20}, at(again, 79*time.Minute), "read for five minutes, and kept for an hour")
	short[30].Long = true
	l = l.After(two, start.Add(time.Minute), short, []int{30})
	assert.Equal(t, []int{10, 20}, at(l, 50*time.Minute), "a mark for an hour on what is read buys nothing")
	assert.Equal(t, price.Bill{Read: 2000, Write: 1000, Cost: 2200}, l.Predict(two, start.Add(9*time.Minute), short, []int{20, 30}, 3000))

	b2, err := json.Marshal(l)
	require.NoError(t, err)
	var back ledger.Ledger
	require.NoError(t, json.Unmarshal(b2, &back))
	assert.Equal(t, l, back)
	assert.Equal(t, []int{10, 20, 30}, at(ledger.Ledger{}.After(claude, start, bounds, marks), time.Minute), "where there is no longer life,")
	assert.Empty(t, at(ledger.Ledger{}.After(claude, start, bounds, marks), 5*time.Minute), "none is given")
}

// TestAnHourIsNotTakenForGranted: what a failed call may have left at a place is read
// there and not written, and has the life that it was left for.
func TestAnHourIsNotTakenForGranted(t *testing.T) {
	two := claude
	two.LongTTL, two.LongWrite = time.Hour, 2
	bounds := even(1, 20)
	failed := ledger.Ledger{}.Failed(two, start, bounds, []int{20})
	bounds[20].Long = true
	l := failed.After(two, start.Add(time.Second), bounds, []int{20})
	assert.NotEmpty(t, l.Readable(two, start.Add(time.Minute), bounds))
	assert.Empty(t, l.Readable(two, start.Add(10*time.Minute), bounds), "it may be an entry of five minutes")
	l = failed.After(two, start.Add(6*time.Minute), bounds, []int{20})
	assert.NotEmpty(t, l.Readable(two, start.Add(30*time.Minute), bounds), "which is gone by now")
}

// TestWhereAnHourStandsOnWhatWasRead: behind an entry of five minutes it is none.
func TestWhereAnHourStandsOnWhatWasRead(t *testing.T) {
	two := claude
	two.LongTTL, two.LongWrite, two.Layered = time.Hour, 2, true
	bounds, later := even(1, 20), start.Add(20*time.Minute)
	l := ledger.Ledger{}.After(two, start, bounds[:16], []int{15})
	bounds[20].Long = true
	assert.Empty(t, l.After(two, start, bounds, []int{20}).Readable(two, later, bounds))
	bounds[15].Long = true
	l = ledger.Ledger{}.After(two, start, bounds[:16], []int{15})
	assert.Len(t, l.After(two, start, bounds, []int{20}).Readable(two, later, bounds), 2)
	l = l.Failed(two, start, even(1, 18), []int{18})
	assert.Len(t, l.After(two, start, bounds, []int{20}).Readable(two, later, bounds), 1, "it may stand on what a failed call left")
	two.Layered = false
	assert.Len(t, l.After(two, start, bounds, []int{20}).Readable(two, later, bounds), 2)
}

// TestAThinnedLedgerTrustsTheEnd: at a place inside of a request an entry of five minutes
// may stand that was forgotten; at its end none does.
func TestAThinnedLedgerTrustsTheEnd(t *testing.T) {
	two := claude
	two.LongTTL, two.LongWrite = time.Hour, 2
	bounds := even(1, 20)
	bounds[15].Long, bounds[20].Long = true, true
	l := ledger.Ledger{Thinned: true}.After(two, start, bounds, []int{15, 20})
	assert.Equal(t, []int{20}, indexes(l.Readable(two, start.Add(20*time.Minute), bounds)))
	assert.Equal(t, []int{15, 20}, indexes(l.Readable(two, start.Add(time.Minute), bounds)))
}
