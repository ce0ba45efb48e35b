package compose_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// TestWhatATurnWantsGoesLast: whatever the policy and the schedule say, bad ones too,
// what was pulled in the open turn and the mail that waits in it leave only where all
// else was not enough.
func TestWhatATurnWantsGoesLast(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		if s.err != nil || slices.ContainsFunc(s.options.Limits, func(l compose.Limit) bool { return l.Cap > 0 || l.Floor > 0 }) {
			return
		}
		for _, e := range s.in.State.Set().Log {
			whole := 0
			for j := range e.Spans {
				if !s.stands(e.Spans[j].UID) {
					whole += e.Spans[j].Tokens
				}
			}
			for j := range e.Spans {
				sp := &e.Spans[j]
				mail := sp.Role == quire.RoleUser && sp.Kind != quire.KindNote && sp.Kind != quire.KindResult
				if !slices.Contains(s.plan.Left, sp.UID) || !s.wants(sp) || !mail && sp.Class != policy.ClassPulled || s.shows(sp) {
					continue
				}
				need := max(sp.Tokens, whole)
				require.Greater(t, s.plan.Used+need+wantedStones-s.free(), s.in.Budget-s.in.Budget/20, "%s left, of %d tokens:\n%s", sp.UID, need, written(s.plan))
			}
		}
	})
}

// wantedStones is what tombstones, the notice and what a calibration adds may take.
const wantedStones = 160

// wants says whether a span of the state before is held in the turn of the plan.
func (s *step) wants(sp *resident.Span) bool {
	changed := slices.ContainsFunc(s.in.Changed, func(d quire.Delivery) bool { return d.UID == sp.UID || slices.Contains(sp.Shows, d.UID) })
	return !changed && sp.Turn == s.plan.Next.Turns() && !sp.Dead() && sp.Form != resident.FormStub &&
		s.in.State.Calibration().N() == 0
}

// stands says whether a message has a span in the plan.
func (s *step) stands(uid quire.UID) bool {
	return slices.ContainsFunc(s.plan.Next.Set().Log, func(e resident.Entry) bool {
		return slices.ContainsFunc(e.Spans, func(sp resident.Span) bool { return sp.UID == uid })
	})
}

// shows says whether all that a span showed stands still.
func (s *step) shows(sp *resident.Span) bool {
	for _, uid := range append(slices.Clone(sp.Shows), sp.UID) {
		if (len(sp.Shows) == 0 || uid != sp.UID) && !s.plan.Next.Resident(uid) {
			return false
		}
	}
	return true
}

// free is how many tokens of a plan could have left before what the turn wants.
func (s *step) free() int {
	log := s.plan.Next.Set().Log
	newest, n := newestOf(log), 0
	for i := range log {
		if log[i].Tombstone != nil || i == newest || i == len(log)-1 {
			continue
		}
		held, whole, stubs := false, 0, 0
		for j := range log[i].Spans {
			sp := &log[i].Spans[j]
			whole += sp.Tokens
			wanted := sp.Turn == s.plan.Next.Turns() && !sp.Dead() && sp.Form != resident.FormStub && (sp.Class == policy.ClassPulled || sp.Role == quire.RoleUser)
			switch {
			case sp.Pinned, wanted, slices.Contains(s.plan.Left, sp.UID):
				held = true
			case sp.Role == quire.RoleTool && sp.Form != resident.FormStub && sp.Stub > 0:
				stubs += sp.Tokens - sp.Stub
			}
		}
		if !held {
			stubs = whole
		}
		n += stubs
	}
	return n
}
