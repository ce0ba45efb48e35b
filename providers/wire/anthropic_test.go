package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

func TestAnthropicOptions(t *testing.T) {
	bare := func(p *quire.Prompt) { p.Tools = nil }
	for _, c := range []struct {
		name string
		opts wire.Options
		p    func(p *quire.Prompt)
		want string // what stands between the model and the tools
	}{
		{"nothing", wire.Options{}, nil, `"max_tokens":1000,`},
		{"stream", wire.Options{Stream: true}, nil, `"max_tokens":1000,"stream":true,`},
		{"any", wire.Options{Choice: wire.ToolsAny}, nil, `"max_tokens":1000,"tool_choice":{"type":"any"},`},
		{"any, one", wire.Options{Choice: wire.ToolsAny, OneCall: true}, nil, `"max_tokens":1000,"tool_choice":{"type":"any","disable_parallel_tool_use":true},`},
		{"named", wire.Options{Choice: wire.ToolNamed("read")}, nil, `"max_tokens":1000,"tool_choice":{"type":"tool","name":"read"},`},
		{"none", wire.Options{Choice: wire.ToolsNone}, nil, `"max_tokens":1000,"tool_choice":{"type":"none"},`},
		{"one", wire.Options{OneCall: true}, nil, `"max_tokens":1000,"tool_choice":{"type":"auto","disable_parallel_tool_use":true},`},
		{"none of none", wire.Options{Choice: wire.ToolsNone}, bare, `"max_tokens":1000,`},
		{"one of none", wire.Options{OneCall: true}, bare, `"max_tokens":1000,`},
		{"format", wire.Options{Format: weather}, nil, `"max_tokens":1000,"output_config":{"format":{"type":"json_schema","schema":{"type": "object", "properties": {"z": {}, "a": {}}}}},`},
		{"count", wire.Options{Count: true, Stream: true, Choice: wire.ToolsNone}, nil, `"tool_choice":{"type":"none"},`},
		{"count and think", wire.Options{Count: true}, func(p *quire.Prompt) { p.Thinking = 2000 }, `"thinking":{"type":"adaptive"},`},
	} {
		p := call("claude-opus-5", 1, "", quire.CacheMark{TTL: time.Hour})
		if c.p != nil {
			c.p(p)
		}
		body, err := wire.Encode(quire.APIAnthropic, p, &c.opts)
		require.NoError(t, err, c.name)
		rest, ok := strings.CutPrefix(string(body), `{"model":"claude-opus-5",`)
		require.True(t, ok, "%s", body)
		assert.True(t, strings.HasPrefix(rest, c.want+`"tools":`) || strings.HasPrefix(rest, c.want+`"system":`), "%s: %s", c.name, rest)
		assert.Equal(t, !c.opts.Count, strings.Contains(rest, "cache_control"), c.name)
		assert.Empty(t, promptcheck.Check(quire.APIAnthropic, body), c.name)
	}
}

// TestAnthropicForcedCalls: who thinks can't be made to call.
func TestAnthropicForcedCalls(t *testing.T) {
	thinks := call("claude-opus-5", 1, "")
	thinks.Thinking = 2000
	for _, p := range []*quire.Prompt{thinks, call("claude-opus-5-5", 1, "")} {
		for _, choice := range []wire.ToolChoice{wire.ToolsAny, wire.ToolNamed("read")} {
			_, err := wire.Encode(quire.APIAnthropic, p, &wire.Options{Choice: choice})
			assert.ErrorContains(t, err, "no thinking", "%s %s", p.Model, choice)
		}
		_, err := wire.Encode(quire.APIAnthropic, p, &wire.Options{Choice: wire.ToolsNone})
		assert.NoError(t, err)
	}
}
