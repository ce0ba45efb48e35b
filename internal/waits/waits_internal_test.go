package waits

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/models"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lived is what is known after turns of so many calls, 10 seconds apart, with a wait
// after each.
func lived(turns, calls int, wait time.Duration) Gaps {
	var g Gaps
	now := noon
	for range turns {
		for k := range calls {
			g = g.Learn(now, k == 0)
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
	assert.InDelta(t, 0.25, g.Late(5*time.Minute), 0.06)

	soon, mean := g.Chances(5*time.Minute, time.Hour, time.Time{})
	assert.Greater(t, soon, 0.75, "turns end with the fourth call")
	assert.InDelta(t, 0.25, mean, 0.06)
	g.Step = 1
	early, same := g.Chances(5*time.Minute, time.Hour, time.Time{})
	assert.Less(t, early, 0.1, "and not with the first")
	assert.Equal(t, mean, same)
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	soon, mean := (&Gaps{}).Chances(5*time.Minute, time.Hour, time.Time{})
	assert.Zero(t, soon)
	assert.Zero(t, mean)
	g := Gaps{}.Learn(noon, true)
	assert.Equal(t, Gaps{Last: noon, Step: 1}, g)
	assert.Equal(t, g, g.Learn(noon.Add(-time.Second), false), "a clock that goes back teaches nothing")
	assert.Equal(t, g, g.Learn(time.Time{}, false))
	g = g.Learn(noon.Add(20*time.Minute), true)
	soon, _ = g.Chances(5*time.Minute, time.Hour, time.Time{})
	assert.InDelta(t, 0.2, soon, 0.1, "one wait is not certainty, nor is a turn of one call")
}

// TestAnAlarmBoundsTheWait: what the host knows of the next turn holds if one ends now.
func TestAnAlarmBoundsTheWait(t *testing.T) {
	at := func(g Gaps, d time.Duration) float64 {
		soon, _ := g.Chances(5*time.Minute, time.Hour, g.Last.Add(d))
		return soon
	}
	g := lived(30, 1, 90*time.Minute) // it ends after each call, and then it is late
	unknown, _ := g.Chances(5*time.Minute, time.Hour, time.Time{})
	assert.Less(t, unknown, 0.01)
	assert.Less(t, at(g, 4*time.Minute), 0.01)
	assert.Greater(t, at(g, 40*time.Minute), 0.8)
	assert.Equal(t, unknown, at(g, 2*time.Hour), "an alarm that is far off says nothing")
	new := Gaps{}.Learn(noon, true)
	assert.InDelta(t, 0.25, at(new, 40*time.Minute), 0.01, "without any experience a call ends a turn one time in four")
	assert.Zero(t, at(new, time.Minute))
}

func TestClassesEndWhereLivesDo(t *testing.T) {
	for _, p := range models.Shipped().Profiles() {
		c := p.Cache
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

// TestGapsInJSON: nothing gets lost.
func TestGapsInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Gaps
		now := noon
		for range rapid.IntRange(0, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(-1e9, 1e14).Draw(t, "gap")))
			g = g.Learn(now, rapid.Bool().Draw(t, "begins"))
			soon, mean := g.Chances(5*time.Minute, time.Hour, now.Add(time.Duration(rapid.Int64Range(-1e13, 1e14).Draw(t, "next"))))
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

func TestGrowthIsSmooth(t *testing.T) {
	g := Gaps{}.Grow(1000)
	assert.Equal(t, 1000, g.Grows)
	assert.Equal(t, 1125, g.Grow(2000).Grows)
}
