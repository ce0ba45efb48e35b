package quire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func TestUsageAdds(t *testing.T) {
	u := quire.Usage{Input: 1, CachedInput: 2, CacheWrite: 3, CacheWriteLong: 4, Output: 5, Reasoning: 6}
	assert.Equal(t, quire.Usage{Input: 2, CachedInput: 4, CacheWrite: 6, CacheWriteLong: 8, Output: 10, Reasoning: 12}, u.Add(u))
	b, err := json.Marshal(quire.Usage{Input: 1})
	require.NoError(t, err)
	assert.Equal(t, `{"input":1,"output":0}`, string(b), "what was not reported is not written")
	b, err = json.Marshal(u)
	require.NoError(t, err)
	assert.Equal(t, `{"input":1,"cachedInput":2,"cacheWrite":3,"cacheWriteLong":4,"output":5,"reasoning":6}`, string(b))
}
