package langchainmodel_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

// TestExactKit holds the exact way of each vendor to the kit.
func TestExactKit(t *testing.T) {
	for name, v := range vendors {
		t.Run(name, func(t *testing.T) {
			modeltest.RunAs(t, v.served, func(t *testing.T, s modeltest.Script) providers.Model {
				return v.open(t, modeltest.NewServer(t, v.served, s).URL)
			}, nil)
		})
	}
}

// foreign makes a langchaingo client that this package knows nothing of.
func foreign(t *testing.T, v vendor, url string) llms.Model {
	t.Helper()
	var llm llms.Model
	var err error
	switch v.path {
	case "/v1/messages":
		llm, err = anthropic.New(anthropic.WithToken("secret"), anthropic.WithBaseURL(url+"/v1"))
	case "/api/chat":
		llm, err = ollama.New(ollama.WithServerURL(url))
	default:
		llm, err = openai.New(openai.WithToken("secret"), openai.WithBaseURL(url+"/v1"))
	}
	require.NoError(t, err)
	return llm
}

func adapt(t *testing.T, v vendor, url string) *langchainmodel.Model {
	t.Helper()
	o := langchainmodel.Options{API: v.api, Model: v.model()}
	if v.api == quire.APIOllama {
		o.API = quire.APIStrict // what langchaingo's own types can hold
	}
	m, err := langchainmodel.New(foreign(t, v, url), &o)
	require.NoError(t, err)
	return m
}

// TestPlainKit holds langchaingo's own mapping to the kit, and says by name
// what it can't keep.
func TestPlainKit(t *testing.T) {
	for _, name := range []string{"openai", "strict", "anthropic"} {
		v := vendors[name]
		t.Run(name, func(t *testing.T) {
			modeltest.RunExcept(t, func(t *testing.T, s modeltest.Script) providers.Model {
				return adapt(t, v, modeltest.NewServer(t, v.served, s).URL)
			}, plainBreaks[name])
		})
	}
}

const (
	noHeader   = "langchaingo keeps the headers of a reply to itself"
	bigInteger = "langchaingo rounds the big integer in it: refused (TestPlainAnthropicNumbers)"
	oneBlock   = "langchaingo sends one block of it: refused (TestPlainRefuses)"
	sameWords  = "langchaingo has the same words for a broken connection and for a broken body: bad-reply"
	noError    = "langchaingo does not look for an error under status 200: bad-reply"
)

var plainBreaks = map[string]map[string]string{
	"openai": plainBroken(nil),
	"strict": plainBroken(nil),
	"anthropic": plainBroken(map[string]string{
		"parallel-calls": bigInteger, "text-beside-calls": bigInteger, "history": oneBlock, "prompt-untouched": oneBlock,
		"stream-equals-whole": bigInteger, "stream-garbage": bigInteger, "cut-off-call": bigInteger,
	}),
}

// plainBroken adds what all of langchaingo's clients break.
func plainBroken(more map[string]string) map[string]string {
	broken := map[string]string{
		"error-rate-limit": noHeader, "error-delay": noHeader, "reply-cut": sameWords, "stream-cut": sameWords,
		"stream-half-event": sameWords, "error-in-200": noError, "stream-error-inside": noError,
	}
	maps.Copy(broken, more)
	return broken
}
