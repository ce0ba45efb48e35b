package adopt

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAShortConversation(t *testing.T) {
	var out strings.Builder
	ok, err := Run(t.Context(), &Options{Turns: 40, Budget: 3000, Pause: 1, JSON: true}, &out, nil)
	require.NoError(t, err)
	assert.True(t, ok)
	rows := map[string]Row{}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var r Row
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		rows[r.Client+"/"+r.Way] = r
		assert.Equal(t, 53, r.Calls)
		if r.Way != "whole list" {
			assert.LessOrEqual(t, r.Most, 3000, r)
		}
		if r.Way != "sliding window" {
			assert.Greater(t, r.Read, 50.0, "%v: the cache is read", r)
		}
	}
	require.Len(t, rows, 9)
	for _, client := range []string{"openai-go", "anthropic-sdk-go", "langchaingo"} {
		assert.Less(t, rows[client+"/adopt"].Dollars, rows[client+"/whole list"].Dollars, client)
	}
	assert.Equal(t, rows["openai-go/adopt"].Input, rows["langchaingo/adopt"].Input, "the same list is composed to the same prompts, whoever sends it")
}
