package wire_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// TestOllamaRequest is the body of /api/chat, to the byte.
func TestOllamaRequest(t *testing.T) {
	img := quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}
	p := call("qwen3:8b", 6, "2 mails wait")
	p.Thinking = 500
	res := p.Messages[2].Parts[0].(quire.ToolResult)
	res.Parts = append(res.Parts, img, quire.Image{URL: "https://x.example/y.png", MediaType: "image/png"})
	p.Messages[2].Parts[0] = res
	body, err := wire.Encode(quire.APIOllama, p, &wire.Options{Stream: true, Window: 16384, KeepAlive: 90 * time.Second, Format: weather})
	require.NoError(t, err)
	want := `{"model":"qwen3:8b","stream":true,"think":true,"truncate":false,"shift":false,"options":{"num_ctx":16384,"num_predict":1500},` +
		`"format":{"type": "object", "properties": {"z": {}, "a": {}}},"keep_alive":"1m30s",` +
		`"tools":[{"type":"function","function":{"name":"list","parameters":{"type": "object", "properties": {}}}},` +
		`{"type":"function","function":{"name":"read","description":"Reads a file.","parameters":{"type":"object","properties":{"path":{"type":"string"}}}}}],` +
		`"messages":[{"role":"system","content":"You are Ada."},` +
		`{"role":"user","content":"[#1 from=mia tokens=9]\nWhat is in <a> & \"b\"?"},` +
		`{"role":"assistant","thinking":"Both, side by side.","content":"Let me read both.",` +
		`"tool_calls":[{"id":"YpX3qf6jO","function":{"name":"read","arguments":{"path":"b","from":12345678901234567890,"a":1}}},` +
		`{"id":"W2og3ce4L","function":{"name":"read","arguments":{"_raw":"{\"path\":\"a\""}}}]},` +
		`{"role":"tool","tool_name":"read","tool_call_id":"YpX3qf6jO","images":["iVBORw0KGgo="],"content":"[#2]\nb holds 2 lines\n1\n2\n[image/png, 2x1, 8 bytes: attached]\n[image/png: not shown]"},` +
		`{"role":"tool","tool_name":"read","tool_call_id":"W2og3ce4L","content":"Error: no such argument"},` +
		`{"role":"assistant","content":"b holds two lines; a can't be read."},` +
		`{"role":"user","content":"[#4 from=mia tokens=3]\nTry a again."},` +
		`{"role":"assistant","content":"(seen)"},` +
		`{"role":"user","images":["iVBORw0KGgo="],"content":"[#5 from=bob tokens=6]\n[image/png, 2x1, 8 bytes: attached]\n\n2 mails wait"}]}`
	assert.Equal(t, want, string(body))
	assert.Empty(t, promptcheck.Check(quire.APIOllama, body))
}

// TestOllamaSettings are those that models differ in, or that are not asked for.
func TestOllamaSettings(t *testing.T) {
	for _, c := range []struct {
		model    string
		thinking int
		opts     wire.Options
		want     string
	}{
		{"qwen3:8b", 0, wire.Options{}, `"think":false,"truncate":false,"shift":false,"options":{"num_predict":1000},"tools"`},
		{"library/gpt-oss:20b", 9000, wire.Options{}, `"think":"medium",`},
		{"gpt-oss", 0, wire.Options{KeepAlive: -1}, `"keep_alive":-1,"tools"`},
		{"m", 0, wire.Options{KeepAlive: time.Hour}, `"keep_alive":"1h0m0s"`},
	} {
		p := call(c.model, 1, "")
		p.Thinking = c.thinking
		body, err := wire.Encode(quire.APIOllama, p, &c.opts)
		require.NoError(t, err)
		assert.Contains(t, string(body), c.want)
	}
	for _, opts := range []wire.Options{{OneCall: true}, {Choice: wire.ToolsAny}, {Count: true}, {CacheLife: time.Hour}} {
		_, err := wire.Encode(quire.APIOllama, call("m", 1, ""), &opts)
		var we *wire.Error
		assert.ErrorAs(t, err, &we, "%+v", opts)
	}
	for _, opts := range []wire.Options{{Window: 9}, {KeepAlive: 9}} {
		_, err := wire.Encode(quire.APIStrict, call("m", 1, ""), &opts)
		assert.ErrorContains(t, err, "no field for Window or KeepAlive")
	}
}

func TestDecodeOllama(t *testing.T) {
	body := []byte(`{"model":"qwen3:8b","created_at":"2026-11-28T01:02:03.4Z","message":{"role":"assistant","content":"Look:","thinking":"hm",` +
		`"tool_calls":[{"id":"call_1","function":{"index":0,"name":"ls","arguments":` + odd + `}},{"function":{"name":"rm","arguments":"{\"b\": 1}"}},{"function":{"name":"x"}}]},` +
		`"done":true,"done_reason":"stop","total_duration":5,"prompt_eval_count":100,"eval_count":20}`)
	r, err := wire.DecodeFor(quire.APIOllama, []byte(`{"stream":true}`), body)
	require.NoError(t, err)
	require.Len(t, r.Parts, 5)
	second, third := r.Parts[3].(quire.ToolCall), r.Parts[4].(quire.ToolCall)
	assert.Equal(t, &quire.Reply{Model: "qwen3:8b", Stop: quire.StopTools, Usage: quire.Usage{Input: 100, Output: 20}, Parts: []quire.Part{
		quire.Reasoning{Model: "qwen3:8b", Text: "hm"}, quire.Text{Text: "Look:"},
		quire.ToolCall{ID: "call_1", Name: "ls", Args: odd},
		quire.ToolCall{ID: second.ID, Name: "rm", Args: `{"b": 1}`}, quire.ToolCall{ID: third.ID, Name: "x"},
	}}, r)
	assert.NotEqual(t, second.ID, third.ID)

	again, err := wire.DecodeFor(quire.APIOllama, []byte(`{"stream":false}`), body)
	require.NoError(t, err)
	assert.Equal(t, r, again, "the same request, the same ids")
	next, err := wire.DecodeFor(quire.APIOllama, []byte(`{"stream":false,"more":1}`), body)
	require.NoError(t, err)
	assert.NotEqual(t, r.Parts[3], next.Parts[3], "another request, another id")
	assert.Equal(t, r.Parts[2], next.Parts[2], "the server's own stay")

	for reason, want := range map[string]quire.StopReason{"stop": quire.StopEnd, "": quire.StopEnd, "length": quire.StopLength, "load": quire.StopOther} {
		r, err := wire.Decode(quire.APIOllama, fmt.Appendf(nil, `{"message":{"content":"x"},"done":true,"done_reason":%q}`, reason))
		require.NoError(t, err)
		assert.Equal(t, want, r.Stop)
	}
	for _, bad := range []string{`{"message":{"content":"x"},"done":false}`, `{"error":"model requires more system memory"}`, `{}`, `{"message":7,"done":true}`} {
		_, err := wire.Decode(quire.APIOllama, []byte(bad))
		var we *wire.Error
		require.ErrorAs(t, err, &we, bad)
	}
}

const ollamaLines = `{"model":"m","message":{"role":"assistant","content":"","thinking":"h"},"done":false}
{"model":"m","message":{"role":"assistant","content":"","thinking":"m"},"done":false}

{"model":"m","message":{"role":"assistant","content":"Lo"},"done":false}
{"model":"m","message":{"role":"assistant","content":"ok:"},"done":false}
{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"ls","arguments": {"z":1,"a":12345678901234567890}}}]},"done":false}
{"model":"m","created_at":"now","message":{"role":"assistant","content":"","tool_calls":[{"id":"own","function":{"name":"ls","arguments":{}}}]},"done":true,"done_reason":"stop","prompt_eval_count":15,"eval_count":9}`

func TestDecodeOllamaStream(t *testing.T) {
	for _, r := range []io.Reader{strings.NewReader(ollamaLines), iotest.OneByteReader(strings.NewReader(ollamaLines + "\nnothing more is read"))} {
		said, thought, calls, reply, err := drain(quire.APIOllama, r)
		require.NoError(t, err)
		assert.Equal(t, "Look:", said)
		assert.Equal(t, "hm", thought)
		require.Len(t, calls, 2)
		assert.Equal(t, `{"z":1,"a":12345678901234567890}`, calls[0].Args)
		assert.NotEmpty(t, calls[0].ID)
		assert.Equal(t, []quire.Part{quire.Reasoning{Model: "m", Text: "hm"}, quire.Text{Text: "Look:"}, calls[0], calls[1]}, reply.Parts)
		assert.Equal(t, quire.Usage{Input: 15, Output: 9}, reply.Usage)
		assert.Equal(t, quire.StopTools, reply.Stop)
	}
	lines := strings.SplitAfter(ollamaLines, "\n")
	for i := range lines {
		cut := strings.Join(lines[:i], "")
		_, _, _, _, err := drain(quire.APIOllama, strings.NewReader(cut))
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut after line %d", i)
		_, _, _, _, err = drain(quire.APIOllama, strings.NewReader(cut+`{"mess`))
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "half of line %d", i)
		mine := errors.New("the line dropped")
		_, _, _, _, err = drain(quire.APIOllama, io.MultiReader(strings.NewReader(cut+`{"mess`), iotest.ErrReader(mine)))
		assert.ErrorIs(t, err, mine)
		_, _, _, _, err = drain(quire.APIOllama, strings.NewReader(cut+`{"error":"the runner has terminated"}`+"\n"))
		assert.ErrorAs(t, err, new(*wire.ReportedError))
		_, _, _, _, err = drain(quire.APIOllama, strings.NewReader(cut+"nonsense\n"))
		assert.ErrorContains(t, err, "can't be read")
	}
}

// TestOllamaSurvivesAnything: no panic, and a reply or a typed error.
func TestOllamaSurvivesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(ollamaLines)
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("{}[]\":,0a-9 \n")).Draw(t, "byte")
		}
		_, _, _, reply, err := drain(quire.APIOllama, strings.NewReader(string(b)))
		require.True(t, (reply == nil) != (err == nil), "%v %v", reply, err)
		lines := strings.Split(string(b), "\n")
		whole, werr := wire.Decode(quire.APIOllama, []byte(lines[len(lines)-1]))
		require.True(t, (whole == nil) != (werr == nil))
		for _, err := range []error{err, werr} {
			var we *wire.Error
			require.True(t, err == nil || errors.As(err, &we), "%v", err)
		}
	})
}

// TestOllamaPicturesKeepTheirPlace: a picture belongs to its whole message on the
// wire, so it may not join one that was sent already.
func TestOllamaPicturesKeepTheirPlace(t *testing.T) {
	img := quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}
	user := func(parts ...quire.Part) quire.PromptMessage {
		return quire.PromptMessage{Role: quire.RoleUser, Parts: parts}
	}
	p := &quire.Prompt{Model: "m"}
	var before []wire.Segment
	for _, m := range []quire.PromptMessage{user(text("a")), user(img, text("b"), img), user(text("c")), user(img)} {
		p.Messages = append(p.Messages, m)
		segs, err := wire.Segments(quire.APIOllama, p)
		require.NoError(t, err)
		for i := range before {
			require.Equal(t, string(before[i].Bytes), string(segs[i].Bytes))
		}
		before = segs
		body, err := wire.Encode(quire.APIOllama, p, nil)
		require.NoError(t, err)
		assert.Empty(t, promptcheck.Check(quire.APIOllama, body), "%s", body)
	}
	body, err := wire.Encode(quire.APIOllama, p, nil)
	require.NoError(t, err)
	assert.Equal(t, `[{"role":"user","content":"a"},{"role":"assistant","content":"(seen)"},`+
		`{"role":"user","images":["iVBORw0KGgo=","iVBORw0KGgo="],"content":"[image/png, 8 bytes: attached]\nb\n[image/png, 8 bytes: attached]\n\nc"},`+
		`{"role":"assistant","content":"(seen)"},{"role":"user","images":["iVBORw0KGgo="],"content":"[image/png, 8 bytes: attached]"}]}`,
		string(body[strings.Index(string(body), `"messages":`)+11:]))
}
