package ledger

import (
	"time"

	"github.com/quire-dev/quire/price"
)

// rules are those of a provider's cache.
type rules price.CostModel

// cacheable is how much of a prefix of so many tokens a cache can hold.
func (c *rules) cacheable(tokens int) int {
	if c.Quantum > 1 {
		tokens -= tokens % c.Quantum
	}
	if tokens <= 0 || tokens < c.MinPrefix {
		return 0
	}
	return tokens
}

// mixed is Cost when some of what is written is written for the longer life.
func (c rules) mixed(read, write, long, uncached int) float64 {
	if long > 0 {
		c.Write = (float64(write-long)*c.Write + float64(long)*c.LongWrite) / float64(write)
	}
	return price.CostModel(c).Cost(read, write, uncached)
}

// alive says whether an entry can still be there now. At the very end of its life it
// can't.
func (c *rules) alive(e *Written, now time.Time) bool {
	life := c.TTL
	if e.Long && c.LongTTL > life {
		life = c.LongTTL
	}
	return c.TTL <= 0 || now.Sub(e.Used) < life
}
