package anthropicmodel

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// provider names this adapter in errors.
const provider = "anthropic"

// Options say where, and how. The zero value is Anthropic's own API
// with the key of the environment, for prompts that name their model.
type Options struct {
	// Key is the API key; "" takes ANTHROPIC_API_KEY. The client sends it as
	// "Authorization: Bearer …".
	Key string
	// BaseURL is the address without the version, "https://api.anthropic.com"; ""
	// takes ANTHROPIC_BASE_URL, or Anthropic's own. A server that asks for no key
	// gets any.
	BaseURL string
	// HTTPClient carries the requests; nil is a plain client without a time limit,
	// since a call ends with its context, that follows no redirects.
	HTTPClient *http.Client
	// Retries is how often the client repeats a request that failed, after the
	// delay that the server asks for. 0 is right below quire's agent, which repeats
	// by itself.
	Retries int
	// Betas are values of the header anthropic-beta, beside those that a model's
	// dialect needs.
	Betas []string
	// Headers are set on every request, above the client's own: what a gateway
	// asks for, or another "anthropic-version".
	Headers map[string]string
	// Request holds settings of every request: tool choice, format, and so on. Its
	// Stream, Count and Dialect are not used: Profile has the dialect.
	Request wire.Options
	// Profile is what is known of the model. Without a Dialect it is the shipped
	// catalogue's, with what this says of Window, MaxOutput and Thinking.
	Profile models.Profile
}

// New makes a model. nil options are the zero ones, and the model is used for prompts
// that name none. It sends nothing. The error is a *providers.Error: CodeAuth
// without a key, CodeInvalid for what can't be.
func New(model string, options *Options) (*Model, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Retries < 0 {
		return nil, invalid(fmt.Errorf("Options.Retries %d: want 0 or more", o.Retries))
	}
	base := cmp.Or(o.BaseURL, os.Getenv("ANTHROPIC_BASE_URL"))
	if u, err := url.Parse(base); base != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return nil, invalid(fmt.Errorf("base URL %q: want one like https://api.anthropic.com", base))
	}
	key := cmp.Or(o.Key, os.Getenv("ANTHROPIC_API_KEY"))
	if key == "" {
		return nil, &providers.Error{Provider: provider, Code: providers.CodeAuth, Err: errors.New(
			"no API key: set ANTHROPIC_API_KEY in the environment or Options.Key (keys come from https://platform.claude.com)")}
	}
	with := []option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithAPIKey(key),
		option.WithHTTPClient(exchange.Client(o.HTTPClient)), option.WithMaxRetries(o.Retries),
	}
	if base != "" {
		with = append(with, option.WithBaseURL(base))
	}
	m := &Model{opts: o, client: anthropic.NewClient(with...)}
	m.adapter = exchange.Adapter{
		Provider: provider, API: quire.APIAnthropic, Profile: exchange.ProfileOf(quire.APIAnthropic, o.Profile, model), Wire: o.Request, Send: m.send,
		Format: exchange.Format{Encode: func(p *quire.Prompt, stream bool) ([]byte, []quire.CacheMark, error) {
			return m.encode(p, stream, false)
		}},
	}
	return m, nil
}

func invalid(err error) error {
	return &providers.Error{Provider: provider, Code: providers.CodeInvalid, Err: err}
}
