package replaying

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// TestWhatIsWrittenForLongIsPaidAsSuch: a bill says it by its price alone.
func TestWhatIsWrittenForLongIsPaidAsSuch(t *testing.T) {
	p, ok := models.Find("claude-opus-5")
	c := p.Cache
	require.True(t, ok)
	b := price.Bill{Read: 5000, Write: 800, Cost: 5000*c.Read + 500*c.Write + 300*c.LongWrite}
	assert.Equal(t, 300, usageOf(b, quire.Usage{}, 5800, &Aim{Price: c}).CacheWriteLong)
	b.Cost = c.Cost(5000, 800, 0)
	assert.Zero(t, usageOf(b, quire.Usage{}, 5800, &Aim{Price: c}).CacheWriteLong)
	assert.Equal(t, 800, usageOf(b, quire.Usage{}, 5800, &Aim{Price: c, Long: true}).CacheWriteLong)
	assert.Zero(t, writtenLong(b, &price.CostModel{}))
}
