package compose_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// TestHitsStayUpToTheirShare: the hits of a turn's searches stand, the newest ones up to
// half of the room, while results of other tools come and go; older ones go with
// these; and all leave when the next turn begins.
func TestHitsStayUpToTheirShare(t *testing.T) {
	for _, p := range []policy.Policy{policy.Default{}, policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst} {
		s := newScript(t)
		s.o.Policy, s.in.Budget = p, 1500 // hits may take 738 tokens
		require.NoError(t, s.run("mail 1 from=mia: Find it."))
		require.NoError(t, s.run("call"))
		for i := range 9 { // 106 tokens each: six of them stay
			search(t, s, 10+2*i, 90)
		}
		for i := range 8 {
			for _, line := range []string{fmt.Sprintf("turn %d: call r%d read {\"n\":%d}", 30+2*i, i, i), fmt.Sprintf("result %d r%d: {300 words}", 31+2*i, i), "call"} {
				require.NoError(t, s.run(line))
			}
		}
		for uid, stays := range map[int]bool{11: false, 15: false, 17: true, 27: true} {
			if stands := s.last.Next.Resident(number(fmt.Sprint(uid))); stays || p == policy.OldestFirst { // others need not let go
				require.Equal(t, stays, stands, "%s: #%d\n%s", policy.Name(p), uid, written(s.last))
			}
		}
		for _, line := range []string{"turn 90: That is all.", "mail 91 from=mia: And now?", "call"} {
			require.NoError(t, s.run(line))
		}
		require.False(t, s.last.Next.Resident(17) || s.last.Next.Resident(27), "%s\n%s", policy.Name(p), written(s.last))
	}
}

// TestASearchLeavesWithItsHits: of a search whose hits leave nothing stands, not even that
// it was made: a model that sees no more than that does not search again.
func TestASearchLeavesWithItsHits(t *testing.T) {
	for _, p := range []policy.Policy{policy.Default{}, policy.LRU, policy.ToolResultsFirst} {
		s := newScript(t)
		s.o.Policy, s.in.Budget = p, 1000 // hits may take 488 tokens
		require.NoError(t, s.run("mail 1 from=mia: Find it {300 words}"))
		require.NoError(t, s.run("call"))
		for i := range 9 {
			search(t, s, 10+2*i, 60)
		}
		for _, e := range s.last.Next.Set().Log {
			for _, sp := range e.Spans[min(1, len(e.Spans)):] {
				require.NotEqual(t, resident.FormStub, sp.Form, "%s\n%s", policy.Name(p), written(s.last))
			}
		}
		require.False(t, s.last.Next.Resident(10), "%s\n%s", policy.Name(p), written(s.last))
	}
}

// search makes a search with hits of so many words, and a call after it.
func search(t *testing.T, s *script, uid, words int) {
	t.Helper()
	for _, line := range []string{fmt.Sprintf("turn %d: call c%d mail_find {\"n\":%d}", uid, uid, uid), fmt.Sprintf("result %d c%d: {%d words}", uid+1, uid, words), "call"} {
		require.NoError(t, s.run(line))
	}
}

// TestMailIsShortenedBeforeAPullLeaves: what was pulled stays whole while the mail that
// waits can still be shorter.
func TestMailIsShortenedBeforeAPullLeaves(t *testing.T) {
	for _, p := range []policy.Policy{policy.Default{}, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst} {
		s := newScript(t)
		s.o.Policy, s.in.Budget = p, 1000
		for _, line := range []string{"mail 1 from=mia: old {250 words}", "turn 2: I see.", "mail 3 from=mia: Job {300 words}", "mail 4 from=mia: go",
			"call", "turn 5: call c1 context_pull {\"uids\":[1]}", "pull 6 c1 #1", "call", "turn 7: call c2 read {\"n\":1}", "result 8 c2: {300 words}", "call"} {
			if line == "mail 4 from=mia: go" {
				s.state.EndTurn()
			}
			require.NoError(t, s.run(line))
		}
		require.True(t, s.last.Next.Resident(1), "%s\n%s", policy.Name(p), written(s.last))
		require.Contains(t, written(s.last), "it waits, and the turn needs the room", policy.Name(p))
	}
}
