package record

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

const secret = "sk-live-4711-do-not-tell"

// respondWith is a transport that answers every request alike.
type respondWith func(req *http.Request) (*http.Response, error)

func (f respondWith) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, header http.Header, body io.Reader) respondWith {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: req}, nil
	}
}

// do sends a request and reads its answer to the end.
func do(t require.TestingT, rt http.RoundTripper, req *http.Request) (*http.Response, []byte, error) {
	res, err := rt.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

func post(t require.TestingT, url, body string) *http.Request {
	req, err := http.NewRequestWithContext(bg, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	return req
}

// hidden holds that nothing of a secret is in a file.
func hidden(t require.TestingT, file, secret string) {
	require.NotContains(t, file, secret)
	require.NotContains(t, file, url.QueryEscape(secret))
	require.NotContains(t, file, base64.StdEncoding.EncodeToString([]byte(secret)))
}

// TestSecretHeadersAreNotKept: what adapters and servers send.
func TestSecretHeadersAreNotKept(t *testing.T) {
	names := append(secretHeaders(), "OpenAI-Organization", "OpenAI-Project", "X-Goog-User-Project", "X-Request-Id",
		"Anthropic-Organization-Id", "Cf-Ray", "User-Agent", "X-Stainless-Helper", "Idempotency-Key", "Helicone-Auth", "x-anything-else")
	rec := recordOf(t, nil)
	sent := post(t, "https://user:"+secret+"@api.example.com/v1/chat?key="+secret+"&alt=sse&"+secret+"#"+secret, `{}`)
	back := http.Header{}
	for _, name := range names {
		sent.Header.Set(name, "Bearer "+secret)
		back.Set(name, secret)
	}
	sent.Header["x-lower-case"] = []string{secret}
	sent.Header.Set("Content-Type", "application/json")
	sent.Header.Set("Anthropic-Version", "2023-06-01")
	back.Set("Content-Type", "text/event-stream")
	back.Set("Retry-After", "7")
	back.Add("Set-Cookie", "session="+secret)
	got := http.Header{}
	rt := rec.Transport(respondWith(func(req *http.Request) (*http.Response, error) {
		got = req.Header.Clone()
		assert.Contains(t, req.URL.RawQuery, secret, "what is sent is what was asked for")
		return answer(200, back, strings.NewReader("data: {}\n\n"))(req)
	}))
	_, _, err := do(t, rt, sent)
	require.NoError(t, err)
	assert.Equal(t, sent.Header, got)
	file := rec.text(t)
	hidden(t, file, secret)
	assert.Equal(t, `{"quireRecording":1}
{"request":{"method":"POST","url":"https://api.example.com/v1/chat?alt=sse","header":["Anthropic-Version: 2023-06-01","Content-Type: application/json"],"json":{}}}
{"response":{"status":200,"header":["Content-Type: text/event-stream","Retry-After: 7"],"stream":true}}
{"chunk":{"text":"data: {}\n\n"}}
{"end":"whole"}
`, file)
}

func TestAnyOtherHeaderIsNotKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z][A-Za-z0-9-]{0,20}`).Draw(t, "name")
		param := rapid.StringMatching(`[a-z_-]{1,10}`).Draw(t, "param")
		rec := &Recording{}
		rec.keep, _ = newKeepers(&Options{})
		if rec.keep.headers[http.CanonicalHeaderKey(name)] || rec.keep.query[param] {
			t.Skip("on the list")
		}
		req := post(t, "http://a/b?"+param+"="+secret, "")
		req.Header.Set(name, secret)
		hidden(t, string(rec.request(req, nil).begin(rec).b), secret)
	})
}

func TestSecretsCantBeAskedFor(t *testing.T) {
	for _, o := range []Options{
		{Mode: Record, Headers: []string{"authorization"}}, {Mode: Record, Headers: []string{"X-API-KEY"}}, {Mode: Record, Query: []string{"Key"}},
	} {
		_, err := Open(t.TempDir()+"/x", &o)
		assert.ErrorIs(t, err, ErrSecret)
	}
	rec := recordOf(t, &Options{Mode: Record, Headers: []string{"x-request-id"}, Query: []string{"page"}})
	req := post(t, "http://a/b?page=2", "")
	req.Header.Set("X-Request-Id", "r1")
	_, _, err := do(t, rec.Transport(answer(200, nil, strings.NewReader(""))), req)
	require.NoError(t, err)
	assert.Contains(t, rec.text(t), `"url":"http://a/b?page=2","header":["X-Request-Id: r1"]`)
}

// TestErrorsOfConnections name the URL, and in it the key.
func TestErrorsOfConnections(t *testing.T) {
	failing := &url.Error{Op: "Post", URL: "http://127.0.0.1:4711/v1/m:g?key=" + secret, Err: errors.New("dial tcp: refused, see http://h/p?token=" + secret)}
	rec := recordOf(t, nil)
	_, _, err := do(t, rec.Transport(respondWith(func(*http.Request) (*http.Response, error) { return nil, failing })), post(t, "http://a/b", ""))
	require.ErrorIs(t, err, failing)
	_, err = rec.Model(answers{err: &providers.Error{Provider: "p", Code: providers.CodeUnavailable, Err: failing}}).Generate(bg, hello())
	require.Error(t, err)
	hidden(t, rec.text(t), secret)

	played := rec.reopen(t)
	_, _, err = do(t, played.Transport(nil), post(t, "http://a/b", ""))
	var ce *connectionError
	require.ErrorAs(t, err, &ce)
	assert.Equal(t, `Post "http://localhost/v1/m:g": dial tcp: refused, see http://h/p`, ce.Text)
	_, err = played.Model(nil).Generate(bg, hello())
	assert.ErrorContains(t, err, "p: unavailable: Post")
}

func redactor() func([]byte) []byte {
	word := regexp.MustCompile("sk-live-[0-9a-z-]+")
	return func(b []byte) []byte { return word.ReplaceAll(b, []byte("REDACTED")) }
}

// TestRedactingBodies: in a path, a request, a whole answer, and in a stream across
// the pieces. What is asked for in replay is redacted too, so that it is found.
func TestRedactingBodies(t *testing.T) {
	rec := recordOf(t, &Options{Mode: Record, Redact: redactor()})
	stream := http.Header{"Content-Type": {"text/event-stream"}}
	pieces := []string{"data: one\n\n", "data: sk-li", "ve-47", "11-do-not-tell and\n\ndata: mo", "re\n\n"}
	ask := func(rt http.RoundTripper, body string) []byte {
		_, b, err := do(t, rt, post(t, "http://a/"+secret+"/b", body))
		require.NoError(t, err)
		return b
	}
	got := ask(rec.Transport(answer(200, stream, &slowly{left: slices.Clone(pieces)})), `{"say":"`+secret+`"}`)
	assert.Equal(t, strings.Join(pieces, ""), string(got), "who asks gets it as it is")
	ask(rec.Transport(answer(200, nil, strings.NewReader("whole "+secret))), "other")
	file := rec.text(t)
	hidden(t, file, secret)
	assert.Contains(t, file, `{"chunk":{"text":"data: one\n\n"}}
{"chunk":{"text":"data: "}}
{"chunk":{"text":"REDACTED and\n\ndata: mo"}}
{"chunk":{"text":"re\n\n"}}
`)
	played := rec.reopen(t)
	assert.Equal(t, "data: one\n\ndata: REDACTED and\n\ndata: more\n\n", string(ask(played.Transport(nil), `{"say":"sk-live-of-today"}`)))
	assert.Equal(t, "whole REDACTED", string(ask(played.Transport(nil), "other")))
}

// slowly gives one piece at each read.
type slowly struct{ left []string }

func (s *slowly) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.left[0])
	s.left[0] = s.left[0][n:]
	if s.left[0] == "" {
		s.left = s.left[1:]
	}
	return n, nil
}

// TestRedactingModels: every text of a prompt, a reply, an error and of deltas, also
// where a secret stands across two of them.
func TestRedactingModels(t *testing.T) {
	p := hello()
	p.System, p.Notice, p.CacheKey = secret, "wait for "+secret, secret
	p.Tools = []quire.Tool{{Name: "ls", Description: secret, Schema: []byte(`{"default":"` + secret + `"}`)}}
	call := quire.ToolCall{ID: "1", Name: "ls", Args: `{"key":"` + secret + `"}`}
	p.Messages = append(p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{call}},
		quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{quire.ToolResult{CallID: "1", Parts: []quire.Part{quire.Text{Text: secret}}}}})
	reply := &quire.Reply{Parts: []quire.Part{quire.Text{Text: "the key is " + secret}, call}}
	rec := recordOf(t, &Options{Mode: Record, Redact: redactor()})
	deltas := rec.redactDeltas([]quire.Delta{{Text: "the key is sk-"}, {Reasoning: "sk-live"}, {Text: "live-4711"}, {Text: "-do-not-tell", Reasoning: "-4711-do-not-tell"}, {ToolCall: &call}, {Reply: reply}})
	require.NoError(t, rec.writeCall(p, deltas))
	_, err := rec.Model(answers{err: &providers.Error{Code: providers.CodeAuth, Err: errors.New("no such key: " + secret)}}).Generate(bg, p)
	require.ErrorContains(t, err, secret)
	hidden(t, rec.text(t), secret)

	played := rec.reopen(t)
	p.System = "sk-live-of-another-day"
	got, err := drain(played.Model(nil), p)
	require.NoError(t, err)
	var text, thought string
	for _, d := range got {
		text, thought = text+d.Text, thought+d.Reasoning
	}
	assert.Equal(t, "the key is REDACTED", text)
	assert.Equal(t, "REDACTED", thought)
	last := got[len(got)-1].Reply
	assert.Equal(t, quire.Text{Text: text}, last.Parts[0], "the deltas still add up to the reply")
	assert.Equal(t, *got[len(got)-2].ToolCall, last.Parts[1])
	_, err = played.Model(nil).Generate(bg, p)
	assert.ErrorContains(t, err, "auth: no such key: REDACTED")
}

// TestRedactedPieces: whatever is taken out, the pieces add up to it, and there are
// as many as before.
func TestRedactedPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pieces [][]byte
		for _, s := range rapid.SliceOf(rapid.StringMatching(`[abX]{0,4}`)).Draw(t, "pieces") {
			pieces = append(pieces, []byte(s))
		}
		with := rapid.SampledFrom([]string{"", "-", "long"}).Draw(t, "with")
		rec := &Recording{opts: Options{Redact: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("X"), []byte(with)) }}}
		got := rec.redactPieces(pieces)
		require.Len(t, got, len(pieces))
		require.Equal(t, strings.ReplaceAll(string(bytes.Join(pieces, nil)), "X", with), string(bytes.Join(got, nil)))
		for i := range pieces { // what stands before the first change keeps its piece
			if bytes.Contains(pieces[i], []byte("X")) {
				break
			}
			require.Equal(t, string(pieces[i]), string(got[i]))
		}
	})
}

// TestNonsenseOfRedact: a function that breaks what it gets is found out, not kept.
func TestNonsenseOfRedact(t *testing.T) {
	rec := recordOf(t, &Options{Mode: Record, Redact: func([]byte) []byte { return []byte("x") }})
	p := hello()
	p.Marks = []quire.CacheMark{{After: 1, TTL: time.Hour}}
	_, err := rec.Model(answers{reply: &quire.Reply{}}).Generate(bg, p)
	require.NoError(t, err, "the call itself went well")
	_, err = rec.Model(answers{}).Generate(bg, hello())
	require.ErrorContains(t, err, "record: ")
	require.Error(t, rec.Close())
	assert.Equal(t, firstLine, rec.text(t), "the file is as it was before")
}

func TestNamesAreNoTexts(t *testing.T) {
	rec := &Recording{opts: Options{Redact: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("a"), []byte("\"")) }}}
	got, err := rec.redactJSON([]byte(`{"a" : ["a", "\u00e9", {"a":"\"a\\"}], "b":1}`))
	require.NoError(t, err)
	assert.Equal(t, `{"a" : ["\"", "\u00e9", {"a":"\"\"\\"}], "b":1}`, string(got))
}
