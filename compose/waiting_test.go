package compose_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// TestMailOfTheTurnStays: mail that came in a turn stands until the turn ends, in the end
// as an excerpt that says so, however large it was when it came and whatever the turn
// fetches; and what was answered may go.
func TestMailOfTheTurnStays(t *testing.T) {
	for _, p := range []policy.Policy{policy.Default{}, policy.OldestFirst, policy.LargestFirst, policy.WindowTurns{Turns: 1}} {
		for _, words := range []int{100, 300, 900} {
			s := newScript(t)
			s.o.Policy, s.in.Budget = p, 1200
			for i := 1; i <= 4; i++ {
				require.NoError(t, s.run(fmt.Sprintf("mail %d from=mia subject=job%d: Job {%d words}", i, i, words)))
			}
			require.NoError(t, s.run("call"))
			for i := range 8 {
				for _, line := range []string{fmt.Sprintf("turn %d: call c%d read {\"n\":%d}", 10+2*i, i, i), fmt.Sprintf("result %d c%d: {200 words}", 11+2*i, i), "call"} {
					require.NoError(t, s.run(line))
				}
				for uid := quire.UID(1); uid <= 4; uid++ {
					require.True(t, s.last.Next.Resident(uid), "%s, %d words: %s\n%s", policy.Name(p), words, uid, written(s.last))
				}
			}
		}
	}
}
