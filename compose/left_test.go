package compose_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/resident"
)

// TestWhatLeftIsWhatLeft: what a plan says left is what stood before it and what
// entered, less what stands now; for each message and in all. The prompt takes what the
// decisions say that each message takes, and the tombstones.
func TestWhatLeftIsWhatLeft(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		before, _ := spanTokens(s.in.State.Set().Log)
		now, stones := spanTokens(s.plan.Next.Set().Log)
		stood, entered, left, stands := 0, 0, 0, 0
		for _, d := range s.plan.Decisions() {
			was, old := before[d.UID]
			left += d.Left
			switch {
			case old:
				stood += was
				require.Equal(t, was-now[d.UID], d.Left, "%s\n%s", d, written(s.plan))
			case d.Fate == compose.FateOut: // all of what entered, or nothing of what did not
				require.Contains(t, []int{0, d.Tokens}, d.Left, "%s", d)
				entered += d.Left
			case d.Seq <= s.plan.Next.Seq(): // not of the head
				entered += d.Tokens + d.Left
			}
			if d.Fate != compose.FateOut {
				stands += d.Tokens
			}
		}
		require.Equal(t, left, stood+entered-sum(now), written(s.plan))
		require.Equal(t, s.plan.Used, s.plan.Bill.Input())
		require.Equal(t, s.plan.Used, stands+stones+fixedTokens(s), written(s.plan))
		for _, uid := range s.plan.Left {
			if !slices.ContainsFunc(s.in.State.Edits(), func(e compose.Edit) bool { return e.Op == compose.EditWithhold || e.Op == compose.EditRelease }) { // a line may be longer than what it stands for
				require.Positive(t, decided(s.plan, uid).Left, "%s\n%s", uid, written(s.plan))
			}
		}
	})
}

// spanTokens is what each message of a log takes, and what its tombstones do.
func spanTokens(log []resident.Entry) (by map[quire.UID]int, stones int) {
	by = map[quire.UID]int{}
	for i := range log {
		if log[i].Tombstone != nil {
			stones += log[i].Tombstone.Tokens
		}
		for _, sp := range log[i].Spans {
			by[sp.UID] += sp.Tokens
		}
	}
	return by, stones
}

// fixedTokens is what a prompt takes beside its messages: the framing of system and
// tools, and the notice.
func fixedTokens(s *step) int {
	n := s.framing.Fixed(s.counter, s.plan.Prompt.System, s.plan.Prompt.Tools)
	if s.plan.Prompt.Notice != "" {
		n += s.composer.CountText(s.plan.Prompt.Notice) + s.framing.PerMessage
	}
	return n
}

func sum(by map[quire.UID]int) int {
	n := 0
	for _, tokens := range by {
		n += tokens
	}
	return n
}

func decided(p *compose.Plan, uid quire.UID) compose.Decision {
	for _, d := range p.Decisions() {
		if d.UID == uid {
			return d
		}
	}
	return compose.Decision{}
}

// TestReceiptsFromBeforeLeft: a receipt that was stored before decisions said what left
// is read, with 0.
func TestReceiptsFromBeforeLeft(t *testing.T) {
	r, err := compose.DecodeReceipt([]byte(`{"v":1,"call":3,"budget":700,"used":680,"kept":340,"bill":{},"policy":"default","schedule":"strict",
		"taken":{"time":"2026-11-01T00:00:00Z"},"decisions":[{"uid":7,"seq":5,"kind":"result","fate":"stub","tokens":19,"reason":"of no more use","new":true}]}`))
	require.NoError(t, err)
	assert.Equal(t, []compose.Decision{{UID: 7, Seq: 5, Kind: quire.KindResult, Fate: compose.FateStub, Tokens: 19, Reason: "of no more use", New: true}}, r.Decisions)
}
