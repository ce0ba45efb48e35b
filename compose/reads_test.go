package compose_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// engine is the price row of a server of one's own.
func engine(t *testing.T, name string) price.CostModel {
	return compose.CostOf(name)
}

// reads makes a call of which a share of what would be read is reported as read, in
// hundredths; less than 0: reads are not reported at all.
func (k *talk) reads(cost price.CostModel, hundredths int) *compose.Plan {
	k.say(quire.KindMail, strings.Repeat("Some words about this and that. ", 80))
	plan, err := k.plan("own", func(in *compose.Input) { in.Model.Cache = cost })
	require.NoError(k.t, err)
	promised := plan.Bill.Read
	if plan.Reads < 1 { // the bill has what is likely
		promised = int(float64(plan.Bill.Read) / plan.Reads)
	}
	k.state, k.fresh = reload(k.t, plan.Next.Report(plan, quire.Usage{Input: plan.Used, CachedInput: max(0, promised*hundredths/100)})), nil
	k.say(quire.KindTurn, "Yes, I see.")
	k.now = k.now.Add(time.Minute)
	return plan
}

// TestReportedReadsWin: three short reports in a row, and bills go by them; the plan says
// so once. As many that are as predicted, and the ledger is trusted again.
func TestReportedReadsWin(t *testing.T) {
	k, cost := newTalk(t), engine(t, "llama.cpp")
	for range 4 {
		plan := k.reads(cost, 100)
		assert.Equal(t, 1.0, plan.Reads)
	}
	for range 3 {
		plan := k.reads(cost, 20)
		assert.Equal(t, 1.0, plan.Reads)
		assert.Empty(t, plan.Problems)
	}
	plan := k.reads(cost, 20)
	assert.InDelta(t, 0.53, plan.Reads, 0.01)
	require.Len(t, plan.Problems, 1)
	assert.Contains(t, plan.Problems[0], "read less than predicted: lately 54%")
	assert.Equal(t, plan.Used, plan.Bill.Input())
	assert.InDelta(t, 0.02*float64(plan.Bill.Read)+float64(plan.Bill.Write+plan.Bill.Uncached), plan.Bill.Cost, 1e-6)
	assert.Contains(t, written(plan), "reads: 54% of what is predicted, by reports\n")
	assert.Equal(t, plan.Reads, plan.Receipt().Reads)
	plan = k.reads(cost, 100)
	assert.Empty(t, plan.Problems, "it is said once")
	assert.Less(t, plan.Reads, 0.5)
	for range 3 {
		assert.Less(t, k.reads(cost, 100).Reads, 1.0)
	}
	plan = k.reads(cost, 100)
	assert.Equal(t, 1.0, plan.Reads)
	assert.Equal(t, []string{"the cache is read as predicted again"}, plan.Problems)
	assert.Empty(t, k.reads(cost, 100).Problems)
}

// TestOneOddReportChangesNothing: nor do two, with others between them.
func TestOneOddReportChangesNothing(t *testing.T) {
	odd, even := newTalk(t), newTalk(t)
	cost := engine(t, "vllm")
	for i := range 12 {
		report := 100
		if i == 3 || i == 4 || i == 7 {
			report = 0
		}
		assert.Equal(t, written(even.reads(cost, 100)), written(odd.reads(cost, report)))
	}
	assert.Less(t, odd.state.Reads().Share, 1.0, "it was taken in")
}

// TestReadsAreComparedInTheSameTokens: a provider that counts half of what we do, or twice
// as much, reads no less for that.
func TestReadsAreComparedInTheSameTokens(t *testing.T) {
	for _, hundredths := range []int{50, 200} {
		for _, short := range []bool{false, true} {
			k, cost := newTalk(t), engine(t, "llama.cpp")
			for range 10 {
				k.say(quire.KindMail, strings.Repeat("Some words about this and that. ", 80))
				plan, err := k.plan("own", func(in *compose.Input) { in.Model.Cache = cost })
				require.NoError(t, err)
				u := quire.Usage{Input: plan.Used * hundredths / 100, CachedInput: plan.Bill.Read * hundredths / 100}
				if short {
					u.CachedInput /= 3
				}
				k.state, k.fresh = plan.Next.Report(plan, u), nil
				k.say(quire.KindTurn, "Yes, I see.")
			}
			assert.Equal(t, short, k.state.Reads().By, hundredths)
		}
	}
}

// TestReadsAreOfAModel: what is learned of one provider is not believed of another.
func TestReadsAreOfAModel(t *testing.T) {
	k, cost := newTalk(t), engine(t, "llama.cpp")
	for range 6 {
		k.reads(cost, 100)
	}
	for range 4 {
		k.reads(cost, 0)
	}
	assert.True(t, k.state.Reads().By)
	assert.Equal(t, compose.Reads{}, k.state.ForModel("other").Reads())
	assert.Equal(t, k.state.Reads(), k.state.ForModel("other").ForModel("own").Reads())
}

// TestReadsThatNobodyReports teach nothing; of an engine of one's own that is said once.
func TestReadsThatNobodyReports(t *testing.T) {
	for _, cost := range []price.CostModel{engine(t, "ollama"), compose.CostOf("gpt-5")} {
		k, said := newTalk(t), 0
		for range 20 {
			plan := k.reads(cost, -1)
			assert.Equal(t, 1.0, plan.Reads)
			for _, p := range plan.Problems {
				assert.Contains(t, p, "has reported no read so far")
				said++
			}
		}
		assert.Equal(t, map[bool]int{true: 1, false: 0}[cost.InTime], said, cost.Name)
	}
}

// TestCutsGoByReports: where nothing is read, what is dead costs its price at each call,
// and leaving costs nothing; where reading is nearly free it stays.
func TestCutsGoByReports(t *testing.T) {
	stays := func(hundredths int) bool {
		k, cost := newTalk(t), engine(t, "llama.cpp")
		for range 3 {
			k.reads(cost, 100)
		}
		for range 12 {
			k.reads(cost, hundredths)
		}
		require.True(t, k.state.Drop(21, true))
		k.reads(cost, hundredths)
		return k.state.Resident(21)
	}
	assert.True(t, stays(100))
	assert.False(t, stays(0))
}

// slot is an engine's only slot: it holds the last prompt, whoever sent it. It says what
// it reads of each.
type slot struct {
	t    *testing.T
	cost price.CostModel
	last *emulate.Request
}

func (s *slot) send(l *life, plan *compose.Plan) (read int) {
	n := counted(plan)
	if plan.Prompt.Notice != "" {
		n.Notice = tokenizer.Approx{}.CountText(plan.Prompt.Notice) + l.framing.PerMessage
		n.Fixed -= n.Notice
	}
	r, err := sent.Request(l.bills.api, &plan.Prompt, n)
	require.NoError(s.t, err)
	cache := emulate.New(emulate.For(s.cost))
	if s.last != nil {
		_, err = cache.Send(s.last)
		require.NoError(s.t, err)
	}
	s.last = r
	r.At = l.in.Now
	out, err := cache.Send(r)
	require.NoError(s.t, err)
	return out.Read
}

// TestAgentsThatShareASlot: four agents on one slot find their own prompt there when none
// of the others came in between. What is predicted comes to what is reported; a row that
// knows of the others begins near it.
func TestAgentsThatShareASlot(t *testing.T) {
	raced.Skip(t)
	for _, sharers := range []int{0, 4} {
		t.Run(fmt.Sprint(sharers), func(t *testing.T) {
			cost := engine(t, "llama.cpp")
			s := &slot{t: t, cost: cost}
			cost.Sharers = sharers
			var lives []*life
			for range 4 {
				lives = append(lives, newLife(t, cost, 8000))
				lives[len(lives)-1].rand = rand.New(rand.NewPCG(uint64(len(lives)), 3))
			}
			var predicted, promised, reported [2]int // of the first calls, and the others
			for i := range 400 {
				l := lives[lives[0].rand.IntN(4)]
				l.happen()
				plan, err := l.composer.Plan(l.in)
				if errors.Is(err, compose.ErrNothingToSend) {
					continue
				}
				require.NoError(t, err)
				read := s.send(l, plan)
				half := min(i/100, 1)
				predicted[half] += plan.Bill.Read
				promised[half] += int(float64(plan.Bill.Read) / plan.Reads)
				reported[half] += read
				l.in.State, l.in.Arrived = reload(t, plan.Next.Report(plan, quire.Usage{Input: plan.Used, CachedInput: read})), nil
			}
			t.Logf("read: predicted %v, reported %v; by the ledger alone %v", predicted, reported, promised)
			assert.Greater(t, promised[1], 2*reported[1], "alone on the slot, as the ledger has it")
			assert.InDelta(t, reported[1], predicted[1], 0.25*float64(reported[1]))
			if sharers > 0 {
				assert.InDelta(t, reported[0], predicted[0], 0.5*float64(reported[0]), "from the first call on")
			}
		})
	}
}
