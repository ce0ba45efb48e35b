package compose_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// classTokens is what of a class stands, and what of it must: the newest message and the
// last group.
func classTokens(log []resident.Entry, class policy.Class) (all, must int) {
	newest := newestOf(log)
	for i := range log {
		for _, sp := range log[i].Spans {
			if sp.Class != class {
				continue
			}
			all += sp.Tokens
			if i == newest || i == len(log)-1 {
				must += sp.Tokens
			}
		}
	}
	return all, must
}

// TestACapHoldsForGroups: what a group leaves as stubs counts on; where that is too much,
// the group goes whole.
func TestACapHoldsForGroups(t *testing.T) {
	for _, p := range []string{"default", "oldest-first", "tool-results-first"} {
		s := newScript(t)
		s.in.Budget = 8000
		for _, line := range []string{"policy " + p, "limit class=recent cap=900", "mail 1 from=mia: Begin.", "call"} {
			require.NoError(t, s.run(line))
		}
		for i := range 12 {
			uid := 10 * (i + 1)
			for _, line := range []string{
				fmt.Sprintf("turn %d: {120 words}; call a%d read {\"n\":%d}; call b%d read {\"m\":%d}", uid, i, i, i, i),
				fmt.Sprintf("result %d a%d: {40 words}", uid+1, i), fmt.Sprintf("result %d b%d: {40 words}", uid+2, i), "call"} {
				require.NoError(t, s.run(line))
			}
			all, must := classTokens(s.last.Next.Set().Log, policy.ClassRecent)
			require.LessOrEqual(t, all, max(900, must), "%s, call %d\n%s", p, i, written(s.last))
		}
	}
}

// TestAFloorHoldsTheNewestHoweverLarge: a floor that is less than one message is still
// one message.
func TestAFloorHoldsTheNewestHoweverLarge(t *testing.T) {
	for _, o := range []policy.Policy{policy.OldestFirst, policy.LargestFirst, policy.Default{}} {
		s := newScript(t)
		s.in.Budget, s.o.Policy = 700, o
		for _, line := range []string{"limit from=mia floor=60", "mail 1 from=mia: {90 words}", "turn 2: I see.", "mail 3 from=mia: {120 words}", "turn 4: I see."} {
			require.NoError(t, s.run(line))
		}
		for i := range 8 {
			for _, line := range []string{fmt.Sprintf("mail %d from=bo: {110 words}", 10+2*i), "call", fmt.Sprintf("turn %d: I see.", 11+2*i)} {
				require.NoError(t, s.run(line))
			}
			require.True(t, s.last.Next.Resident(3), "%s\n%s", policy.Name(o), written(s.last))
		}
		if o != policy.LargestFirst {
			require.False(t, s.last.Next.Resident(1), "only the newest: %s", written(s.last))
		}
	}
}
