package ollamamodel_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/ollamamodel"
	"github.com/quire-dev/quire/providers/wire"
)

func open(t *testing.T, url string, o ollamamodel.Options, name ...string) *ollamamodel.Model {
	t.Helper()
	o.BaseURL = url
	m, err := ollamamodel.New(append(name, "qwen3:8b")[0], &o)
	require.NoError(t, err)
	return m
}

// TestKit holds the model to the kit. The server checks every request with
// promptcheck.
func TestKit(t *testing.T) {
	modeltest.RunAs(t, quire.APIOllama, func(t *testing.T, s modeltest.Script) providers.Model {
		return open(t, modeltest.NewServer(t, quire.APIOllama, s).URL, ollamamodel.Options{Window: 16384})
	}, nil)
}

func text(s string) quire.Part { return quire.Text{Text: s} }

var image = quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}

// rich is a prompt with all that a prompt may have.
func rich(model string) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 1000, Thinking: 5000, CacheKey: "ada", Notice: "2 mails wait",
		Marks: []quire.CacheMark{{}, {After: 3}},
		Tools: []quire.Tool{
			{Name: "list", Schema: []byte(`{"type": "object", "properties": {}}`)},
			{Name: "read", Description: "Reads <a> & \"b\".", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}`)},
		},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{text("[#1 from=mia]"), text("What is in <a> & \"b\"?\u2028 \U0001F4EC"), image}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{
				quire.Reasoning{Model: model, Text: "Both."}, quire.Reasoning{Model: "another", Text: "not mine"},
				text("Let me read."),
				quire.ToolCall{ID: "c1", Name: "read", Args: `{"z":"b","n":12345678901234567890,"a":1}`},
				quire.ToolCall{ID: "c2", Name: "list", Args: ``},
			}},
			{Role: quire.RoleTool, Parts: []quire.Part{
				quire.ToolResult{CallID: "c1", Name: "read", Parts: []quire.Part{text("b\n1"), image}},
				quire.ToolResult{CallID: "c2", Name: "list", IsError: true, Parts: []quire.Part{text("no")}},
			}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{text("b has a line.")}},
			{Role: quire.RoleUser, Parts: []quire.Part{text("Go on."), quire.Image{MediaType: "image/png", URL: "https://x.example/y.png"}}},
		},
	}
}

var format = &wire.Format{Name: "w", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}`)}

// TestBytes: what the server gets is what package wire made, byte for byte.
func TestBytes(t *testing.T) {
	for name, c := range map[string]struct {
		opts ollamamodel.Options
		want wire.Options
	}{
		"plain":      {ollamamodel.Options{Images: ollamamodel.ImagesSend}, wire.Options{}},
		"window":     {ollamamodel.Options{Images: ollamamodel.ImagesSend, Window: 32768, KeepAlive: -1}, wire.Options{Window: 32768, KeepAlive: -1}},
		"no images":  {ollamamodel.Options{Images: ollamamodel.ImagesNote}, wire.Options{NoImages: true}},
		"format":     {ollamamodel.Options{Images: ollamamodel.ImagesSend, Request: wire.Options{Format: format}}, wire.Options{Format: format}},
		"with words": {ollamamodel.Options{Images: ollamamodel.ImagesSend}, wire.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := modeltest.NewServer(t, quire.APIOllama, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
			c.opts.Key = "secret"
			var of []string
			if name == "with words" {
				of = []string{"gpt-oss:20b"}
			}
			m := open(t, srv.URL, c.opts, of...)
			p := rich(m.Profile().Name)
			whole, err := m.Generate(t.Context(), p)
			require.NoError(t, err)
			assert.Equal(t, whole, last(t, m, p))
			assert.Empty(t, whole.Marks)
			for i, accept := range []string{"application/json", "application/x-ndjson"} {
				c.want.Stream = i == 1
				want, err := wire.Encode(quire.APIOllama, p, &c.want)
				require.NoError(t, err)
				got := srv.Requests()[i]
				assert.Equal(t, string(want), string(got.Body))
				assert.Equal(t, "/api/chat", got.Path)
				assert.Equal(t, "Bearer secret", got.Header.Get("Authorization"))
				assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
				assert.Equal(t, accept, got.Header.Get("Accept"))
			}
		})
	}
}

// last reads a stream to its end.
func last(t *testing.T, m providers.Streamer, p *quire.Prompt) *quire.Reply {
	t.Helper()
	var r *quire.Reply
	for d, err := range m.Stream(t.Context(), p) {
		require.NoError(t, err)
		r = d.Reply
	}
	return r
}

// TestReasoningGoesBack: what the model thought stands before its call in the next
// request, and usage is filled.
func TestReasoningGoesBack(t *testing.T) {
	step := modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Usage: quire.Usage{Input: 100, Output: 30}, Parts: []quire.Part{
		quire.Reasoning{Text: "Hm <b>."}, quire.Text{Text: "Two."},
		quire.ToolCall{Name: "read", Args: `{"z":"b","n":12345678901234567890}`}, quire.ToolCall{Name: "read", Args: `{"z":"b"}`},
	}}}
	srv := modeltest.NewServer(t, quire.APIOllama, modeltest.Script{step, step, modeltest.Say("done")})
	m := open(t, srv.URL, ollamamodel.Options{Images: ollamamodel.ImagesSend})
	p := rich("")
	for range 2 { // the same reply again, from a server that gives no ids
		r := last(t, m, p)
		assert.Equal(t, quire.Usage{Input: 100, Output: 30}, r.Usage)
		assert.Equal(t, quire.Reasoning{Model: "qwen3:8b", Text: "Hm <b>."}, r.Parts[0])
		results := quire.PromptMessage{Role: quire.RoleTool}
		for _, part := range r.Parts[2:] {
			results.Parts = append(results.Parts, quire.ToolResult{CallID: part.(quire.ToolCall).ID, Parts: []quire.Part{text("x")}})
		}
		p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, results)
	}
	_, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(srv.Requests()[2].Body), `{"role":"assistant","thinking":"Hm <b>.","content":"Two.","tool_calls":[{"id":`))
}

// sighted is a server that says what its models can do.
func sighted(t *testing.T, show string, status int) (url string, paths *[]string) {
	var mu sync.Mutex
	paths = new([]string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		mu.Lock()
		*paths = append(*paths, req.URL.Path)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if req.URL.Path == "/api/show" {
			w.WriteHeader(status)
			fmt.Fprint(w, show)
			return
		}
		fmt.Fprintf(w, `{"message":{"content":"%v"},"done":true}`, strings.Contains(string(body), "iVBORw0KGgo="))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, paths
}

// TestPicturesWhereTheyAreSeen: the server is asked once for each model; a note
// stands for pictures that would not be seen.
func TestPicturesWhereTheyAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		show   string
		images ollamamodel.Images
		sent   string
		asked  int
	}{
		"it can see":     {`{"capabilities":["completion","vision"]}`, ollamamodel.ImagesAsk, "true", 1},
		"it can't":       {`{"capabilities":["completion","tools"]}`, ollamamodel.ImagesAsk, "false", 1},
		"nobody knows":   {`{"details":{}}`, ollamamodel.ImagesAsk, "true", 1},
		"send":           {`{"capabilities":[]}`, ollamamodel.ImagesSend, "true", 0},
		"note":           {`{"capabilities":["vision"]}`, ollamamodel.ImagesNote, "false", 0},
		"it can nothing": {`{"capabilities":[]}`, ollamamodel.ImagesAsk, "false", 1},
	} {
		t.Run(name, func(t *testing.T) {
			url, paths := sighted(t, c.show, 200)
			m := open(t, url, ollamamodel.Options{Images: c.images})
			blank := rich("")
			blank.Messages = blank.Messages[3:]
			_, err := m.Generate(t.Context(), blank)
			require.NoError(t, err)
			assert.Equal(t, []string{"/api/chat"}, *paths, "no picture, no question")
			for range 2 {
				r, err := m.Generate(t.Context(), rich(""))
				require.NoError(t, err)
				assert.Equal(t, c.sent, quire.PlainText(r.Parts))
				assert.Equal(t, c.sent, quire.PlainText(last(t, m, rich("")).Parts))
			}
			assert.Equal(t, c.asked, strings.Count(strings.Join(*paths, " "), "/api/show"))
		})
	}
	url, _ := sighted(t, `{"error":"model 'qwen3:8b' not found"}`, 404)
	_, err := open(t, url, ollamamodel.Options{}).Generate(t.Context(), rich(""))
	assert.ErrorContains(t, err, "`ollama pull qwen3:8b`")
	url, _ = sighted(t, `nonsense`, 200)
	_, err = open(t, url, ollamamodel.Options{}).Generate(t.Context(), rich(""))
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeBadReply, e.Code)
}

// TestDeadConnection: a connection that was used before, and dies before the first
// byte of an answer, costs no call.
func TestDeadConnection(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOllama, modeltest.Script{modeltest.Say("warm"), {Fault: modeltest.FaultDead}, modeltest.Say("again")})
	m := open(t, srv.URL, ollamamodel.Options{})
	p := &quire.Prompt{Model: "qwen3:8b", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for _, want := range []string{"warm", "again"} {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, quire.PlainText(r.Parts))
	}
}
