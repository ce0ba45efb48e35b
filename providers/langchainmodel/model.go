package langchainmodel

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// The providers whose clients this package knows by name.
const (
	OpenAI    = "openai"
	Anthropic = "anthropic"
	Ollama    = "ollama"
)

// Options say what a langchaingo model is. The zero value is right for the
// three clients that this package knows, when every prompt names its model.
type Options struct {
	// Provider is one of the constants, or any name for another client, which
	// then gets texts, calls and results only. "" is taken from the type of
	// the model.
	Provider string
	// API is the wire format; "" is the provider's own: APIAnthropic,
	// APIOpenAIChat, APIOllama for an exact Ollama, APIStrict for others and
	// where Ollama is not exact. APIStrict together with OpenAI is for servers
	// that render strict templates (vLLM).
	API quire.API
	// Model is used for prompts that name none.
	Model string
	// Exact says that the model's HTTP client was made by [HTTPClient]. The
	// provider must be one of the three.
	Exact bool
	// Window is the number of tokens that an exact Ollama model is loaded with
	// (num_ctx); 0 leaves it to the server, whose default is small.
	Window int
}

// Model answers prompts through a langchaingo model. It is safe for concurrent
// use as far as that is; the three known ones are.
type Model struct {
	llm  llms.Model
	opts Options
	wire *exchange.Adapter // of an exact model
}

var (
	_ providers.Streamer = (*Model)(nil)
	_ providers.Profiled = (*Model)(nil)
)

// New adapts llm; nil options are the zero ones. The error is a *providers.Error with CodeInvalid.
func New(llm llms.Model, options *Options) (*Model, error) {
	var opts Options
	if options != nil {
		opts = *options
	}
	if llm == nil {
		return nil, invalid(opts.Provider, fmt.Errorf("no model"))
	}
	if opts.Provider == "" {
		opts.Provider = providerOf(llm)
	}
	if opts.API == "" {
		opts.API = apisOf(opts)[0]
	}
	if !slices.Contains(apisOf(opts), opts.API) {
		return nil, invalid(opts.Provider, fmt.Errorf("langchaingo has no client of %s for the format %s", opts.Provider, opts.API))
	}
	if _, ok := stubs[opts.Provider]; opts.Exact && !ok {
		return nil, invalid(opts.Provider, fmt.Errorf("only %s, %s and %s can be exact", OpenAI, Anthropic, Ollama))
	}
	m := &Model{llm: llm, opts: opts}
	m.wire = m.exact()
	return m, nil
}

// apisOf returns the formats that a provider's client can carry, its own first.
func apisOf(o Options) []quire.API {
	switch o.Provider {
	case Anthropic:
		return []quire.API{quire.APIAnthropic}
	case OpenAI:
		return []quire.API{quire.APIOpenAIChat, quire.APIStrict}
	case Ollama:
		if o.Exact {
			return []quire.API{quire.APIOllama}
		}
		return []quire.API{quire.APIStrict}
	}
	return []quire.API{quire.APIStrict, quire.APIOpenAIChat}
}

// providerOf tells the three clients by their types.
func providerOf(llm llms.Model) string {
	switch llm.(type) {
	case *openai.LLM:
		return OpenAI
	case *anthropic.LLM:
		return Anthropic
	case *ollama.LLM:
		return Ollama
	}
	return "langchaingo"
}

// Profile implements [providers.Profiled]: what the shipped catalogue says of the model,
// with the window of the options. Cache marks, reasoning and a notice behind results are
// struck where langchaingo's own mapping can't carry them.
func (m *Model) Profile() models.Profile {
	p := exchange.ProfileOf(m.opts.API, models.Profile{Window: m.opts.Window}, m.opts.Model)
	if d := &p.Dialect; !m.opts.Exact {
		d.Reasoning, d.ReasoningBound = models.ReasoningNotTaken, false
		if m.opts.API == quire.APIAnthropic {
			d.NoticeInLoop = false
		} else {
			d.Marks = 0
		}
	}
	return p
}

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if m.opts.Exact {
		return m.wire.Generate(ctx, p)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.plain(ctx, m.named(p), nil)
}

// Stream implements [providers.Streamer]. Without Exact, a prompt with tools is not streamed, since
// langchaingo mixes text and calls in one callback: its reply comes as one delta.
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	if m.opts.Exact {
		return m.wire.Stream(ctx, p)
	}
	return func(yield func(quire.Delta, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(quire.Delta{}, err)
			return
		}
		m.streamPlain(ctx, m.named(p), yield)
	}
}

// named returns a copy of p that names its model.
func (m *Model) named(p *quire.Prompt) *quire.Prompt {
	q := *p
	if q.Model == "" {
		q.Model = m.opts.Model
	}
	return &q
}

// deliverCalls hands over the calls of a reply; false says that the caller wants
// no more.
func deliverCalls(r *quire.Reply, deliver func(quire.Delta) bool) bool {
	for _, part := range r.Parts {
		if c, ok := part.(quire.ToolCall); ok && !deliver(quire.Delta{ToolCall: &c}) {
			return false
		}
	}
	return true
}
