package langchainmodel

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// OpenOptions change what [Open] takes from the environment. The zero value
// changes nothing.
type OpenOptions struct {
	// BaseURL is where the API is: with the version for OpenAI and Anthropic
	// ("https://api.anthropic.com/v1"), without for Ollama
	// ("http://localhost:11434"). "" is the vendor's own, or what langchaingo
	// takes from OPENAI_BASE_URL or OLLAMA_HOST.
	BaseURL string
	// Key is the API key; "" takes OPENAI_API_KEY or ANTHROPIC_API_KEY. Ollama
	// needs none.
	Key string
	// HTTPClient carries the requests; nil is a plain client without a time
	// limit, since a call ends with its context.
	HTTPClient *http.Client
	// API is the wire format, see [Options].
	API quire.API
	// Window is an Ollama model's, see [Options].
	Window int
}

// Open makes an exact model from "openai:NAME", "anthropic:NAME" or
// "ollama:NAME", where NAME may hold colons ("ollama:qwen3:8b"). A nil opts is
// the zero value. Without a key the error is a *providers.Error with CodeAuth
// that names the variable to set; a spec that makes no sense gives CodeInvalid.
// Open does not connect.
func Open(spec string, opts *OpenOptions) (*Model, error) {
	if opts == nil {
		opts = &OpenOptions{}
	}
	provider, name, ok := strings.Cut(spec, ":")
	client, known := clients[provider]
	if !ok || !known || name == "" {
		return nil, invalid("langchaingo", fmt.Errorf("model %q: want openai:NAME, anthropic:NAME or ollama:NAME", spec))
	}
	llm, err := client(name, opts)
	if err != nil {
		return nil, err
	}
	return New(llm, &Options{Provider: provider, API: opts.API, Model: name, Exact: true, Window: opts.Window})
}

// clients makes each provider's langchaingo client.
var clients = map[string]func(name string, o *OpenOptions) (llms.Model, error){
	OpenAI:    openOpenAI,
	Anthropic: openAnthropic,
	Ollama:    openOllama,
}

func openOpenAI(name string, o *OpenOptions) (llms.Model, error) {
	key, err := keyFor(OpenAI, "OPENAI_API_KEY", o)
	if err != nil {
		return nil, err
	}
	with := []openai.Option{openai.WithModel(name), openai.WithToken(key), openai.WithHTTPClient(HTTPClient(o.HTTPClient))}
	if o.BaseURL != "" {
		with = append(with, openai.WithBaseURL(o.BaseURL))
	}
	llm, err := openai.New(with...)
	if err != nil {
		return nil, invalid(OpenAI, err)
	}
	return llm, nil
}

func openAnthropic(name string, o *OpenOptions) (llms.Model, error) {
	key, err := keyFor(Anthropic, "ANTHROPIC_API_KEY", o)
	if err != nil {
		return nil, err
	}
	with := []anthropic.Option{anthropic.WithModel(name), anthropic.WithToken(key), anthropic.WithHTTPClient(HTTPClient(o.HTTPClient))}
	if o.BaseURL != "" {
		with = append(with, anthropic.WithBaseURL(o.BaseURL))
	}
	llm, err := anthropic.New(with...)
	if err != nil {
		return nil, invalid(Anthropic, err)
	}
	return llm, nil
}

func openOllama(name string, o *OpenOptions) (llms.Model, error) {
	with := []ollama.Option{ollama.WithModel(name), ollama.WithHTTPClient(HTTPClient(o.HTTPClient))}
	if o.BaseURL != "" {
		// langchaingo ends the process on an address that can't be parsed.
		if u, err := url.Parse(o.BaseURL); err != nil || u.Host == "" {
			return nil, invalid(Ollama, fmt.Errorf("base URL %q: want one like http://localhost:11434", o.BaseURL))
		}
		with = append(with, ollama.WithServerURL(o.BaseURL))
	}
	llm, err := ollama.New(with...)
	if err != nil {
		return nil, invalid(Ollama, err)
	}
	return llm, nil
}

// keyFor returns the key from the options or the environment.
func keyFor(provider, variable string, o *OpenOptions) (string, error) {
	if o.Key != "" {
		return o.Key, nil
	}
	if key := os.Getenv(variable); key != "" {
		return key, nil
	}
	hint := ""
	if o.BaseURL != "" {
		hint = " (any text will do for a server that asks for none)"
	}
	return "", &providers.Error{
		Provider: provider, Code: providers.CodeAuth,
		Err: fmt.Errorf("no API key: set %s in the environment or OpenOptions.Key%s", variable, hint),
	}
}
