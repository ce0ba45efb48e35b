// Package standin is a server that answers as Anthropic's would, so that tests run
// programs which call a model without a key.
package standin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Claude answers each request with the next of its texts, and the last one for ever. It
// reports a token for four bytes, so that what learns from reports learns nothing odd.
type Claude struct {
	URL   string
	Close func()

	mu    sync.Mutex
	texts []string
	asked []string
}

// NewClaude starts a server; the caller closes it.
func NewClaude(texts ...string) *Claude {
	c := &Claude{texts: texts}
	srv := httptest.NewServer(c)
	c.URL, c.Close = srv.URL, srv.Close
	return c
}

// Asked are the bodies of the requests so far.
func (c *Claude) Asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.asked...)
}

// ServeHTTP implements [http.Handler].
func (c *Claude) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	text := c.texts[min(len(c.asked), len(c.texts)-1)]
	c.asked = append(c.asked, string(body))
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5",
		"content":     []any{map[string]any{"type": "text", "text": text}},
		"stop_reason": "end_turn",
		"usage":       map[string]any{"input_tokens": len(body) / 4, "output_tokens": len(text)/4 + 1},
	})
}
