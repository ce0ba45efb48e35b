package anthropicmodel_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/anthropicmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// answering is a server that gives the same body, whole or as the events that add
// up to it, and keeps the last request.
func answering(t *testing.T, body string, events ...string) (url string, request func() string) {
	t.Helper()
	var seen string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body) // the client is ours
		seen = string(b)
		if !strings.Contains(seen, `"stream":true`) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, body)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, e := range events {
			var name struct {
				Type string `json:"type"`
			}
			assert.NoError(t, json.Unmarshal([]byte(e), &name))
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name.Type, e)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() string { return seen }
}

func message(content, stop string) string {
	return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[` + content + `],"stop_reason":"` + stop + `","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":5}}`
}

const (
	start = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`
	stop  = `{"type":"message_stop"}`
)

func stopping(why string) string {
	return `{"type":"message_delta","delta":{"stop_reason":"` + why + `","stop_sequence":null},"usage":{"output_tokens":5}}`
}

// goesOn is a prompt with a reply in it, and results for its calls.
func goesOn(r *quire.Reply) *quire.Prompt {
	p := rich("")
	p.Notice, p.Marks = "", nil
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts})
	var results []quire.Part
	for _, part := range r.Parts {
		if c, ok := part.(quire.ToolCall); ok {
			results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{text("done")}})
		}
	}
	if results != nil {
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
	}
	return p
}

// TestThinkingByteForByte: thinking, its signature and what is redacted go back as
// they came, whole or in pieces; so do calls side by side.
func TestThinkingByteForByte(t *testing.T) {
	const (
		thinking = `{"type":"thinking","thinking":"First <a>, then\n\"b\" – \\u00e9?","signature":"EqoBCkgIARABGAIiQL+/=="}`
		redacted = `{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix/LafPsn4a+w=="}`
		hidden   = `{"type":"thinking","thinking":"","signature":"c2ln"}`
		calls    = `{"type":"tool_use","id":"toolu_1","name":"read","input":` + odd + `},{"type":"tool_use","id":"toolu_2","name":"list","input":{}}`
	)
	url, request := answering(t, message(thinking+","+redacted+","+hidden+`,{"type":"text","text":"Both."},`+calls, "tool_use"),
		start,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"First <a>, th"}}`,
		`{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"en\n\"b\" – \\u00e9?"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqoBCkgIARABGAIiQL+/=="}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":`+redacted+`}`, `{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta","signature":"c2ln"}}`, `{"type":"content_block_stop","index":2}`,
		`{"type":"content_block_start","index":3,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Both."}}`, `{"type":"content_block_stop","index":3}`,
		`{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"toolu_1","name":"read","input":{}}}`,
		`{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"z\": \"b\", \"n\":1234567890"}}`,
		`{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"1234567890,\"a\":1.50}"}}`, `{"type":"content_block_stop","index":4}`,
		`{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"toolu_2","name":"list","input":{}}}`, `{"type":"content_block_stop","index":5}`,
		stopping("tool_use"), stop)
	m := open(t, url, anthropicmodel.Options{})
	p := rich("")
	whole, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, whole, last(t, m, p))
	require.Len(t, whole.Parts, 6)
	assert.Equal(t, quire.Reasoning{Model: "claude-opus-5", Data: "EmwKAhgBEgy3va3pzix/LafPsn4a+w=="}, whole.Parts[1])
	assert.Equal(t, quire.StopTools, whole.Stop)

	_, err = m.Generate(t.Context(), goesOn(whole))
	require.NoError(t, err)
	// As it came, but for the escapes of the same characters.
	assert.Contains(t, request(), `"content":[`+thinking+","+redacted+","+hidden+`,{"type":"text","text":"Both."},`+calls+"]}")
	other := goesOn(whole)
	other.Model = "claude-opus-4-8"
	_, err = m.Generate(t.Context(), other)
	require.NoError(t, err)
	assert.NotContains(t, request(), "EqoBCkgIARABGAIiQL", "the reasoning of another model")
}

// TestCacheMarks: the marks stand where the prompt has them, on system or tools
// too, each with its life; what was sent is reported.
func TestCacheMarks(t *testing.T) {
	const short, long = `"cache_control":{"type":"ephemeral"}`, `"cache_control":{"type":"ephemeral","ttl":"1h"}`
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("a"), modeltest.Say("a"), modeltest.Say("a"), modeltest.Say("a")})
	m := open(t, srv.URL, anthropicmodel.Options{})
	body := func() string { r := srv.Requests(); return string(r[len(r)-1].Body) }
	p := rich("")
	p.Marks = []quire.CacheMark{{TTL: time.Hour}, {After: 1, TTL: time.Hour}, {After: 3}, {After: 5}}
	r, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, p.Marks, r.Marks)
	for _, want := range []string{
		`{"type":"text","text":"You are Ada.",` + long + `}],"messages":`,
		`"data":"iVBORw0KGgo="},` + long + `}]},{"role":"assistant"`,
		`"is_error":true,` + short + `}]},{"role":"assistant"`,
		`"url":"https://x.example/y.png"},` + short + `},{"type":"text","text":"2 mails wait"}]}]}`,
	} {
		assert.Contains(t, body(), want)
	}
	assert.Equal(t, 4, strings.Count(body(), "cache_control"))

	p.System = "" // then the last tool carries it
	r, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, p.Marks, r.Marks)
	assert.Contains(t, body(), `"additionalProperties":false},`+long+`}],"messages":`)

	p = rich("") // a longer life after a shorter one is shortened, and of five marks the last four go
	p.Marks = []quire.CacheMark{{}, {After: 1}, {After: 2}, {After: 3, TTL: time.Hour}, {After: 4}}
	r, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, []quire.CacheMark{{After: 1}, {After: 2}, {After: 3}, {After: 4}}, r.Marks)
	assert.Equal(t, 4, strings.Count(body(), short))

	p = rich("claude-opus-5") // thinking carries no mark
	p.Messages[1].Parts = p.Messages[1].Parts[:3]
	p.Messages = append(p.Messages[:2], p.Messages[4:]...)
	p.Marks = []quire.CacheMark{{After: 2}}
	r, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, body(), `{"type":"redacted_thinking","data":"cmVkYWN0ZWQ="}`)
	assert.Len(t, r.Marks, 1)
}

// TestUsageByClass: read, written for five minutes and for an hour, thought.
func TestUsageByClass(t *testing.T) {
	usage := quire.Usage{Input: 1000, CachedInput: 700, CacheWrite: 200, CacheWriteLong: 150, Output: 90, Reasoning: 60}
	step := modeltest.Say("hi")
	step.Reply.Usage = usage
	m := open(t, modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{step, step}).URL, anthropicmodel.Options{})
	r, err := m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, usage, r.Usage)
	assert.Equal(t, usage, last(t, m, rich("")).Usage)
}

func TestImages(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
	_, err := open(t, srv.URL, anthropicmodel.Options{}).Generate(t.Context(), rich(""))
	require.NoError(t, err)
	const png = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}`
	body := string(srv.Requests()[0].Body)
	assert.Equal(t, 2, strings.Count(body, png), "of the user and in a result")
	assert.Contains(t, body, `{"type":"image","source":{"type":"url","url":"https://x.example/y.png"}}`)
	assert.Contains(t, body, `[image/png, 2x1, 8 bytes: not shown]`, "the API takes none from the assistant")
	_, err = open(t, srv.URL, anthropicmodel.Options{Request: wire.Options{NoImages: true}}).Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.NotContains(t, string(srv.Requests()[1].Body), `"type":"image"`)
}

// TestServerTools: what the server did itself is carried, and goes back as it came.
func TestServerTools(t *testing.T) {
	const (
		use    = `{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"quire"},"caller":{"type":"direct"}}`
		result = `{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://x.example","title":"X","encrypted_content":"ZQ==","page_age":null}],"caller":{"type":"direct"}}`
	)
	url, request := answering(t, message(use+","+result+`,{"type":"text","text":"Found."}`, "end_turn"),
		start,
		`{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{},"caller":{"type":"direct"}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"quire\"}"}}`, `{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":`+result+`}`, `{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"Found."}}`, `{"type":"content_block_stop","index":2}`,
		stopping("end_turn"), stop)
	m := open(t, url, anthropicmodel.Options{})
	whole, err := m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	require.Len(t, whole.Parts, 3)
	assert.Equal(t, "anthropic/server_tool_use", whole.Parts[0].(quire.Opaque).Kind)
	p := goesOn(whole)
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("Thanks.")}})
	_, err = m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Contains(t, request(), `{"role":"assistant","content":[`+use+","+result+`,{"type":"text","text":"Found."}]}`)
	streamed := last(t, m, p)
	require.Len(t, streamed.Parts, 3)
	for i := range 2 {
		assert.JSONEq(t, string(whole.Parts[i].(quire.Opaque).Raw), string(streamed.Parts[i].(quire.Opaque).Raw))
	}
}

func TestStopReasons(t *testing.T) {
	for why, want := range map[anthropic.StopReason]quire.StopReason{
		anthropic.StopReasonEndTurn: quire.StopEnd, anthropic.StopReasonStopSequence: quire.StopEnd,
		anthropic.StopReasonMaxTokens: quire.StopLength, anthropic.StopReasonModelContextWindowExceeded: quire.StopLength,
		anthropic.StopReasonRefusal: quire.StopRefused, anthropic.StopReasonPauseTurn: quire.StopPaused,
		anthropic.StopReasonToolUse: quire.StopTools,
	} {
		const block = `{"type":"text","text":"x"}`
		url, _ := answering(t, message(block, string(why)), start, `{"type":"content_block_start","index":0,"content_block":`+block+`}`,
			`{"type":"content_block_stop","index":0}`, stopping(string(why)), stop)
		m := open(t, url, anthropicmodel.Options{})
		r, err := m.Generate(t.Context(), rich(""))
		require.NoError(t, err)
		assert.Equal(t, want, r.Stop, why)
		assert.Equal(t, r, last(t, m, rich("")), why)
	}
	// A refusal may come with nothing at all.
	url, _ := answering(t, message("", "refusal"))
	r, err := open(t, url, anthropicmodel.Options{}).Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, quire.StopRefused, r.Stop)
	assert.Empty(t, r.Parts)
}

// TestPausedTurn goes on where the server paused: its own words end the prompt.
func TestPausedTurn(t *testing.T) {
	const block = `{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"quire"},"caller":{"type":"direct"}}`
	url, request := answering(t, message(block, "pause_turn"))
	m := open(t, url, anthropicmodel.Options{})
	r, err := m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, quire.StopPaused, r.Stop)
	_, err = m.Generate(t.Context(), goesOn(r))
	require.NoError(t, err)
	assert.Contains(t, request(), `{"role":"assistant","content":[`+block+`]}]}`)
}

func TestStructuredOutput(t *testing.T) {
	schema := []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}},"required":["z","a"],"additionalProperties":false}`)
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say(`{"z":"x","a":1}`)})
	m := open(t, srv.URL, anthropicmodel.Options{Request: wire.Options{Format: &wire.Format{Name: "weather", Schema: schema, Strict: true}}})
	r, err := m.Generate(t.Context(), rich(""))
	require.NoError(t, err)
	assert.Equal(t, `{"z":"x","a":1}`, quire.PlainText(r.Parts))
	assert.Contains(t, string(srv.Requests()[0].Body), `"output_config":{"format":{"type":"json_schema","schema":`+string(schema)+`}}`)
}
