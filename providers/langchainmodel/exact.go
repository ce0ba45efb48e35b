package langchainmodel

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// stubs are replies that langchaingo's clients take as good ones. The real ones
// are kept from them, since they fail on what they don't know.
var stubs = map[string]string{
	OpenAI:    `{"choices":[{"message":{"role":"assistant","content":"."},"finish_reason":"stop"}]}`,
	Anthropic: `{"type":"message","content":[{"type":"text","text":"."}],"stop_reason":"end_turn"}`,
	Ollama:    `{"message":{"role":"assistant","content":"."},"done":true}`,
}

// exact makes the adapter that does the work of an exact model.
func (m *Model) exact() *exchange.Adapter {
	a := &exchange.Adapter{Provider: m.opts.Provider, API: m.opts.API, Profile: m.Profile(), Send: m.carry}
	if m.opts.API == quire.APIOllama {
		a.Wire.Window = m.opts.Window
	}
	return a
}

// carry sends a request through langchaingo's client, which is here for the
// address, the key and the connection: it sees one short message.
func (m *Model) carry(ctx context.Context, r *exchange.Request) (*http.Response, error) {
	stand := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, ".")}
	res, err := exchange.Carry(ctx, r, stubs[m.opts.Provider], func(ctx context.Context) error {
		_, err := m.llm.GenerateContent(ctx, stand, llms.WithModel(r.Prompt.Model))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w (an exact model's client is one of langchainmodel.HTTPClient)", err)
	}
	return res, nil
}

// HTTPClient is [exchange.Client]: a client like base (nil: the default transport
// and no time limit) for a langchaingo model that is to be exact. It does not
// follow redirects unless base says how, since they would carry prompt and key to
// another host.
func HTTPClient(base *http.Client) *http.Client { return exchange.Client(base) }
