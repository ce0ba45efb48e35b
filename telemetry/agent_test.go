package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// secret stands in everything that people, models and tools say.
const secret = "xylophone"

// life is an agent that reads, forgets, pulls back, searches, fails and answers.
type life struct {
	t     *testing.T
	store *mailbox.Store
	agent *agent.Agent
	calls int
}

// answer is the model: in each turn it uses its tools, and then answers.
func (l *life) answer(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
	l.calls++
	last := p.Messages[len(p.Messages)-1]
	use := func(name, args string) quire.Part {
		return quire.ToolCall{ID: fmt.Sprint("call_", l.calls, name), Name: name, Args: args}
	}
	reply := &quire.Reply{ID: fmt.Sprint("r", l.calls), Stop: quire.StopTools, Usage: quire.Usage{Input: size(p), CachedInput: 60, CacheWrite: 20, Output: 10}}
	switch {
	case l.calls%9 == 8:
		return nil, &providers.Error{Provider: "test", Code: providers.CodeUnavailable, Status: 503, Err: errors.New("it said: " + secret)}
	case last.Role == quire.RoleTool:
		reply.Parts, reply.Stop = []quire.Part{quire.Text{Text: "The answer is " + secret}}, quire.StopEnd
	default:
		reply.Parts = []quire.Part{quire.Text{Text: "I look for " + secret}, use("look", `{"at":"`+secret+`"}`), use("mail_find", `{"words":"`+secret+`"}`),
			use("context_pull", `{"uids":[1]}`), use("fly_"+secret, `{}`)}
	}
	return reply, nil
}

// size is about what a provider would count.
func size(p *quire.Prompt) int {
	n := len(p.System) / 4
	for _, m := range p.Messages {
		n += len(quire.PlainText(m.Parts)) / 4
	}
	return n
}

func live(t *testing.T, e *exported, turns int) *life {
	t.Helper()
	l := &life{t: t, store: memstore.New(nil)}
	t.Cleanup(func() { _ = l.store.Close() })
	look := agent.Tool{Name: "look", Description: secret, Repeatable: true, Run: func(context.Context, agent.Call) ([]quire.Part, error) {
		return []quire.Part{quire.Text{Text: secret}}, errors.New("the tool said " + secret)
	}}
	o := &agent.Options{
		System: "You look for the " + secret, Tools: []agent.Tool{look}, Budget: 3500,
		Profile: models.Profile{Name: "test-1", Vendor: "mistral", Window: 8000, MaxOutput: 500, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}},
		Recall:  agent.Recalling{Share: 10}, Sleep: func(context.Context, time.Duration) error { return nil },
	}
	a, err := agent.New(l.store.Box("ada"), e.Model(known{scripted.Func(l.answer)}), e.Agent(o))
	require.NoError(t, err)
	l.agent = a
	for i := range turns {
		body := strings.Repeat("it may be the "+secret+" in the hall ", 40)
		switch {
		case i == 0:
			body = "The copper key hangs at the " + secret + "."
		case i%7 == 6:
			body = "At what hangs the copper key?"
		}
		_, err := l.store.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Subject: fmt.Sprint("Where is the ", secret, i, "?"),
			Parts: []quire.Part{quire.Text{Text: fmt.Sprint("Number ", i, ": ", body)}}})
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.NoError(t, err)
	}
	return l
}

func TestATurnIsATree(t *testing.T) {
	e := newExported(t)
	live(t, e, 1)
	turns := e.named("invoke_agent ada")
	require.Len(t, turns, 1)
	turn := turns[0]
	assert.Equal(t, trace.SpanKindInternal, turn.SpanKind())
	assert.Equal(t, "ada", text(turn, "gen_ai.conversation.id"))
	assert.Equal(t, "ada", text(turn, "gen_ai.agent.name"))
	assert.Equal(t, "120", text(turn, "gen_ai.usage.cache_read.input_tokens"))
	assert.Equal(t, "1", text(turn, "quire.turn"))
	var names []string
	for _, s := range e.spans.Ended() {
		names = append(names, s.Name())
		if s != turn {
			assert.Equal(t, turn.SpanContext().SpanID(), s.Parent().SpanID(), "%s is in the turn", s.Name())
			assert.Equal(t, turn.SpanContext().TraceID(), s.SpanContext().TraceID())
		}
	}
	assert.Equal(t, []string{"search_memory", "chat test-1", "execute_tool look", "execute_tool mail_find", "execute_tool context_pull", "chat test-1", "invoke_agent ada"}, names)
	chat := e.named("chat")[0]
	assert.Equal(t, "ada", text(chat, "gen_ai.conversation.id"))
	assert.Equal(t, "ada", text(chat, "gen_ai.agent.name"))
	look := e.named("execute_tool look")[0]
	assert.Equal(t, "look", text(look, "gen_ai.tool.name"))
	assert.Equal(t, "call_1look", text(look, "gen_ai.tool.call.id"))
	assert.Equal(t, "tool", text(look, "error.type"))
	assert.Equal(t, "0", text(e.named("search_memory")[0], "gen_ai.memory.record.count"))
	sums, values := e.metrics()
	for name, want := range map[string]float64{"gen_ai.invoke_agent.inference_calls": 2, "gen_ai.invoke_agent.tool_calls": 4, "gen_ai.client.inference.usage.cache_read.input_tokens": 120} {
		assert.InDelta(t, want, sums[name], 0, name)
	}
	for name, want := range map[string]uint64{"gen_ai.invoke_agent.duration": 1, "gen_ai.execute_tool.duration": 3, "gen_ai.client.operation.duration": 1, "gen_ai.client.inference.duration": 2} {
		assert.Equal(t, want, values[name], name)
	}
}

// What left the context and what came back is told as the plans have it.
func TestWhatLeftAndWhatCameBack(t *testing.T) {
	e := newExported(t)
	live(t, e, 30)
	left, back := 0.0, 0.0
	var compacted []sdktrace.ReadOnlySpan
	for _, s := range e.named("chat") {
		if value(s.Attributes(), "gen_ai.conversation.compacted").AsBool() {
			compacted = append(compacted, s)
		}
		for _, ev := range s.Events() {
			switch ev.Name {
			case "quire.evicted":
				left += float64(value(ev.Attributes, "quire.tokens.left").AsInt64())
				assert.Positive(t, value(ev.Attributes, "quire.message.uid").AsInt64())
				assert.Contains(t, []string{"out", "stub", "excerpt"}, value(ev.Attributes, "quire.message.fate").AsString())
			case "quire.refault":
				back++
				assert.Positive(t, value(ev.Attributes, "quire.calls.away").AsInt64())
			}
		}
	}
	assert.NotEmpty(t, compacted)
	assert.Positive(t, left)
	assert.Positive(t, back, "message 1 is pulled again and again")
	sums, _ := e.metrics()
	assert.InDelta(t, left, sums["quire.evicted.tokens"], 0, "no call has more than the events that a span gets")
	assert.InDelta(t, back, sums["quire.refaults"], 0)
	assert.NotEmpty(t, e.named("invoke_agent"))
	found := 0
	for _, s := range e.named("search_memory") {
		found += int(value(s.Attributes(), "gen_ai.memory.record.count").AsInt64())
	}
	assert.Positive(t, found)
}

// Nothing that anybody said is exported.
func TestContentsAreNotExported(t *testing.T) {
	e := newExported(t)
	l := live(t, e, 30)
	all := e.everything()
	assert.Contains(t, all, "invoke_agent ada")
	assert.Contains(t, all, "unavailable", "a call failed, in words")
	assert.NotContains(t, all, secret)
	for _, words := range []string{"it may be the", "copper", "You look for", "I look for", "The answer is", "Number ", "the tool said", "Where is"} {
		assert.NotContains(t, all, words)
	}
	assert.Greater(t, l.calls, 30)
	assert.NotRegexp(t, regexp.MustCompile(`execute_tool fly_`), all, "a name that the model made up is its own words")
}

// What the host had in its options is called as before.
func TestTheHostsHooksAreKept(t *testing.T) {
	e := newExported(t)
	plans, works := 0, 0
	store := memstore.New(nil)
	defer store.Close()
	type key struct{}
	own := &agent.Options{OnPlan: func(*compose.Plan) { plans++ }, Around: func(ctx context.Context, w *agent.Work) (context.Context, func()) {
		works++
		assert.True(t, trace.SpanContextFromContext(ctx).IsValid(), "it runs inside of the span")
		return context.WithValue(ctx, key{}, true), func() { works += 100 }
	}}
	inside := false
	m := scripted.Func(func(ctx context.Context, _ int, _ *quire.Prompt) (*quire.Reply, error) {
		inside, _ = ctx.Value(key{}).(bool)
		return &replies[0], nil
	})
	a, err := agent.New(store.Box("ada"), e.Model(known{m}), e.Agent(own))
	require.NoError(t, err)
	_, err = store.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Subject: "Hello"})
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, plans)
	assert.Equal(t, 101, works)
	assert.True(t, inside)
	assert.NotNil(t, own.OnPlan)
}

func TestAFallbackIsWatchedToo(t *testing.T) {
	e := newExported(t)
	store := memstore.New(nil)
	defer store.Close()
	o := e.Agent(&agent.Options{Fallbacks: []agent.Fallback{{Model: scripted.New(replies...), Profile: models.FindOver(quire.APIOpenAIChat, "gpt-4.1")}},
		Sleep: func(context.Context, time.Duration) error { return nil }})
	a, err := agent.New(store.Box("ada"), e.Model(known{failing{&providers.Error{Provider: "p", Code: providers.CodeAuth, Err: errors.New("no key")}}}), o)
	require.NoError(t, err)
	_, err = store.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada"}, Subject: "Hello"})
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	require.NoError(t, err)
	assert.Len(t, e.named("chat claude-opus-4-6"), 1)
	assert.Len(t, e.named("chat gpt-4.1"), 1)
}
