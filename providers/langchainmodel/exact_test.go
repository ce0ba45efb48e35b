package langchainmodel_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// vendor is one langchaingo path and the format of the server behind it.
type vendor struct {
	spec   string
	served quire.API // what the server speaks and checks
	api    quire.API // what the model encodes
	path   string
}

var vendors = map[string]vendor{
	"openai":    {"openai:gpt-4.1", quire.APIOpenAIChat, quire.APIOpenAIChat, "/v1/chat/completions"},
	"marked":    {"openai:gpt-5.6", quire.APIOpenAIChat, quire.APIOpenAIChat, "/v1/chat/completions"},
	"strict":    {"openai:mistral-small", quire.APIStrict, quire.APIStrict, "/v1/chat/completions"},
	"anthropic": {"anthropic:claude-opus-4-5", quire.APIAnthropic, quire.APIAnthropic, "/v1/messages"},
	"bound":     {"anthropic:claude-opus-5-5", quire.APIAnthropic, quire.APIAnthropic, "/v1/messages"},
	"ollama":    {"ollama:qwen3:8b", quire.APIOllama, quire.APIOllama, "/api/chat"},
}

func (v vendor) model() string { _, m, _ := strings.Cut(v.spec, ":"); return m }

func (v vendor) open(t *testing.T, url string) *langchainmodel.Model {
	t.Helper()
	if !strings.HasPrefix(v.spec, "ollama") {
		url += "/v1"
	}
	o := &langchainmodel.OpenOptions{BaseURL: url, Key: "secret", API: v.api, Window: 16384}
	m, err := langchainmodel.Open(v.spec, o)
	require.NoError(t, err)
	return m
}

const png = "\x89PNG\r\n\x1a\nnot really"

// rich is a prompt with everything that goes wrong on langchaingo's own way.
func rich(model string) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are terse.", Notice: "2 messages wait: #41, #42", MaxOutput: 500,
		Tools: []quire.Tool{
			{Name: "ls", Description: "lists <files> & more", Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}`)},
			{Name: "sum", Schema: []byte(`{"type":"object"}`)},
		},
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "[#41 from=mia]"}, quire.Text{Text: "look at <this> & that"},
				quire.Image{MediaType: "image/png", Data: []byte(png), Width: 1, Height: 1}}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{
				quire.Reasoning{Model: model, Text: "hm", Signature: "c2ln"}, quire.Reasoning{Model: model, Data: "b3BhcXVl"},
				quire.Text{Text: "Two calls."},
				quire.ToolCall{ID: "call00001", Name: "ls", Args: `{"z": "q", "a":12345678901234567890}`},
				quire.ToolCall{ID: "call00002", Name: "sum", Args: `{}`},
			}},
			{Role: quire.RoleTool, Parts: []quire.Part{
				quire.ToolResult{CallID: "call00001", Name: "ls", Parts: []quire.Part{quire.Text{Text: "[#42 result]"}, quire.Text{Text: "a b c"}}},
				quire.ToolResult{CallID: "call00002", Name: "sum", IsError: true, Parts: []quire.Part{quire.Text{Text: "no numbers"}}},
			}},
			{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "Done."}}},
			{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "again"}}},
		},
		Marks: []quire.CacheMark{{After: 0, TTL: time.Hour}, {After: 3}, {After: 5}},
	}
}

// answer is a reply with what langchaingo loses or fails on.
func answer(api quire.API) quire.Reply {
	r := quire.Reply{ID: "r9", Stop: quire.StopTools, Usage: quire.Usage{Input: 100, CachedInput: 60, Output: 9}}
	if api == quire.APIAnthropic {
		r.Parts = append(r.Parts, quire.Reasoning{Text: "thinking about it", Signature: "c2lnbg=="}, quire.Reasoning{Data: "b3BhcXVl"})
		r.Usage.CacheWrite = 20
	} else {
		r.Parts = append(r.Parts, quire.Reasoning{Text: "thinking about it"})
	}
	r.Parts = append(r.Parts,
		quire.Text{Text: "Wörd " + strings.Repeat("long ", 30_000)}, // one event is far over 64 kB
		quire.ToolCall{ID: "abcdefgh1", Name: "ls", Args: `{"z":"q","a":12345678901234567890}`},
		quire.ToolCall{ID: "abcdefgh2", Name: "sum", Args: `{"b":1.50,"a":[1,2]}`},
	)
	return r
}

func TestExactSendsAndReadsEverything(t *testing.T) {
	for name, v := range vendors {
		t.Run(name, func(t *testing.T) {
			want := answer(v.api)
			srv := modeltest.NewServer(t, v.served, modeltest.Script{{Reply: &want}, {Reply: &want}})
			m := v.open(t, srv.URL)
			p := rich(v.model())

			got, err := m.Generate(t.Context(), p)
			require.NoError(t, err)
			checkReply(t, v, want, got)
			marks, err := wire.SentMarks(v.api, p)
			require.NoError(t, err)
			assert.Equal(t, marks, got.Marks)

			var text, thought strings.Builder
			var calls []quire.ToolCall
			var whole *quire.Reply
			for d, err := range m.Stream(t.Context(), p) {
				require.NoError(t, err)
				require.Nil(t, whole, "the reply comes last")
				text.WriteString(d.Text)
				thought.WriteString(d.Reasoning)
				if d.ToolCall != nil {
					calls = append(calls, *d.ToolCall)
				}
				whole = d.Reply
			}
			require.NotNil(t, whole)
			assert.Equal(t, got, whole, "streamed and whole are equal")
			assert.Equal(t, quire.PlainText([]quire.Part{find[quire.Text](t, whole, 0)}), text.String())
			assert.Equal(t, "thinking about it", thought.String())
			assert.Equal(t, []quire.ToolCall{find[quire.ToolCall](t, whole, 0), find[quire.ToolCall](t, whole, 1)}, calls)

			for i, req := range srv.Requests() {
				assert.Equal(t, v.path, req.Path)
				o := wire.Options{Stream: i == 1}
				if v.api == quire.APIOllama {
					o.Window = 16384
				}
				body, err := wire.Encode(v.api, p, &o)
				require.NoError(t, err)
				assert.Equal(t, string(body), string(req.Body), "the bytes are wire's")
			}
			assert.Len(t, srv.Requests(), 2)
		})
	}
}

func checkReply(t *testing.T, v vendor, want quire.Reply, got *quire.Reply) {
	t.Helper()
	assert.Equal(t, want.Stop, got.Stop)
	assert.Equal(t, v.model(), got.Model)
	usage := want.Usage
	if v.served == quire.APIOllama {
		usage.CachedInput = 0 // Ollama does not tell
	}
	assert.Equal(t, usage, got.Usage)
	require.Len(t, got.Parts, len(want.Parts))
	for i, part := range want.Parts {
		switch part := part.(type) {
		case quire.Reasoning:
			part.Model = v.model()
			assert.Equal(t, part, got.Parts[i])
		case quire.ToolCall:
			have := got.Parts[i].(quire.ToolCall)
			assert.Equal(t, part.Args, have.Args, "byte for byte")
			assert.Equal(t, part.Name, have.Name)
			assert.NotEmpty(t, have.ID)
		default:
			assert.Equal(t, part, got.Parts[i])
		}
	}
}

// find returns the nth part of a kind.
func find[P quire.Part](t *testing.T, r *quire.Reply, n int) P {
	t.Helper()
	for _, p := range r.Parts {
		if p, ok := p.(P); ok {
			if n == 0 {
				return p
			}
			n--
		}
	}
	require.Fail(t, "no such part")
	panic("not reached")
}

func TestExactHeaders(t *testing.T) {
	say := modeltest.Script{modeltest.Say("hi")}
	srv := modeltest.NewServer(t, quire.APIAnthropic, say)
	_, err := vendors["bound"].open(t, srv.URL).Generate(t.Context(), rich("claude-opus-5-5"))
	require.NoError(t, err)
	h := srv.Requests()[0].Header
	assert.Equal(t, "secret", h.Get("X-Api-Key"))
	assert.Equal(t, "2023-06-01", h.Get("Anthropic-Version"))
	assert.Contains(t, h.Get("Anthropic-Beta"), "thinking-binding")
	assert.NotContains(t, h.Get("User-Agent"), "langchaingo")

	srv = modeltest.NewServer(t, quire.APIOpenAIChat, say)
	_, err = vendors["openai"].open(t, srv.URL).Generate(t.Context(), rich("gpt-4.1"))
	require.NoError(t, err)
	assert.Equal(t, "Bearer secret", srv.Requests()[0].Header.Get("Authorization"))
}

// TestOneModelMember uses the opened name where a prompt names none.
func TestExactNamesTheModel(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{modeltest.Say("hi")})
	p := rich("")
	r, err := vendors["openai"].open(t, srv.URL).Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, "gpt-4.1", r.Model)
	assert.Contains(t, string(srv.Requests()[0].Body), `"model":"gpt-4.1"`)
	assert.Empty(t, p.Model, "the prompt is not modified")
}

func TestExactFailures(t *testing.T) {
	codes := []providers.Code{
		providers.CodeTooLong, providers.CodeRateLimited, providers.CodeAuth,
		providers.CodeUnavailable, providers.CodeRefused, providers.CodeInvalid,
	}
	for name, v := range vendors {
		for _, code := range codes {
			t.Run(name+"/"+string(code), func(t *testing.T) {
				step := modeltest.Step{Fail: code}
				if code == providers.CodeRateLimited {
					step.RetryAfter = 7 * time.Second
				}
				srv := modeltest.NewServer(t, v.served, modeltest.Script{step, step})
				m := v.open(t, srv.URL)
				_, err := m.Generate(t.Context(), rich(v.model()))
				var e *providers.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, code, e.Code, err)
				assert.NotZero(t, e.Status)
				assert.Equal(t, step.RetryAfter, e.RetryAfter)
				assert.NotContains(t, err.Error(), "secret")
				_, err = last(m.Stream(t.Context(), rich(v.model())))
				var e2 *providers.Error
				require.ErrorAs(t, err, &e2)
				assert.Equal(t, e.Error(), e2.Error())
				assert.Len(t, srv.Requests(), 2, "nothing is tried again")
			})
		}
	}
}

// last reads a stream to its end.
func last(seq func(func(quire.Delta, error) bool)) (*quire.Reply, error) {
	for d, err := range seq {
		if err != nil || d.Reply != nil {
			return d.Reply, err
		}
	}
	return nil, errors.New("the stream ended without a reply")
}

// serve answers every request with one body.
func serve(t *testing.T, status int, header map[string]string, body string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestBrokenReplies(t *testing.T) {
	sse := map[string]string{"Content-Type": "text/event-stream"}
	const begin = `data: {"type":"message_start","message":{"id":"m","content":[],"usage":{}}}` + "\n\n"
	for _, c := range []struct {
		name, vendor string
		status       int
		header       map[string]string
		body         string
		code         providers.Code
		stream       bool
	}{
		{"nonsense", "openai", 200, nil, "{nonsense", providers.CodeBadReply, false},
		{"nonsense streamed", "openai", 200, sse, "data: {nonsense\n\n", providers.CodeBadReply, true},
		{"no choices", "openai", 200, nil, `{"choices":[]}`, providers.CodeBadReply, false},
		{"nonsense", "anthropic", 200, nil, `<html>`, providers.CodeBadReply, false},
		{"nonsense", "ollama", 200, nil, `[]`, providers.CodeBadReply, false},
		{"whole where a stream was wanted", "openai", 200, map[string]string{"Content-Type": "application/json"}, "{nonsense", providers.CodeBadReply, true},
		{"error in 200", "openai", 200, nil, `{"error":{"message":"overloaded","type":"server_error"}}`, providers.CodeUnavailable, false},
		{"error in the stream", "anthropic", 200, sse, begin + `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n", providers.CodeUnavailable, true},
		{"rate limit in the stream", "openai", 200, sse, `data: {"error":{"code":"rate_limit_exceeded","message":"slow"}}` + "\n\n", providers.CodeRateLimited, true},
		{"ended early", "anthropic", 200, sse, begin, providers.CodeUnavailable, true},
		{"ended early", "openai", 200, sse, `data: {"choices":[{"delta":{"content":"a"}}]}` + "\n\n", providers.CodeUnavailable, true},
		{"ended early", "ollama", 200, nil, `{"message":{"role":"assistant","content":"a"},"done":false}` + "\n", providers.CodeUnavailable, true},
		{"error line", "ollama", 200, nil, `{"error":"llama runner process has terminated"}` + "\n", providers.CodeUnavailable, true},
		{"nested too long", "ollama", 400, nil, `{"error":"{\"error\":{\"code\":400,\"message\":\"request (351 tokens) exceeds the available context size (256 tokens), try increasing it\",\"type\":\"exceed_context_size_error\"}}"}`, providers.CodeTooLong, false},
		{"no such model", "ollama", 404, nil, `{"error":"model 'x' not found"}`, providers.CodeInvalid, false},
		{"quota", "openai", 429, nil, `{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}`, providers.CodeOther, false},
		{"limit on tokens", "anthropic", 429, nil, `{"error":{"type":"rate_limit_error","message":"context length too large for your rate limit"}}`, providers.CodeRateLimited, false},
		{"proxy", "openai", 502, nil, `<html>Bad Gateway`, providers.CodeUnavailable, false},
		{"redirect", "anthropic", 307, map[string]string{"Location": "https://elsewhere.example/"}, ``, providers.CodeInvalid, false},
		{"forbidden", "anthropic", 403, nil, ``, providers.CodeAuth, false},
		{"body too large", "anthropic", 413, nil, `{"error":{"type":"request_too_large","message":"32 MB"}}`, providers.CodeTooLong, false},
	} {
		t.Run(c.vendor+" "+c.name, func(t *testing.T) {
			v := vendors[c.vendor]
			m := v.open(t, serve(t, c.status, c.header, c.body))
			_, err := m.Generate(t.Context(), rich(v.model()))
			if c.stream {
				_, err = last(m.Stream(t.Context(), rich(v.model())))
			}
			var e *providers.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.code, e.Code, err)
			if c.status != 200 {
				assert.Equal(t, c.status, e.Status)
			}
		})
	}
}

func TestRetryAfterForms(t *testing.T) {
	v := vendors["openai"]
	for _, c := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{"Retry-After": "3"}, 3 * time.Second},
		{map[string]string{"Retry-After": "0.5"}, 500 * time.Millisecond},
		{map[string]string{"Retry-After": "9", "Retry-After-Ms": "250"}, 250 * time.Millisecond},
		{map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30 * time.Second},
		{map[string]string{"Retry-After": "soon"}, 0},
		{map[string]string{"Retry-After": "-4", "Retry-After-Ms": "-4"}, 0},
		{map[string]string{"Retry-After": "1e300"}, 0},
	} {
		m := v.open(t, serve(t, 429, c.header, `{"error":{"message":"slow down"}}`))
		_, err := m.Generate(t.Context(), rich(v.model()))
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, c.want, e.RetryAfter, c.header)
	}
}
