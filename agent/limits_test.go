package agent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
)

// counting makes a different call in every step, for ever.
func counting() modelFunc {
	n := 0
	return func(*quire.Prompt) (*quire.Reply, error) {
		n++
		return &quire.Reply{Parts: []quire.Part{use("mail_find", `{"words":"`+strings.Repeat("x", n)+`"}`)}}, nil
	}
}

// fails ends a turn with a LimitError of that name.
func fails(t *testing.T, a *Agent, limit string) {
	t.Helper()
	_, err := a.Turn(t.Context())
	var got *LimitError
	require.ErrorAs(t, err, &got)
	assert.Equal(t, limit, got.Limit)
}

func TestStepsOfATurnAreLimited(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(counting(), func(o *settings) { o.Limits.Steps = 4 })
	for range 3 {
		fails(t, a, limitSteps)
	}
	assert.Len(t, b.prompts, 12)
	r := b.turn(a)
	assert.True(t, r.Idle)
	assert.Contains(t, r.Parked, "limit reached: steps (4)")
	assert.Len(t, b.prompts, 12, "parked: no more calls")
	assert.True(t, b.turn(b.agent(counting())).Idle, "also in a new process")

	told := b.inbox("mia")
	require.Len(t, told, 3)
	assert.Equal(t, quire.KindEvent, told[0].Kind)
	assert.Contains(t, quire.PlainText(told[2].Parts), "waits for new mail")

	b.send("mia", "Stop", "just answer")
	r = b.turn(b.agent(script()))
	assert.Equal(t, "Done.", r.Text)
	assert.Len(t, r.Handled, 2)
}

func TestTheSameCallsAgainAndAgainEndTheTurn(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{use("mail_find", `{"words":"x"}`)}}, nil
	})
	fails(t, a, limitRepeats)
	assert.Len(t, b.prompts, 3)
}

func TestAnEmptyReplyIsNoSpin(t *testing.T) {
	for _, parts := range [][]quire.Part{nil, {quire.Text{Text: " \n"}}, {quire.Reasoning{Text: "hm", Model: "test-1"}}} {
		b := newBench(t)
		uid := b.send("mia", "Hello", "hi")
		a := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return &quire.Reply{Parts: parts}, nil })
		for range 3 {
			fails(t, a, limitEmpty)
		}
		assert.True(t, b.turn(a).Idle)
		assert.False(t, b.item(uid).Flags.Has(quire.FlagHandled), "nobody dealt with it")
		assert.Equal(t, bytesOf(t, b.prompts[0]), bytesOf(t, b.prompts[2]))
	}
}

func TestTokensPerHour(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	model := counting()
	a := b.agent(model, func(o *settings) { o.Limits.TokensPerHour = 3000 })
	_, err := a.Turn(t.Context())
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, limitTokens, limit.Limit)
	assert.Equal(t, b.now.Add(time.Hour), limit.Until)
	n := len(b.prompts)
	_, err = a.Turn(t.Context())
	require.ErrorAs(t, err, &limit)
	assert.Len(t, b.prompts, n)
	assert.Len(t, b.inbox("mia"), 1, "told once")
	assert.True(t, mustStatus(t, a).Open, "the turn is paused, not ended")
	b.now = b.now.Add(time.Hour)
	_, err = a.Step(t.Context())
	require.NoError(t, err)
	assert.Len(t, b.prompts, n+1)
}

func TestRateLimitIsWaitedOut(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	n := 0
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if n++; n < 3 {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeRateLimited, RetryAfter: time.Minute}
		}
		return &quire.Reply{Parts: []quire.Part{text("ok")}}, nil
	})
	b.turn(a)
	assert.WithinRange(t, b.now, day.Add(2*time.Minute), day.Add(2*time.Minute+12*time.Second), "and up to a tenth more")
	assert.Equal(t, bytesOf(t, b.prompts[0]), bytesOf(t, b.prompts[2]), "the same prompt is sent again")
}

func TestTooLongIsComposedShorterOnce(t *testing.T) {
	b := newBench(t)
	for i := range 12 {
		b.send("mia", "Part", strings.Repeat(string(rune('a'+i))+" words ", 150))
		b.turn(b.agent(script()))
	}
	b.send("mia", "Last", "now?")
	b.plans = nil
	n := 0
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if n++; n == 1 {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong}
		}
		return &quire.Reply{Parts: []quire.Part{text("ok")}}, nil
	})
	b.turn(a)
	require.Len(t, b.plans, 2)
	assert.LessOrEqual(t, b.plans[1].Used, b.plans[0].Used*4/5)
	assert.Contains(t, flat(&b.plans[1].Prompt), "now?")
	b.send("mia", "More", "and more?")
	b.turn(b.agent(script()))
	assert.LessOrEqual(t, b.plans[2].Budget, b.plans[1].Budget, "what the model takes is remembered")

	b.send("mia", "Again", "and now?")
	a = b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong}
	})
	_, err := a.Turn(t.Context())
	var failure *providers.Error
	require.ErrorAs(t, err, &failure)
	assert.NotEmpty(t, b.inbox("mia"), "the owner is told")
}

func TestWhatDoesNotFitIsTold(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	a := b.agent(script(), func(o *settings) { o.Budget = 60 })
	_, err := a.Turn(t.Context())
	var budget *compose.BudgetError
	require.ErrorAs(t, err, &budget)
	told := b.inbox("mia")
	require.Len(t, told, 1)
	assert.Contains(t, quire.PlainText(told[0].Parts), "system")
	assert.Contains(t, quire.PlainText(told[0].Parts), "budget of 60")
	assert.True(t, b.turn(a).Idle, "the same would happen again")
	assert.Len(t, b.inbox("mia"), 1)
	assert.Empty(t, b.prompts)
}

func TestRunEndsWithItsContext(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	answered := make(chan struct{})
	go func() {
		done <- b.agent(func(*quire.Prompt) (*quire.Reply, error) {
			defer close(answered)
			return &quire.Reply{Parts: []quire.Part{text("ok")}}, nil
		}).Run(ctx)
	}()
	<-answered
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
	assert.True(t, b.item(1).Flags.Has(quire.FlagHandled) || len(b.inbox("ada")) == 1, "all of the commit or nothing")
}

func TestReplyIsKeptWhenTheContextEnds(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	ctx, cancel := context.WithCancel(t.Context())
	ran := false
	tool := Tool{Name: "later", Run: func(context.Context, Call) ([]quire.Part, error) { ran = true; return nil, nil }}
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		cancel()
		return &quire.Reply{Parts: []quire.Part{use("later", `{}`)}}, nil
	}, func(o *settings) { o.Tools = []Tool{tool} })
	_, err := a.Step(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, ran)
	assert.Equal(t, 1, mustStatus(t, a).Interrupted, "the reply was paid for: it is committed, its tool runs next time")
	r, err := b.agent(script(), func(o *settings) { o.Tools = []Tool{tool} }).Step(t.Context())
	require.NoError(t, err)
	assert.True(t, ran)
	assert.Equal(t, 1, r.Resumed)
}

func TestOptionsAreChecked(t *testing.T) {
	b := newBench(t)
	good := settings{Address: "ada", Store: b.store, Model: script(), Options: Options{Composer: compose.New(nil), Budget: 1000}}
	_, err := newAgent(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*settings){
		"address": func(o *settings) { o.Address = "" },
		"model":   func(o *settings) { o.Model = nil },
		"Budget":  func(o *settings) { o.Budget = 0 },
		"tool":    func(o *settings) { o.Tools = []Tool{{Name: "two words"}} },
		"no Run":  func(o *settings) { o.Tools = []Tool{{Name: "x"}} },
		"twice": func(o *settings) {
			o.Tools = []Tool{{Name: "mail_find", Run: func(context.Context, Call) ([]quire.Part, error) { return nil, errors.New("x") }}}
		},
	} {
		o := good
		change(&o)
		_, err := newAgent(o)
		assert.ErrorContains(t, err, name)
	}
	_, err = New(nil, good.Model, nil)
	assert.ErrorContains(t, err, "mailbox")
	_, err = New(b.store.Box("ada"), good.Model, nil)
	assert.ErrorContains(t, err, "Window", "a model that does not say what it is needs a profile or a budget")
	a, err := New(b.store.Box("ada+work"), knowing{script(), claude}, nil)
	require.NoError(t, err)
	assert.Equal(t, quire.Address("ada+work"), a.o.Address)
}
