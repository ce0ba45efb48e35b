package langchainmodel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers"
)

// reads is an exact model of a provider to which a server answers a stream.
func reads(provider string, body io.Reader) *exchange.Adapter {
	o := Options{Provider: provider, Exact: true}
	o.API = apisOf(o)[0]
	a := (&Model{opts: o}).exact()
	a.Send = func(context.Context, *exchange.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(body)}, nil
	}
	return a
}

// streamedReply reads a stream as a model of the provider would.
func streamedReply(a *exchange.Adapter, deliver func(quire.Delta)) (*quire.Reply, error) {
	p := &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for d, err := range a.Stream(context.Background(), p) {
		if err != nil || d.Reply != nil {
			return d.Reply, err
		}
		deliver(d)
	}
	panic("a stream without a reply")
}

// TestLinesBreak: a broken connection is the network's fault, half of a line the
// server's.
func TestLinesBreak(t *testing.T) {
	broken := errors.New("connection reset")
	const first = `{"message":{"content":"a"},"done":false}` + "\n"
	for _, body := range []io.Reader{
		io.MultiReader(strings.NewReader(first), errReader{broken}), strings.NewReader(first + `{"messag`), strings.NewReader(first), strings.NewReader(""),
	} {
		_, err := streamedReply(reads(Ollama, body), func(quire.Delta) {})
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, providers.CodeUnavailable, e.Code)
	}
	_, err := streamedReply(reads(Ollama, strings.NewReader(first+"nonsense\n"+first)), func(quire.Delta) {})
	assert.ErrorContains(t, err, "bad-reply")
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
		r, err := streamedReply(reads(names[uint(i)%3], strings.NewReader(s)), func(d quire.Delta) { text += d.Text })
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
