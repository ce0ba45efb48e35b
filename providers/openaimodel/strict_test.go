package openaimodel_test

import (
	"encoding/json"
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
	"github.com/quire-dev/quire/providers/openaimodel"
)

// templated is a server whose model has a strict template, and how it says so.
type templated struct {
	status  int
	message string
	never   bool // it takes no form at all

	mu    sync.Mutex
	asked []bool // for each request, whether it was taken
}

// alternates says whether user and assistant take turns, a tool's results aside.
func alternates(body []byte) bool {
	var in struct {
		Messages []struct{ Role string } `json:"messages"`
	}
	_ = json.Unmarshal(body, &in)
	last := ""
	for _, m := range in.Messages {
		if m.Role == last && m.Role != "tool" {
			return false
		}
		last = m.Role
	}
	return true
}

func (s *templated) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	ok := alternates(body) && !s.never
	s.mu.Lock()
	s.asked = append(s.asked, ok)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case !ok:
		w.WriteHeader(s.status)
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"type":"server_error"}}`, s.status, s.message)
	case strings.Contains(string(body), `"stream":true`):
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	default:
		fmt.Fprint(w, `{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}`)
	}
}

func (s *templated) open(t *testing.T) *openaimodel.Model {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	m, err := openaimodel.New("nemo", &openaimodel.Options{API: quire.APIOpenAIChat, BaseURL: srv.URL + "/v1"})
	require.NoError(t, err)
	return m
}

func said(role quire.Role, text string) quire.PromptMessage {
	return quire.PromptMessage{Role: role, Parts: []quire.Part{quire.Text{Text: text}}}
}

// TestStrictTemplatesAreFoundOut: the first request that a strict template refuses goes out
// again in the strict form, and every later one does at once; requests that it takes never do.
func TestStrictTemplatesAreFoundOut(t *testing.T) {
	plain := &quire.Prompt{Messages: []quire.PromptMessage{said(quire.RoleUser, "a")}}
	twice := &quire.Prompt{Messages: []quire.PromptMessage{said(quire.RoleUser, "a"), said(quire.RoleUser, "b")}, Notice: "1 mail waits"}
	for _, streamed := range []bool{false, true} {
		for _, s := range []*templated{
			{status: 500, message: "Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."},
			{status: 400, message: "After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."},
			{status: 400, message: "This model only supports single tool-calls at once!"},
		} {
			m := s.open(t)
			ask := func(p *quire.Prompt) {
				t.Helper()
				var r *quire.Reply
				var err error
				if !streamed {
					r, err = m.Generate(t.Context(), p)
				} else {
					for d, e := range m.Stream(t.Context(), p) {
						require.NoError(t, e)
						r = d.Reply
					}
				}
				require.NoError(t, err)
				assert.Equal(t, "hi", quire.PlainText(r.Parts))
			}
			ask(plain)
			assert.Equal(t, quire.APIOpenAIChat, m.Profile().Dialect.API)
			ask(twice)
			assert.Equal(t, quire.APIStrict, m.Profile().Dialect.API)
			ask(twice)
			assert.Equal(t, []bool{true, false, true, true}, s.asked, s.message)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { _, err := m.Generate(t.Context(), twice); assert.NoError(t, err) })
			}
			wg.Wait()
		}
	}
}

// TestNoFormHelps: what is refused in both forms fails as it did first, each time; and what
// is no template's refusal is not sent again.
func TestNoFormHelps(t *testing.T) {
	p := &quire.Prompt{Messages: []quire.PromptMessage{said(quire.RoleUser, "a"), said(quire.RoleUser, "b")}}
	for message, requests := range map[string]int{"Jinja Exception: System role not supported": 4, "no such parameter": 2} {
		s := &templated{status: 400, message: message, never: true}
		m := s.open(t)
		_, err := m.Generate(t.Context(), p)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, providers.CodeInvalid, e.Code)
		n := 0
		for _, err = range m.Stream(t.Context(), p) {
			n++
		}
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 1, n)
		assert.ErrorContains(t, err, message)
		assert.Len(t, s.asked, requests)
		assert.Equal(t, quire.APIOpenAIChat, m.Profile().Dialect.API)
	}
}
