package compose

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lived is what is known after turns of so many calls, 10 seconds apart, with a wait
// after each.
func lived(turns, calls int, wait time.Duration) Gaps {
	var g Gaps
	now := noon
	for range turns {
		for k := range calls {
			g = g.learn(now, k == 0)
			now = now.Add(10 * time.Second)
		}
		now = now.Add(wait - 10*time.Second)
	}
	return g
}

func TestWaitsAreLearnedApart(t *testing.T) {
	g := lived(30, 4, 20*time.Minute)
	assert.Equal(t, 4, g.Step)
	assert.Greater(t, g.Within[0], 19*one, "seconds, within turns")
	assert.Zero(t, g.Within.beyond(5*time.Minute))
	assert.Greater(t, g.After.beyond(20*time.Minute), 15.0)
	assert.Zero(t, g.After.beyond(30*time.Minute))
	assert.InDelta(t, 20, g.Within.total(), 0.5, "old ones fade")

	soon, mean := g.waits(5*time.Minute, time.Hour, time.Time{})
	assert.Greater(t, soon, 0.75, "turns end with the fourth call")
	assert.InDelta(t, 0.25, mean, 0.06)
	g.Step = 1
	early, same := g.waits(5*time.Minute, time.Hour, time.Time{})
	assert.Less(t, early, 0.1, "and not with the first")
	assert.Equal(t, mean, same)
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	soon, mean := (&Gaps{}).waits(5*time.Minute, time.Hour, time.Time{})
	assert.Zero(t, soon)
	assert.Zero(t, mean)
	g := Gaps{}.learn(noon, true)
	assert.Equal(t, Gaps{Last: noon, Step: 1}, g)
	assert.Equal(t, g, g.learn(noon.Add(-time.Second), false), "a clock that goes back teaches nothing")
	assert.Equal(t, g, g.learn(time.Time{}, false))
	g = g.learn(noon.Add(20*time.Minute), true)
	soon, _ = g.waits(5*time.Minute, time.Hour, time.Time{})
	assert.InDelta(t, 0.2, soon, 0.1, "one wait is not certainty, nor is a turn of one call")
}

// TestAnAlarmBoundsTheWait: what the host knows of the next turn holds if one ends now.
func TestAnAlarmBoundsTheWait(t *testing.T) {
	at := func(g Gaps, d time.Duration) float64 {
		soon, _ := g.waits(5*time.Minute, time.Hour, g.Last.Add(d))
		return soon
	}
	g := lived(30, 1, 90*time.Minute) // it ends after each call, and then it is late
	unknown, _ := g.waits(5*time.Minute, time.Hour, time.Time{})
	assert.Less(t, unknown, 0.01)
	assert.Less(t, at(g, 4*time.Minute), 0.01)
	assert.Greater(t, at(g, 40*time.Minute), 0.8)
	assert.Equal(t, unknown, at(g, 2*time.Hour), "an alarm that is far off says nothing")
	new := Gaps{}.learn(noon, true)
	assert.InDelta(t, 0.25, at(new, 40*time.Minute), 0.01, "without any experience a call ends a turn one time in four")
	assert.Zero(t, at(new, time.Minute))
}

func TestClassesEndWhereLivesDo(t *testing.T) {
	for _, c := range Costs() {
		for _, life := range []time.Duration{c.TTL, c.LongTTL} {
			if life > 0 {
				assert.Equal(t, waitClass(life-1)+1, waitClass(life), "%s: %s", c.Name, life)
			}
		}
	}
	h := Waits{}.Add(7 * time.Minute)
	assert.Equal(t, 1.0, h.beyond(5*time.Minute))
	assert.Zero(t, h.beyond(10*time.Minute))
	assert.InDelta(t, 0.5, h.beyond(424*time.Second), 0.01, "evenly over the logarithm")
	h = Waits{}.Add(100 * time.Hour)
	assert.Equal(t, 1.0, h.beyond(50*time.Hour), "the last class has no end")
}

func TestEndClasses(t *testing.T) {
	var got []int
	for _, step := range []int{1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 1000} {
		got = append(got, endClass(step))
	}
	assert.Equal(t, []int{0, 1, 2, 3, 4, 7, 8, 8, 9, 9, 10, 10}, got)
}

// TestGapsInJSON: a state of before opens, one without gaps is written as before, and
// nothing gets lost.
func TestGapsInJSON(t *testing.T) {
	b, err := State{Call: 3}.MarshalBinary()
	require.NoError(t, err)
	assert.NotContains(t, string(b), "gaps")
	var old State
	require.NoError(t, old.UnmarshalBinary(b))
	assert.Equal(t, Gaps{}, old.Gaps)
	rapid.Check(t, func(t *rapid.T) {
		var g Gaps
		now := noon
		for range rapid.IntRange(0, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(-1e9, 1e14).Draw(t, "gap")))
			g = g.learn(now, rapid.Bool().Draw(t, "begins"))
			soon, mean := g.waits(5*time.Minute, time.Hour, now.Add(time.Duration(rapid.Int64Range(-1e13, 1e14).Draw(t, "next"))))
			for _, p := range []float64{soon, mean} {
				require.True(t, p >= 0 && p < 1, "a chance: %v", p)
			}
		}
		b, err := json.Marshal(g)
		require.NoError(t, err)
		var back Gaps
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, g, back)
		require.Less(t, len(b), 400)
	})
}

// TestOrders: the longer life is worth its price when little is new, when much is loose
// and when a wait is near; never for what is read or kept already.
func TestOrders(t *testing.T) {
	c := CostOf("claude-opus-5")
	gain := func(read, kept, at int, soon, mean float64) float64 {
		o := order{cost: &c, read: read, kept: kept, soon: soon, mean: mean}
		cost, worth := o.at(at)
		return worth - cost
	}
	assert.Zero(t, gain(0, 0, 20_000, 0, 0)+0.75*20_000, "nothing is known: a price, and no worth")
	assert.Positive(t, gain(19_000, 0, 20_000, 0.05, 0.05), "little is new, and all of it loose")
	assert.Negative(t, gain(19_000, 19_000, 20_000, 0.05, 0.05), "what stood is kept")
	assert.Negative(t, gain(0, 0, 20_000, 0.05, 0.05), "all of it is new")
	assert.Positive(t, gain(0, 0, 20_000, 0.6, 0.3), "and a wait is likely")
	assert.Zero(t, gain(20_000, 0, 20_000, 1, 1), "what is read can't be bought")
	assert.Zero(t, gain(5_000, 20_000, 20_000, 1, 1), "and what is kept need not")
	assert.InDelta(t, 1.9, (&order{cost: &c, mean: 1}).again(), 1e-9, "at most once for the longer life")
	assert.InDelta(t, 1.15, (&order{cost: &c}).again(), 1e-9)
}

func TestLivesAreWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{5 * time.Minute: "5m", time.Hour: "1h", 90 * time.Minute: "1h30m", 12 * time.Hour: "12h", 10 * time.Second: "10s"} {
		assert.Equal(t, want, short(d))
	}
}

// TestOrdersFromTheGround: where a longer life stands on what was read, it is bought from
// the beginning on, or after a wait behind what has it, or not at all.
func TestOrdersFromTheGround(t *testing.T) {
	c := CostOf("claude-opus-5")
	c.Layered = true
	gain := func(read, kept int, mean, late, stays float64) float64 {
		o := order{cost: &c, read: read, kept: kept, mean: mean, late: late, stays: stays}
		cost, worth := o.at(20_000)
		return worth - cost
	}
	assert.Positive(t, gain(0, 0, 0.1, 0.12, 1), "all is new, and most waits are within the hour")
	assert.Positive(t, gain(15_000, 15_000, 0.1, 0.12, 1), "so is what is written behind it")
	assert.Zero(t, gain(19_000, 15_000, 0.1, 0.12, 1), "what was read has the shorter life")
	assert.Negative(t, gain(0, 0, 0.02, 0.12, 1), "most waits are longer than an hour")
	assert.Negative(t, gain(0, 0, 0.1, 0.12, 0.3), "little of it stands by then")
	assert.Zero(t, gain(0, 0, 0, 0, 1))
	assert.InDelta(t, 0.25, func() float64 { g := lived(30, 4, 20*time.Minute); return g.late(5 * time.Minute) }(), 0.06)
}

func TestGrowthIsSmooth(t *testing.T) {
	g := Gaps{}.grow(1000)
	assert.Equal(t, 1000, g.Grows)
	assert.Equal(t, 1125, g.grow(2000).Grows)
}
