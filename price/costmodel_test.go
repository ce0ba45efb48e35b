package price_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/price"
)

func TestCost(t *testing.T) {
	c := price.CostModel{Read: 0.1, Write: 1.25, Steps: []price.Step{{Above: 1000, Factor: 5}, {Above: 500, Factor: 2}}}
	assert.InDelta(t, 10+125+300, c.Cost(100, 100, 300), 1e-9, "uncached 0 means 1; 500 is not above 500")
	assert.InDelta(t, 2*(10+125+301), c.Cost(100, 100, 301), 1e-9)
	assert.InDelta(t, 5*(10+125+801), c.Cost(100, 100, 801), 1e-9)
	assert.Zero(t, price.CostModel{}.Cost(5, 6, 7), "the zero model costs nothing")
	assert.InDelta(t, 14, price.CostModel{Uncached: 2}.Cost(5, 6, 7), 1e-9)
}

func TestBills(t *testing.T) {
	b := price.Bill{Read: 1, Write: 2, Uncached: 3, Cost: 4.25}.Add(price.Bill{Read: 10, Write: 20, Uncached: 30, Cost: 40})
	assert.Equal(t, price.Bill{Read: 11, Write: 22, Uncached: 33, Cost: 44.25}, b)
	assert.Equal(t, 66, b.Input())
	assert.Equal(t, "input 66: read 11, write 22, uncached 33; cost 44.2", b.String())
}
