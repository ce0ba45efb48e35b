package langchainmodel_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/fake"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

// stub is a client of nobody's.
type stub struct {
	res *llms.ContentResponse
	err error

	hang  bool // stream a word, then wait for the end of the call
	ended atomic.Bool
}

func (s *stub) GenerateContent(ctx context.Context, _ []llms.MessageContent, with ...llms.CallOption) (*llms.ContentResponse, error) {
	var o llms.CallOptions
	for _, f := range with {
		f(&o)
	}
	if s.hang && o.StreamingFunc != nil {
		defer s.ended.Store(true)
		_ = o.StreamingFunc(ctx, []byte("a"))
		<-ctx.Done()
		time.Sleep(20 * time.Millisecond) // slow to end
		return nil, ctx.Err()
	}
	return s.res, s.err
}

func (s *stub) Call(context.Context, string, ...llms.CallOption) (string, error) { return "", nil }

func TestUnknownClient(t *testing.T) {
	m, err := langchainmodel.New(fake.NewFakeLLM([]string{"I am fake"}), &langchainmodel.Options{Model: "m"})
	require.NoError(t, err)
	p := tame(vendors["openai"])
	p.Messages = p.Messages[4:]
	r, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: "I am fake"}}, r.Parts)
	assert.Equal(t, quire.StopEnd, r.Stop)

	m, err = langchainmodel.New(&stub{}, &langchainmodel.Options{Model: "m", API: quire.APIOpenAIChat})
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), tame(vendors["openai"]))
	var l *langchainmodel.LossError
	require.ErrorAs(t, err, &l)
	assert.Contains(t, l.What, "image_url")
	assert.Equal(t, "use another adapter", l.Advice, "it can't be exact")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.Generate(ctx, p)
	assert.Equal(t, context.Canceled, err)
	_, err = last(m.Stream(ctx, p))
	assert.Equal(t, context.Canceled, err)
}

func TestErrorsOfClients(t *testing.T) {
	for _, c := range []struct {
		err  error
		code providers.Code
	}{
		{llms.NewError(llms.ErrCodeTokenLimit, "x", "too many"), providers.CodeTooLong},
		{fmt.Errorf("wrapped: %w", llms.NewError(llms.ErrCodeAuthentication, "x", "no")), providers.CodeAuth},
		{errors.New("API returned unexpected status code: 400: maximum context length is 8192"), providers.CodeTooLong},
		{errors.New("API returned unexpected status code: 503"), providers.CodeUnavailable},
		{errors.New("no response"), providers.CodeBadReply},
		{errors.New("dial tcp: connection refused"), providers.CodeUnavailable},
		{llms.NewError(llms.ErrCodeUnknown, "x", "model 'y' not found"), providers.CodeInvalid},
	} {
		m, err := langchainmodel.New(&stub{err: c.err}, &langchainmodel.Options{Provider: "x", Model: "m"})
		require.NoError(t, err)
		_, err = m.Generate(t.Context(), &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}})
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, c.code, e.Code, c.err)
		assert.ErrorIs(t, err, c.err)
	}
	for _, res := range []*llms.ContentResponse{
		nil, {}, {Choices: []*llms.ContentChoice{nil}},
		{Choices: []*llms.ContentChoice{{ToolCalls: []llms.ToolCall{{ID: "x"}}}}},
		{Choices: []*llms.ContentChoice{{ToolCalls: []llms.ToolCall{{FunctionCall: &llms.FunctionCall{Name: "f"}}}}}},
	} {
		m, err := langchainmodel.New(&stub{res: res}, &langchainmodel.Options{Provider: "x", Model: "m"})
		require.NoError(t, err)
		_, err = m.Generate(t.Context(), tame(vendors["strict"]))
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, providers.CodeBadReply, e.Code)
	}
}

// TestPlainBreakWaits: when the loop is over, so is langchaingo's call.
func TestPlainBreakWaits(t *testing.T) {
	s := &stub{hang: true}
	m, err := langchainmodel.New(s, &langchainmodel.Options{Model: "m"})
	require.NoError(t, err)
	p := &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for d, err := range m.Stream(t.Context(), p) {
		require.NoError(t, err)
		assert.Equal(t, "a", d.Text)
		break
	}
	assert.True(t, s.ended.Load())
}

func TestPlainReplies(t *testing.T) {
	call := llms.ToolCall{ID: "c", FunctionCall: &llms.FunctionCall{Name: "f", Arguments: `{"a":1}`}}
	for _, c := range []struct {
		provider string
		choices  []*llms.ContentChoice
		want     quire.Reply
	}{
		{"x", []*llms.ContentChoice{{Content: "one", StopReason: "stop"}, {Content: "another answer"}},
			quire.Reply{Parts: []quire.Part{quire.Text{Text: "one"}}, Stop: quire.StopEnd}},
		{"x", []*llms.ContentChoice{{ReasoningContent: "hm", ToolCalls: []llms.ToolCall{call}, StopReason: "stop"}},
			quire.Reply{Parts: []quire.Part{quire.Reasoning{Model: "m", Text: "hm"}, quire.ToolCall{ID: "c", Name: "f", Args: `{"a":1}`}}, Stop: quire.StopTools}},
		{"x", []*llms.ContentChoice{{Content: "a", StopReason: "weird"}}, quire.Reply{Parts: []quire.Part{quire.Text{Text: "a"}}, Stop: quire.StopOther}},
		{langchainmodel.Ollama, []*llms.ContentChoice{{Content: "cut", GenerationInfo: map[string]any{"CompletionTokens": 5, "PromptTokens": int64(9)}}},
			quire.Reply{Parts: []quire.Part{quire.Text{Text: "cut"}}, Stop: quire.StopLength, Usage: quire.Usage{Input: 9, Output: 5}}},
	} {
		m, err := langchainmodel.New(&stub{res: &llms.ContentResponse{Choices: c.choices}}, &langchainmodel.Options{Provider: c.provider})
		require.NoError(t, err)
		got, err := m.Generate(t.Context(), &quire.Prompt{Model: "m", MaxOutput: 5,
			Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}})
		require.NoError(t, err)
		c.want.Model = "m"
		assert.Equal(t, c.want, *got)
	}
}
