package compose_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/resident"
)

// TestEverythingHasADecision: what stood, arrived or was offered is in the plan's
// decisions once, with a reason; what stands stands there as the log says.
func TestEverythingHasADecision(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		seen := map[quire.UID]compose.Decision{}
		for _, d := range s.plan.Decisions() {
			_, twice := seen[d.UID]
			require.False(t, twice, "%s is decided twice:\n%s", d.UID, written(s.plan))
			require.NotEmpty(t, d.Reason)
			seen[d.UID] = d
		}
		standing := map[quire.UID]resident.Form{}
		for _, entries := range [][]resident.Entry{s.plan.Next.Set().Head, s.plan.Next.Set().Log} {
			for i := range entries {
				for _, sp := range entries[i].Spans {
					standing[sp.UID] = sp.Form
					fate := map[resident.Form]compose.Fate{resident.FormWhole: compose.FateIn, resident.FormExcerpt: compose.FateExcerpt, resident.FormWaiting: compose.FateExcerpt, resident.FormStub: compose.FateStub}
					require.Equal(t, fate[sp.Form], seen[sp.UID].Fate, "%s\n%s", sp.UID, written(s.plan))
				}
			}
		}
		known := func(uid quire.UID) {
			d, ok := seen[uid]
			require.True(t, ok, "%s has no decision", uid)
			_, stands := standing[uid]
			require.Equal(t, !stands, d.Fate == compose.FateOut, uid)
		}
		behind := false // something that stood before it stands still
		for i := range s.in.State.Set().Log {
			for _, sp := range s.in.State.Set().Log[i].Spans {
				known(sp.UID)
				if _, stands := standing[sp.UID]; stands {
					behind = true
				} else if !behind {
					named(t, s, sp.UID)
				}
			}
		}
		for _, list := range [][]quire.Item{s.in.Arrived, s.in.Offered, s.in.Head} {
			for _, it := range list {
				known(it.UID)
			}
		}
	})
}

// named: what left from the front of the log is named by the tombstone there, unless that would
// take too much.
func named(t *rapid.T, s *step, uid quire.UID) {
	log := s.plan.Next.Set().Log
	if first := &log[0]; first.Tombstone == nil && uid < first.Spans[0].UID {
		more := 60 + s.plan.Budget/20
		room := s.in.State.Calibration().Room(s.plan.Budget, 0.99)
		tight := s.plan.Used+more > room || s.plan.Bound+2*more > s.plan.Budget
		require.True(t, tight, "%s left without a trace:\n%s\n%s", uid, written(s.plan), prompted(&s.plan.Prompt))
	}
}

// TestReceiptsExplain: from the stored receipts alone one can say what became
// of each message, and in which call.
func TestReceiptsExplain(rt *testing.T) {
	var world *world
	var receipts []compose.Receipt
	simulate(rt, func(t *rapid.T, s *step) {
		if s.world != world {
			world, receipts = s.world, nil
		}
		for len(receipts) > 0 && receipts[len(receipts)-1].Call >= s.plan.Call { // of a call that failed
			receipts = receipts[:len(receipts)-1]
		}
		if s.err != nil {
			return
		}
		b, err := s.plan.Receipt().Encode()
		require.NoError(t, err)
		r, err := compose.DecodeReceipt(b)
		require.NoError(t, err)
		receipts = append(receipts, r)
		require.Equal(t, s.plan.Call, r.Call)
		require.Equal(t, s.plan.Used, r.Bill.Input())
		for _, d := range s.plan.Decisions() {
			got, call, ok := compose.Explain(receipts, d.UID)
			require.True(t, ok, "%s", d.UID)
			require.Equal(t, d.Fate, got.Fate, "%s: %s\n%s", d.UID, got, written(s.plan))
			require.LessOrEqual(t, call, s.plan.Call)
			if d.New {
				require.Equal(t, s.plan.Call, call)
				require.Equal(t, d, got)
			}
		}
	})
}
