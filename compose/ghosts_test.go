package compose_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// TestALongTurnForgetsNoPull: what was pulled again stays, though hundreds of results
// leave after it.
func TestALongTurnForgetsNoPull(t *testing.T) {
	s := newScript(t)
	s.in.Budget = 1000
	for _, line := range []string{"mail 1 from=mia: one {300 words}", "turn 2: I see.", "mail 3 from=mia: two {300 words}", "turn 4: I see.", "mail 5 from=mia: Go.", "call",
		"turn 6: call a1 context_pull {\"uids\":[1]}", "pull 7 a1 #1", "call", "turn 8: call a2 context_pull {\"uids\":[3]}", "pull 9 a2 #3", "call",
		"turn 10: call a3 context_pull {\"uids\":[1]}", "pull 11 a3 #1", "call"} {
		require.NoError(t, s.run(line))
	}
	refused := func() bool {
		in := s.in
		in.State, in.Now, in.Body = s.state, s.now, s.body
		_, err := s.composer().Quote(in, quire.Ref{Message: "m3", UID: 3, Part: -1})
		var full *compose.RoomError
		return errors.As(err, &full)
	}
	require.True(t, refused(), "%s", written(s.last))
	for i := range 320 {
		for _, line := range []string{fmt.Sprintf("turn %d: call r%d read {\"n\":%d}", 20+2*i, i, i), fmt.Sprintf("result %d r%d: {60 words}", 21+2*i, i), "call"} {
			require.NoError(t, s.run(line))
		}
	}
	require.True(t, s.last.Next.Resident(1))
	require.True(t, refused(), "%d ghosts", len(*s.state.Ghosts()))
}
