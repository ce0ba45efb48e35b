package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// TestEventStreamsAsSpecified: lines may end in any of three ways, and a stream may
// begin with a byte order mark.
func TestEventStreamsAsSpecified(t *testing.T) {
	const chunks = "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n: kept alive\nid: 7\ndata\n\n" +
		"data:{\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	for _, end := range []string{"\n", "\r\n", "\r"} {
		for _, bom := range []string{"", "\uFEFF"} {
			text, _, _, reply, err := drain(quire.APIOpenAIChat, strings.NewReader(bom+strings.ReplaceAll(chunks, "\n", end)))
			require.NoError(t, err, "%q %q", end, bom)
			assert.Equal(t, "ab", text, "%q %q", end, bom)
			assert.Equal(t, "ab", quire.PlainText(reply.Parts))
		}
	}
}

// TestArgumentsAtOnce: a server may send a call's arguments where the block begins.
func TestArgumentsAtOnce(t *testing.T) {
	_, _, calls, reply, err := drain(quire.APIAnthropic, strings.NewReader(sse(
		`{"type":"message_start","message":{"id":"m","model":"x","usage":{}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"ls","input":{"path":"/etc","n":1.0}}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use"}}`, `{"type":"message_stop"}`)))
	require.NoError(t, err)
	want := quire.ToolCall{ID: "t", Name: "ls", Args: `{"path":"/etc","n":1.0}`}
	assert.Equal(t, []quire.ToolCall{want}, calls)
	assert.Equal(t, []quire.Part{want}, reply.Parts)
}

// TestManyCalls: deltas find their calls by index and id, however they are mixed.
func TestManyCalls(t *testing.T) {
	const n = 5000
	var b bytes.Buffer
	b.WriteString(`data: {"choices":[{"delta":{"tool_calls":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"index":%d,"id":"c%d","function":{"arguments":"{"}},`, i%7, i)
	}
	for i := range n {
		fmt.Fprintf(&b, `{"index":%d,"id":"c%d","function":{"arguments":"}"}},`, i%7, i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]},"finish_reason":"stop"}]}` + "\n\n")
	_, _, calls, _, err := drain(quire.APIOpenAIChat, &b)
	require.NoError(t, err)
	require.Len(t, calls, n)
	for i, c := range calls {
		if c.ID != fmt.Sprintf("c%d", i) || c.Args != "{}" {
			t.Fatalf("call %d is %+v", i, c)
		}
	}
}

func TestUsageIsSane(t *testing.T) {
	for body, want := range map[string]quire.Usage{
		`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":64,"cache_write_tokens":9},"completion_tokens_details":{"reasoning_tokens":50}}`: {
			Input: 10, CachedInput: 10, Output: 55, Reasoning: 50}, // what is more than the output is not part of it
		`{"prompt_tokens":-10,"completion_tokens":-5,"prompt_tokens_details":{"cached_tokens":-3}}`:  {},
		`{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807}`:              {Input: 1 << 40, Output: 1 << 40},
		`{"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":90,"cache_write_tokens":30}}`: {Input: 100, CachedInput: 90, CacheWrite: 10},
	} {
		r, err := wire.Decode(quire.APIOpenAIChat, []byte(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":`+body+`}`))
		require.NoError(t, err)
		assert.Equal(t, want, r.Usage, body)
	}
	r, err := wire.Decode(quire.APIAnthropic, fmt.Appendf(nil, `{"content":[],"usage":{"input_tokens":%d,"cache_read_input_tokens":%d}}`, math.MaxInt64, math.MaxInt64))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, r.Usage.Input, 0)
	assert.LessOrEqual(t, r.Usage.CachedInput, r.Usage.Input)
}

// TestFailuresWithinFailures: one that is wrapped in ever more is not looked for, as
// each step reads all of the body.
func TestFailuresWithinFailures(t *testing.T) {
	wrap := func(n int) []byte {
		return []byte(strings.Repeat(`[`, n) + `{"error":{"message":"deep"}}` + strings.Repeat(`]`, n))
	}
	assert.True(t, wire.ReportsFailure(wrap(1)))
	assert.False(t, wire.ReportsFailure(wrap(5000)))
	deep := []byte(strings.Repeat(`{"response":`, 5000) + `{"error":{"message":"deep"}}` + strings.Repeat(`}`, 5000))
	assert.False(t, wire.ReportsFailure(deep))
	assert.NotNil(t, wire.DecodeFailure(quire.APIGemini, 500, "", deep))
}

func TestFailuresKeepTheirMeasure(t *testing.T) {
	long, err := json.Marshal(strings.Repeat("é", 1<<20))
	require.NoError(t, err)
	e := wire.DecodeFailure(quire.APIOpenAIChat, 400, "", []byte(`{"error":{"message":`+string(long)+`}}`))
	assert.Less(t, len(e.Error()), 5000)
	for _, delay := range []string{"2562047h", "-3s", "NaN"} {
		e := wire.DecodeFailure(quire.APIGemini, 429, "", []byte(`{"error":{"code":429,"details":[{"retryDelay":"`+delay+`"}]}}`))
		assert.Zero(t, e.RetryAfter, delay)
		assert.Equal(t, providers.CodeRateLimited, e.Code)
	}
	for _, delay := range []string{"1e300", "NaN", "-1", "+Inf", "1e6"} {
		assert.Zero(t, wire.DecodeFailure(quire.APIGemini, 429, delay, nil).RetryAfter, delay)
	}
	assert.Equal(t, 7*time.Second, wire.DecodeFailure(quire.APIGemini, 429, "7", nil).RetryAfter)
}
