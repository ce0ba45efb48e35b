package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// TestUsageOfEachVendor: reasoning counts as output whether or not a server counts it so,
// and what was read is found under each of its names, whole and streamed.
func TestUsageOfEachVendor(t *testing.T) {
	for _, c := range []struct {
		who, usage string
		want       quire.Usage
	}{
		{"OpenAI", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":40}}`,
			quire.Usage{Input: 100, CachedInput: 64, Output: 50, Reasoning: 40}},
		{"xAI", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":405,"completion_tokens_details":{"reasoning_tokens":300}}`, quire.Usage{Input: 100, Output: 305, Reasoning: 300}},
		{"Google's chat format", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":405}`, quire.Usage{Input: 100, Output: 305}},
		{"Mistral", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"num_cached_tokens":64}`, quire.Usage{Input: 100, CachedInput: 64, Output: 5}},
		{"Moonshot", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cached_tokens":64}`, quire.Usage{Input: 100, CachedInput: 64, Output: 5}},
		{"DeepSeek", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}`, quire.Usage{Input: 100, CachedInput: 64, Output: 5}},
		{"LiteLLM before Claude", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cache_read_input_tokens":64,"cache_creation_input_tokens":30}`,
			quire.Usage{Input: 100, CachedInput: 64, CacheWrite: 30, Output: 5}},
		{"a total of nothing", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":0}`, quire.Usage{Input: 100, Output: 5}},
		{"a total that is too small", `{"prompt_tokens":100,"completion_tokens":5,"total_tokens":7}`, quire.Usage{Input: 100, Output: 5}},
	} {
		r, err := wire.Decode(quire.APIOpenAIChat, fmt.Appendf(nil, `{"choices":[{"finish_reason":"stop","message":{"content":"x"}}],"usage":%s}`, c.usage))
		require.NoError(t, err)
		assert.Equal(t, c.want, r.Usage, c.who)
		for place, chunk := range map[string]string{"": `{"choices":[],"usage":%s}`, ", in the choice": `{"choices":[{"delta":{},"usage":%s}]}`, ", Groq's": `{"choices":[],"x_groq":{"usage":%s}}`} {
			stream := `data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}` + "\n\ndata: " + fmt.Sprintf(chunk, c.usage) + "\n\ndata: [DONE]\n\n"
			for d, err := range wire.DecodeStream(quire.APIOpenAIChat, strings.NewReader(stream)) {
				require.NoError(t, err)
				if d.Reply != nil {
					assert.Equal(t, c.want, d.Reply.Usage, c.who+place)
				}
			}
		}
	}
	r, err := wire.Decode(quire.APIOpenAIResponses, []byte(`{"status":"completed","output":[],"usage":{"input_tokens":100,"output_tokens":5,"total_tokens":405,"output_tokens_details":{"reasoning_tokens":300}}}`))
	require.NoError(t, err)
	assert.Equal(t, quire.Usage{Input: 100, Output: 305, Reasoning: 300}, r.Usage, "xAI's Responses")
	r, err = wire.Decode(quire.APIGemini, []byte(`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":5,"totalTokenCount":405}}`))
	require.NoError(t, err)
	assert.Equal(t, 305, r.Usage.Output)
}
