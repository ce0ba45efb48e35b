package geminimodel

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Model answers prompts through Google's client. It is safe for concurrent use.
type Model struct {
	opts    Options
	client  *genai.Client
	adapter exchange.Adapter
}

var (
	_ providers.Streamer     = (*Model)(nil)
	_ providers.Profiled     = (*Model)(nil)
	_ providers.TokenCounter = (*Model)(nil)
)

// Profile implements [providers.Profiled].
func (m *Model) Profile() models.Profile { return m.adapter.Profile }

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	return m.adapter.Generate(ctx, p)
}

// Stream implements [providers.Streamer]. All of it runs in the caller's goroutine.
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return m.adapter.Stream(ctx, p)
}

func (m *Model) encode(p *quire.Prompt, stream, count bool) ([]byte, []quire.CacheMark, error) {
	if p.Model == "" {
		return nil, nil, errors.New("no model: set Prompt.Model, or give New one")
	}
	return m.adapter.EncodeWire(p, stream, count)
}

// The replies that the client sees.
const (
	stub       = `{"candidates":[{"content":{"role":"model","parts":[{"text":"."}]},"finishReason":"STOP"}]}`
	streamStub = "data: " + stub + "\n\n"
	countStub  = `{"totalTokens":1}`
)

// send carries a request through the client, which is here for the address, the
// key and the connection: it sees one short message.
func (m *Model) send(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	// Continuing would send the same bytes again, for a reply that stays unseen.
	config := &genai.GenerateContentConfig{AutomaticContinuation: genai.Ptr(false)}
	if !r.Stream {
		return exchange.Carry(ctx, r, stub, func(ctx context.Context) error {
			_, err := m.client.Models.GenerateContent(ctx, r.Prompt.Model, genai.Text("."), config)
			return err
		})
	}
	return exchange.Carry(ctx, r, streamStub, func(ctx context.Context) error {
		for _, err := range m.client.Models.GenerateContentStream(ctx, r.Prompt.Model, genai.Text("."), config) {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// CountTokens implements [providers.TokenCounter]: the endpoint counts the whole
// request, tools and system instruction included.
func (m *Model) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	return m.adapter.CountTokens(ctx, p, exchange.Counter{
		Encode: func(p *quire.Prompt) ([]byte, error) {
			body, _, err := m.encode(p, false, true)
			return body, err
		},
		Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
			return exchange.Carry(ctx, r, countStub, func(ctx context.Context) error {
				_, err := m.client.Models.CountTokens(ctx, r.Prompt.Model, genai.Text("."), nil)
				return err
			})
		},
		Member: "totalTokens",
	})
}
