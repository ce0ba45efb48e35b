package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

func decoded(t *testing.T, api quire.API, body string) *wire.Request {
	t.Helper()
	r, err := wire.DecodeRequest(api, modelOf[api], []byte(body))
	require.NoError(t, err)
	return r
}

func encoded(t *testing.T, r *wire.Request, p quire.Prompt) string {
	t.Helper()
	out, _, err := r.Encode(&p, nil)
	require.NoError(t, err)
	return string(out)
}

func TestSettingsStayByteForByte(t *testing.T) {
	r := decoded(t, quire.APIAnthropic, `{ "temperature" : 0.10,"x":{"b":1, "a":[ 2 ]},"messages":[{"role":"user","content":"hi"}],"model":"claude-opus-4-5","max_tokens":7}`)
	assert.Equal(t, 7, r.Prompt.MaxOutput)
	p := r.Prompt
	p.Model, p.MaxOutput = "another", 9
	assert.Equal(t, `{"temperature":0.10,"x":{"b":1, "a":[ 2 ]},"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"model":"claude-opus-4-5","max_tokens":7}`,
		encoded(t, r, p), "the fields that are not owned are the client's")
}

func TestASystemPromptStaysInItsBlocks(t *testing.T) {
	for _, c := range []struct {
		api                   quire.API
		body, same, more, new string // what the beginning of the request is
	}{
		{
			quire.APIAnthropic, `{"model":"claude-opus-4-5","max_tokens":1,"system":[{"type":"text","text":"One."},{"type":"text","text":"Two.","zzz":1}],"messages":[{"role":"user","content":"hi"}]}`,
			`"system":[{"type":"text","text":"One."},{"type":"text","text":"Two.","zzz":1}],`,
			`"system":[{"type":"text","text":"One."},{"type":"text","text":"Two.","zzz":1},{"type":"text","text":"More."}],`,
			`"system":[{"type":"text","text":"Other."}],`,
		},
		{
			quire.APIOpenAIChat, `{"model":"gpt-4o","messages":[{"role":"developer","content":"One."},{"role":"system","content":"Two."},{"role":"user","content":"hi"}]}`,
			`"messages":[{"role":"developer","content":"One."},{"role":"system","content":"Two."},{"role":"user"`,
			`{"role":"system","content":"Two."},{"role":"system","content":"More."},{"role":"user"`,
			`"messages":[{"role":"system","content":"Other."},{"role":"user"`,
		},
		{
			quire.APIOpenAIResponses, `{"model":"gpt-4o","instructions":"One.","input":[{"role":"developer","content":"Two."},{"role":"user","content":"hi"}]}`,
			`"instructions":"One.","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Two."}]},{"type":"message","role":"user"`,
			`{"type":"message","role":"developer","content":[{"type":"input_text","text":"More."}]},{"type":"message","role":"user"`,
			`{"model":"gpt-4o","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Other."}]},{"type":"message","role":"user"`,
		},
		{
			quire.APIGemini, `{"systemInstruction":{"role":"user","parts":[{"text":"One."},{"text":"Two."}]},"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`,
			`{"systemInstruction":{"role":"user","parts":[{"text":"One."},{"text":"Two."}]}`,
			`{"systemInstruction":{"role":"user","parts":[{"text":"One."},{"text":"Two."},{"text":"More."}]}`,
			`{"systemInstruction":{"role":"user","parts":[{"text":"Other."}]}`,
		},
	} {
		t.Run(string(c.api), func(t *testing.T) {
			r := decoded(t, c.api, c.body)
			p := r.Prompt
			assert.Equal(t, "One.\n\nTwo.", p.System)
			require.Len(t, p.Messages, 1)
			assert.Contains(t, encoded(t, r, p), c.same)
			p.System = "One.\n\nTwo.\n\nMore."
			assert.Contains(t, encoded(t, r, p), c.more)
			p.System = "Other."
			assert.Contains(t, encoded(t, r, p), c.new)
			p.System = ""
			assert.NotContains(t, encoded(t, r, p), "One.")
		})
	}
}

func TestToolsStayAsTheyCame(t *testing.T) {
	for api, body := range wholeRequests {
		t.Run(string(api), func(t *testing.T) {
			r := decoded(t, api, body)
			p := r.Prompt
			require.NotEmpty(t, p.Tools)
			assert.Equal(t, "add", p.Tools[0].Name)
			more := append(p.Tools[:len(p.Tools):len(p.Tools)], quire.Tool{Name: "context_find", Description: "Finds."})
			p.Tools = more
			out := encoded(t, r, p)
			assert.Contains(t, out, `"context_find"`)
			assert.Equal(t, append([]quire.Tool(nil), r.Prompt.Tools...), decoded(t, api, out).Prompt.Tools[:len(r.Prompt.Tools)])
			p.Tools = []quire.Tool{{Name: "add", Description: "Another.", Schema: []byte(`{"type":"object","properties":{}}`)}}
			assert.Contains(t, encoded(t, r, p), `"Another."`)
			p.Tools = nil
			assert.Empty(t, decoded(t, api, encoded(t, r, p)).Prompt.Tools, "what has a name is left out with it")
		})
	}
	r := decoded(t, quire.APIAnthropic, wholeRequests[quire.APIAnthropic])
	p := r.Prompt
	p.Tools = nil
	assert.Contains(t, encoded(t, r, p), `"mcp_toolset"`, "what has none stays")
	const two = `[{"name":"a","description":"x","input_schema":{"type":"object"}},{"name":"a","description":"y","input_schema":{}}]`
	r = decoded(t, quire.APIAnthropic, `{"model":"claude-sonnet-4-5","max_tokens":9,"tools":`+two+`,"messages":[{"role":"user","content":"hi"}]}`)
	assert.Contains(t, encoded(t, r, r.Prompt), two, "two that share a name are not mixed up")
}

func TestMarksAreThePrompts(t *testing.T) {
	r := decoded(t, quire.APIAnthropic, wholeRequests[quire.APIAnthropic])
	assert.Equal(t, []quire.CacheMark{{After: 0, TTL: time.Hour}, {After: 4}}, r.Prompt.Marks)
	p := r.Prompt
	p.Marks = []quire.CacheMark{{After: 2}}
	out, marks, err := r.Encode(&p, nil)
	require.NoError(t, err)
	assert.Equal(t, p.Marks, marks)
	assert.Equal(t, p.Marks, decoded(t, quire.APIAnthropic, string(out)).Prompt.Marks)

	r = decoded(t, quire.APIAnthropic, `{"model":"claude-opus-4-5","max_tokens":1,"cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":"hi"}]}`)
	p = r.Prompt
	p.Marks = []quire.CacheMark{{After: 1}}
	out, marks, err = r.Encode(&p, nil)
	require.NoError(t, err)
	assert.Empty(t, marks, "the provider places them")
	assert.Contains(t, string(out), `"cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]`)

	r = decoded(t, quire.APIOpenAIResponses, `{"model":"gpt-5.6","input":"hi"}`)
	p = r.Prompt
	p.Marks = []quire.CacheMark{{After: 1}}
	out, marks, err = r.Encode(&p, nil)
	require.NoError(t, err)
	assert.Len(t, marks, 1)
	assert.Contains(t, string(out), `"prompt_cache_options":{"mode":"explicit"}`)
	assert.Equal(t, p.Marks, decoded(t, quire.APIOpenAIResponses, string(out)).Prompt.Marks)
}

func TestWhatCanNotBeKeptIsNamed(t *testing.T) {
	for _, c := range []struct {
		api         quire.API
		body, named string
	}{
		{quire.APIOpenAIResponses, `{"model":"m","previous_response_id":"r","input":"hi"}`, "previous_response_id"},
		{quire.APIOpenAIResponses, `{"model":"m","conversation":"c","input":"hi"}`, "conversation"},
		{quire.APIGemini, `{"cachedContent":"c","contents":[]}`, "cachedContent"},
		{quire.APIGemini, `{"contents":[{"parts":[{"function_call":{}}]}]}`, "contents[0].parts[0].function_call"},
		{quire.APIGemini, `{"contents":[{"parts":[{"text":1}]}]}`, "contents[0].parts[0].text"},
		{quire.APIOpenAIChat, `{"model":"m","messages":[{"role":"function","name":"f","content":"x"}]}`, "messages[0].role"},
		{quire.APIOpenAIChat, `{"model":"m","messages":[{"role":"assistant","function_call":{"name":"f"}}]}`, "messages[0].function_call"},
		{quire.APIOpenAIChat, `{"model":"m","messages":[{"role":"tool","tool_call_id":"c","content":[{"type":"image_url","image_url":{"url":"https://x.test/a"}}]}]}`, "messages[0].content[0].type"},
		{quire.APIOpenAIChat, `{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"a b"}}]}]}`, "messages[0].tool_calls[0].function.name"},
		{quire.APIAnthropic, `{"model":"m","messages":[{"role":"user","role":"user"}]}`, "messages[0].role"},
		{quire.APIAnthropic, `{"model":"m","messages":[],"messages":[{"role":"user","content":"x"}]}`, "messages: it stands there twice"},
		{quire.APIAnthropic, `{"model":"m","messages":7}`, "messages"},
		{quire.APIAnthropic, `{"model":"m","messages":[[]]}`, "messages[0]"},
		{quire.APIAnthropic, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"ttl":"soon"}}]}]}`, "messages[0].content[0].cache_control.ttl"},
		{quire.APIAnthropic, `{"model":"m","messages":[{"role":"user","content":"x","output_config":{}}]}`, "messages[0].output_config"},
		{quire.APIAnthropic, `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"system","content":"x","output_config":"low"}]}`, "messages[1].output_config"},
		{quire.APIAnthropic, `{"model":"m","messages":[{"role":"system","content":"x","output_config":{}},{"role":"user","content":"x"}]}`, "messages[0].output_config"},
		{quire.APIAnthropic, `[]`, "no JSON object"},
		{quire.APIOllama, `{}`, "can't be read"},
	} {
		_, err := wire.DecodeRequest(c.api, "", []byte(c.body))
		var e *wire.Error
		if assert.ErrorAs(t, err, &e, c.body) {
			assert.Contains(t, e.What, c.named, c.body)
		}
	}
	r := decoded(t, quire.APIGemini, `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`)
	r.Prompt.Messages = append(r.Prompt.Messages, quire.PromptMessage{Role: "system", Parts: []quire.Part{quire.Text{Text: "x"}}})
	_, _, err := r.Encode(&r.Prompt, nil)
	assert.ErrorContains(t, err, `"system"`)
}

// Calls of Gemini's that come without ids are told apart, and their results with them.
func TestCallsWithoutIDs(t *testing.T) {
	r := decoded(t, quire.APIGemini, `{"contents":[{"role":"user","parts":[{"text":"hi"}]},
		{"role":"model","parts":[{"functionCall":{"name":"a","args":{}}},{"functionCall":{"name":"b","args":{}}},{"functionCall":{"name":"a","args":{}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"b","response":{"result":"1"}}},{"functionResponse":{"name":"a","response":{"result":"2"}}},{"functionResponse":{"name":"a","response":{"result":"3"}}}]}]}`)
	var ids []string
	for _, part := range r.Prompt.Messages[1].Parts {
		ids = append(ids, part.(quire.ToolCall).ID)
	}
	var answered []string
	for _, part := range r.Prompt.Messages[2].Parts {
		answered = append(answered, part.(quire.ToolResult).CallID)
	}
	assert.NotEqual(t, ids[0], ids[2])
	assert.Equal(t, []string{ids[1], ids[0], ids[2]}, answered)
	assert.NotContains(t, encoded(t, r, r.Prompt), `"id"`)
}

// Whatever a request says, there is an answer: it is read, or a typed error.
func TestAnyRequestIsReadOrRefused(t *testing.T) {
	apis := []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini}
	rapid.Check(t, func(t *rapid.T) {
		api := rapid.SampledFrom(apis).Draw(t, "api")
		b := []byte(wholeRequests[api])
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "edit") {
			case 0:
				b = append(b[:i:i], b[i+1:]...)
			case 1:
				b[i] = rapid.SampledFrom([]byte(`{}[]":,0an`)).Draw(t, "byte")
			default: // a value becomes another
				b = []byte(strings.Replace(string(b), rapid.SampledFrom([]string{`"text"`, `"user"`, `"add"`, `"c1"`, `{}`, `[{`}).Draw(t, "what"), rapid.SampledFrom([]string{"7", "null", `""`, "[[", `{"a":1}`}).Draw(t, "by"), 1))
			}
		}
		r, err := wire.DecodeRequest(api, modelOf[api], b)
		var e *wire.Error
		if err != nil {
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.What)
			return
		}
		out, _, err := r.Encode(&r.Prompt, nil)
		if err != nil {
			require.ErrorAs(t, err, &e)
			return
		}
		require.True(t, json.Valid(out), "%s", out)
	})
}
