package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/anthropicmodel"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/ollamamodel"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// kind is one way to reach models.
type kind struct {
	name  string
	about string
	key   string // variable that holds the key; "" for none
	also  string // another one
	open  func(name, key string, o options) (providers.Model, models.Profile, error)
}

func kinds() []kind {
	return []kind{
		{name: "scripted", about: "a model that only pretends: for a try without anything", open: openScripted},
		{name: "openai", about: "OpenAI's Responses API", key: "OPENAI_API_KEY", open: openOpenAI(quire.APIOpenAIResponses)},
		{name: "openai-chat", about: "Chat Completions of OpenAI and of whoever speaks it", key: "OPENAI_API_KEY", open: openOpenAI(quire.APIOpenAIChat)},
		{name: "anthropic", about: "Anthropic's Messages API", key: "ANTHROPIC_API_KEY", open: openAnthropic},
		{name: "gemini", about: "Google's Gemini API", key: "GEMINI_API_KEY", also: "GOOGLE_API_KEY", open: openGemini},
		{name: "ollama", about: "Ollama, on this machine or at OLLAMA_HOST", open: openOllama},
		{name: "langchain-openai", about: "OpenAI through langchaingo", key: "OPENAI_API_KEY", open: langchain(langchainmodel.OpenAI)},
		{name: "langchain-anthropic", about: "Anthropic through langchaingo", key: "ANTHROPIC_API_KEY", open: langchain(langchainmodel.Anthropic)},
		{name: "langchain-ollama", about: "Ollama through langchaingo", open: langchain(langchainmodel.Ollama)},
	}
}

func kindList() string {
	var b strings.Builder
	for _, k := range kinds() {
		key := k.key
		if key == "" {
			key = "no key"
		}
		fmt.Fprintf(&b, "  %-20s %-20s %s\n", k.name, key, k.about)
	}
	return b.String()
}

// brain is a model with what is known of it.
type brain struct {
	model providers.Model
	info  models.Profile
}

// think opens the model that the options name.
func think(o options, env func(string) string) (brain, error) {
	name, rest, _ := strings.Cut(o.model, ":")
	var names []string
	for _, k := range kinds() {
		if k.name != name {
			names = append(names, k.name)
			continue
		}
		if rest == "" && k.name != "scripted" {
			return brain{}, fmt.Errorf("-model %s: which model? Write %s:NAME", o.model, k.name)
		}
		key := ""
		if k.key != "" {
			if key = env(k.key); key == "" && k.also != "" {
				key = env(k.also)
			}
			if key == "" && o.baseURL != "" {
				key = "none" // a server of one's own asks for none
			}
			if key == "" {
				return brain{}, fmt.Errorf("%s needs a key: set %s, or try -model ollama:NAME or -model scripted, which need none", k.name, k.key)
			}
		}
		return k.think(rest, key, o)
	}
	return brain{}, fmt.Errorf("-model %s: no such kind; there are %s", o.model, strings.Join(names, ", "))
}

func (k kind) think(name, key string, o options) (brain, error) {
	m, info, err := k.open(name, key, o)
	if err != nil {
		var pe *providers.Error
		if errors.As(err, &pe) && pe.Err != nil {
			err = pe.Err
		}
		return brain{}, fmt.Errorf("%s: %w", o.model, err)
	}
	return brain{model: m, info: k.known(info, o)}, nil
}

// known completes a profile whose cache nobody knows: an engine of one's own finds any
// common prefix, and so does a cache that takes no marks.
func (k kind) known(p models.Profile, o options) models.Profile {
	engine := o.engine
	switch {
	case engine != "":
	case strings.HasSuffix(k.name, "ollama"):
		engine = "ollama"
	case o.baseURL != "" && p.Dialect.Marks == 0 && (p.Cache.Name == "" || p.Note != ""):
		engine = engines[0]
	}
	switch {
	case engine != "":
		own, _ := models.Find(engine)
		p.Cache, p.Tariff = own.Cache, own.Tariff
	case p.Cache.Name != "":
	case p.Dialect.Marks > 0:
		p.Cache = price.CostModel{Name: "usual", Read: 0.1, Write: 1.25, Uncached: 1, Output: 5, Exact: true, Marks: 4, Lookback: 20}
	default:
		p.Cache = price.CostModel{Name: "usual, without marks", Read: 0.1, Write: 1, Uncached: 1, Output: 5, Quantum: 128, MinPrefix: 1024}
	}
	return p
}

// engines are the servers of one's own whose caches are known; the first is taken for
// the others.
var engines = []string{"llama.cpp", "ollama", "vllm"}

func openOpenAI(api quire.API) func(name, key string, o options) (providers.Model, models.Profile, error) {
	return func(name, key string, o options) (providers.Model, models.Profile, error) {
		m, err := openaimodel.New(name, &openaimodel.Options{API: api, Key: key, BaseURL: o.baseURL})
		if err != nil {
			return nil, models.Profile{}, err
		}
		return m, m.Profile(), nil
	}
}

func openAnthropic(name, key string, o options) (providers.Model, models.Profile, error) {
	m, err := anthropicmodel.New(name, &anthropicmodel.Options{Key: key, BaseURL: o.baseURL})
	if err != nil {
		return nil, models.Profile{}, err
	}
	return m, m.Profile(), nil
}

func openGemini(name, key string, o options) (providers.Model, models.Profile, error) {
	m, err := geminimodel.New(name, &geminimodel.Options{Key: key, BaseURL: o.baseURL})
	if err != nil {
		return nil, models.Profile{}, err
	}
	return m, m.Profile(), nil
}

func openOllama(name, _ string, o options) (providers.Model, models.Profile, error) {
	m, err := ollamamodel.New(name, &ollamamodel.Options{BaseURL: o.baseURL, Window: window(o)})
	if err != nil {
		return nil, models.Profile{}, err
	}
	return m, m.Profile(), nil
}

// langchain opens a model through langchaingo.
func langchain(provider string) func(name, key string, o options) (providers.Model, models.Profile, error) {
	return func(name, key string, o options) (providers.Model, models.Profile, error) {
		m, err := langchainmodel.Open(provider+":"+name, &langchainmodel.OpenOptions{BaseURL: o.baseURL, Key: key, Window: window(o)})
		if err != nil {
			return nil, models.Profile{}, err
		}
		return m, m.Profile(), nil
	}
}

// window is the context that a local model is loaded with: the prompt and an answer.
func window(o options) int { return o.budget + 2048 }
