package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire/providers/langchainmodel"
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
