package ollamamodel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Model answers prompts through an Ollama server. It is safe for concurrent use.
type Model struct {
	opts          Options
	base          string // the server's address
	shown         string // the same without a password
	http          *http.Client
	seeing, blind *exchange.Adapter

	mu   sync.Mutex
	sees map[string]bool // models that the server was asked about
}

var (
	_ providers.Streamer = (*Model)(nil)
	_ providers.Profiled = (*Model)(nil)
)

// Profile implements [providers.Profiled].
func (m *Model) Profile() models.Profile { return m.seeing.Profile }

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	a, err := m.choose(ctx, p)
	if err != nil {
		return nil, err
	}
	r, err := a.Generate(ctx, p)
	if err != nil {
		return nil, m.explain(p, err)
	}
	return r, nil
}

// Stream implements [providers.Streamer]. All of it runs in the caller's goroutine.
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		a, err := m.choose(ctx, p)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		for d, err := range a.Stream(ctx, p) {
			if err != nil {
				err = m.explain(p, err)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// name returns the model that p is for.
func (m *Model) name(p *quire.Prompt) string {
	if p.Model != "" {
		return p.Model
	}
	return m.seeing.Profile.Name
}

// choose returns the adapter for p: the one that sends no pictures, if the model
// can't see.
func (m *Model) choose(ctx context.Context, p *quire.Prompt) (*exchange.Adapter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if m.name(p) == "" {
		return nil, invalid(errNoModel)
	}
	if m.opts.Images != ImagesAsk || !hasImages(p) {
		return m.seeing, nil
	}
	sees, err := m.ask(ctx, m.name(p))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, m.explain(p, err)
	case !sees:
		return m.blind, nil
	}
	return m.seeing, nil
}

// hasImages says whether p holds a picture that would be sent.
func hasImages(p *quire.Prompt) bool {
	found := false
	for _, msg := range p.Messages {
		for _, part := range msg.Parts {
			switch part := part.(type) {
			case quire.Image:
				found = found || len(part.Data) > 0
			case quire.ToolResult:
				found = found || slices.ContainsFunc(part.Parts, func(in quire.Part) bool {
					img, ok := in.(quire.Image)
					return ok && len(img.Data) > 0
				})
			}
		}
	}
	return found
}

// ask asks the server whether a model can see, once.
func (m *Model) ask(ctx context.Context, model string) (bool, error) {
	m.mu.Lock()
	sees, known := m.sees[model]
	m.mu.Unlock()
	if known {
		return sees, nil
	}
	body, err := json.Marshal(map[string]string{"model": model})
	if err != nil {
		return false, err
	}
	res, err := m.post(ctx, "/api/show", "application/json", body)
	if err != nil {
		return false, &providers.Error{Provider: provider, Code: providers.CodeUnavailable, Err: err}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false, exchange.Failure(provider, quire.APIOllama, res)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<20)) // the licence is in it, and more
	if err != nil {
		return false, &providers.Error{Provider: provider, Code: providers.CodeUnavailable, Err: err}
	}
	var in struct {
		Capabilities []string `json:"capabilities"`
	}
	if err := json.Unmarshal(answer, &in); err != nil {
		return false, &providers.Error{Provider: provider, Code: providers.CodeBadReply, Err: fmt.Errorf("what the model can do can't be read: %w", err)}
	}
	sees = in.Capabilities == nil || slices.Contains(in.Capabilities, "vision")
	m.mu.Lock()
	m.sees[model] = sees
	m.mu.Unlock()
	return sees, nil
}

func (m *Model) chat(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	accept := "application/json"
	if r.Stream {
		accept = "application/x-ndjson"
	}
	return m.post(ctx, "/api/chat", accept, r.Body)
}

func (m *Model) post(ctx context.Context, path, accept string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", exchange.ErrNotSent, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	if m.opts.Key != "" {
		req.Header.Set("Authorization", "Bearer "+m.opts.Key)
	}
	return m.http.Do(req)
}
