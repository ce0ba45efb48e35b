package geminimodel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// provider names this adapter in errors.
const provider = "gemini"

// Options say where, and how. The zero value is Google's own API with
// the key of the environment, for prompts that name their model.
type Options struct {
	// Key is the API key; "" takes GOOGLE_API_KEY, then GEMINI_API_KEY, as
	// the client does.
	Key string
	// BaseURL is the address without the version, "http://localhost:8080"; "" takes
	// GOOGLE_GEMINI_BASE_URL, or Google's own. A server that asks for no key gets any.
	BaseURL string
	// HTTPClient carries the requests; nil is a plain client without a time limit,
	// since a call ends with its context, that follows no redirects.
	HTTPClient *http.Client
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
	if u, err := url.Parse(o.BaseURL); o.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return nil, invalid(fmt.Errorf("base URL %q: want one like http://localhost:8080", o.BaseURL))
	}
	key := cmp.Or(o.Key, os.Getenv("GOOGLE_API_KEY"), os.Getenv("GEMINI_API_KEY"))
	if key == "" {
		return nil, &providers.Error{Provider: provider, Code: providers.CodeAuth, Err: errors.New(
			"no API key: set GEMINI_API_KEY in the environment or Options.Key (keys come from https://aistudio.google.com/apikey)")}
	}
	config := &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: exchange.Client(o.HTTPClient),
		HTTPOptions: genai.HTTPOptions{BaseURL: o.BaseURL},
	}
	client, err := genai.NewClient(context.Background(), config) // connects to nothing
	if err != nil {
		return nil, invalid(errors.New("the client can't be made")) // its words hold the key
	}
	m := &Model{opts: o, client: client}
	m.adapter = exchange.Adapter{
		Provider: provider, API: quire.APIGemini, Profile: exchange.ProfileOf(quire.APIGemini, o.Profile, model), Wire: o.Request, Send: m.send,
		Format: exchange.Format{Encode: func(p *quire.Prompt, stream bool) ([]byte, []quire.CacheMark, error) {
			return m.encode(p, stream, false)
		}},
	}
	return m, nil
}

func invalid(err error) error {
	return &providers.Error{Provider: provider, Code: providers.CodeInvalid, Err: err}
}
