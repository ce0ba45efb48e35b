package transcript

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func TestUsageByLifetime(t *testing.T) {
	u, err := decodeUsage([]byte(`{"input_tokens":10,"cache_read_input_tokens":20,"cache_creation_input_tokens":30,
		"cache_creation":{"ephemeral_5m_input_tokens":12,"ephemeral_1h_input_tokens":18},"output_tokens":4}`))
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 60, CachedInput: 20, CacheWrite: 30, CacheWriteLong: 18, Output: 4}, u)
	u, err = decodeUsage([]byte(`{"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_1h_input_tokens":18}}`))
	require.NoError(t, err)
	assert.Equal(t, 3, u.CacheWriteLong, "never more than all")
	assert.Equal(t, u, most(u, quire.Usage{}))
}
