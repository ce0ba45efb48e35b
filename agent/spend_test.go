package agent

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// dear costs a dollar for a thousand tokens, read or written.
var dear = price.Tariff{Tiers: []price.Tier{{Input: 1000 * price.Dollar, Read: 1000 * price.Dollar,
	Write: 1000 * price.Dollar, WriteLong: 1000 * price.Dollar, Output: 1000 * price.Dollar}}}

// spending makes a different call in every step, for ever, each of 1,000 tokens
// unless it is told otherwise.
func spending() modelFunc {
	inner := counting()
	return func(p *quire.Prompt) (*quire.Reply, error) {
		r, err := inner(p)
		r.Usage = quire.Usage{Input: 900, Output: 100}
		return r, err
	}
}

// limited is an agent with limits, and little that it may write.
func limited(b *bench, model modelFunc, l Limits) *Agent {
	return b.agent(model, func(o *settings) {
		o.Profile.Tariff, o.Profile.MaxOutput = dear, 100
		l.Steps = -1
		o.Limits = l
	})
}

// paused takes steps until a limit pauses the agent.
func paused(t *testing.T, a *Agent, limit string) *LimitError {
	t.Helper()
	for range 200 {
		if _, err := a.Step(t.Context()); err != nil {
			var got *LimitError
			require.ErrorAs(t, err, &got)
			require.Equal(t, limit, got.Limit)
			require.True(t, got.Paused)
			return got
		}
	}
	require.Fail(t, "no limit")
	return nil
}

// questions are those that the agent asked its owner.
func (b *bench) questions() []quire.Item {
	var out []quire.Item
	for _, it := range b.inbox("mia") {
		if it.Kind == quire.KindQuestion {
			out = append(out, it)
		}
	}
	return out
}

// say answers a question.
func (b *bench) say(from quire.Address, q quire.Item, words string) quire.UID {
	return b.send(from, "Re: "+q.Subject, words, func(d *quire.Draft) { d.Kind, d.InReplyTo = quire.KindAnswer, q.ID })
}

func TestMoneyIsCountedAndStored(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := limited(b, spending(), Limits{})
	for range 3 {
		r, err := a.Step(t.Context())
		require.NoError(t, err)
		assert.Equal(t, Cost{Money: price.Dollar}, r.Cost)
	}
	assert.Equal(t, Cost{Money: price.Dollar}, b.steps[0].Cost)
	want := Spent{Tokens: 3000, Money: 3 * price.Dollar}
	s := mustStatus(t, limited(b, spending(), Limits{})) // another process
	assert.Equal(t, Spending{Hour: want, Day: want, Thread: want, All: want}, s.Spending)
	turns := 0
	for _, it := range b.inbox("ada") {
		for _, h := range it.Headers {
			if h.Name == "cost" {
				turns++
				assert.Equal(t, "$1.00", h.Value)
			}
		}
	}
	assert.Equal(t, 3, turns)
	b.now = b.now.Add(2 * time.Hour)
	s = mustStatus(t, a)
	assert.Equal(t, Spending{Day: want, Thread: want, All: want}, s.Spending, "the hour is over")
	b.turn(limited(b, script(), Limits{}))
	assert.Zero(t, mustStatus(t, a).Spending.Thread, "no turn is open")
}

func TestAnUnknownPriceIsSaidAndNotZero(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(spending())
	r, err := a.Step(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Cost{Unknown: 1}, r.Cost)
	assert.Equal(t, Spent{Tokens: 1000, Unknown: 1}, mustStatus(t, a).Spending.All)
	for _, h := range b.inbox("ada")[1].Headers {
		assert.NotEqual(t, "cost", h.Name)
	}
	for _, l := range []Limits{{MoneyPerHour: 1}, {MoneyPerDay: 1}, {MoneyPerThread: 1}} {
		_, err = newAgent(settings{Address: "ada", Store: b.store, Model: script(), Options: Options{Composer: compose.New(nil), Budget: 1000, Limits: l}})
		assert.ErrorContains(t, err, "not known", "a limit that could not be held")
	}
}

func TestWithoutUsageWhatWasCountedStands(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := limited(b, script([]quire.Part{text("Done it is.")}), Limits{})
	b.turn(a)
	cost := b.steps[0].Cost
	assert.Equal(t, "about "+cost.Money.String(), cost.String())
	assert.True(t, cost.Estimated)
	assert.Equal(t, price.Money(b.plans[0].Estimate+compose.New(nil).CountText("Done it is."))*price.Dollar/1000, cost.Money)
}

func TestALimitPausesAndGoesOnAtTheNextWindow(t *testing.T) {
	for name, l := range map[string]Limits{
		limitTokens: {TokensPerHour: 6000}, limitTokensDay: {TokensPerDay: 6000},
		limitMoney: {MoneyPerHour: 6 * price.Dollar}, limitMoneyDay: {MoneyPerDay: 6 * price.Dollar},
	} {
		window := anHour
		if strings.HasSuffix(name, "day") {
			window = aDay
		}
		b := newBench(t)
		b.send("mia", "Hello", "hi")
		e := paused(t, limited(b, spending(), l), name)
		assert.Equal(t, day.Add(window), e.Until)
		n := len(b.prompts)
		assert.Equal(t, n*1000, e.Spent.Tokens)
		assert.LessOrEqual(t, e.Spent.Tokens, 6000, "the limit is never passed")
		assert.Greater(t, e.Spent.Tokens+e.Next.Tokens, 6000)

		got := b.questions()
		require.Len(t, got, 1)
		assert.Equal(t, &quire.Question{Options: []string{"go on", "wait"}, ReplyBy: e.Until, Default: "wait", Reversible: true}, got[0].Question)
		says := quire.PlainText(got[0].Parts)
		assert.Contains(t, says, name)
		assert.Contains(t, says, e.Until.Format(time.RFC3339))
		st := mustStatus(t, limited(b, spending(), l))
		assert.Equal(t, []any{name, e.Until, true}, []any{st.Paused, st.Until, st.Open})

		b.now = day.Add(window - time.Second)
		paused(t, limited(b, spending(), l), name) // a new process knows it
		assert.Len(t, b.prompts, n, "silence is no consent")
		assert.Len(t, b.questions(), 1, "asked once")
		b.now = day.Add(window)
		_, err := limited(b, spending(), l).Step(t.Context())
		require.NoError(t, err)
		assert.Empty(t, mustStatus(t, limited(b, spending(), l)).Paused)
	}
}

func TestTheOwnerMayAllowMore(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	l := Limits{MoneyPerHour: 4 * price.Dollar, TokensPerHour: 1_000_000}
	a := limited(b, spending(), l)
	e := paused(t, a, limitMoney)
	q := b.questions()[0]
	n := len(b.prompts)

	b.say("ben", q, "go on")
	other := b.say("mia", q, "go on, but be quick about it")
	b.send("mia", "Hm", "go on")
	paused(t, a, limitMoney)
	assert.Len(t, b.prompts, n, "another's word, other words, another message")
	assert.False(t, b.item(other).Flags.Has(quire.FlagHandled), "is mail like any other")

	yes := b.say("mia", q, " Go on\n")
	more := paused(t, a, limitMoney)
	assert.Greater(t, len(b.prompts), n)
	assert.LessOrEqual(t, more.Spent.Money, 8*price.Dollar)
	assert.Greater(t, more.Spent.Money, 4*price.Dollar)
	assert.True(t, b.item(yes).Flags.Has(quire.FlagHandled))
	assert.NotContains(t, b.last(), "Go on", "the model is not told")
	require.Len(t, b.questions(), 2, "asked again for more")
	assert.Equal(t, e.Until, more.Until)

	n = len(b.prompts)
	no := b.say("mia", b.questions()[1], "wait")
	paused(t, a, limitMoney)
	assert.Len(t, b.prompts, n)
	assert.True(t, b.item(no).Flags.Has(quire.FlagHandled))
	rev := mustHost(t, b)
	paused(t, a, limitMoney)
	assert.Equal(t, rev, mustHost(t, b), "said once is enough")
	b.say("mia", b.questions()[1], "go on")
	paused(t, a, limitMoney)
	assert.Greater(t, len(b.prompts), n, "the owner thought better of it")
	b.now = e.Until
	next := paused(t, a, limitMoney)
	assert.LessOrEqual(t, next.Spent.Money, 4*price.Dollar, "what was allowed was for one window")
}

func TestALimitForAThreadWaitsForTheOwner(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	l := Limits{TokensPerThread: 5000}
	a := limited(b, spending(), l)
	e := paused(t, a, limitTokensThread)
	assert.True(t, e.Until.IsZero())
	q := b.questions()[0]
	assert.Equal(t, &quire.Question{Options: []string{"go on", "wait"}}, q.Question, "nothing is decided by waiting")
	n := len(b.prompts)
	b.now = b.now.Add(100 * time.Hour)
	paused(t, a, limitTokensThread)
	assert.Len(t, b.prompts, n)
	b.say("mia", q, "go on")
	e = paused(t, a, limitTokensThread)
	assert.Greater(t, e.Spent.Tokens, 5000)

	assert.Equal(t, "$0.50, and 2 calls whose price is not known", Cost{Money: price.Dollar / 2, Unknown: 2}.String())
	assert.Equal(t, "$0.50, and 1 call whose price is not known", Cost{Money: price.Dollar / 2, Unknown: 1}.String())

	c := newBench(t) // each thread has its own
	for range 4 {
		c.send("mia", "Another", "thing")
		c.turn(limited(c, func(*quire.Prompt) (*quire.Reply, error) {
			return &quire.Reply{Parts: []quire.Part{text("ok")}, Usage: quire.Usage{Input: 1900, Output: 100}}, nil
		}, l))
	}
	assert.Len(t, c.prompts, 4)
	assert.Len(t, mustHost(t, c).Threads, 4)
	c.send("mia", "Another", "without limits")
	c.turn(limited(c, script(), Limits{}))
	assert.Len(t, mustHost(t, c).Threads, 1, "the state is written with every step")
}

func TestWithoutAnOwnerAThreadsLimitEndsTheTurn(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(spending(), func(o *settings) { o.Owner, o.Limits.TokensPerThread = "", 5000 })
	fails(t, a, limitTokensThread)
	assert.False(t, mustStatus(t, a).Open)
	fails(t, a, limitTokensThread)
	fails(t, a, limitTokensThread)
	assert.True(t, b.turn(a).Idle)
}

func TestAClockThatJumpsBackForgetsNothing(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	l := Limits{TokensPerHour: 5000}
	e := paused(t, limited(b, spending(), l), limitTokens)
	n := len(b.prompts)
	b.now = day.Add(-72 * time.Hour)
	back := paused(t, limited(b, spending(), l), limitTokens)
	assert.Equal(t, e.Spent, back.Spent)
	assert.Equal(t, b.now.Add(time.Hour), back.Until, "nobody waits for longer than a window")
	b.now = b.now.Add(59 * time.Minute)
	paused(t, limited(b, spending(), l), limitTokens)
	assert.Len(t, b.prompts, n)
	b.now = b.now.Add(time.Minute)
	_, err := limited(b, spending(), l).Step(t.Context())
	require.NoError(t, err)
}

func TestRunWaitsForTheWindowOrTheAnswer(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	var deadlines []time.Time
	calls := 0
	b.onWait(func(q mailbox.Wait) error {
		s, err := b.store.Status(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, s.State, q.Since, "what was there does not wake")
		deadlines = append(deadlines, q.Deadline)
		switch len(deadlines) {
		case 1:
			calls = len(b.prompts)
			b.say("mia", b.questions()[0], "go on")
		case 2:
			assert.Greater(t, len(b.prompts), calls, "it went on when the answer came")
			calls = len(b.prompts)
			b.now = q.Deadline
		default:
			assert.Greater(t, len(b.prompts), calls, "and when the hour was over")
			return errCrash
		}
		return nil
	})
	a := limited(b, spending(), Limits{TokensPerHour: 5000})
	assert.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Equal(t, []time.Time{day.Add(time.Hour), day.Add(time.Hour), day.Add(2 * time.Hour)}, deadlines)
}

// TestNoLimitIsEverPassed: whatever calls take within what they may, and whatever
// the clock does, what was spent in a window stays within its limit.
func TestNoLimitIsEverPassed(rt *testing.T) {
	raced.Skip(rt)
	rapid.Check(rt, func(r *rapid.T) {
		b := newBench(rt)
		b.send("mia", "Hello", "hi")
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(r, "seed")))
		inner := counting()
		model := modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
			reply, err := inner(p)
			reply.Usage = quire.Usage{Input: 1 + rng.IntN(b.plans[len(b.plans)-1].Bound), Output: rng.IntN(100)}
			return reply, err
		})
		l := Limits{MoneyPerHour: price.Money(rapid.IntRange(3, 9).Draw(r, "dollars")) * price.Dollar, TokensPerDay: rapid.IntRange(3000, 20_000).Draw(r, "tokens")}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			_, err := limited(b, model, l).Step(rt.Context())
			var limit *LimitError
			if err != nil {
				require.ErrorAs(rt, err, &limit)
			}
			h := mustHost(rt, b)
			require.LessOrEqual(rt, h.Hour.Money, l.MoneyPerHour*price.Money(1+h.Hour.MoreMoney))
			require.LessOrEqual(rt, h.Day.Tokens, l.TokensPerDay*(1+h.Day.MoreTokens))
			require.GreaterOrEqual(rt, h.All.Tokens, h.Day.Tokens)
			switch rapid.IntRange(0, 9).Draw(r, "then") {
			case 0:
				b.now = b.now.Add(time.Duration(rapid.IntRange(-90, 90).Draw(r, "minutes")) * time.Minute)
			case 1:
				if q := b.questions(); len(q) > 0 {
					b.say("mia", q[len(q)-1], rapid.SampledFrom([]string{"go on", "wait", "who?"}).Draw(r, "says"))
				}
			}
		}
	})
}

func mustHost(t *testing.T, b *bench) host {
	t.Helper()
	st := mustState(t, b)
	h, err := decodeHost(st.Host)
	require.NoError(t, err)
	return h
}

// TestACrashAroundAPauseAsksOnce breaks the process off at each commit, before and
// after it, and goes on in a new one.
func TestACrashAroundAPauseAsksOnce(t *testing.T) {
	raced.Skip(t)
	l := Limits{TokensPerHour: 4500}
	live := func(at int, after bool) (*bench, bool) {
		b := newBench(t)
		b.send("mia", "Hello", "hi")
		f := &faulty{at: at, after: after}
		crashed := false
		model := spending()
		for range 60 {
			if b.between = nil; !crashed {
				b.put(&f.mailStore, f)
			}
			a := limited(b, model, l)
			_, err := a.Step(t.Context())
			var limit *LimitError
			switch {
			case err == nil:
			case !crashed && f.n >= f.at:
				crashed = true
			default:
				require.ErrorAs(t, err, &limit)
				if len(b.questions()) == 2 {
					return b, crashed
				}
				for _, q := range b.questions() {
					b.say("mia", q, "go on")
				}
			}
		}
		require.Fail(t, "no second pause")
		return nil, false
	}
	whole, _ := live(1<<30, false)
	want := mustHost(t, whole)
	n := 0
	for at := 1; ; at++ {
		before, crashed := live(at, false)
		if !crashed {
			break
		}
		after, _ := live(at, true)
		for _, b := range []*bench{before, after} {
			n++
			h := mustHost(t, b)
			assert.Equal(t, want.Hour, h.Hour, "crash %d", at)
			assert.Len(t, b.questions(), 2, "crash %d", at)
		}
	}
	assert.Greater(t, n, 20)
}

func TestTheFirstFormatOfTheHostIsRead(t *testing.T) {
	h, err := decodeHost(json.RawMessage(`{"v":1,"turns":3,"hour":"2026-01-05T08:30:00Z","tokens":700,"hourTold":true}`))
	require.NoError(t, err)
	assert.EqualValues(t, 3, h.Turns)
	assert.Equal(t, account{Since: day.Add(-30 * time.Minute), Tokens: 700}, h.Hour)
	_, err = decodeHost(json.RawMessage(`{"v":3}`))
	assert.ErrorContains(t, err, "format 3")
}
