package tokenizer_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/tokenizer"
)

func TestZeroCalibration(t *testing.T) {
	var c tokenizer.Calibration
	assert.Equal(t, 1000, c.Apply(1000))
	assert.Equal(t, 1000, c.Upper(1000, 0.5))
	// A quarter of prior spread, one-sided 95%, and the ratio itself unsure.
	assert.Equal(t, 1582, c.Upper(1000, 0.95))
	assert.Equal(t, 0, c.Apply(0))
	assert.Equal(t, 0, c.Apply(-5))
	assert.Equal(t, "×1.000 ±0.250 (n=0)", c.String())
}

func TestCalibrationLearns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var c tokenizer.Calibration
	for range 40 {
		est := 5_000 + rng.IntN(50_000)
		c = c.Observe(est, int(float64(est)*(1.2+0.02*rng.NormFloat64())))
	}
	assert.InDelta(t, 1.2, c.Ratio, 0.01)
	assert.InDelta(t, 0.02, c.Spread, 0.02)
	assert.Equal(t, 40, c.N)
	assert.Less(t, c.Upper(100_000, 0.99), 135_000)
	assert.Greater(t, c.Upper(100_000, 0.99), c.Apply(100_000))

	assert.InDelta(t, 1.18, tokenizer.Calibration{}.Observe(10_000, 12_000).Ratio, 0.01, "one full observation is nearly believed")
	small := tokenizer.Calibration{}.Observe(10, 20)
	assert.Less(t, small.Ratio, 1.3, "a tiny one is not")
}

func TestCalibrationIsRobust(t *testing.T) {
	var c tokenizer.Calibration
	for range 40 {
		c = c.Observe(10_000, 12_000)
	}
	wild := c.Observe(10_000, 900_000)
	assert.InDelta(t, c.Ratio, wild.Ratio, 0.03, "one wrong report")

	moved := c
	for range 60 {
		moved = moved.Observe(10_000, 16_000)
	}
	assert.InDelta(t, 1.6, moved.Ratio, 0.08, "a lasting change is followed")

	assert.Equal(t, c, c.Observe(0, 5))
	assert.Equal(t, c, c.Observe(5, 0))
	assert.Equal(t, c, c.Observe(-1, -1))
}

// TestBoundHolds draws usage from a known distribution: the bound for a
// confidence is not exceeded more often than it says.
func TestBoundHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, confidence := range []float64{0.8, 0.95, 0.99} {
		inside, all := 0, 0
		for range 400 {
			c := tokenizer.Calibration{}
			ratio := 0.9 + 0.5*rng.Float64()
			for range 50 {
				est := 1_000 + rng.IntN(100_000)
				real := int(float64(est) * (ratio + 0.03*rng.NormFloat64()))
				if all++; real <= c.Upper(est, confidence) {
					inside++
				}
				c = c.Observe(est, real)
			}
		}
		assert.GreaterOrEqual(t, float64(inside)/float64(all), confidence)
	}
}

func TestCalibrationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := tokenizer.Calibration{
			N: rapid.IntRange(0, 9).Draw(t, "n"), Ratio: rapid.Float64().Draw(t, "ratio"),
			Spread: rapid.Float64().Draw(t, "spread"), Weight: rapid.Float64().Draw(t, "weight"),
		}
		for range rapid.IntRange(0, 9).Draw(t, "observations") {
			c = c.Observe(rapid.Int().Draw(t, "estimated"), rapid.Int().Draw(t, "reported"))
		}
		sum := rapid.IntRange(0, math.MaxInt).Draw(t, "sum")
		last := c.Apply(sum)
		require.GreaterOrEqual(t, last, 0)
		for _, p := range []float64{0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1, math.NaN()} {
			up := c.Upper(sum, p)
			require.GreaterOrEqual(t, up, last, "more confidence, no lower bound")
			last = up
		}
		b, err := json.Marshal(c)
		require.NoError(t, err)
		var back tokenizer.Calibration
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, c, back)
	})
}

func TestCalibrationJSON(t *testing.T) {
	b, err := json.Marshal(tokenizer.Calibration{N: 2, Ratio: 1.25, Spread: 0.125, Weight: 1.5})
	require.NoError(t, err)
	assert.JSONEq(t, `{"v":1,"n":2,"ratio":1.25,"spread":0.125,"weight":1.5}`, string(b))

	var c tokenizer.Calibration
	var version *tokenizer.CalibrationVersionError
	require.ErrorAs(t, json.Unmarshal([]byte(`{"v":2}`), &c), &version)
	assert.EqualError(t, version, "tokenizer: calibration of version 2, this program reads 1")
	assert.Error(t, json.Unmarshal([]byte(`[]`), &c))
	assert.Zero(t, c)
}
