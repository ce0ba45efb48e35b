package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

var weather = &wire.Format{Name: "weather", Schema: []byte(`{"type": "object", "properties": {"z": {}, "a": {}}}`), Strict: true}

// TestOptionGoldens shows what each setting of a request becomes in the formats
// that OpenAI's clients and servers speak.
func TestOptionGoldens(t *testing.T) {
	var b strings.Builder
	for _, c := range []struct {
		name string
		opts wire.Options
		p    func(p *quire.Prompt)
	}{
		{name: "none"},
		{name: "stream", opts: wire.Options{Stream: true}},
		{name: "must call", opts: wire.Options{Choice: wire.ToolsAny}},
		{name: "must not call", opts: wire.Options{Choice: wire.ToolsNone}},
		{name: "must call read, once", opts: wire.Options{Choice: wire.ToolNamed("read"), OneCall: true}},
		{name: "format", opts: wire.Options{Format: weather}},
		{name: "format, not strict", opts: wire.Options{Format: &wire.Format{Name: "w", Schema: []byte("{}")}}},
		{name: "thinking", p: func(p *quire.Prompt) { p.Thinking = 5000 }},
		{name: "marks of 12 hours", p: func(p *quire.Prompt) {
			p.Marks = []quire.CacheMark{{TTL: 12 * time.Hour}, {After: 1, TTL: 12 * time.Hour}}
		}},
		{name: "marks of an hour", p: func(p *quire.Prompt) { p.Marks = []quire.CacheMark{{After: 1, TTL: time.Hour}} }},
		{name: "a notice, no marks", p: func(p *quire.Prompt) { p.Notice = "2 mails wait" }},
		{name: "an image of a kind that no model takes", p: func(p *quire.Prompt) {
			p.Messages[0].Parts = []quire.Part{quire.Image{MediaType: "image/tiff", Data: []byte("II*")}}
		}},
		{name: "no images", opts: wire.Options{NoImages: true}, p: func(p *quire.Prompt) {
			p.Messages[0].Parts = []quire.Part{quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}
		}},
	} {
		for _, m := range []struct {
			api   quire.API
			model string
		}{
			{quire.APIOpenAIResponses, "gpt-6.2-sol"}, {quire.APIOpenAIResponses, "gpt-6"}, {quire.APIOpenAIResponses, "gpt-4.1"},
			{quire.APIOpenAIChat, "gpt-6.2-sol"}, {quire.APIOpenAIChat, "gpt-4.1"}, {quire.APIStrict, "qwen3"},
		} {
			p := call(m.model, 1, "")
			if c.p != nil {
				c.p(p)
			}
			body, err := wire.Encode(m.api, p, &c.opts)
			require.NoError(t, err)
			require.Empty(t, promptcheck.Check(m.api, body), "%s: %s", c.name, body)
			marks, err := wire.SentMarks(m.api, p)
			require.NoError(t, err)
			fmt.Fprintf(&b, "%s, %s, %s: marks %v\n%s\n", c.name, m.api, m.model, marks, body)
		}
	}
	compare(t, "testdata/options.txt", b.String())
}

func TestCount(t *testing.T) {
	p := call("gpt-6", 6, "2 mails wait", quire.CacheMark{After: 1}, quire.CacheMark{After: 5})
	p.Thinking = 9000
	body, err := wire.Encode(quire.APIOpenAIResponses, p, &wire.Options{Count: true, Stream: true, Choice: wire.ToolsAny, Format: weather, OneCall: true})
	require.NoError(t, err)
	assert.Empty(t, promptcheck.Check(quire.APIOpenAIResponses, body))
	for _, not := range []string{"max_output_tokens", "store", "include", "stream", "prompt_cache"} {
		assert.NotContains(t, string(body), `"`+not)
	}
	for _, is := range []string{"model", "reasoning", "text", "tool_choice", "parallel_tool_calls", "tools", "input", "2 mails wait"} {
		assert.Contains(t, string(body), is)
	}
}

func TestCacheLife(t *testing.T) {
	for _, api := range []quire.API{quire.APIOpenAIResponses, quire.APIOpenAIChat} {
		for model, want := range map[string]bool{"gpt-5": true, "gpt-5.5-pro": true, "gpt-4.1-mini": true} {
			body, err := wire.Encode(api, call(model, 1, ""), &wire.Options{CacheLife: 24 * time.Hour})
			require.NoError(t, err)
			assert.Equal(t, want, strings.Contains(string(body), `"prompt_cache_retention":"24h"`), model)
			body, err = wire.Encode(api, call(model, 1, ""), &wire.Options{CacheLife: time.Hour})
			require.NoError(t, err)
			assert.NotContains(t, string(body), "retention", "an hour at most is what they do by themselves")
		}
		for _, model := range []string{"gpt-4o", "gpt-6", "llama-4"} {
			_, err := wire.Encode(api, call(model, 1, ""), &wire.Options{CacheLife: 24 * time.Hour})
			assert.ErrorContains(t, err, "can't be asked", model)
		}
	}
}

func TestOptionsThatCantBe(t *testing.T) {
	bare := call("m", 1, "")
	bare.Tools = nil
	for name, c := range map[string]struct {
		api  quire.API
		p    *quire.Prompt
		opts wire.Options
		want string
	}{
		"another choice":       {quire.APIOpenAIChat, call("m", 1, ""), wire.Options{Choice: "some"}, `no tool choice "some"`},
		"a tool that is none":  {quire.APIOpenAIChat, call("m", 1, ""), wire.Options{Choice: wire.ToolNamed("rm")}, `"rm", which is not among them`},
		"a choice of nothing":  {quire.APIOpenAIResponses, bare, wire.Options{Choice: wire.ToolsAny}, "there are none"},
		"a nameless format":    {quire.APIStrict, bare, wire.Options{Format: &wire.Format{Schema: []byte("{}")}}, "format name"},
		"a format of nonsense": {quire.APIStrict, bare, wire.Options{Format: &wire.Format{Name: "x", Schema: []byte("[]")}}, "no JSON object"},
		"no endpoint to count": {quire.APIOpenAIChat, bare, wire.Options{Count: true}, "no counting endpoint"},
	} {
		_, err := wire.Encode(c.api, c.p, &c.opts)
		var we *wire.Error
		require.True(t, errors.As(err, &we), "%s: %v", name, err)
		assert.ErrorContains(t, err, c.want, name)
	}
	_, err := wire.Encode(quire.APIOpenAIChat, bare, &wire.Options{Choice: wire.ToolsNone, OneCall: true})
	assert.NoError(t, err, "nothing to call, nothing called")
}

func TestNoImages(t *testing.T) {
	p := call("m", 3, "")
	img := quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}
	p.Messages[0].Parts = []quire.Part{img}
	res := p.Messages[2].Parts[0].(quire.ToolResult)
	res.Parts = []quire.Part{img}
	p.Messages[2].Parts[0] = res
	for _, api := range formats {
		body, err := wire.Encode(api, p, &wire.Options{NoImages: true})
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(string(body), "[image/png, 2x1, 8 bytes: not shown]"), api)
		assert.NotContains(t, string(body), "iVBORw0KGgo=", api)
	}
	assert.Equal(t, quire.Part(img), p.Messages[0].Parts[0], "the prompt is the caller's")
	assert.Equal(t, quire.Part(img), p.Messages[2].Parts[0].(quire.ToolResult).Parts[0])
}
