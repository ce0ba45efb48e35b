package compose_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// lived is a life of calls that all went well: its plans, and their receipts as
// a store gives them back.
type lived struct {
	*world
	plans    []*compose.Plan
	receipts []compose.Receipt
}

func live(t *rapid.T) *lived {
	l := &lived{world: newWorld(t)}
	system := l.base.System
	for range rapid.IntRange(1, 10).Draw(t, "steps") {
		l.happen()
		l.base.System = system
		in := l.input()
		in.ByEstimate = rapid.IntRange(0, 3).Draw(t, "by estimate") == 0
		plan, err := l.composer.Plan(in)
		var budget *compose.BudgetError
		switch {
		case errors.As(err, &budget):
			l.base.Budget = 2*budget.Need + 100
			continue
		case err != nil:
			continue
		}
		b, err := plan.Receipt().Encode()
		require.NoError(t, err)
		r, err := compose.DecodeReceipt(b)
		require.NoError(t, err)
		l.plans, l.receipts = append(l.plans, plan), append(l.receipts, r)
		l.state, l.arrived = reload(t, plan.Next), nil
		if rapid.Bool().Draw(t, "reported") {
			l.state = l.state.Learn(plan.Mix, plan.Used*110/100)
		}
	}
	return l
}

func (l *lived) replay() compose.Replay {
	in := l.base
	in.Budget = 0
	return compose.Replay{Composer: compose.New(&l.options), Input: in, Item: func(uid quire.UID) (quire.Item, bool) {
		if uid == 0 || int(uid) > len(l.uids) {
			return quire.Item{}, false
		}
		it := l.uids[uid-1]
		it.Flags |= quire.FlagSuperseded | quire.FlagPinned // what became of it later does not count
		return it, true
	}}
}

func each(list []compose.Receipt) iter.Seq2[compose.Receipt, error] {
	return func(yield func(compose.Receipt, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestReplayGivesTheSamePlans: the receipts and the messages are all that a
// call depends on, besides what is configured.
func TestReplayGivesTheSamePlans(rt *testing.T) {
	rapid.Check(rt, func(t *rapid.T) {
		l := live(t)
		n := 0
		for r, err := range l.replay().Run(each(l.receipts)) {
			require.NoError(t, err)
			want := l.plans[n]
			require.Equal(t, l.receipts[n], r.Was)
			r.Plan.Prompt.Notice = want.Prompt.Notice // it is counted, not written anew
			require.Equal(t, want.Prompt, r.Plan.Prompt)
			require.Equal(t, written(want), written(r.Plan))
			require.Equal(t, stored(t, want.Next), stored(t, r.Plan.Next))
			n++
		}
		require.Len(t, l.plans, n)
	})
}

// TestReplayUnderOtherRules: what was out for want of room is in with more of it.
func TestReplayUnderOtherRules(t *testing.T) {
	s := newScript(t)
	for _, line := range []string{"budget 250", "mail 1 from=mia: One. {45 words}", "turn 2: Answer one.", "mail 3 from=mia: Two. {45 words}", "turn 4: Answer two.",
		"mail 5 from=mia: Three. {45 words}"} {
		require.NoError(t, s.run(line), line)
	}
	in := s.in
	in.State, in.Now, in.Arrived, in.Body = s.state, s.now, s.arrived, s.body
	byUID := map[quire.UID]quire.Item{}
	for _, it := range s.arrived {
		byUID[it.UID] = it
	}
	small, err := compose.New(nil).Plan(in)
	require.NoError(t, err)
	again := compose.Replay{Composer: compose.New(&compose.Options{Policy: policy.LRU}), Input: in,
		Item: func(uid quire.UID) (quire.Item, bool) { it, ok := byUID[uid]; return it, ok }}
	again.Input.Budget = 4000
	for r, err := range again.Run(each([]compose.Receipt{small.Receipt()})) {
		require.NoError(t, err)
		assert.Greater(t, r.Plan.Used, small.Used)
		assert.NotEqual(t, fates(small.Decisions()), fates(r.Plan.Decisions()))
		assert.Equal(t, "lru", r.Plan.Receipt().Policy)
	}

	later := small.Receipt()
	later.Call = 2
	for _, err := range again.Run(each([]compose.Receipt{later})) {
		require.ErrorIs(t, err, compose.ErrReplay)
		assert.Contains(t, err.Error(), "follows that of call 0")
	}
	delete(byUID, 3)
	for _, err := range again.Run(each([]compose.Receipt{small.Receipt()})) {
		require.ErrorIs(t, err, compose.ErrReplay)
		assert.Contains(t, err.Error(), "#3 is gone")
	}
}

// fates says what became of each candidate.
func fates(decisions []compose.Decision) map[quire.UID]compose.Fate {
	out := map[quire.UID]compose.Fate{}
	for _, d := range decisions {
		out[d.UID] = d.Fate
	}
	return out
}
