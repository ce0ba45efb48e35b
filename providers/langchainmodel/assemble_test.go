package langchainmodel

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// streamedReply reads a stream as a model of the provider would.
func streamedReply(provider, stream string, deliver func(quire.Delta) bool) (*quire.Reply, error) {
	api := quire.APIAnthropic
	if provider != Anthropic {
		api = quire.APIStrict
	}
	m := &Model{opts: Options{Provider: provider, API: api}}
	if provider == Ollama {
		return m.lines(strings.NewReader(stream), nil, deliver)
	}
	return m.events(strings.NewReader(stream), deliver)
}

// TestReadFailure is the network's, not the reply's.
func TestReadFailure(t *testing.T) {
	m := &Model{opts: Options{Provider: OpenAI, API: quire.APIOpenAIChat}}
	broken := errors.New("connection reset")
	r := io.MultiReader(strings.NewReader("data: {}\n\ndata: {\"cho"), errReader{broken})
	_, err := m.events(r, func(quire.Delta) bool { return true })
	assert.Equal(t, broken, err)
	_, err = m.lines(errReader{broken}, nil, func(quire.Delta) bool { return true })
	assert.Equal(t, broken, err)
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

func TestEndlessReplies(t *testing.T) {
	m := &Model{opts: Options{Provider: OpenAI, API: quire.APIOpenAIChat}}
	yes := func(quire.Delta) bool { return true }
	_, err := m.read(carriers[OpenAI], nil, &http.Response{Body: io.NopCloser(endless{"x"})}, nil)
	assert.ErrorContains(t, err, "larger than")
	_, err = m.events(endless{"data: {\"pad\":\"" + strings.Repeat("x", 4000) + "\"}\n\n"}, yes)
	assert.ErrorContains(t, err, "larger than")
	_, err = m.lines(endless{"x"}, nil, yes)
	assert.ErrorContains(t, err, "larger than")
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// FuzzStreams: whatever a server sends, reading it ends with a reply or a typed
// error, and never with a panic.
func FuzzStreams(f *testing.F) {
	for _, s := range []string{
		`data: {"type":"message_start","message":{"usage":null}}` + "\n\n" + `data: {"type":"message_delta","usage":{"a":1}}` + "\n\n",
		`data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n",
		`{"message":{"content":"a"},"done":false}` + "\n" + `{"message":{"tool_calls":[{"function":{"arguments":null}}]},"done":true}`,
		`data: {"error":{"code":7}}` + "\n\n", "data: null\n\n", `{"error":{}}`, "[]",
	} {
		for i := range 3 {
			f.Add(i, s)
		}
	}
	names := []string{Anthropic, OpenAI, Ollama}
	f.Fuzz(func(t *testing.T, i int, s string) {
		text := ""
		r, err := streamedReply(names[uint(i)%3], s, func(d quire.Delta) bool { text += d.Text; return true })
		var e *providers.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%T is not typed: %v", err, err)
		}
		if err != nil || names[uint(i)%3] != Ollama {
			return // wire's own tests hold its streams
		}
		whole := ""
		for _, p := range r.Parts {
			if p, ok := p.(quire.Text); ok {
				whole += p.Text
			}
		}
		if whole != text {
			t.Fatalf("reply %q, deltas %q", whole, text)
		}
	})
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":1.50e2,"b":[1e400]}`, `{"a":1,"a":2}`, `{"a":-0.0}`, `{"a":1e-999999999999999999999}`, `{`, `7`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_ = pastFloats(s)
		if sameThroughFloats([]byte(s)) == nil && !strings.HasPrefix(strings.TrimSpace(s), "{") && strings.TrimSpace(s) != "null" {
			t.Fatalf("%q is no object", s)
		}
	})
}

func TestDecimal(t *testing.T) {
	for in, want := range map[string]string{
		"120e1": "+12e2", "1.50": "+15e-1", "-0.0": "+0e0", "0": "+0e0", "1E+3": "+1e3", "0.0012": "+12e-4", "1200": "+12e2", "-7": "-7e0",
	} {
		assert.Equal(t, want, decimal(in), in)
	}
}
