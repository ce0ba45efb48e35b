package compose

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// TestFewerReadsKeepThePriceOfALongLife: what was written for the longer life costs more
// than the rest, whatever is read of what stood.
func TestFewerReadsKeepThePriceOfALongLife(t *testing.T) {
	c := CostOf("claude-opus-5")
	reads := reads{By: true, Share: 0.5}
	likely := reads.expect(c)
	w := &work{in: &Input{State: State{reads: reads}, Model: models.Profile{Cache: likely}}, charged: c, plan: &Plan{}}
	full := price.Bill{Read: 4000, Write: 1000, Cost: 4000*likely.Read + 400*c.Write + 600*c.LongWrite}
	got := w.likely(full)
	assert.Equal(t, 4000, w.plan.read, "what was promised")
	assert.Equal(t, 2000, got.Read)
	assert.Equal(t, 3000, got.Write)
	assert.InDelta(t, 2000*c.Read+2400*c.Write+600*c.LongWrite, got.Cost, 1e-6)
}
