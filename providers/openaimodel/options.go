package openaimodel

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// provider names this adapter in errors.
const provider = "openai"

// vendorURL is where the API is when nobody says otherwise.
const vendorURL = "https://api.openai.com/v1"

// Options say which model, where, and how. The zero value is OpenAI's own Responses
// API with the key of the environment, for prompts that name their model.
type Options struct {
	// API is [quire.APIOpenAIResponses] (also ""), [quire.APIOpenAIChat], or
	// [quire.APIStrict]: the chat format for models whose templates are strict
	// (many behind vLLM, llama.cpp and Ollama). With APIOpenAIChat, a request that such a
	// template refuses is sent again in that form at once, and so is every later one.
	API quire.API
	// Key is the API key; "" takes OPENAI_API_KEY. Servers at another address than
	// OpenAI's may need none.
	Key string
	// BaseURL is the address with the version, "http://localhost:11434/v1"; ""
	// takes OPENAI_BASE_URL, or OpenAI's own.
	BaseURL string
	// HTTPClient carries the requests; nil is a plain client without a time limit,
	// since a call ends with its context, that follows no redirects.
	HTTPClient *http.Client
	// Retries is how often the SDK repeats a request that failed, after as long as
	// the server asks. 0 is right below quire's agent, which repeats by itself.
	Retries int
	// Request holds settings of every request: tool choice, format, and so on. Its
	// Stream, Count and Dialect are not used: Profile has the dialect.
	Request wire.Options
	// Websocket keeps one connection open for all calls, which then queue, and
	// sends over it only what is new since the last call. For Responses only; see
	// the package's documentation. Close the model to close it.
	Websocket bool
	// Profile is what is known of the model. Without a Dialect it is the shipped
	// catalogue's, with what this says of Window, MaxOutput and Thinking.
	Profile models.Profile
}

// New makes a model. nil options are the zero ones, and the model is used for prompts
// that name none. It sends nothing. The error is a *providers.Error: CodeAuth
// without a key for OpenAI's own address, CodeInvalid for what can't be.
func New(model string, options *Options) (*Model, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.API == "" {
		o.API = quire.APIOpenAIResponses
	}
	switch o.API {
	case quire.APIOpenAIResponses:
	case quire.APIOpenAIChat, quire.APIStrict:
		if o.Websocket {
			return nil, invalid(errors.New("Options.Websocket is for the Responses API only"))
		}
	default:
		return nil, invalid(fmt.Errorf("Options.API %q: want %s, %s or %s", o.API, quire.APIOpenAIResponses, quire.APIOpenAIChat, quire.APIStrict))
	}
	c, err := o.connect()
	if err != nil {
		return nil, err
	}
	m := &Model{opts: o, http: c.http, client: c.client}
	over := func(api quire.API) exchange.Adapter {
		return exchange.Adapter{Provider: provider, API: api, Profile: exchange.ProfileOf(api, o.Profile, model), Wire: o.Request, Send: m.post}
	}
	m.adapter = over(o.API)
	if o.API == quire.APIOpenAIChat {
		m.chat = &templates{strict: over(quire.APIStrict)}
	}
	if o.Websocket {
		m.ws = newSession(m)
	}
	return m, nil
}

// line is a client for an address.
type line struct {
	address string
	http    *http.Client
	client  openai.Client
}

// connect makes a client. It sends nothing.
func (o *Options) connect() (c line, err error) {
	if o.Retries < 0 {
		return c, invalid(fmt.Errorf("Options.Retries %d: want 0 or more", o.Retries))
	}
	if c.address, err = o.address(); err != nil {
		return c, err
	}
	key := o.Key
	if key == "" {
		key = os.Getenv("OPENAI_API_KEY")
	}
	if key == "" && c.address == vendorURL {
		return c, &providers.Error{Provider: provider, Code: providers.CodeAuth, Err: errors.New(
			"no API key: set OPENAI_API_KEY in the environment or Options.Key; for a server of your own, Options.BaseURL")}
	}
	c.http = httpClient(o.HTTPClient)
	c.client = openai.NewClient(clientOptions(c.http, c.address, key, o.Retries)...)
	return c, nil
}

// address returns the base URL.
func (o *Options) address() (string, error) {
	address := o.BaseURL
	if address == "" {
		address = os.Getenv("OPENAI_BASE_URL")
	}
	if address == "" {
		return vendorURL, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", invalid(fmt.Errorf("base URL %q: want one like http://localhost:11434/v1", address))
	}
	return address, nil
}

// httpClient returns base, or a plain client, that follows no redirects unless
// base says how: they would carry prompt and key to another host.
func httpClient(base *http.Client) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	if c.CheckRedirect == nil {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &c
}

// maxDelay is the longest delay of a server that is waited for between two tries:
// a call ends with its context, not before.
const maxDelay = 24 * time.Hour

func clientOptions(c *http.Client, address, key string, retries int) []option.RequestOption {
	opts := []option.RequestOption{
		option.WithHTTPClient(c), option.WithBaseURL(address), option.WithMaxRetries(retries),
		option.WithMaxRetryDelay(maxDelay), option.WithMiddleware(shortFailures),
	}
	if key == "" {
		return append(opts, option.WithHeaderDel("Authorization"))
	}
	return append(opts, option.WithAPIKey(key))
}

func invalid(err error) error {
	return &providers.Error{Provider: provider, Code: providers.CodeInvalid, Err: err}
}
