package wire_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// models are one for each format.
var modelNames = map[quire.API]string{
	quire.APIAnthropic: "claude-opus-5", quire.APIOpenAIChat: "gpt-5.6", quire.APIOpenAIResponses: "gpt-5.6",
	quire.APIGemini: "gemini-3-pro", quire.APIStrict: "mistral-small", quire.APIOllama: "qwen3:8b",
}

// sent encodes a prompt, and holds it to promptcheck's rules.
func sent(t *testing.T, api quire.API, p *quire.Prompt) string {
	t.Helper()
	body, err := wire.Encode(api, p, nil)
	require.NoError(t, err, api)
	if found := promptcheck.Check(api, body); len(found) > 0 {
		require.Empty(t, found, "%s %.3000s", api, body)
	}
	if len(body) > 1<<20 {
		return string(body)
	}
	again, err := wire.Encode(api, p, nil)
	require.NoError(t, err)
	require.Equal(t, string(body), string(again))
	return string(body)
}

// TestHalfCharacters: halves of surrogate pairs are whole text before they go out, in
// arguments, schemas, formats and carried blocks; whole pairs and look-alikes stay.
func TestHalfCharacters(t *testing.T) {
	for args, want := range map[string]string{
		`{"e":"x\ud83d"}`:              `{"e":"x\ufffd"}`,
		`{"e":"\uDE00x"}`:              `{"e":"\ufffdx"}`,
		`{"\ud83d\u0041":1}`:           `{"\ufffd\u0041":1}`,
		`{"e":"\ud83d\ud83d\ude00"}`:   `{"e":"\ufffd\ud83d\ude00"}`,
		`{"e":"\ud83d\\ude00"}`:        `{"e":"\ufffd\\ude00"}`,
		`{"e":"\ud83d\ude00 \\ud83d"}`: `{"e":"\ud83d\ude00 \\ud83d"}`,
		`{"e":"\\\ud83d"}`:             `{"e":"\\\ufffd"}`,
	} {
		for api, model := range modelNames {
			p := call(model, 1, "")
			p.Tools[1].Schema = []byte(`{"type":"object","properties":{"a":{"type":"string","pattern":"[\ud800-\udfff]"}}}`)
			p.Messages = append(p.Messages,
				quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.ToolCall{ID: "call_0001", Name: "read", Args: args},
					quire.Opaque{Kind: string(api) + "/x", Raw: []byte(`{"block":{"type":"x","executableCode":{"e":"\ud83d"}}}`)}}},
				quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: "call_0001", Name: "read"}}},
			)
			body := sent(t, api, p)
			inner := string(must(json.Marshal(want)))
			assert.True(t, strings.Contains(body, want) || strings.Contains(body, inner[1:len(inner)-1]), "%s: %s in %s", api, want, body)
			assert.Contains(t, body, `"pattern":"[\ufffd-\ufffd]"`, api)
		}
	}
	p := call("gpt-5.6", 1, "")
	body, err := wire.Encode(quire.APIOpenAIResponses, p, &wire.Options{Format: &wire.Format{Name: "f", Schema: []byte(`{"pattern":"\ud800"}`)}})
	require.NoError(t, err)
	assert.Contains(t, string(body), `{"pattern":"\ufffd"}`)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const (
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
	webp = "RIFF\x00\x00\x00\x00WEBPVP8L"
	gif  = "GIF89a\x01\x00\x01\x00"
	heic = "\x00\x00\x00\x18ftypheic"
	svg  = `<svg xmlns="http://www.w3.org/2000/svg"/>`
)

// png is a picture's head; extra bytes follow it.
func png(width, height, extra int) []byte {
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 8+extra)...)
	binary.BigEndian.PutUint32(b[16:], uint32(width))
	binary.BigEndian.PutUint32(b[20:], uint32(height))
	return b
}

// looking is a prompt with pictures in a user's message.
func looking(model string, images ...quire.Image) *quire.Prompt {
	p := call(model, 1, "")
	for _, img := range images {
		p.Messages[0].Parts = append(p.Messages[0].Parts, img)
	}
	return p
}

// TestPicturesByTheirBytes: the type is that of the bytes, whatever is declared, and
// what a provider does not take is a note.
func TestPicturesByTheirBytes(t *testing.T) {
	for name, c := range map[string]struct {
		image quire.Image
		typ   string // "" for a note everywhere
		not   []quire.API
	}{
		"jpeg as png":     {quire.Image{MediaType: "image/png", Data: []byte(jpeg)}, "image/jpeg", nil},
		"image/jpg":       {quire.Image{MediaType: "image/jpg", Data: []byte(jpeg)}, "image/jpeg", nil},
		"no type":         {quire.Image{Data: png(2, 1, 0)}, "image/png", nil},
		"webp":            {quire.Image{MediaType: "application/octet-stream", Data: []byte(webp)}, "image/webp", nil},
		"gif":             {quire.Image{MediaType: "image/gif", Data: []byte(gif)}, "image/gif", []quire.API{quire.APIGemini, quire.APIOllama}},
		"heic":            {quire.Image{MediaType: "image/heic", Data: []byte(heic)}, "image/heic", []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIOllama}},
		"svg":             {quire.Image{MediaType: "image/svg+xml", Data: []byte(svg)}, "", nil},
		"svg as png":      {quire.Image{MediaType: "image/png", Data: []byte(svg)}, "", nil},
		"tiff":            {quire.Image{MediaType: "image/tiff", Data: []byte("II*\x00")}, "", nil},
		"half of a head":  {quire.Image{MediaType: "image/png", Data: []byte("\x89PN")}, "", nil},
		"an error page":   {quire.Image{MediaType: "image/jpeg", Data: []byte("<html>404</html>")}, "", nil},
		"data URL":        {quire.Image{URL: "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(jpeg))}, "image/jpeg", nil},
		"svg data URL":    {quire.Image{URL: "data:image/svg+xml;utf8,<svg/>"}, "", nil},
		"broken data URL": {quire.Image{URL: "data:image/png;base64,%%%"}, "", nil},
		"file":            {quire.Image{URL: "file:///etc/passwd"}, "", nil},
		"blob":            {quire.Image{URL: "blob:null/1"}, "", nil},
	} {
		for api, model := range modelNames {
			body := sent(t, api, looking(model, c.image))
			shown := c.typ != "" && api != quire.APIStrict
			for _, not := range c.not {
				shown = shown && api != not
			}
			assert.Equal(t, !shown, strings.Contains(body, "not shown]"), "%s %s %s", name, api, body)
			if shown && api != quire.APIOllama {
				assert.Contains(t, body, c.typ, "%s %s", name, api)
			}
			if c.typ != c.image.MediaType && c.image.MediaType != "" {
				assert.NotContains(t, body, `"`+c.image.MediaType+`"`, "%s %s", name, api)
			}
		}
	}
}

// TestPicturesTooLarge: bytes and pixels, each as the provider counts them.
func TestPicturesTooLarge(t *testing.T) {
	for _, c := range []struct {
		api                  quire.API
		width, height, extra int
		shown                bool
	}{
		{quire.APIAnthropic, 10, 10, 6 << 20, false}, {quire.APIAnthropic, 10, 10, 4 << 20, false}, {quire.APIAnthropic, 10, 10, 3 << 20, true},
		{quire.APIAnthropic, 1440, 8570, 0, false}, {quire.APIAnthropic, 8000, 1, 0, true},
		{quire.APIOpenAIChat, 10, 10, 6 << 20, true}, {quire.APIOpenAIResponses, 10, 10, 16 << 20, false}, {quire.APIOpenAIChat, 1440, 8570, 0, true},
		{quire.APIGemini, 10, 10, 6 << 20, true}, {quire.APIGemini, 10, 10, 8 << 20, false}, {quire.APIOllama, 1440, 8570, 0, true},
	} {
		img := quire.Image{MediaType: "image/png", Data: png(c.width, c.height, c.extra)}
		body := sent(t, c.api, looking(modelNames[c.api], img))
		assert.Equal(t, !c.shown, strings.Contains(body, "too large, not shown]"), "%+v", c)
	}
}

// TestManyPictures: in a request of many the newest stay.
func TestManyPictures(t *testing.T) {
	shots := func(n, width, height, extra int) []quire.Image {
		var out []quire.Image
		for i := range n {
			img := quire.Image{MediaType: "image/png", Data: png(width, height, extra)}
			img.Data = append(img.Data, fmt.Sprintf("shot %03d", i)...)
			out = append(out, img)
		}
		return out
	}
	for _, c := range []struct {
		images []quire.Image
		shown  int
	}{
		{shots(20, 2560, 1440, 0), 20}, {shots(21, 2560, 1440, 0), 20}, {shots(60, 2560, 1440, 0), 20}, {shots(100, 1280, 720, 0), 100}, {shots(101, 1280, 720, 0), 100},
		{append(shots(1, 2560, 1440, 0), shots(30, 10, 10, 0)...), 30}, {shots(12, 10, 10, 3<<20), 6},
		{append(shots(30, 10, 10, 0), shots(1, 2560, 1440, 0)...), 20}, {append(shots(5, 10, 10, 0), shots(21, 2560, 1440, 0)...), 20},
	} {
		p := looking("claude-opus-5", c.images...)
		body := sent(t, quire.APIAnthropic, p)
		assert.Equal(t, c.shown, strings.Count(body, `"type":"image"`))
		last := base64.StdEncoding.EncodeToString(c.images[len(c.images)-1].Data)
		assert.Contains(t, body, last, "the newest stays")
		assert.Equal(t, len(c.images)-c.shown, strings.Count(body, "newer pictures take its place"))
		assert.Len(t, p.Messages[0].Parts, 2+len(c.images))
		_, kept := p.Messages[0].Parts[2].(quire.Image)
		assert.True(t, kept, "the prompt is not modified")
	}
	p := call("claude-opus-5", 3, "") // and inside of results
	for i := range 25 {
		res := p.Messages[2].Parts[0].(quire.ToolResult)
		res.Parts = append(res.Parts[:len(res.Parts):len(res.Parts)], quire.Image{Data: png(2001+i, 10, 0)})
		p.Messages[2].Parts[0] = res
	}
	assert.Equal(t, 20, strings.Count(sent(t, quire.APIAnthropic, p), `"type":"image"`))
}

// TestSchemasAreCompleted: what a vendor would refuse is made good or refused here.
func TestSchemasAreCompleted(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type": "object",  "properties": {}}`:   `{"type": "object",  "properties": {}}`, // byte for byte
		`{"type":"object"}`:                       `{"type":"object","properties":{}}`,
		`{}`:                                      `{"type":"object","properties":{}}`,
		`{"properties":{"a":{}}}`:                 `{"type":"object","properties":{"a":{}}}`,
		`{"type":"object","properties":null}`:     `{"type":"object","properties":{}}`,
		`{"type":["object","null"]}`:              `{"type":"object","properties":{}}`,
		`{"type":"object","required":null,"x":1}`: `{"type":"object","x":1,"properties":{}}`,
		`{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"properties":{"b":{},"a":{}}}]}`:   `{"type":"object","properties":{"a":{"type":"string"},"b":{}}}`,
		`{"type":"object","properties":{"a":{}},"anyOf":[{"required":["a"]}]}`:                                `{"type":"object","properties":{"a":{}}}`,
		`{"type":"object","properties":{"a":{}},"oneOf":[]}`:                                                  `{"type":"object","properties":{"a":{}}}`,
		`{"type":"object","properties":{"a":{"type":"array"}}}`:                                               `{"type":"object","properties":{"a":{"type":"array","items":{}}}}`,
		`{"type":"object","properties":{"o":{"type":"object","properties":{"a":{"type":["array","null"]}}}}}`: `{"type":"object","properties":{"o":{"type":"object","properties":{"a":{"type":["array","null"],"items":{}}}}}}`,
		`{"type":"object","properties":{"type":{"type":"string"},"items":{"anyOf":[{}]}}}`:                    `{"type":"object","properties":{"type":{"type":"string"},"items":{"anyOf":[{}]}}}`,
	} {
		for api, model := range modelNames {
			p := call(model, 1, "")
			p.Tools[0].Schema = []byte(schema)
			assert.Contains(t, sent(t, api, p), want, "%s %s", api, schema)
			assert.Equal(t, schema, string(p.Tools[0].Schema))
		}
	}
	for schema, why := range map[string]string{
		`{"type":"string"}`: "arguments are an object", `{"type":"object","properties":[]}`: "no object", `{"anyOf":[{"type":"string"}]}`: "make one object of them",
		`{"allOf":7}`: "no list", `{"type":7}`: "arguments are an object",
	} {
		p := call("claude-opus-5", 1, "")
		p.Tools[0].Schema = []byte(schema)
		_, err := wire.Encode(quire.APIAnthropic, p, nil)
		var we *wire.Error
		require.ErrorAs(t, err, &we, schema)
		assert.Equal(t, "A8", we.Rule)
		assert.ErrorContains(t, err, why)
		assert.ErrorContains(t, err, `"list"`)
	}
}

// TestPromptsThatEndOnTheAssistant: models that refuse them get a word to go on; a turn
// that the server paused goes on as it is.
func TestPromptsThatEndOnTheAssistant(t *testing.T) {
	block := []byte(`{"kind":"anthropic/server_tool_use","block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}`)
	for model, filled := range map[string]bool{
		"claude-opus-4-6": true, "claude-opus-4.6": true, "us.anthropic.claude-opus-4-6-v1:0": true, "claude-sonnet-5": true, "claude-opus-5-5": true, "claude-mythos-preview": true, "claude-haiku-4-7-20260901": true,
		"claude-opus-4-5-20251101": false, "claude-sonnet-4-20250514": false, "claude-3-7-sonnet-latest": false, "claude-sonnet-4-5@20250929": false, "kimi-k2": false,
	} {
		p := call(model, 4, "")
		body := sent(t, quire.APIAnthropic, p)
		assert.Equal(t, filled, strings.HasSuffix(body, `{"role":"user","content":[{"type":"text","text":"(the conversation goes on)"}]}]}`), model)
		segs, err := wire.Segments(quire.APIAnthropic, p)
		require.NoError(t, err)
		assert.Equal(t, filled, segs[len(segs)-1].Volatile, "it is gone in the next request")

		p.Messages[3].Parts = append(p.Messages[3].Parts, quire.Opaque{Kind: "anthropic/server_tool_use", Raw: block})
		assert.NotContains(t, sent(t, quire.APIAnthropic, p), "(the conversation goes on)", model)
		p = call(model, 4, "NOTE")
		assert.NotContains(t, sent(t, quire.APIAnthropic, p), "(the conversation goes on)", model)
	}
}

// TestEffortBesideTools on OpenAI's Chat Completions.
func TestEffortBesideTools(t *testing.T) {
	for model, want := range map[string][2]string{ // without Thinking and with
		"gpt-5.6-sol": {`"none"`, `"none"`}, "gpt-6": {`"none"`, `"none"`}, "gpt-5.4": {"", ""}, "gpt-5.5": {"", ""}, "gpt-5": {"", `"low"`}, "o3": {"", `"low"`}, "deepseek-v4": {"", `"low"`}, "gpt-4.1": {"", ""},
	} {
		for i, thinking := range []int{0, 2000} {
			p := call(model, 1, "")
			p.Thinking = thinking
			body := sent(t, quire.APIOpenAIChat, p)
			_, effort, _ := strings.Cut(body, `"reasoning_effort":`)
			effort, _, _ = strings.Cut(effort, ",")
			assert.Equal(t, want[i], effort, "%s %d", model, thinking)
		}
		p := call(model, 1, "")
		p.Tools = nil
		assert.NotContains(t, sent(t, quire.APIOpenAIChat, p), "reasoning_effort")
	}
	for _, model := range []string{"gpt-6-astra", "gpt-6.1-sol"} {
		_, err := wire.Encode(quire.APIOpenAIChat, call(model, 1, ""), nil)
		assert.ErrorContains(t, err, "use the Responses format")
		sent(t, quire.APIOpenAIResponses, call(model, 1, ""))
	}
}

// TestGeminiThinking: a budget within what the model takes, or a level.
func TestGeminiThinking(t *testing.T) {
	for _, c := range []struct {
		model    string
		thinking int
		want     string
	}{
		{"gemini-2.5-flash", 50_000, `"thinkingBudget":24576`}, {"gemini-2.5-flash", 50, `"thinkingBudget":50`},
		{"gemini-2.5-flash-lite", 50, `"thinkingBudget":512`}, {"gemini-2.5-flash-lite-preview-09-2025", 50_000, `"thinkingBudget":24576`},
		{"gemini-2.5-pro", 50_000, `"thinkingBudget":32768`}, {"gemini-2.5-pro", 50, `"thinkingBudget":128`}, {"models/gemini-2.5-pro", 5000, `"thinkingBudget":5000`},
		{"gemini-3-pro", 2000, `"thinkingLevel":"low"`}, {"gemini-3.5-flash", 20_000, `"thinkingLevel":"high"`}, {"gemini-flash-latest", 20_000, `"thinkingLevel":"high"`},
		{"gemini-2.0-flash", 2000, `"generationConfig":{"maxOutputTokens":3000}`}, {"gemini-3-pro", 0, `"generationConfig":{"maxOutputTokens":1000}`},
	} {
		p := call(c.model, 1, "")
		p.Thinking = c.thinking
		assert.Contains(t, sent(t, quire.APIGemini, p), c.want, c.model)
	}
}
