package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
)

// TestAFallbackHandlesRequests: the owner is told of another model in the same commit
// that holds the reply, handles the mail and ends the stream.
func TestAFallbackHandlesRequests(t *testing.T) {
	p := newPair(t)
	p.down = unavailable(0)
	a := p.agent(func(o *settings) { o.Answer, o.Streaming = true, Streaming{On: true, Tick: never} })
	uid := p.send("ben", "One", "one")
	p.turn(a)
	turns, err := p.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}})
	require.NoError(t, err)
	require.Len(t, turns.Rows, 1)
	assert.Equal(t, Request{State: RequestDone, Turn: 1, Message: turns.Rows[0].ID, Reply: p.inbox("ben")[0].ID}, p.request(uid))
	end, err := newestAttempt(t.Context(), p.store, "ada")
	require.NoError(t, err)
	assert.Equal(t, driver.StreamEnd{Kind: driver.StreamDone, Message: turns.Rows[0].ID, UID: turns.Rows[0].UID}, *end.End)
	for _, it := range p.inbox("mia") {
		assert.Empty(t, it.Headers, "the owner gets a plain event")
	}
}

func TestAThreadsLimitHoldsTurnsThatRecall(t *testing.T) {
	b := newBench(t)
	b.past()
	b.send("mia", "Port?", "On which port does the machine listen?")
	a := b.agent(spending(), recalling(10), func(o *settings) {
		o.Profile.Tariff, o.Profile.MaxOutput, o.Limits = dear, 100, Limits{Steps: -1, TokensPerThread: 6000}
	})
	paused(t, a, limitTokensThread)
	assert.Contains(t, promptText(b.prompts[0]), "8443")
	assert.NotZero(t, mustStatus(t, a).Spending.Thread.Tokens)
}

// failingEmbedder is a server that is gone.
type failingEmbedder struct{}

func (failingEmbedder) Model() string { return "gone" }

func (failingEmbedder) EmbedDocuments(context.Context, []string) ([][]float32, error) {
	return nil, errors.New("connection refused")
}

func (failingEmbedder) EmbedQuery(context.Context, string) ([]float32, error) {
	return nil, errors.New("connection refused")
}

func TestWithoutAnEmbedderTheTurnGoesOn(t *testing.T) {
	b := newBench(t)
	uid := b.past()
	b.send("mia", "Port?", "On which port does the machine listen?")
	var w watched
	a := b.agent(script([]quire.Part{use("mail_find", `{"words":"machine port"}`)}), recalling(10), w.on, func(o *settings) { o.Recall.Embedder = failingEmbedder{} })
	r, err := a.Step(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, r.RecallErr, "connection refused")
	require.ErrorIs(t, r.RecallErr, recall.ErrEmbedder)
	assert.Contains(t, promptText(b.prompts[0]), "8443", "the turn begins with what is found by words")
	assert.Len(t, w.lines(t, logRecall), 1)
	b.turn(a)
	assert.Contains(t, b.last(), uid.String()+" from=ben", "the search answers all the same")
}

func TestWhatWasRecalledIsNotRecalledItself(t *testing.T) {
	b := newBench(t)
	b.past()
	a := b.agent(script(), recalling(10))
	b.send("mia", "Port?", "On which port does the machine listen?")
	b.turn(a)
	st := mustState(t, b)
	for _, s := range st.Items() { // the note leaves the context
		if s.Kind == quire.KindNote {
			st.Drop(s.UID, true)
		}
	}
	snap, err := b.store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	var bare compose.State
	is := insidesOf(t, st)
	require.NoError(t, bare.UnmarshalBinary(fmt.Appendf(nil, `{"v":3,"call":%d,"turn":%d,"seq":%d,"host":%s}`, is.Call, is.Turn, is.Seq, st.Host)))
	agent, err := stored(&bare, snap.Agent.Seen)
	require.NoError(t, err)
	agent.Through = st.Through()
	_, err = b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Rev: snap.Rev, Agent: agent, Now: b.now})
	require.NoError(t, err)
	b.send("zoe", "Xylophone", "xylophone")
	b.turn(a)
	b.send("mia", "Port again?", "On which port does the machine listen, please?")
	b.turn(a)
	assert.Equal(t, 1, strings.Count(b.last(), "It listens on port"))
}

func TestANoteThatCannotBeKeptIsPaid(t *testing.T) {
	used := 0
	b := newBench(t)
	filled(t, b, rewriterFunc(func([]quire.Item, int) (string, quire.Usage, error) {
		used += 500
		return " ", quire.Usage{Input: 490, Output: 10}, nil
	}))
	require.NotZero(t, used)
	plain := newBench(t)
	filled(t, plain, nil)
	all := func(b *bench) int { return mustStatus(t, b.agent(script())).Spending.All.Tokens }
	assert.Equal(t, all(plain)+used, all(b))
}

func TestAReplyIsKeptThoughTheAgentIsStopped(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Hello", "hi")
	ctx, stop := context.WithCancel(t.Context())
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		stop()
		return &quire.Reply{Parts: []quire.Part{text("Hello.")}}, nil
	})
	r, err := a.Step(ctx)
	require.NoError(t, err)
	assert.True(t, r.Ended)
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
}

func TestALimitHoldsForPromptsThatAreKeptForLong(t *testing.T) {
	for limit := price.Dollar / 2; limit < 2*price.Dollar; limit += price.Dollar / 10 {
		b := newBench(t)
		b.send("mia", "Hello", "hi")
		inner := counting()
		a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
			r, err := inner(p)
			n := b.plans[len(b.plans)-1].Bound
			r.Usage = quire.Usage{Input: n, CacheWrite: n, CacheWriteLong: n, Output: 1}
			return r, err
		}, func(o *settings) {
			o.Profile.Tariff = price.Tariff{Tiers: []price.Tier{{Input: 100 * price.Dollar, Write: 125 * price.Dollar, WriteLong: 200 * price.Dollar}}}
			o.Profile.MaxOutput, o.Limits = 100, Limits{Steps: -1, MoneyPerDay: limit}
		})
		got := paused(t, a, limitMoneyDay)
		assert.LessOrEqual(t, got.Spent.Money, limit)
	}
}

func TestUsageThatCannotBeIsNotCredit(t *testing.T) {
	for name, u := range map[string]quire.Usage{
		"negative": {Input: -1_000_000, Output: -1_000_000},
		"huge":     {Input: 1<<63 - 1, Output: 1<<63 - 1},
	} {
		b := newBench(t)
		b.send("mia", "Hello", "hi")
		inner := counting()
		a := limited(b, func(p *quire.Prompt) (*quire.Reply, error) {
			r, err := inner(p)
			r.Usage = u
			return r, err
		}, Limits{TokensPerDay: 20_000})
		for range 3 {
			if _, err := a.Step(t.Context()); err != nil {
				break
			}
		}
		assert.Positive(t, mustStatus(t, a).Spending.All.Tokens, name)
		paused(t, a, limitTokensDay)
	}
}

func TestModelsWithoutNamesHaveNoFallbacks(t *testing.T) {
	o := settings{Address: "ada", Store: memstore.New(nil), Model: script(), Options: Options{Profile: models.Profile{Window: 1000}, Composer: newPair(t).agent().o.Composer}}
	_, err := newAgent(o)
	require.NoError(t, err)
	o.Fallbacks = []Fallback{{Model: script(), Profile: models.Profile{Name: "b", Window: 1000}}}
	_, err = newAgent(o)
	require.ErrorContains(t, err, "name")
}

// patient is a counter that would never answer.
type patient struct {
	modelFunc
	t     *testing.T
	asked int
}

var _ providers.TokenCounter = (*patient)(nil)

func (p *patient) CountTokens(ctx context.Context, _ *quire.Prompt) (int, error) {
	p.asked++
	_, bounded := ctx.Deadline()
	assert.True(p.t, bounded, "nobody would end this")
	return 0, context.DeadlineExceeded
}

func TestACountIsNotWaitedForForEver(t *testing.T) {
	b := newBench(t)
	p := &patient{modelFunc: script(), t: t}
	b.send("mia", "First", "one")
	b.turn(b.agent(p.modelFunc, func(o *settings) { o.Model, o.Limits.CountWithin = p, 100 }))
	assert.Positive(t, p.asked)
}

func TestACountOutOfAllProportionIsNotBelieved(t *testing.T) {
	for name, n := range map[string]int{"one": 1, "a billion": 1_000_000_000, "a trillion": 1_000_000_000_000, "the most": 1<<63 - 1} {
		b := newBench(t)
		e := &exact{modelFunc: script(), says: func(int) (int, error) { return n, nil }}
		var w watched
		for range 3 {
			b.send("mia", "First", strings.Repeat("one two three ", 40))
			b.turn(b.agent(e.modelFunc, w.on, func(o *settings) { o.Model, o.Limits.CountWithin = e, 100 }))
		}
		assert.NotEmpty(t, w.lines(t, logCount), name)
		assert.NotEmpty(t, e.asked, name)
		assert.Zero(t, insidesOf(t, mustState(t, b)).Calibration.N(), name)
		assert.Error(t, b.steps[0].CountErr, name)
	}
}

// TestACountThatForbidsEveryCallForbidsNone: what was wrong once would else be wrong for
// ever, since without a call nothing better is learned.
func TestACountThatForbidsEveryCallForbidsNone(t *testing.T) {
	b := newBench(t)
	e := &exact{modelFunc: script(), says: func(n int) (int, error) { return 12 * n, nil }}
	for range 3 {
		b.send("mia", "First", strings.Repeat("one two three ", 400))
		b.turn(b.agent(e.modelFunc, func(o *settings) { o.Model, o.Budget, o.Limits.CountWithin = e, 3000, 100 }))
	}
	assert.NotEmpty(t, e.asked)
	assert.NotEmpty(t, b.steps)
	for _, s := range b.steps {
		assert.LessOrEqual(t, s.Plan.Used, 3000)
	}
}

func TestARequestWhoseTimeEndsInItsTurnIsRunning(t *testing.T) {
	b := newBench(t)
	uid := b.send("mia", "Go", "go", func(d *quire.Draft) { d.ValidUntil = b.now.Add(time.Minute) })
	a := b.agent(script([]quire.Part{use("mail_find", `{}`)}))
	_, err := a.Step(t.Context())
	require.NoError(t, err)
	b.now = b.now.Add(time.Hour)
	assert.Equal(t, RequestRunning, b.request(uid).State)
	b.turn(a)
	assert.Equal(t, RequestFailed, b.request(uid).State)
}
