package compose_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// targetFor is a model that a row of the price table is about.
func targetFor(c price.CostModel) target {
	switch {
	case c.Provider == "anthropic":
		return target{quire.APIAnthropic, compose.ModelWith(c)}
	case c.Provider == "openai":
		return target{quire.APIOpenAIResponses, compose.ModelWith(c)}
	case c.Provider == "google":
		return target{quire.APIGemini, compose.ModelWith(c)}
	case c.Provider == "deepseek":
		return target{quire.APIOpenAIChat, compose.ModelWith(c)}
	}
	return target{quire.APIStrict, "mistral-7b"}
}

// TestBillsOfLongLives: the same at the prices of every row, at the model that it
// is about, over lives that are long enough for cuts, cold starts, notices, drops
// and lost calls.
func TestBillsOfLongLives(t *testing.T) {
	for i, cost := range compose.Costs() {
		if raced.On && i%8 != 0 {
			continue
		}
		t.Run(cost.Name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, cost, 10_000)
			for range 120 {
				l.happen()
				l.call()
			}
			n := l.tally
			t.Logf("%+v", n)
			assert.Greater(t, n.reads, n.calls/3, "most calls read something")
			for what, k := range map[string]int{"cuts": n.cuts, "cold": n.cold, "notices": n.notices, "lost": n.lost, "drops": n.drops, "reads in a cutting call": n.cutReads} {
				assert.Positive(t, k, what)
			}
			assert.Zero(t, l.bills.older, "no prompt goes back to an older one, so that all are equal")
			l.billsAdd()
		})
	}
}

// life is an agent with a mailbox that works, is told things and forgets some.
type life struct {
	t        *testing.T
	rand     *rand.Rand
	composer *compose.Composer
	in       compose.Input
	framing  tokenizer.Framing
	memo     compose.Scratch
	items    []quire.Item
	open     string // the call that waits for its result
	bills    billed
	at       time.Time // of the last call, in the record

	paid, predicted float64
	tally           struct{ calls, reads, cuts, cutReads, cold, notices, lost, drops int }
}

func newLife(t *testing.T, cost price.CostModel, budget int) *life {
	to := targetFor(cost)
	l := &life{t: t, rand: rand.New(rand.NewPCG(uint64(len(cost.Name)), 7))}
	l.framing = models.FindOver(to.api, "").Framing
	l.composer = compose.New(&compose.Options{Framing: l.framing})
	l.in = compose.Input{
		Now:    time.Unix(1_800_000_000, 0).UTC(),
		Model:  models.Profile{Name: to.model, Cache: cost, Dialect: models.FindOver(to.api, to.model).Dialect},
		System: "You are ada. " + strings.Repeat("Be thorough. ", 500), Tools: tools(), Budget: budget, Scratch: &l.memo,
		Body: func(id quire.MessageID) (quire.Item, bool) {
			n, err := strconv.Atoi(strings.TrimPrefix(string(id), "m"))
			if err != nil || n < 1 || n > len(l.items) {
				return quire.Item{}, false
			}
			return l.items[n-1], true
		},
	}
	l.bills = billed{cost: cost, api: to.api, cache: emulate.New(emulate.For(cost))}
	return l
}

func (l *life) words(most int) string {
	var b strings.Builder
	for range 1 + l.rand.IntN(most) {
		fmt.Fprintf(&b, "word%d ", l.rand.IntN(10_000))
	}
	return b.String()
}

func (l *life) arrive(from quire.Address, kind quire.Kind, parts ...quire.Part) {
	uid := quire.UID(len(l.items) + 1)
	it := quire.Item{Delivery: quire.Delivery{UID: uid, Self: kind != quire.KindMail}}
	it.ID, it.Kind, it.Parts, it.From = quire.MessageID(fmt.Sprint("m", len(l.items)+1)), kind, parts, from
	l.items = append(l.items, it)
	l.in.Arrived = append(l.in.Arrived, it)
}

// happen lets time pass, the last answer arrive, and what answers it.
func (l *life) happen() {
	gap := 2 * time.Second
	switch l.rand.IntN(20) {
	case 0:
		gap = 4 * time.Minute
	case 1:
		gap = 25 * time.Minute
	case 2:
		gap = 13 * time.Hour
	}
	l.in.Now = l.in.Now.Add(gap)
	l.in.Notice = nil
	if l.open != "" {
		if len(l.in.Arrived) == 0 { // else the call is still to be made again
			l.arrive("me", quire.KindTurn, quire.Text{Text: l.words(30)}, quire.ToolCall{ID: l.open, Name: "read", Args: `{"path":"x"}`})
			l.arrive("me", quire.KindResult, quire.ToolResult{CallID: l.open, Name: "read", Parts: []quire.Part{quire.Text{Text: l.words(300)}}})
		}
		if l.rand.IntN(5) == 0 {
			l.open = ""
		}
	}
	if l.open == "" {
		l.arrive("mia", quire.KindMail, quire.Text{Text: l.words(100)})
		l.open = fmt.Sprint("c", len(l.items))
	}
	if l.rand.IntN(12) == 0 && l.open != "" && len(l.in.Arrived) > 0 { // more than a mark looks back over
		for range 10 + l.rand.IntN(30) {
			l.arrive("bo", quire.KindMail, quire.Text{Text: l.words(10)})
		}
	}
	if l.rand.IntN(4) == 0 {
		l.in.Notice = &quire.Notice{Pending: 1, Tokens: 9, Headers: []quire.NoticeHeader{{UID: 900, From: "bo", Subject: l.words(3)}}}
	}
	if uid := quire.UID(1 + l.rand.IntN(len(l.items))); l.rand.IntN(3) == 0 && l.in.State.Drop(uid, true) {
		l.tally.drops++
	}
}

// call composes, plays the request, and takes it as answered or lost.
func (l *life) call() {
	plan, err := l.composer.Plan(l.in)
	if errors.Is(err, compose.ErrNothingToSend) {
		return // a record may go on without anybody having said anything
	}
	require.NoError(l.t, err)
	notice := 0
	if plan.Prompt.Notice != "" {
		notice = tokenizer.Approx{}.CountText(plan.Prompt.Notice) + l.framing.PerMessage
		l.tally.notices++
	}
	lost := l.rand.IntN(15) == 0
	if !l.bills.send(l.t, plan, notice, l.in.Now, lost) {
		return
	}
	n := &l.tally
	n.calls++
	count := func(k *int, is bool) {
		if is {
			*k++
		}
	}
	count(&n.reads, plan.Bill.Read > 0)
	count(&n.cuts, plan.CutReason != "")
	count(&n.cutReads, plan.CutReason != "" && plan.Bill.Read > 0)
	count(&n.cold, plan.Cold)
	count(&n.lost, lost)
	l.predicted += plan.Bill.Cost
	l.paid += l.bills.paid
	if lost {
		l.in.State = plan.Failed("", 0)
		return
	}
	l.in.State, l.in.Arrived = plan.Next, nil
}

// billsAdd: all bills together are what was paid. Where the cache has units, a
// cut may find one that was not counted on, and the sum is a little too high.
func (l *life) billsAdd() {
	most := 1 + 1e-9
	if l.in.Model.Cache.Units {
		most = 1.05
	}
	assert.GreaterOrEqual(l.t, l.predicted, l.paid*(1-1e-9))
	assert.LessOrEqual(l.t, l.predicted, l.paid*most)
}
