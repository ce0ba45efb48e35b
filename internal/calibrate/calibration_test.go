package calibrate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// prose is a prompt of one class, of which nothing stood before.
func prose(n int) calibrate.Mix { return calibrate.Mix{Prose: n, New: n} }

func TestZeroCalibration(t *testing.T) {
	var c calibrate.Calibration
	assert.Equal(t, 1000, c.Apply(prose(1000)))
	assert.Equal(t, 1000, c.Upper(prose(1000), 0.5))
	assert.Greater(t, c.Upper(prose(100_000), 0.95), 130_000, "before any report counts may well be off")
	assert.Equal(t, 0, c.Apply(calibrate.Mix{}))
	assert.Equal(t, 0, c.Apply(prose(-5)))
	assert.Equal(t, 5000, c.Room(5000, 0.99), "no margin is kept for what nobody reported on")
	assert.Zero(t, c.N())
}

func TestSeededCalibration(t *testing.T) {
	assert.Equal(t, 1200, seeded(t, 1.2).Apply(prose(1000)))
	assert.Equal(t, 1000, seeded(t, -1).Apply(prose(1000)), "no ratio")
	assert.Equal(t, seeded(t, 1).Observe(prose(1000), 1100), calibrate.Calibration{}.Observe(prose(1000), 1100))
}

// seeded expects a ratio before anything was observed: the first version wrote it so.
func seeded(t require.TestingT, ratio float64) (c calibrate.Calibration) {
	require.NoError(t, c.UnmarshalJSON(fmt.Appendf(nil, `{"v":1,"ratio":%g}`, ratio)))
	return c
}

// TestClassesAreLearnedFromSums reports sums only, of prompts whose mix differs
// from call to call: the ratio of each class and the constant are found.
func TestClassesAreLearnedFromSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var c calibrate.Calibration
	truth := func(m calibrate.Mix) int {
		return int(1.1*float64(m.Prose) + 1.5*float64(m.Code) + 0.8*float64(m.Structured) + 1.3*float64(m.Tools) + 700)
	}
	for range 60 {
		m := calibrate.Mix{Prose: rng.IntN(8000), Code: rng.IntN(8000), Structured: rng.IntN(8000), Tools: 500 + rng.IntN(900)}
		m.New = m.Total()
		c = c.Observe(m, truth(m))
	}
	for _, m := range []calibrate.Mix{{Prose: 20_000}, {Code: 20_000}, {Structured: 20_000}, {Prose: 5000, Code: 10_000, Tools: 900}} {
		assert.InEpsilon(t, truth(m), c.Apply(m), 0.03, m)
		assert.GreaterOrEqual(t, c.Upper(m, 0.99), truth(m), m)
	}
	assert.Less(t, c.Apply(calibrate.Mix{Structured: 10_000}), c.Apply(calibrate.Mix{Code: 10_000}))
}

func TestAnUnseenConstantIsLearned(t *testing.T) {
	var c calibrate.Calibration
	m := calibrate.Mix{}
	for i := range 21 {
		m = m.Add(prose(400))
		m.New = 400
		real := 16_000 + m.Total()*12/10
		if i == 20 {
			assert.InEpsilon(t, real, c.Apply(m), 0.005)
		}
		c = c.Observe(m, real)
	}
	cut := prose(1200)
	cut.New = 0
	assert.InEpsilon(t, 16_000+1440, c.Apply(cut), 0.05, "also after most of the prompt left")
	assert.GreaterOrEqual(t, c.Upper(cut, 0.99), 16_000+1440)
}

func TestCalibrationIsRobust(t *testing.T) {
	var c calibrate.Calibration
	grow := func(c calibrate.Calibration, i, real int) calibrate.Calibration {
		return c.Observe(calibrate.Mix{Code: 10_000 + i, New: 1}, real)
	}
	for i := range 40 {
		c = grow(c, i, 12_000)
	}
	at := calibrate.Mix{Code: 10_041}
	wild := grow(c, 40, 900_000)
	assert.InEpsilon(t, c.Apply(at), wild.Apply(at), 0.15, "one wrong report")
	assert.Greater(t, wild.Upper(at, 0.99), c.Upper(at, 0.99), "but it may be right, and a bound says so")
	assert.InEpsilon(t, 12_000, grow(wild, 41, 12_000).Apply(at), 0.01, "a right one behind it")

	moved := c
	for i := range 2 {
		moved = grow(moved, 40+i, 16_000)
	}
	assert.InEpsilon(t, 16_000, moved.Apply(at), 0.02, "a lasting change is followed")

	assert.Equal(t, c, c.Observe(calibrate.Mix{}, 5))
	assert.Equal(t, c, c.Observe(prose(5), 0))
	assert.Equal(t, c, c.Observe(prose(-1), -1))
}

// TestBoundHolds draws usage from a known distribution, of a conversation that
// grows, is cut and grows again: the bound for a confidence is not exceeded more
// often than it says.
func TestBoundHolds(t *testing.T) {
	for _, confidence := range []float64{0.8, 0.95, 0.99} {
		inside, all := 0, 0
		rng := rand.New(rand.NewPCG(2, 2))
		for range 200 {
			c := calibrate.Calibration{}
			ratio := [2]float64{0.9 + 0.5*rng.Float64(), 0.9 + 0.5*rng.Float64()}
			type message struct{ m, real [2]int }
			var log []message
			for range 60 {
				if rng.IntN(15) == 0 {
					log = log[len(log)*rng.IntN(10)/10:]
				}
				e := message{m: [2]int{rng.IntN(1500), rng.IntN(1500)}}
				for k, n := range e.m {
					e.real[k] = int(float64(n) * (ratio[k] + 0.06*rng.NormFloat64()))
				}
				log = append(log, e)
				m, real := calibrate.Mix{New: e.m[0] + e.m[1]}, 0
				for _, x := range log {
					m.Prose, m.Code, real = m.Prose+x.m[0], m.Code+x.m[1], real+x.real[0]+x.real[1]
				}
				if c.N() > 0 {
					if all++; real <= c.Upper(m, confidence) {
						inside++
					}
				}
				c = c.Observe(m, real)
			}
		}
		assert.GreaterOrEqual(t, float64(inside)/float64(all), confidence, "%d calls", all)
	}
}

func TestRoomIsWhatTheBoundAllows(t *testing.T) {
	var c calibrate.Calibration
	for i := range 10 {
		m := calibrate.Mix{Prose: 3000 + 100*i, Code: 1000 + 100*i, New: 200}
		c = c.Observe(m, m.Total()*13/10)
	}
	room := c.Room(20_000, 0.99)
	assert.Less(t, room, 20_000*10/13)
	assert.Greater(t, room, 20_000*10/15)
	like := calibrate.Mix{Prose: room * 2 / 3, Code: room / 3}
	assert.LessOrEqual(t, c.Upper(like, 0.99), 20_000)
	assert.Zero(t, c.Room(1, 0.99))
}

func anyMix(t *rapid.T, name string) calibrate.Mix {
	n := rapid.OneOf(rapid.IntRange(0, 100_000), rapid.Int())
	return calibrate.Mix{Prose: n.Draw(t, name+"p"), Code: n.Draw(t, name+"c"), Structured: n.Draw(t, name+"s"),
		Tools: n.Draw(t, name+"t"), Images: n.Draw(t, name+"i"), Data: n.Draw(t, name+"d"), New: n.Draw(t, name+"n")}
}

// A gateway that reports a part only, such as what was not cached, makes prompts larger, but
// not without an end.
func TestWhoReportsTooLittleLiftsTheRoomToTwiceTheBudget(t *testing.T) {
	for _, part := range []int{2, 3, 10, 40} {
		var c calibrate.Calibration
		for n := range 100 {
			m := calibrate.Mix{Prose: 1000 + n%7*100, Code: 200}
			c = c.Observe(m, m.Total()/part)
		}
		assert.Greater(t, c.Room(2000, 0.99), 2000, part)
		assert.LessOrEqual(t, c.Room(2000, 0.99), 4000, part)
	}
}

func TestCalibrationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := calibrate.Calibration{}
		if rapid.Bool().Draw(t, "seeded") {
			c = seeded(t, rapid.Float64().Draw(t, "ratio"))
		}
		for range rapid.IntRange(0, 9).Draw(t, "observations") {
			c = c.Observe(anyMix(t, "m"), rapid.OneOf(rapid.IntRange(1, 200_000), rapid.Int()).Draw(t, "reported"))
		}
		m := anyMix(t, "asked")
		last := c.Apply(m)
		require.GreaterOrEqual(t, last, 0)
		for _, p := range []float64{0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1, math.NaN()} {
			up := c.Upper(m, p)
			require.GreaterOrEqual(t, up, last, "more confidence, no lower bound")
			last = up
		}
		b, err := json.Marshal(c)
		require.NoError(t, err)
		var back calibrate.Calibration
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, c, back)
		require.GreaterOrEqual(t, c.Room(rapid.IntRange(0, 1<<20).Draw(t, "budget"), 0.99), 0)
	})
}

func TestCalibrationJSON(t *testing.T) {
	b, err := json.Marshal(calibrate.Calibration{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"v":2}`, string(b))
	b, err = json.Marshal(calibrate.Calibration{}.Observe(prose(1000), 1200))
	require.NoError(t, err)
	assert.Less(t, len(b), 900, "it is written with every step")

	var c calibrate.Calibration
	var version *calibrate.VersionError
	require.ErrorAs(t, json.Unmarshal([]byte(`{"v":3}`), &c), &version)
	assert.EqualError(t, version, "tokenizer: calibration of version 3, this program reads 2")
	for _, bad := range []string{`[]`, `{"v":2,"n":1,"cov":"AAAA"}`, `{"v":2,"n":1,"cov":"?"}`, `{"v":2,"n":"x"}`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &c), bad)
	}
	assert.Zero(t, c)
}

func TestAnOlderCalibrationIsRead(t *testing.T) {
	var c calibrate.Calibration
	require.NoError(t, json.Unmarshal([]byte(`{"v":1,"n":40,"ratio":1.25,"spread":0.02,"weight":32}`), &c))
	assert.Equal(t, 1250, c.Apply(prose(1000)))
	assert.Equal(t, 40, c.N())
	assert.Less(t, c.Room(10_000, 0.99), 8000)
	require.NoError(t, json.Unmarshal([]byte(`{"v":1,"n":0,"ratio":0,"spread":0,"weight":0}`), &c))
	assert.Zero(t, c)
}

// TestReportsOutOfAllProportionTeachNothing: the first report is believed wholly, so that
// one that can't be would leave no room for the call that brings a better one.
func TestReportsOutOfAllProportionTeachNothing(t *testing.T) {
	for _, reported := range []int{1, 70, 1_000_000, 1_000_000_000_000} {
		assert.Equal(t, calibrate.Calibration{}, calibrate.Calibration{}.Observe(prose(5000), reported), reported)
	}
	for _, reported := range []int{100, 100_000} { // another vocabulary; a gateway's own prompt
		assert.Equal(t, 1, calibrate.Calibration{}.Observe(prose(5000), reported).N(), reported)
	}
}
