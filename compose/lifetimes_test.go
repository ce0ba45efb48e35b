package compose_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/raced"
)

// waiting is an agent that is written to after waits, at the prices of a row.
func waiting(t *testing.T, row string) *life {
	return newLife(t, costNamed(t, row), 12_000)
}

// turn lets mail come after a wait, and calls so many times, 10 seconds apart; the
// plans are returned. The last call is answered without a tool.
func (l *life) turn(wait time.Duration, calls int) []*compose.Plan {
	l.in.Now = l.in.Now.Add(wait)
	l.arrive("mia", quire.KindMail, quire.Text{Text: l.words(60)})
	var plans []*compose.Plan
	for k := range calls {
		plan, err := l.composer.Plan(l.in)
		require.NoError(l.t, err)
		l.bills.send(l.t, plan, 0, l.in.Now, false)
		l.in.State, l.in.Arrived = plan.Next, nil
		plans = append(plans, plan)
		if k < calls-1 {
			id := fmt.Sprint("t", len(l.items))
			l.arrive("me", quire.KindTurn, quire.ToolCall{ID: id, Name: "read", Args: `{"path":"x"}`})
			l.arrive("me", quire.KindResult, quire.ToolResult{CallID: id, Name: "read", Parts: []quire.Part{quire.Text{Text: l.words(200)}}})
			l.in.Now = l.in.Now.Add(10 * time.Second)
		} else {
			l.arrive("me", quire.KindTurn, quire.Text{Text: l.words(40)})
		}
	}
	return plans
}

// longs is how many of a plan's marks ask for an hour, and whether these come first.
func longs(t *testing.T, p *compose.Plan) int {
	n := 0
	for i, m := range p.Prompt.Marks {
		if m.TTL == time.Hour {
			require.Equal(t, n, i, "longer lives come first: %v", p.Prompt.Marks)
			n++
		} else {
			require.Equal(t, 5*time.Minute, m.TTL)
		}
	}
	require.Equal(t, n > 0, p.Lasts != "", "it is said why")
	return n
}

// TestWithoutWaitsNothingIsKeptLonger: who never waited for as long as the shorter life
// gets the prompts and the bills of a provider that has no longer one.
func TestWithoutWaitsNothingIsKeptLonger(t *testing.T) {
	l, plain := waiting(t, "claude, from 512"), waiting(t, "claude, from 512")
	plain.in.Model.Cache.LongTTL, plain.in.Model.Cache.LongWrite = 0, 0
	for range 30 {
		a, b := l.turn(4*time.Minute, 3), plain.turn(4*time.Minute, 3)
		for i := range a {
			require.Equal(t, b[i].Prompt.Marks, a[i].Prompt.Marks)
			require.Equal(t, b[i].Bill, a[i].Bill)
			require.Zero(t, longs(t, a[i]))
		}
	}
}

// TestWaitsAreBoughtFor: an agent that waits for 20 minutes after each turn comes to buy
// an hour, mostly with the calls that end its turns, and pays what the cache does.
func TestWaitsAreBoughtFor(t *testing.T) {
	l := waiting(t, "claude, from 512")
	early, late, read := 0, 0, 0
	for turn := range 40 {
		plans := l.turn(20*time.Minute, 4)
		if turn < 10 {
			continue // it learns
		}
		for i, p := range plans {
			if longs(t, p) > 0 && p.Bill.Write > 0 {
				if i < 2 {
					early++
				} else {
					late++
				}
			}
		}
		if plans[0].Bill.Read > plans[0].Used/2 {
			read++
		}
	}
	assert.Greater(t, late, 25)
	assert.Less(t, early, late)
	assert.Greater(t, read, 25, "most turns begin with what the one before left")

	var b bytes.Buffer
	plan := l.turn(20*time.Minute, 4)[3]
	_, err := plan.WriteTo(&b)
	require.NoError(t, err)
	assert.Regexp(t, `\nkept longer: \d+ tokens for 1h, which costs \d+ more: in \d+% the next call comes after 5m and within it, and \d+ of them would be written again, \d+ in all\n`, b.String())
}

// TestAnAlarmIsBoughtFor: the host says when the next turn begins, and nothing was
// learned yet.
func TestAnAlarmIsBoughtFor(t *testing.T) {
	long := func(next time.Duration) int {
		l := waiting(t, "claude, from 512")
		l.turn(0, 6)
		l.in.Next = l.in.Now.Add(next)
		n := 0
		for _, p := range l.turn(time.Second, 6) {
			n += longs(t, p)
		}
		return n
	}
	assert.Zero(t, long(2*time.Minute))
	assert.Positive(t, long(30*time.Minute))
	assert.Zero(t, long(3*time.Hour))
}

// TestBillsOfLivesThatWait: whatever is bought for an hour and for five minutes, with
// calls that get lost, cuts and pauses, the bills are what the cache does.
func TestBillsOfLivesThatWait(t *testing.T) {
	raced.Skip(t)
	l := waiting(t, "claude, from 512")
	bought := 0
	for range 250 {
		l.happen()
		if l.rand.IntN(3) == 0 {
			l.in.Now = l.in.Now.Add(time.Duration(6+l.rand.IntN(50)) * time.Minute)
		}
		l.call()
		if slices.ContainsFunc(l.in.State.Ledger().Entries, func(e ledger.Written) bool { return e.Long }) {
			bought++
		}
	}
	assert.Greater(t, bought, 100)
	assert.Positive(t, l.tally.lost)
	assert.Positive(t, l.tally.cutReads)
	l.billsAdd()
}

// TestReplayKnowsTheAlarm: receipts say when the next turn was expected, so that the same
// marks are chosen again.
func TestReplayKnowsTheAlarm(t *testing.T) {
	l := waiting(t, "claude, from 512")
	l.in.Next = l.in.Now.Add(40 * time.Minute)
	plans := l.turn(time.Second, 6)
	require.Positive(t, slices.IndexFunc(plans, func(p *compose.Plan) bool { return longs(t, p) > 0 }))
	in := l.in
	in.State, in.Next, in.Arrived = compose.State{}, time.Time{}, nil
	n := 0
	receipts := func(yield func(compose.Receipt, error) bool) {
		for _, p := range plans {
			if !yield(p.Receipt(), nil) {
				return
			}
		}
	}
	item := func(uid quire.UID) (quire.Item, bool) { return l.items[uid-1], true }
	for r, err := range (compose.Replay{Composer: l.composer, Input: in, Item: item}).Run(receipts) {
		require.NoError(t, err)
		require.Equal(t, plans[n].Prompt.Marks, r.Plan.Prompt.Marks)
		require.Equal(t, plans[n].Bill, r.Plan.Bill)
		n++
	}
	require.Len(t, plans, n)
}

// TestWhatACallThatFailedMayHaveLeftIsNotBought: it is read, and keeps the shorter life
// that it may have been left for.
func TestWhatACallThatFailedMayHaveLeftIsNotBought(t *testing.T) {
	bought := func(fails bool) int {
		l := waiting(t, "claude, from 512")
		l.turn(0, 6)
		l.in.Now = l.in.Now.Add(time.Second)
		l.arrive("mia", quire.KindMail, quire.Text{Text: l.words(60)})
		if fails {
			plan, err := l.composer.Plan(l.in)
			require.NoError(t, err)
			require.Zero(t, longs(t, plan))
			l.in.State = plan.Failed("", 0)
		}
		l.in.Now = l.in.Now.Add(time.Second)
		l.in.Next = l.in.Now.Add(30 * time.Minute)
		plan, err := l.composer.Plan(l.in)
		require.NoError(t, err)
		return longs(t, plan)
	}
	assert.Positive(t, bought(false))
	assert.Zero(t, bought(true))
}

// TestLayeredLives: where longer lives stand on what was read, what a plan counts on is
// there.
func TestLayeredLives(t *testing.T) {
	l := waiting(t, "claude, from 512")
	l.in.Model.Cache.Layered = true
	rules := emulate.For(l.in.Model.Cache)
	require.True(t, rules.Unstated.Layered)
	l.bills.cache, l.bills.unsure = emulate.New(rules), true // reading lets more live anew than is followed
	bought := 0
	for range 30 {
		for _, p := range l.turn(20*time.Minute, 4) {
			bought += longs(t, p)
		}
	}
	assert.Greater(t, bought, 100)
	plans := l.turn(20*time.Minute, 1)
	assert.Greater(t, plans[0].Bill.Read, plans[0].Used/2)
}
