package replies

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

const chatBody = `{"object":"chat.completion","id":"c","choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":"Hm.","reasoning_content":"why",` +
	`"tool_calls":[{"id":"t","type":"function","function":{"name":"ls","arguments":"{\"b\":1,\"a\":2}"}}]}}],"usage":{"prompt_tokens":9,"completion_tokens":3}}`

var bodies = map[quire.API]string{
	quire.APIOpenAIChat:      chatBody,
	quire.APIAnthropic:       `{"type":"message","id":"m","stop_reason":"tool_use","content":[{"type":"thinking","thinking":"why","signature":"s"},{"type":"text","text":"Hm."},{"type":"tool_use","id":"t","name":"ls","input":{"a":2,"b":1}}],"usage":{"input_tokens":9,"output_tokens":3}}`,
	quire.APIOpenAIResponses: `{"object":"response","status":"completed","output":[{"type":"reasoning","summary":[{"text":"why"}]},{"type":"message","content":[{"type":"output_text","text":"Hm."}]},{"type":"function_call","call_id":"t","name":"ls","arguments":"{\"a\":2,\"b\":1}"}],"usage":{"input_tokens":9,"output_tokens":3}}`,
	quire.APIGemini:          `{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"why","thought":true},{"text":"Hm."},{"functionCall":{"name":"ls","args":{"a":2,"b":1}}}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}`,
	quire.APIOllama:          `{"message":{"role":"assistant","thinking":"why","content":"Hm.","tool_calls":[{"function":{"name":"ls","arguments":{"a":2,"b":1}}}]},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":3}`,
}

// TestBothReadTheSame: each format, whole, as this package's own decoder reads it and as
// package wire does.
func TestBothReadTheSame(t *testing.T) {
	want := said{text: "Hm.", thought: "why", calls: []call{{"ls", `{"a":2,"b":1}`}}, stop: quire.StopTools, usage: quire.Usage{Input: 9, Output: 3}}
	for api, body := range bodies {
		s := shapeOf([]byte(body))
		require.Equal(t, api, s.api)
		assert.Equal(t, want, readers()[api].whole(s.body), api)
		v, ok := judge(&recording{status: 200, body: []byte(body)})
		assert.True(t, ok)
		assert.Equal(t, same, v.outcome, "%+v", v)
	}
}

// TestDifferencesAreSeen: whatever one reading has and the other has not is told.
func TestDifferencesAreSeen(t *testing.T) {
	one := said{text: "a", thought: "b", calls: []call{{"ls", "{}"}}, others: 1, stop: quire.StopEnd, usage: quire.Usage{Input: 1}}
	field, _, _ := one.difference(one)
	assert.Empty(t, field)
	for want, change := range map[string]func(*said){
		"text": func(s *said) { s.text = "" }, "reasoning": func(s *said) { s.thought = "bc" }, "calls": func(s *said) { s.calls = []call{{"ls", `{"a":1}`}} },
		"blocks": func(s *said) { s.others = 0 }, "stop": func(s *said) { s.stop = quire.StopLength }, "usage": func(s *said) { s.usage.Output = 1 },
	} {
		two := one
		change(&two)
		field, _, _ := one.difference(two)
		assert.Equal(t, want, field)
	}
}

// lines are a stream of the chat format with both kinds of delta.
func lines() []string {
	return []string{
		`{"id":"c","choices":[{"index":0,"delta":{"content":"H"}}]}`, `{"id":"c","choices":[{"index":1,"delta":{"content":"not"}}]}`, `{"id":"c","choices":[{"index":0,"delta":{"content":"m."}}]}`,
		`{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"ls","arguments":"{\"a\""}}]}}]}`,
		`{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":2}"}}]}}]}`,
		`{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}`,
	}
}

// TestFilesOfEachKind are read, counted by vendor, and left out where they are no replies.
func TestFilesOfEachKind(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	numbered := func(i int) string { return strings.Replace(chatBody, `"id":"c"`, fmt.Sprintf(`"id":"c%d"`, i), 1) }
	stream := "data: " + strings.Join(lines(), "\n\ndata: ") + "\n\ndata: [DONE]\n\n"
	write("p/pytest.yaml", "interactions:\n- request: {uri: 'https://api.mistral.ai/v1/x'}\n  response: {status: {code: 200}, body: {string: "+quoted(numbered(1))+"}}\n"+
		"- request: {uri: 'https://api.mistral.ai/v1/x'}\n  response: {status: {code: 429}, body: {string: '{\"message\":\"Rate limit exceeded\"}'}}\n")
	write("p/parsed.yaml", "interactions:\n- request: {uri: 'https://api.mistral.ai/v1/x'}\n  response: {status: {code: 200}, headers: {'': a, '': b}, parsed_body: "+numbered(2)+"}\n")
	write("p/ruby.yml", "http_interactions:\n- request: {uri: 'https://api.x.ai/v1'}\n  response: {status: {code: 200}, body: {string: !binary \""+base64.StdEncoding.EncodeToString([]byte(numbered(3)))+"\"}}\n")
	write("p/go.yaml", "interactions:\n- request: {url: 'https://openrouter.ai/api'}\n  response: {code: 200, body: "+quoted(stream)+"}\n")
	asked := "POST https://api.groq.com/x HTTP/1.1\r\n\r\n{}"
	body := numbered(4)
	answered := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	write("p/trace.httprr", fmt.Sprintf("httprr trace v1\n%d %d\n%s%s", len(asked), len(answered), asked, answered))
	write("p/packages/deepseek/a.chunks.txt", strings.Join(lines(), "\n"))
	write("p/packages/deepseek/again.txt", strings.Join(lines(), "\n")) // counts once
	write("p/packages/deepseek/a.json", numbered(5))
	write("p/together/mock.yaml", "when: {path: /v1/chat}\nthen: {status: 200, body: "+quoted(numbered(6))+"}\n---\nwhen: {path: /v1/chat}\nthen: {status: 200, body: "+quoted(numbered(7))+"}\n")
	write("p/packages/deepseek/stream.json", strings.ReplaceAll(stream, `"c"`, `"d"`))
	write("p/embedding.json", `{"object":"list","data":[]}`)
	write("p/broken.yaml", "a: [")
	var out, errs bytes.Buffer
	ok, err := Run(t.Context(), &Options{Dir: dir, Show: 9}, &out, &errs)
	require.NoError(t, err)
	assert.True(t, ok, "%s", errs.String())
	for _, row := range []string{
		"| Mistral | openai-chat | 2 | 0 | 2 | 0 | 0 |", "| every vendor | refusals | 1 | 0 | 1 | 0 | 0 |", "| xAI | openai-chat | 1 | 0 | 1 | 0 | 0 |",
		"| OpenRouter | openai-chat | 0 | 1 | 1 | 0 | 0 |", "| Groq | openai-chat | 1 | 0 | 1 | 0 | 0 |", "| DeepSeek | openai-chat | 1 | 2 | 3 | 0 | 0 |", "| Together | openai-chat | 2 | 0 | 2 | 0 | 0 |",
		"| all |  | 8 | 3 | 11 | 0 | 0 |", "1 bodies are no replies in these formats, 1 files can't be read.",
	} {
		assert.Contains(t, out.String(), row)
	}
	_, err = Run(t.Context(), &Options{Dir: t.TempDir()}, &out, &errs)
	assert.Error(t, err, "nothing there")
}

// TestFailuresAreTold: a reply that package wire can't read makes the command fail.
func TestFailuresAreTold(t *testing.T) {
	dir := t.TempDir()
	spliced := `{"type":"message_start","message":{"id":"a"}}` + "\n" + `{"type":"message_start","message":{"id":"b"}}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.chunks.txt"), []byte(spliced), 0o600))
	var out, errs bytes.Buffer
	ok, err := Run(t.Context(), &Options{Dir: dir, Show: 1}, &out, &errs)
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Contains(t, out.String(), "| all |  | 0 | 1 | 0 | 0 | 1 |")
	assert.Contains(t, errs.String(), "a.chunks.txt")
}

// TestLostFields: what stands in no part of the reply is counted by its path.
func TestLostFields(t *testing.T) {
	l := lost{}
	r := &recording{body: []byte(`{"object":"chat.completion","choices":[{"finish_reason":"stop","message":{"content":"this is kept, all of it","aside":["this has no place"]}}]}`)}
	v, ok := judge(r)
	require.True(t, ok)
	l.add(r, v)
	assert.Equal(t, lost{"openai-chat.choices[].message.aside[]": 1}, l)
}
