package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/wire"
)

// paths are where the vendors' servers listen; Gemini's says what it wants.
func path(api quire.API, stream bool) string {
	switch {
	case api == quire.APIAnthropic:
		return "/v1/messages"
	case api == quire.APIOpenAIResponses:
		return "/v1/responses"
	case api == quire.APIGemini && stream:
		return "/v1beta/models/m:streamGenerateContent"
	case api == quire.APIGemini:
		return "/v1beta/models/m:generateContent"
	}
	if api == quire.APIOllama {
		return "/api/chat"
	}
	return "/v1/chat/completions"
}

var apis = []quire.API{
	quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama,
}

// over is the plainest adapter there is.
func over(api quire.API, url string) *exchange.Adapter {
	return &exchange.Adapter{Provider: "mine", API: api, Profile: models.Profile{Name: "m"}, Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, "POST", url+path(api, r.Stream), bytes.NewReader(r.Body))
		if err != nil {
			return nil, err
		}
		for _, h := range r.Headers {
			req.Header.Set(h.Name, h.Value)
		}
		return http.DefaultClient.Do(req)
	}}
}

func TestKit(t *testing.T) {
	for _, api := range apis {
		t.Run(string(api), func(t *testing.T) {
			modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
				return over(api, modeltest.NewServer(t, api, s).URL)
			})
		})
	}
}

func hello() *quire.Prompt {
	return &quire.Prompt{
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}},
		Marks:    []quire.CacheMark{{After: 1, TTL: time.Hour}},
	}
}

// answer makes an adapter that gets one answer.
func answer(api quire.API, status int, header http.Header, body io.Reader) *exchange.Adapter {
	return &exchange.Adapter{Provider: "mine", API: api, Profile: models.Profile{Name: "m"}, Send: func(context.Context, *exchange.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body)}, nil
	}}
}

func typed(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "mine", e.Provider)
	return e
}

// last reads a stream to its end.
func last(seq iter.Seq2[quire.Delta, error]) (deltas []quire.Delta, err error) {
	for d, err := range seq {
		if err != nil {
			return deltas, err
		}
		deltas = append(deltas, d)
	}
	return deltas, nil
}

var (
	sse  = http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}
	json = http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	html = http.Header{"Content-Type": {"text/html"}}
)

const begun = `data: {"type":"message_start","message":{"id":"m","content":[],"usage":{}}}` + "\n\n"

func TestAnswersThatAreNone(t *testing.T) {
	const whole, streamed = false, true
	for name, c := range map[string]struct {
		api    quire.API
		status int
		header http.Header
		body   string
		stream bool
		code   providers.Code
	}{
		"nonsense":             {quire.APIOpenAIChat, 200, json, "{nonsense", whole, providers.CodeBadReply},
		"a page":               {quire.APIAnthropic, 200, html, "<html>Log in", whole, providers.CodeBadReply},
		"a page, not a stream": {quire.APIAnthropic, 200, html, "<html>Log in", streamed, providers.CodeBadReply},
		"nothing":              {quire.APIGemini, 204, nil, "", whole, providers.CodeBadReply},
		"nonsense in a stream": {quire.APIOpenAIChat, 200, sse, "data: {nonsense\n\ndata: {}\n\n", streamed, providers.CodeBadReply},
		"whole nonsense":       {quire.APIOpenAIChat, 200, json, "{nonsense", streamed, providers.CodeBadReply},
		"failure with 200":     {quire.APIOpenAIChat, 200, json, `{"error":{"code":"rate_limit_exceeded","message":"slow"}}`, whole, providers.CodeRateLimited},
		"whole failure":        {quire.APIAnthropic, 200, json, `{"type":"error","error":{"type":"overloaded_error","message":"x"}}`, streamed, providers.CodeUnavailable},
		"failure in a stream":  {quire.APIAnthropic, 200, sse, begun + `data: {"type":"error","error":{"type":"overloaded_error","message":"x"}}` + "\n\n", streamed, providers.CodeUnavailable},
		"too long, in a stream": {quire.APIOpenAIResponses, 200, sse,
			`data: {"type":"response.failed","response":{"status":"failed","error":{"code":"context_length_exceeded","message":"x"}}}` + "\n\n", streamed, providers.CodeTooLong},
		"limit in a stream": {quire.APIGemini, 200, sse, `data: {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}` + "\n\n", streamed, providers.CodeRateLimited},
		"cut stream":        {quire.APIAnthropic, 200, sse, begun, streamed, providers.CodeUnavailable},
		"empty stream":      {quire.APIAnthropic, 200, nil, "", streamed, providers.CodeUnavailable},
		"half an event":     {quire.APIOpenAIChat, 200, sse, "data: {\"choices\":[]}\n\ndata: {\"cho", streamed, providers.CodeUnavailable},
		"a redirect":        {quire.APIAnthropic, 307, http.Header{"Location": {"https://elsewhere.example/"}}, "", whole, providers.CodeInvalid},
		"a proxy's page":    {quire.APIAnthropic, 502, html, "<html>Bad gateway", streamed, providers.CodeUnavailable},
		"a proxy's refusal": {quire.APIAnthropic, 403, html, "", whole, providers.CodeAuth},
		"busy":              {quire.APIAnthropic, 529, json, `{"type":"error","error":{"type":"overloaded_error","message":"x"}}`, whole, providers.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			a := answer(c.api, c.status, c.header, strings.NewReader(c.body))
			var err error
			if c.stream {
				_, err = last(a.Stream(t.Context(), hello()))
			} else {
				_, err = a.Generate(t.Context(), hello())
			}
			e := typed(t, err)
			assert.Equal(t, c.code, e.Code, err)
			if c.status >= 300 {
				assert.Equal(t, c.status, e.Status)
			}
		})
	}
	_, err := answer(quire.APIAnthropic, 307, http.Header{"Location": {"https://elsewhere.example/"}}, strings.NewReader("")).Generate(t.Context(), hello())
	assert.ErrorContains(t, err, "https://elsewhere.example/")
}

// failing is a connection that breaks after a text.
func failing(text string, err error) io.Reader {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, text)
		w.CloseWithError(err)
	}()
	return r
}

func TestBrokenConnections(t *testing.T) {
	mine := errors.New("connection reset")
	for _, text := range []string{"", begun, begun + "data: {\"ty"} {
		_, err := last(answer(quire.APIAnthropic, 200, sse, failing(text, mine)).Stream(t.Context(), hello()))
		assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
		assert.ErrorIs(t, err, mine)
		_, err = answer(quire.APIAnthropic, 200, json, failing(text, mine)).Generate(t.Context(), hello())
		assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
		assert.ErrorIs(t, err, mine)
		_, err = answer(quire.APIAnthropic, 429, json, failing(text, mine)).Generate(t.Context(), hello())
		assert.Equal(t, providers.CodeRateLimited, typed(t, err).Code, "the status stays")
	}
}

// endless is a server that never comes to an end.
type endless struct{ text string }

func (r endless) Read(b []byte) (int, error) {
	n := 0
	for n+len(r.text) <= len(b) {
		n += copy(b[n:], r.text)
	}
	return n, nil
}

func TestEndlessAnswers(t *testing.T) {
	a := answer(quire.APIOpenAIChat, 200, sse, endless{"x"})
	_, err := a.Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeBadReply, typed(t, err).Code)
	assert.ErrorContains(t, err, "larger than 67108864 bytes")
	a.Limit = 1 << 20
	_, err = a.Generate(t.Context(), hello())
	assert.ErrorContains(t, err, "larger than 1048576 bytes")
	for _, text := range []string{"x", "data: {\"pad\":\"" + strings.Repeat("x", 900) + "\"}\n\n"} {
		a = answer(quire.APIOpenAIChat, 200, sse, endless{text})
		a.Limit = 1 << 20
		_, err = last(a.Stream(t.Context(), hello()))
		assert.Equal(t, providers.CodeBadReply, typed(t, err).Code)
		assert.ErrorContains(t, err, "larger than")
	}
	_, err = answer(quire.APIOpenAIChat, 500, json, endless{"x"}).Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
}

const chatReply = `{"choices":[{"message":{"content":"all","reasoning_content":"hm","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`

// TestWholeWhereAStreamWasAsked: the model is named, and so is its reasoning.
func TestWholeWhereAStreamWasAsked(t *testing.T) {
	got, err := last(answer(quire.APIOpenAIChat, 200, json, strings.NewReader(chatReply)).Stream(t.Context(), hello()))
	require.NoError(t, err)
	call := quire.ToolCall{ID: "c", Name: "f", Args: "{}"}
	require.Len(t, got, 4)
	assert.Equal(t, []quire.Delta{{Reasoning: "hm"}, {Text: "all"}, {ToolCall: &call}}, got[:3])
	assert.Equal(t, []quire.Part{quire.Reasoning{Model: "m", Text: "hm"}, quire.Text{Text: "all"}, call}, got[3].Reply.Parts)
	assert.Equal(t, "m", got[3].Reply.Model)
	for i := range got {
		n := 0
		for range answer(quire.APIOpenAIChat, 200, json, strings.NewReader(chatReply)).Stream(t.Context(), hello()) {
			if n++; n > i {
				break
			}
		}
		assert.Equal(t, i+1, n)
	}
}

func TestMarksAreReported(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("x")})
	p := hello()
	r, err := over(quire.APIAnthropic, srv.URL).Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, p.Marks, r.Marks)
	assert.Empty(t, p.Model, "the prompt is not modified")
	body, err := wire.Encode(quire.APIAnthropic, &quire.Prompt{Model: "m", Messages: p.Messages, Marks: p.Marks}, nil)
	require.NoError(t, err)
	assert.Equal(t, string(body), string(srv.Requests()[0].Body))
}

func TestSendThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		res  *http.Response
		err  error
		code providers.Code
	}{
		"nothing":      {nil, nil, providers.CodeUnavailable},
		"the network":  {nil, &net.OpError{Op: "dial", Err: errors.New("refused")}, providers.CodeUnavailable},
		"not sent":     {nil, fmt.Errorf("%w: no such region", exchange.ErrNotSent), providers.CodeInvalid},
		"typed":        {nil, fmt.Errorf("signing: %w", &providers.Error{Provider: "mine", Code: providers.CodeAuth}), providers.CodeAuth},
		"with answer":  {&http.Response{StatusCode: 404, Body: io.NopCloser(strings.NewReader(`{"error":"x"}`))}, errors.New("404"), providers.CodeInvalid},
		"without body": {&http.Response{StatusCode: 404}, errors.New("404"), providers.CodeUnavailable},
	} {
		a := &exchange.Adapter{Provider: "mine", API: quire.APIAnthropic, Send: func(context.Context, *exchange.Request) (*http.Response, error) { return c.res, c.err }}
		_, err := a.Generate(t.Context(), hello())
		assert.Equal(t, c.code, typed(t, err).Code, name)
	}
	a := &exchange.Adapter{Provider: "mine", API: quire.APIAnthropic}
	_, err := a.Generate(t.Context(), &quire.Prompt{})
	assert.Equal(t, providers.CodeInvalid, typed(t, err).Code, "a prompt that can't be encoded")
	var we *wire.Error
	assert.ErrorAs(t, err, &we)
}

// TestContextErrorsWin: whatever the end of a context led to, even an answer.
func TestContextErrorsWin(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := answer(quire.APIAnthropic, 500, json, strings.NewReader("{}"))
	send := a.Send
	a.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		cancel()
		return send(ctx, r)
	}
	_, err := a.Generate(ctx, hello())
	assert.Equal(t, context.Canceled, err)
	_, err = last(a.Stream(ctx, hello()))
	assert.Equal(t, context.Canceled, err, "before it begins")
}

// TestConnectionIsUsedAgain: a stream that was read to its end does not cost a
// new connection, and one whose server does not end it costs no wait.
func TestConnectionIsUsedAgain(t *testing.T) {
	const reply = begun + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}` + "\n\n" + `data: {"type":"message_stop"}` + "\n\n"
	var conns atomic.Int32
	seen := make(chan struct{}) // the client has the reply: only now the answer ends
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, reply)
		w.(http.Flusher).Flush()
		<-seen
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	defer close(seen)
	a := over(quire.APIAnthropic, srv.URL)
	for range 5 {
		for d, err := range a.Stream(t.Context(), hello()) {
			require.NoError(t, err)
			if d.Reply != nil {
				seen <- struct{}{}
			}
		}
	}
	assert.EqualValues(t, 1, conns.Load())
	_, err := last(a.Stream(t.Context(), hello()))
	require.NoError(t, err)
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 21 Oct 2026 07:28:00 GMT"
	for _, c := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{"Retry-After": "3"}, 3 * time.Second},
		{map[string]string{"Retry-After": "0.5"}, 500 * time.Millisecond},
		{map[string]string{"Retry-After": "9", "Retry-After-Ms": "250"}, 250 * time.Millisecond},
		{map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": date}, 30 * time.Second},
		{map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:27:30 GMT", "Date": date}, 0},
		{map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0},
		{map[string]string{"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": date}, 0},
		{map[string]string{"Retry-After": "soon"}, 0},
		{map[string]string{"Retry-After": "-4", "Retry-After-Ms": "-4"}, 0},
		{map[string]string{"Retry-After": "1e300", "Retry-After-Ms": "1e300"}, 0},
		{nil, 0},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		assert.Equal(t, c.want, exchange.RetryAfter(h), c.header)
		_, err := answer(quire.APIAnthropic, 429, h, strings.NewReader("")).Generate(t.Context(), hello())
		assert.Equal(t, c.want, typed(t, err).RetryAfter, c.header)
	}
	_, err := answer(quire.APIGemini, 429, nil, strings.NewReader(`{"error":{"code":429,"details":[{"retryDelay":"34s"}]}}`)).Generate(t.Context(), hello())
	assert.Equal(t, 34*time.Second, typed(t, err).RetryAfter, "Gemini says it in the body")
}
