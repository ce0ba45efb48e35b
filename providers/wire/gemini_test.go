package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// geminiTurn is an open loop of two steps, each with calls side by side.
func geminiTurn(model string) *quire.Prompt {
	img := quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}
	result := func(id string, parts ...quire.Part) quire.Part {
		return quire.ToolResult{CallID: id, Name: "read", Parts: parts}
	}
	p := call(model, 1, "")
	p.System = ""
	p.Messages = append(p.Messages,
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{
			quire.Reasoning{Model: model, Text: "not signed"}, text("Two."), quire.Reasoning{Model: model, Signature: "dGV4dA=="},
			quire.ToolCall{ID: "own", Name: "read", Signature: "b25l"}, quire.ToolCall{ID: "made_0011223344556677_4", Name: "list"},
		}},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{
			result("own", text("seen"), img, quire.Image{URL: "https://x.example/y.png"}), result("made_0011223344556677_4", img),
		}},
		quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{
			img, quire.Reasoning{Model: model, Signature: "aW1n"}, quire.Reasoning{Model: "gemini-9", Signature: "b3RoZXI="},
			quire.ToolCall{ID: "a", Name: "read"}, quire.ToolCall{ID: "b", Name: "read"},
		}},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{result("a", text("x")), result("b", text("y"))}})
	return p
}

// TestGeminiLoop: signatures go back where they came, and the documented stand-in
// where a step has lost its own; as many responses as calls, in their order;
// pictures inside of results where the model takes them, else a note.
func TestGeminiLoop(t *testing.T) {
	const begin = `"contents":[{"role":"user","parts":[{"text":"[#1 from=mia tokens=9]"},{"text":"What is in <a> & \"b\"?"}]},` +
		`{"role":"model","parts":[{"text":"Two."},{"text":"","thoughtSignature":"dGV4dA=="},` +
		`{"functionCall":{"id":"own","name":"read","args":{}},"thoughtSignature":"b25l"},{"functionCall":{"name":"list","args":{}}}]},`
	const end = `{"role":"user","parts":[{"functionResponse":{"id":"a","name":"read","response":{"result":"x"}}},` +
		`{"functionResponse":{"id":"b","name":"read","response":{"result":"y"}}}]}]}`
	const drawn = `{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"text":"","thoughtSignature":"aW1n"},`
	for model, want := range map[string]string{
		"gemini-3.1-pro": begin + `{"role":"user","parts":[` +
			`{"functionResponse":{"id":"own","name":"read","response":{"result":"seen\n[image/png, 2x1, 8 bytes: attached]\n[image: not shown]"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}},` +
			`{"functionResponse":{"name":"list","response":{"result":"[image/png, 2x1, 8 bytes: attached]"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}}]},` + drawn +
			`{"functionCall":{"id":"a","name":"read","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"b","name":"read","args":{}}}]},` + end,
		"gemini-2.5-flash": begin + `{"role":"user","parts":[` +
			`{"functionResponse":{"id":"own","name":"read","response":{"result":"seen\n[image/png, 2x1, 8 bytes: not shown]\n[image: not shown]"}}},` +
			`{"functionResponse":{"name":"list","response":{"result":"[image/png, 2x1, 8 bytes: not shown]"}}}]},` + drawn +
			`{"functionCall":{"id":"a","name":"read","args":{}}},{"functionCall":{"id":"b","name":"read","args":{}}}]},` + end,
	} {
		body, err := wire.Encode(quire.APIGemini, geminiTurn(model), nil)
		require.NoError(t, err)
		assert.Equal(t, want, string(body[strings.Index(string(body), `"contents"`):]), model)
		if model == "gemini-3.1-pro" {
			assert.Empty(t, promptcheck.Check(quire.APIGemini, body))
		}
	}
}

func TestGeminiSettings(t *testing.T) {
	for name, c := range map[string]struct {
		model string
		opts  wire.Options
		want  string
	}{
		"nothing":  {"gemini-3-pro", wire.Options{Stream: true}, `{"generationConfig":{"maxOutputTokens":1000},"tools"`},
		"any":      {"gemini-3-pro", wire.Options{Choice: wire.ToolsAny}, `"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"tools"`},
		"none":     {"gemini-3-pro", wire.Options{Choice: wire.ToolsNone}, `"toolConfig":{"functionCallingConfig":{"mode":"NONE"}},"tools"`},
		"one tool": {"gemini-3-pro", wire.Options{Choice: wire.ToolNamed("read")}, `"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["read"]}},"tools"`},
		"format": {"gemini-3-pro", wire.Options{Format: weather},
			`"generationConfig":{"maxOutputTokens":1000,"responseMimeType":"application/json","responseJsonSchema":{"type": "object", "properties": {"z": {}, "a": {}}}}`},
		"count":             {"gemini-3-pro", wire.Options{Count: true, Choice: wire.ToolsAny, Format: weather}, `{"generateContentRequest":{"model":"models/gemini-3-pro","tools"`},
		"count, whole name": {"models/gemini-3-pro", wire.Options{Count: true}, `{"generateContentRequest":{"model":"models/gemini-3-pro","tools"`},
	} {
		body, err := wire.Encode(quire.APIGemini, call(c.model, 1, ""), &c.opts)
		require.NoError(t, err)
		assert.Contains(t, string(body), c.want, name)
		inner := strings.TrimSuffix(strings.TrimPrefix(string(body), `{"generateContentRequest":`), map[bool]string{true: "}"}[c.opts.Count])
		assert.Empty(t, promptcheck.Check(quire.APIGemini, []byte(inner)), name)
	}
	for _, c := range []struct {
		model string
		opts  wire.Options
		want  string
	}{
		{"gemini-3-pro", wire.Options{OneCall: true}, "no field for OneCall"},
		{"gemini-2.5-pro", wire.Options{Format: weather}, "takes no Format beside tools"},
	} {
		_, err := wire.Encode(quire.APIGemini, call(c.model, 1, ""), &c.opts)
		var we *wire.Error
		require.ErrorAs(t, err, &we)
		assert.ErrorContains(t, err, c.want)
		p := call(c.model, 1, "")
		p.Tools = nil
		_, err = wire.Encode(quire.APIGemini, p, &c.opts)
		assert.NoError(t, err, "without tools")
	}
}

// whole and streamed decode a reply both ways.
func bothWays(t *testing.T, body string) (*quire.Reply, error) {
	t.Helper()
	whole, err := wire.Decode(quire.APIGemini, []byte(body))
	_, _, _, streamed, serr := drain(quire.APIGemini, strings.NewReader(sse(body)))
	require.Equal(t, whole, streamed)
	require.Equal(t, err == nil, serr == nil, "%v, %v", err, serr)
	if err != nil && strings.Contains(body, "finishMessage") {
		require.Equal(t, err.Error(), serr.Error())
	}
	return whole, err
}

// TestGeminiStops: every reason that the API names, and what it means here.
func TestGeminiStops(t *testing.T) {
	for reason, want := range map[string]quire.StopReason{
		"STOP": quire.StopEnd, "MAX_TOKENS": quire.StopLength, "CONTINUATION": quire.StopLength,
		"SAFETY": quire.StopRefused, "RECITATION": quire.StopRefused, "BLOCKLIST": quire.StopRefused, "PROHIBITED_CONTENT": quire.StopRefused,
		"SPII": quire.StopRefused, "IMAGE_SAFETY": quire.StopRefused, "IMAGE_PROHIBITED_CONTENT": quire.StopRefused, "IMAGE_RECITATION": quire.StopRefused,
		"OTHER": quire.StopOther, "LANGUAGE": quire.StopOther, "TOO_MANY_TOOL_CALLS": quire.StopOther, "NO_IMAGE": quire.StopOther,
	} {
		r, err := bothWays(t, `{"responseId":"g","modelVersion":"gemini-3-pro","candidates":[{"finishReason":"`+reason+`"}],"usageMetadata":{"promptTokenCount":7}}`)
		require.NoError(t, err)
		assert.Equal(t, &quire.Reply{ID: "g", Model: "gemini-3-pro", Stop: want, Usage: quire.Usage{Input: 7}}, r, reason)
	}
	for _, reason := range []string{"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"} {
		_, err := bothWays(t, `{"candidates":[{"finishReason":"`+reason+`","finishMessage":"Malformed function call: print(1)"}]}`)
		assert.ErrorContains(t, err, reason+" Malformed function call: print(1)")
		r, err := bothWays(t, `{"candidates":[{"content":{"parts":[{"text":"Let me"}]},"finishReason":"`+reason+`"}]}`)
		require.NoError(t, err, "what came is kept")
		assert.Equal(t, quire.StopOther, r.Stop)
	}
}

// TestGeminiBlockedPrompt is a refusal, not an answer.
func TestGeminiBlockedPrompt(t *testing.T) {
	const body = `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","blockReasonMessage":"no."},"usageMetadata":{"promptTokenCount":7}}`
	_, err := bothWays(t, body)
	assert.ErrorContains(t, err, "PROHIBITED_CONTENT")
	require.True(t, wire.ReportsFailure([]byte(body)))
	e := wire.DecodeFailure(quire.APIGemini, 0, "", []byte(body))
	assert.Equal(t, providers.CodeRefused, e.Code)
	assert.ErrorContains(t, e, "the prompt was blocked: PROHIBITED_CONTENT no.")
	_, _, _, _, err = drain(quire.APIGemini, strings.NewReader(sse(body)))
	assert.ErrorAs(t, err, new(*wire.ReportedError))

	r, err := bothWays(t, `{"promptFeedback":{"safetyRatings":[]},"candidates":[{"content":{"parts":[{"text":"\"blockReason\""}]},"finishReason":"STOP"}]}`)
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: `"blockReason"`}}, r.Parts)
}

// TestGeminiLimits: their words speak of billing, the delay says otherwise.
func TestGeminiLimits(t *testing.T) {
	const words = `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details."`
	e := wire.DecodeFailure(quire.APIGemini, 429, "", []byte(words+`,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}`))
	assert.Equal(t, providers.CodeRateLimited, e.Code)
	assert.Equal(t, 34*time.Second, e.RetryAfter)
	e = wire.DecodeFailure(quire.APIGemini, 429, "", []byte(words+`}}`))
	assert.Equal(t, providers.CodeOther, e.Code)
}

// TestGeminiSignatures: what came with text, a picture or a call goes back.
func TestGeminiSignatures(t *testing.T) {
	r, err := wire.Decode(quire.APIGemini, []byte(`{"modelVersion":"gemini-3-pro","candidates":[{"finishReason":"STOP","content":{"parts":[
		{"text":"hm","thought":true,"thoughtSignature":"dGg="},{"text":"Look:","thoughtSignature":"dGV4dA=="},
		{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"thoughtSignature":"aW1n"},{"functionCall":{"name":"read","args":{}},"thoughtSignature":"Y2FsbA=="}]}}]}`))
	require.NoError(t, err)
	p := call("gemini-3-pro", 1, "")
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: r.Parts[5].(quire.ToolCall).ID}}})
	body, err := wire.Encode(quire.APIGemini, p, nil)
	require.NoError(t, err)
	assert.Contains(t, string(body), `{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"dGg="},{"text":"Look:"},{"text":"","thoughtSignature":"dGV4dA=="},`+
		`{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"text":"","thoughtSignature":"aW1n"},{"functionCall":{"name":"read","args":{}},"thoughtSignature":"Y2FsbA=="}]}`)
}
