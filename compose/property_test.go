package compose_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// step is one call of a world: its input, what came of it, and the call before
// that went well.
type step struct {
	*world
	in   compose.Input
	plan *compose.Plan
	err  error
	last *compose.Plan
}

// simulate draws a world and composes up to eight calls; check sees each plan,
// also those that come with a BudgetError.
func simulate(rt *testing.T, check func(t *rapid.T, s *step)) {
	rapid.Check(rt, func(t *rapid.T) {
		w := newWorld(t)
		var memo compose.Scratch
		var last *compose.Plan
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			w.happen()
			s := &step{world: w, in: w.input(), last: last}
			s.in.Scratch = &memo
			s.plan, s.err = w.composer.Plan(s.in)
			var budget *compose.BudgetError
			switch {
			case errors.Is(s.err, compose.ErrOpenCalls), errors.Is(s.err, compose.ErrNothingToSend):
				require.Nil(t, s.plan)
				continue // until more arrives
			case errors.As(s.err, &budget):
				check(t, s)
				w.base.Budget = budget.Need + budget.Need/4 + 100
				continue
			}
			require.NoError(t, s.err)
			check(t, s)
			if rapid.IntRange(0, 6).Draw(t, "fails") == 0 {
				w.state = s.plan.Failed("", 0)
				continue
			}
			last, w.arrived = s.plan, nil
			w.state = s.plan.Next
			if rapid.IntRange(0, 3).Draw(t, "reported") == 0 {
				w.state = w.state.Learn(s.plan.Mix, s.plan.Used*rapid.IntRange(80, 130).Draw(t, "percent")/100)
			}
		}
	})
}

// TestPromptsAreValid: whatever happened, whatever the policy and the budget,
// the request breaks no rule of the provider that it goes to.
func TestPromptsAreValid(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		if s.err != nil {
			return
		}
		body, err := wire.Encode(s.target.api, &s.plan.Prompt, nil)
		require.NoError(t, err)
		require.True(t, json.Valid(body))
		require.Empty(t, promptcheck.Check(s.target.api, body), "%s", body)
	})
}

// TestBudgetHolds: a plan without an error fits, by a count of the finished
// prompt; a BudgetError is true.
func TestBudgetHolds(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		counted := s.framing.Prompt(s.counter, &s.plan.Prompt)
		require.LessOrEqual(t, counted, s.plan.Used, "%s\n%s", written(s.plan), prompted(&s.plan.Prompt))
		require.Equal(t, s.plan.Used, s.plan.Mix.Total())
		if cal := s.in.State.Calibration(); cal.N() > 0 {
			require.Equal(t, cal.Upper(s.plan.Mix, 0.99), s.plan.Bound)
			require.Equal(t, cal.Apply(s.plan.Mix), s.plan.Estimate)
		} else {
			require.Equal(t, s.plan.Used, s.plan.Bound)
		}
		if s.err == nil {
			require.LessOrEqual(t, s.plan.Bound, s.in.Budget)
			return
		}
		require.Greater(t, s.plan.Bound, s.in.Budget)
		var e *compose.BudgetError
		require.ErrorAs(t, s.err, &e)
		require.Equal(t, s.plan.Used, e.Need)
		require.NotEmpty(t, e.Items)
		sum := 0
		for _, it := range e.Items {
			sum += it.Tokens
		}
		require.LessOrEqual(t, sum, e.Need)
		mustStay(t, s)
	})
}

// mustStay: of a plan that does not fit, nothing could have left.
func mustStay(t *rapid.T, s *step) {
	log := s.plan.Next.Set().Log
	newest := newestOf(log)
	for i := range log {
		free := log[i].Tombstone == nil && i != newest && i != len(log)-1
		for _, sp := range log[i].Spans {
			free = free && !sp.Pinned && !floored(s, &sp)
		}
		require.False(t, free, "entry %d could leave:\n%v\n%s", i, s.err, written(s.plan))
	}
}

// TestCapsHold: what a sender has above a cap leaves, unless it must stay.
func TestCapsHold(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		log := s.plan.Next.Set().Log
		for _, l := range s.options.Limits {
			if l.Cap == 0 || l.From == "" || l.Class != "" {
				continue
			}
			total, free := 0, 0
			for i := range log {
				for _, sp := range log[i].Spans {
					if sp.From != l.From {
						continue
					}
					total += sp.Tokens
					if !sp.Pinned && !floored(s, &sp) && i < newestOf(log) {
						free++
					}
				}
			}
			require.True(t, total <= l.Cap || free == 0, "%d tokens of %s, at most %d:\n%s", total, l.From, l.Cap, written(s.plan))
		}
	})
}

// newestOf is the newest entry that somebody sent, or -1.
func newestOf(log []resident.Entry) int {
	newest := -1
	for i := range log {
		if log[i].Tombstone == nil && log[i].Spans[0].Role == quire.RoleUser {
			newest = i
		}
	}
	return newest
}

func floored(s *step, sp *resident.Span) bool {
	return slices.ContainsFunc(s.options.Limits, func(l compose.Limit) bool {
		return l.Floor > 0 && (l.Class == "" || l.Class == sp.Class) && (l.From == "" || l.From == sp.From)
	})
}

// TestMarksAndBill: marks stand where the request can carry them and never
// behind the notice, and the predicted bill is of all that is sent.
func TestMarksAndBill(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		p := &s.plan.Prompt
		require.Equal(t, s.plan.Used, s.plan.Bill.Input())
		require.LessOrEqual(t, len(p.Marks), s.in.Model.Dialect.Marks)
		for i, m := range p.Marks {
			require.LessOrEqual(t, m.After, len(p.Messages))
			require.True(t, i == 0 || p.Marks[i-1].After < m.After, "in order, each once")
		}
		if s.err != nil {
			return
		}
		sent, err := wire.SentMarks(s.target.api, p)
		require.NoError(t, err)
		want := slices.Clone(p.Marks)
		for i := range want {
			if s.target.api == quire.APIOpenAIChat || s.target.api == quire.APIOpenAIResponses {
				want[i].TTL = min(want[i].TTL, 30*time.Minute) // what these models grant
			}
		}
		require.Equal(t, want, sent)
		segs, err := wire.Segments(s.target.api, p)
		require.NoError(t, err)
		stable := wire.Stable(segs)
		for _, seg := range segs[len(stable):] {
			require.True(t, seg.Volatile && !seg.Mark, "the notice is the end")
		}
		if len(segs) > len(stable) {
			require.NotEmpty(t, p.Notice)
		}
	})
}

// TestLogIsNeverReordered: what stands keeps its order and its number; what
// enters goes to the end.
func TestLogIsNeverReordered(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		log := s.plan.Next.Set().Log
		for i := 1; i < len(log); i++ {
			require.Less(t, log[i-1].Seq, log[i].Seq)
		}
		seq := func(uid quire.UID, in []resident.Entry) uint64 {
			for i := range in {
				for j := range in[i].Spans {
					if in[i].Spans[j].UID == uid {
						return in[i].Seq
					}
				}
			}
			return 0
		}
		for i := range log {
			for _, sp := range log[i].Spans {
				if before := seq(sp.UID, s.in.State.Set().Log); before != 0 {
					require.Equal(t, before, log[i].Seq)
				} else {
					require.Greater(t, log[i].Seq, s.in.State.Seq())
				}
			}
		}
		at := uint64(0)
		for _, m := range s.plan.Prompt.Messages[len(s.headMessages()):] {
			require.GreaterOrEqual(t, m.Seq, at)
			at = m.Seq
		}
	})
}

func (s *step) headMessages() []quire.PromptMessage {
	return s.plan.Prompt.Messages[:len(s.plan.Next.Set().Head)]
}
