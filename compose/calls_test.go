package compose_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// TestWhatTheTurnDidStays: the newest call of the open turn that did something stands,
// with a stub for its result, whatever the turn fetches after it: a model that does not see
// it makes it again. Searches and pulls are not held for that.
func TestWhatTheTurnDidStays(t *testing.T) {
	for _, p := range []policy.Policy{policy.Default{}, policy.OldestFirst, policy.LRU, policy.LargestFirst, policy.ToolResultsFirst} {
		s := newScript(t)
		s.o.Policy, s.in.Budget = p, 1000
		lines := []string{"mail 1 from=mia: one {250 words}", "turn 2: I see.", "mail 3 from=mia: two {250 words}", "turn 4: I see.", "mail 5 from=mia: Go.", "call"}
		for i := range 3 {
			lines = append(lines, fmt.Sprintf("turn %d: call r%d run {\"step\":%d}", 10+2*i, i, i), fmt.Sprintf("result %d r%d: {200 words}", 11+2*i, i), "call")
		}
		for i := range 4 {
			lines = append(lines, fmt.Sprintf("turn %d: call f%d mail_find {\"n\":%d}", 20+4*i, i, i), fmt.Sprintf("result %d f%d: {60 words}", 21+4*i, i), "call",
				fmt.Sprintf("turn %d: call p%d context_pull {\"uids\":[%d]}", 22+4*i, i, 1+i%2*2), fmt.Sprintf("pull %d p%d #%d", 23+4*i, i, 1+i%2*2), "call")
		}
		for _, line := range lines {
			require.NoError(t, s.run(line))
		}
		require.True(t, s.last.Next.Resident(14), "%s\n%s", policy.Name(p), written(s.last))
		require.False(t, s.last.Next.Resident(15), "its result: %s\n%s", policy.Name(p), written(s.last))
		require.False(t, s.last.Next.Resident(20), "the first search: %s\n%s", policy.Name(p), written(s.last))
	}
}

// TestMailIsNotCutForLittle: the mail that a turn works on is not cut where that frees
// next to nothing, nor where a pull that leaves makes room enough.
func TestMailIsNotCutForLittle(t *testing.T) {
	for _, c := range []struct {
		mail, result int // words
		form         resident.Form
	}{{230, 100, resident.FormWhole}, {280, 100, resident.FormWaiting}, {280, 220, resident.FormWhole}} {
		s := newScript(t)
		s.in.Budget = 1000
		lines := []string{"mail 1 from=mia: one {240 words}", "turn 2: I see.", "mail 3 from=mia: two {240 words}", "turn 4: I see.", fmt.Sprintf("mail 5 from=mia: Go {%d words}", c.mail), "call"}
		for i := range 2 {
			lines = append(lines, fmt.Sprintf("turn %d: call p%d context_pull {\"uids\":[%d]}", 10+2*i, i, 1+2*i), fmt.Sprintf("pull %d p%d #%d", 11+2*i, i, 1+2*i), "call")
		}
		for _, line := range append(lines, "turn 20: call r1 read {}", fmt.Sprintf("result 21 r1: {%d words}", c.result), "call") {
			require.NoError(t, s.run(line))
		}
		for _, e := range s.last.Next.Set().Log {
			if e.Tombstone == nil && e.Spans[0].UID == 5 {
				require.Equal(t, c.form, e.Spans[0].Form, "%v\n%s", c, written(s.last))
			}
		}
		require.True(t, s.last.Next.Resident(5))
	}
}
