package policy

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChancesStayBetweenNoneAndOne(t *testing.T) {
	numbers := []int{math.MinInt, -1 << 47, -1, 0, 1, 2, 300, 1 << 20, 1<<31 - 1, 1 << 31, 1 << 46, 1 << 47, 1 << 50, 1 << 62, math.MaxInt}
	rates := []float64{math.NaN(), math.Inf(-1), -1, 0, math.SmallestNonzeroFloat64, 1e-5, 0.5, 1, 2000, 1e300, math.Inf(1)}
	for _, idle := range numbers {
		for _, rate := range rates {
			before := 0
			for _, calls := range horizons {
				p := chanceOf(parts(rate), waited(idle), calls)
				assert.True(t, p >= before && p <= one, "%g idle for %d, in %d calls: %d", rate, idle, calls, p)
				before = p
			}
		}
	}
	assert.Zero(t, chanceOf(parts(math.NaN()), 1, 256))
	assert.Equal(t, one, chanceOf(parts(math.Inf(1)), 1, 256))
}

func TestLogarithmsRise(t *testing.T) {
	for n := 1; n > 0 && n < 1<<62; n += n/3 + 1 {
		assert.Less(t, ln(n), ln(n+n/3+1), n)
		assert.InDelta(t, math.Log(float64(n)), float64(ln(n))/one, 0.061)
	}
}

func chanceOf(rate, wait, calls int) int {
	s := stake{rate: rate, wait: wait, ln: ln(wait)}
	return s.chance(calls)
}
