package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers/scripted"
)

// life is an agent that took some turns in a small context: each began with a mail, #1 and
// later ones, and in one of them it pulled #1 back.
type life struct {
	usage quire.Usage // in all
	money price.Money
	calls int
}

const turns, pullsIn = 40, 30

func live(t *testing.T, db string) life {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	profile, known := models.Find("claude-sonnet-5")
	require.True(t, known)
	var l life
	pulled := false
	model := scripted.Func(func(_ context.Context, n int, p *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text(fmt.Sprintf("That was call %d.", l.calls))
		size := 4000 // of system and tools, roughly
		for _, m := range p.Messages {
			size += len(quire.PlainText(m.Parts))
			if !pulled && strings.Contains(quire.PlainText(m.Parts), "Please look at the first one") {
				reply, pulled = scripted.Call("context_pull", `{"uids":[1]}`), true
			}
		}
		reply.Usage = quire.Usage{Input: size / 4, CachedInput: 500, CacheWrite: 100, Output: 10}
		l.calls++
		l.usage = l.usage.Add(reply.Usage)
		m, known := profile.Tariff.Cost(reply.Usage)
		require.True(t, known)
		l.money = l.money.Plus(m)
		return &reply, nil
	})
	now := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	tick := func() time.Time { now = now.Add(time.Minute); return now }
	mia := store.Box("mia").With(mailbox.BoxOptions{Now: tick})
	a, err := agent.New(store.Box("ada"), model, &agent.Options{Profile: profile, Budget: 2500, Now: tick})
	require.NoError(t, err)
	for i := range turns {
		text := fmt.Sprintf("Mail %d. %s", i, strings.Repeat("It has something to say about the release of the year. ", 10))
		if i == pullsIn {
			text = "Please look at the first one."
		}
		_, err := mia.Send(t.Context(), quire.Mail("ada", fmt.Sprint("Job ", i), text))
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.NoError(t, err)
	}
	require.NoError(t, store.Close())
	return l
}

// stored reads the state and the receipts without the commands.
func stored(t *testing.T, db string) (st compose.State, receipts []compose.Receipt) {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), db, &sqlitestore.Options{ReadOnly: true})
	require.NoError(t, err)
	defer store.Close()
	snap, err := store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, st.UnmarshalBinary(snap.Agent.State))
	list, err := store.Receipts(t.Context(), "ada", 1, 1<<40)
	require.NoError(t, err)
	for _, r := range list {
		one, err := compose.DecodeReceipt(r.Data)
		require.NoError(t, err)
		receipts = append(receipts, one)
	}
	return st, receipts
}

func TestAnAgentIsLookedInto(t *testing.T) {
	db := place(t)
	t.Setenv("QUIRE_BOX", "ada")
	l := live(t, db)
	st, receipts := stored(t, db)
	t.Run("context", func(t *testing.T) { checkContext(t, &st, receipts) })
	t.Run("calls", func(t *testing.T) { checkCalls(t, receipts) })
	t.Run("cost", func(t *testing.T) { checkCost(t, l) })
	t.Run("why", func(t *testing.T) { checkWhy(t, receipts) })
	t.Run("who is no agent", func(t *testing.T) {
		for _, args := range [][]string{{"context"}, {"calls"}, {"why", "1"}} {
			r := do(t, "", append(args, "--box", "mia")...)
			assert.Equal(t, exitFailed, r.code)
			assert.Contains(t, r.stderr, "mia is no agent", "%v", args)
		}
	})
}

func checkContext(t *testing.T, st *compose.State, receipts []compose.Receipt) {
	c := inJSON[standsIn](t, "context")
	items, last := st.Items(), receipts[len(receipts)-1]
	require.Len(t, c.Items, len(items))
	sum := c.Fixed + c.Notice
	for i, it := range items {
		assert.Equal(t, it.UID, c.Items[i].Number)
		assert.Equal(t, it.Tokens, c.Items[i].Tokens)
		assert.Equal(t, it.Fate, c.Items[i].Fate)
		sum += it.Tokens
	}
	assert.Equal(t, last.Used, sum, "the rows add up to what the call took")
	assert.Equal(t, "claude-sonnet-5", c.Model)
	text := ok(t, "context")
	assert.Contains(t, text, fmt.Sprintf("ada after call %d, of claude-sonnet-5, with a budget of 2500 tokens: %d as counted", last.Call, last.Used))
	assert.Contains(t, text, fmt.Sprintf("%d as the provider reported", last.Usage.Input))
	assert.Contains(t, text, "which left")
	assert.Contains(t, text, "Job 39 Mail 39. It has")
}

func checkCalls(t *testing.T, receipts []compose.Receipt) {
	type listedCalls struct {
		Calls []call
		Made  int
	}
	all := inJSON[listedCalls](t, "calls", "--limit", "0")
	require.Len(t, all.Calls, len(receipts))
	for i, r := range receipts {
		assert.Equal(t, r.Call, all.Calls[i].Call)
		assert.Equal(t, r.Usage, *all.Calls[i].Reported)
		assert.Equal(t, "claude-sonnet-5", all.Calls[i].Model, "call %d, whose receipt may leave it out", r.Call)
	}
	some := inJSON[listedCalls](t, "calls", "--limit", "2")
	assert.Equal(t, all.Calls[len(all.Calls)-2:], some.Calls)
	assert.Equal(t, len(receipts), some.Made)
	one := inJSON[listedCalls](t, "calls", "3").Calls
	require.Len(t, one, 1)
	assert.NotEmpty(t, *one[0].Changed)
	assert.Contains(t, ok(t, "calls", "3"), "arrived")
	assert.Equal(t, exitFailed, do(t, "", "calls", "9999").code)
	assert.Equal(t, exitUsage, do(t, "", "calls", "x").code)
}

func checkCost(t *testing.T, l life) {
	type costs struct {
		Rows  []spent
		Total spent
	}
	c := inJSON[costs](t, "cost")
	assert.Equal(t, spent{Calls: l.calls, Input: l.usage.Input, Cached: l.usage.CachedInput, Output: l.usage.Output, Money: l.money}, c.Total, "what the model was asked for, and nothing else")
	require.Greater(t, len(c.Rows), 1, "it lived through midnight")
	sum := spent{}
	for i := range c.Rows {
		assert.Equal(t, "claude-sonnet-5", c.Rows[i].Model)
		sum.Add(&c.Rows[i])
	}
	assert.Equal(t, c.Total, sum)
	late := inJSON[costs](t, "cost", "--after", "2026-11-02T00:00:00Z", "ada")
	assert.Equal(t, c.Rows[1:], late.Rows)
	assert.Contains(t, ok(t, "cost"), l.money.String())
	assert.Equal(t, exitFailed, do(t, "", "cost", "mia").code)
}

func checkWhy(t *testing.T, receipts []compose.Receipt) {
	last := receipts[len(receipts)-1].Call
	fates := map[compose.Fate]int{}
	for call := uint64(1); call <= last; call++ {
		e := inJSON[explained](t, "why", "1", fmt.Sprint(call))
		d, decided, known := compose.Explain(receipts[:call], 1)
		require.True(t, known)
		fates[e.Fate]++
		if e.Through == 0 {
			assert.Equal(t, d.Fate, e.Fate, "call %d", call)
			assert.Equal(t, decided, e.Decided)
			assert.Equal(t, d.Reason, e.Reason)
		} else {
			assert.NotEqual(t, compose.FateIn, d.Fate, "it had left, and stands in the result of a pull")
			fates["through"]++
		}
	}
	assert.Positive(t, fates[compose.FateIn])
	assert.Positive(t, fates[compose.FateOut])
	assert.Positive(t, fates["through"], "the pull showed it")

	text := ok(t, "why", "1")
	assert.Contains(t, text, "#1 mail from mia")
	assert.Contains(t, text, "arrived")
	newest := inJSON[listed](t, "find", "--from", "mia", "--limit", "1").Messages[0].Number
	e := inJSON[explained](t, "why", fmt.Sprint(newest), "1")
	assert.Equal(t, compose.FateOut, e.Fate)
	assert.Equal(t, "it came after this call", e.Reason)
	ok(t, "send", "--box", "mia", "--to", "ada", "Another one")
	other := inJSON[listed](t, "find", "--pending").Messages[0].Number
	assert.Contains(t, ok(t, "why", fmt.Sprint(other)), "it came after this call")
	assert.Equal(t, exitFailed, do(t, "", "why", "99999").code)
	assert.Equal(t, exitFailed, do(t, "", "why", "1", "9999").code)
	assert.Equal(t, exitUsage, do(t, "", "why").code)
}

// A price that nobody knows is not 0, and a program that keeps a state of its own in a
// mailbox is no agent that costs.
func TestWhatIsNotKnownIsNotNothing(t *testing.T) {
	assert.Zero(t, paid(t, nil))
	setup := compose.Setup{Model: "claude-sonnet-5", API: quire.APIAnthropic}
	assert.Positive(t, paid(t, &setup))
	setup.API = quire.APIOpenAIChat
	assert.Zero(t, paid(t, &setup), "the same model elsewhere")
	setup = compose.Setup{Model: "nobody-knows-it", API: quire.APIAnthropic}
	assert.Zero(t, paid(t, &setup))
	b, err := json.Marshal(callOf(&compose.Receipt{Call: 1, Usage: quire.Usage{Input: 10}}))
	require.NoError(t, err)
	assert.Contains(t, string(b), `"money":null`)
}

// paid is what a call cost; 0 where that is not known.
func paid(t *testing.T, setup *compose.Setup) price.Money {
	t.Helper()
	m, known := look.Pay(setup, quire.Usage{Input: 1000, Output: 10})
	assert.Equal(t, known, m > 0)
	return m
}
