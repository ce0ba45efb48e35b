package vendor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/vendor"
	"github.com/quire-dev/quire/providers/wire"
)

// What is written is read as what it was.
func TestReplyIsRead(t *testing.T) {
	for api, used := range map[quire.API]quire.Usage{
		quire.APIAnthropic:  {Input: 100, CachedInput: 60, CacheWrite: 30, CacheWriteLong: 10, Output: 7},
		quire.APIOpenAIChat: {Input: 100, CachedInput: 60, Output: 7},
	} {
		r := quire.Reply{Model: "m", Stop: quire.StopTools, Usage: used, Parts: []quire.Part{quire.Text{Text: "I look."}, quire.ToolCall{ID: "c1", Name: "look", Args: `{"at":"x"}`}}}
		body, err := vendor.Reply(api, &r)
		require.NoError(t, err)
		got, err := wire.Decode(api, body)
		require.NoError(t, err)
		assert.Equal(t, r.Parts, got.Parts)
		assert.Equal(t, r.Usage, got.Usage, api)
		assert.Equal(t, r.Stop, got.Stop)
	}
	_, err := vendor.Reply(quire.APIGemini, &quire.Reply{})
	assert.Error(t, err)
}
