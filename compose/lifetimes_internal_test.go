package compose

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/waits"
)

// TestNoGapsInState: a state of before opens, and one without gaps is written as before.
func TestNoGapsInState(t *testing.T) {
	b, err := State{call: 3}.MarshalBinary()
	require.NoError(t, err)
	assert.NotContains(t, string(b), "gaps")
	var old State
	require.NoError(t, old.UnmarshalBinary(b))
	assert.Equal(t, waits.Gaps{}, old.gaps)
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
}
