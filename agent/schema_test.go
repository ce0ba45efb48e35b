package agent

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

func TestMailToolsAreSmall(t *testing.T) {
	enc := tiktoken.O200k()
	n := 0
	for _, tool := range MailTools() {
		var schema map[string]any
		require.NoError(t, json.Unmarshal(tool.Schema, &schema), tool.Name)
		assert.Equal(t, "object", schema["type"])
		n += enc.CountText(tool.Name) + enc.CountText(tool.Description) + enc.CountText(string(tool.Schema))
	}
	t.Logf("six tools take %d tokens", n)
	assert.Less(t, n, 800)
	assert.Len(t, MailTools(), 6)
}
