package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

// fake is a model of langchaingo that says always the same, and keeps what it was sent.
type fake struct {
	says string
	seen []string
}

func (f *fake) GenerateContent(_ context.Context, messages []llms.MessageContent, _ ...llms.CallOption) (*llms.ContentResponse, error) {
	for _, m := range messages {
		for _, p := range m.Parts {
			if text, ok := p.(llms.TextContent); ok {
				f.seen = append(f.seen, string(m.Role)+": "+text.Text)
			}
		}
	}
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: f.says, StopReason: "stop"}}}, nil
}

func (f *fake) Call(ctx context.Context, prompt string, o ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, f, prompt, o...)
}

func TestAnAgentAnswersThroughLangchaingo(t *testing.T) {
	f := &fake{says: "In 1889."}
	require.NoError(t, ask(t.Context(), f, langchainmodel.Options{Provider: "fake", Model: "fake-1"}, "When was the tower built?"))
	require.Len(t, f.seen, 2)
	assert.Contains(t, f.seen[0], "system: You answer briefly.")
	assert.Contains(t, f.seen[1], "When was the tower built?")
	assert.True(t, strings.HasPrefix(f.seen[1], "human: "))
}

// What goes out through a client that was made with HTTPClient is quire's own request:
// here to a server that speaks OpenAI's format, and that refuses what OpenAI would.
func TestAnExactClientCarriesTheTools(t *testing.T) {
	server := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{{Reply: &quire.Reply{Parts: []quire.Part{quire.Text{Text: "In 1889."}}, Stop: quire.StopEnd}}})
	llm, err := openai.New(openai.WithModel("gpt-5-mini"), openai.WithToken("key"), openai.WithBaseURL(server.URL), openai.WithHTTPClient(langchainmodel.HTTPClient(nil)))
	require.NoError(t, err)
	require.NoError(t, ask(t.Context(), llm, langchainmodel.Options{Model: "gpt-5-mini", Exact: true}, "When was the tower built?"))
	requests := server.Requests()
	require.Len(t, requests, 1)
	assert.Contains(t, string(requests[0].Body), "When was the tower built?")
	assert.Contains(t, string(requests[0].Body), "mail_find")
}
