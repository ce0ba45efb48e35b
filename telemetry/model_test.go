package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/telemetry"
)

// A model that is watched is a model as before.
func TestKit(t *testing.T) {
	modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
		srv := modeltest.NewServer(t, quire.APIAnthropic, s)
		return newExported(t).Model(&exchange.Adapter{Provider: "client", API: quire.APIAnthropic, Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/v1/messages", bytes.NewReader(r.Body))
			if err != nil {
				return nil, err
			}
			for _, h := range r.Headers {
				req.Header.Set(h.Name, h.Value)
			}
			return srv.Client().Do(req)
		}})
	})
}

// known is a model that says what it is.
type known struct{ providers.Model }

// Profile implements [providers.Profiled].
func (known) Profile() models.Profile { return models.FindOver(quire.APIAnthropic, "claude-opus-4-6") }

var replies = []quire.Reply{{ID: "msg_1", Model: "claude-opus-4-6-20260205", Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "Yes."}},
	Usage: quire.Usage{Input: 1000, CachedInput: 700, CacheWrite: 200, Output: 50, Reasoning: 20}}}

func TestACallIsASpanAndMetrics(t *testing.T) {
	e := newExported(t)
	m := e.Model(known{scripted.New(replies...)})
	_, err := m.Generate(t.Context(), &quire.Prompt{Model: "claude-opus-4-6", MaxOutput: 99})
	require.NoError(t, err)
	spans := e.named("chat claude-opus-4-6")
	require.Len(t, spans, 1)
	s := spans[0]
	assert.Equal(t, trace.SpanKindClient, s.SpanKind())
	for key, want := range map[string]string{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic",
		"gen_ai.request.model": "claude-opus-4-6", "gen_ai.request.max_tokens": "99", "gen_ai.request.stream": "",
		"gen_ai.response.id": "msg_1", "gen_ai.response.model": "claude-opus-4-6-20260205", "gen_ai.response.finish_reasons": `["stop"]`,
		"gen_ai.usage.input_tokens": "1000", "gen_ai.usage.cache_read.input_tokens": "700", "gen_ai.usage.cache_write.input_tokens": "200",
		"gen_ai.usage.output_tokens": "50", "gen_ai.usage.reasoning.output_tokens": "20",
		"gen_ai.conversation.id": "", "gen_ai.conversation.compacted": "", "gen_ai.response.time_to_first_chunk": "", "error.type": "",
	} {
		got := text(s, key)
		if want == "" {
			assert.Contains(t, []string{"", "unknown"}, got, key)
			continue
		}
		assert.Equal(t, want, got, key)
	}
	sums, values := e.metrics()
	for name, want := range map[string]float64{
		"gen_ai.client.inference.usage.input_tokens": 1000, "gen_ai.client.inference.usage.cache_read.input_tokens": 700,
		"gen_ai.client.inference.usage.cache_write.input_tokens": 200, "gen_ai.client.inference.usage.output_tokens": 50,
		"gen_ai.client.inference.usage.reasoning.output_tokens": 20, "gen_ai.client.inference.operation.input_tokens": 1000,
	} {
		assert.InDelta(t, want, sums[name], 0, name)
	}
	assert.Equal(t, uint64(1), values["gen_ai.client.inference.duration"])
	assert.Zero(t, values["gen_ai.client.inference.time_to_first_chunk"])
}

func TestAStreamIsASpan(t *testing.T) {
	e := newExported(t)
	m := e.Model(nameless{scripted.New(append(replies, replies...)...)})
	for _, err := range providers.Stream(t.Context(), m, &quire.Prompt{Model: "m"}) {
		require.NoError(t, err)
	}
	for range providers.Stream(t.Context(), m, &quire.Prompt{Model: "m"}) {
		break
	}
	spans := e.named("chat m")
	require.Len(t, spans, 2)
	assert.Equal(t, "true", text(spans[0], "gen_ai.request.stream"))
	assert.Equal(t, "unknown", text(spans[0], "gen_ai.provider.name"))
	assert.Positive(t, value(spans[0].Attributes(), "gen_ai.response.time_to_first_chunk").AsFloat64())
	assert.Equal(t, codes.Unset, spans[0].Status().Code)
	assert.Equal(t, "left", text(spans[1], "error.type"))
	_, values := e.metrics()
	assert.Equal(t, uint64(1), values["gen_ai.client.inference.time_to_first_chunk"])
}

func TestErrorsAreToldByTheirKind(t *testing.T) {
	for want, err := range map[string]error{
		"rate-limited":        &providers.Error{Provider: "p", Code: providers.CodeRateLimited, Status: 429, Err: errors.New("secret")},
		"canceled":            context.Canceled,
		"deadline_exceeded":   context.DeadlineExceeded,
		"*errors.errorString": errors.New("secret"),
	} {
		e := newExported(t)
		m := e.Model(failing{err})
		_, got := m.Generate(t.Context(), &quire.Prompt{Model: "m"})
		require.ErrorIs(t, got, err)
		spans := e.named("chat m")
		require.Len(t, spans, 1)
		assert.Equal(t, want, text(spans[0], "error.type"))
		assert.Equal(t, codes.Error, spans[0].Status().Code)
		assert.NotContains(t, e.everything(), "secret")
		sums, values := e.metrics()
		assert.Contains(t, sums, "gen_ai.client.inference.usage.input_tokens", "0 is recorded")
		assert.Equal(t, uint64(1), values["gen_ai.client.inference.duration"])
	}
}

// nameless streams, and does not say what it is.
type nameless struct{ providers.Streamer }

type failing struct{ error }

func (f failing) Generate(context.Context, *quire.Prompt) (*quire.Reply, error) { return nil, f.error }

// A loop over a session hands the plan over in the context.
func TestAPlanOfALoop(t *testing.T) {
	e := newExported(t)
	s := compose.NewSession(models.FindOver(quire.APIOpenAIChat, "gpt-4.1"), &compose.SessionOptions{Budget: 900})
	m := e.Model(scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) { return &replies[0], nil }))
	var list []quire.PromptMessage
	for range 20 {
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: strings.Repeat("Some words to read. ", 20)}}})
		plan, err := s.Next(list)
		require.NoError(t, err)
		reply, err := m.Generate(telemetry.WithPlan(t.Context(), "conv-1", plan), &plan.Prompt)
		require.NoError(t, err)
		require.NoError(t, s.Sent(plan, quire.Usage{}))
		list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: reply.Parts})
	}
	spans := e.named("chat gpt-4.1")
	require.Len(t, spans, 20)
	assert.Equal(t, "conv-1", text(spans[0], "gen_ai.conversation.id"))
	assert.False(t, value(spans[0].Attributes(), "gen_ai.conversation.compacted").AsBool())
	assert.True(t, value(spans[19].Attributes(), "gen_ai.conversation.compacted").AsBool())
	tokens, told := 0.0, 0
	for _, s := range spans {
		for _, ev := range s.Events() {
			assert.Equal(t, "quire.evicted", ev.Name)
			tokens += float64(value(ev.Attributes, "quire.tokens.left").AsInt64())
			told++
		}
		assert.LessOrEqual(t, value(s.Attributes(), "quire.prompt.tokens").AsInt64(), int64(900))
	}
	assert.Positive(t, told)
	sums, _ := e.metrics()
	assert.InDelta(t, tokens, sums["quire.evicted.tokens"], 0)
}

// A second try tells of the same cut no more.
func TestACutIsToldOnce(t *testing.T) {
	e := newExported(t)
	s := compose.NewSession(models.FindOver(quire.APIOpenAIChat, "gpt-4.1"), &compose.SessionOptions{Budget: 900})
	var list []quire.PromptMessage
	for range 20 {
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: strings.Repeat("Some words to read. ", 20)}}})
	}
	plan, err := s.Next(list)
	require.NoError(t, err)
	ctx := telemetry.WithPlan(t.Context(), "", plan)
	for range 2 {
		_, err := e.Model(failing{errors.New("no")}).Generate(ctx, &plan.Prompt)
		require.Error(t, err)
	}
	spans := e.named("chat")
	require.Len(t, spans, 2)
	assert.Equal(t, value(spans[0].Attributes(), "gen_ai.conversation.compacted"), value(spans[1].Attributes(), "gen_ai.conversation.compacted"))
	assert.Empty(t, spans[1].Events())
}

func TestWhatAModelCannotDo(t *testing.T) {
	m := newExported(t).Model(failing{})
	_, err := m.(providers.TokenCounter).CountTokens(t.Context(), &quire.Prompt{})
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Zero(t, m.(providers.Profiled).Profile())
	assert.Equal(t, "claude-opus-4-6", newExported(t).Model(known{failing{}}).(providers.Profiled).Profile().Name)
}
