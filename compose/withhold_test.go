package compose_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// TestWithheldContentIsNotSent: of a message that is withheld nothing that its author
// wrote is in the request, wherever it stands; the line that stands for it names its
// number, and its release brings all of it back.
func TestWithheldContentIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  []string
		uid    quire.UID
		secret string
		line   string
	}{
		{"mail", []string{"mail 1 from=mia: the POISON pill", "mail 2 from=bo: Go on."}, 1, "POISON", "#1, a mail of 15 bytes,"},
		{"a turn with calls", []string{"mail 1 from=mia: Go.", `turn 2: POISON in text call c1 read {"path":"POISON"}`, "result 3 c1: fine"}, 2, "POISON", "#2, a turn of"},
		{"a result", []string{"mail 1 from=mia: Go.", `turn 2: call c1 read {"path":"a"}`, "result 3 c1: the POISON pill"}, 3, "POISON", "The tool ran"},
		{"what a pull shows", []string{"mail 1 from=mia: the POISON pill", "call", "turn 2: Well.", "drop 1", "mail 3 from=bo: Go on.", "call",
			`turn 4: call c1 context_pull {"uids":[1]}`, "pull 5 c1 #1"}, 1, "POISON", "#1, a mail of 15 bytes,"},
	} {
		for _, standing := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				s := newScript(t)
				s.in.Budget = 20_000
				for _, line := range c.lines {
					require.NoError(t, s.run(line))
				}
				if standing {
					require.NoError(t, s.run("call"))
					require.NoError(t, s.run("mail 90 from=bo: And now?"))
				}
				sent := func() string {
					in := s.in
					in.State, in.Now, in.Arrived, in.Body = s.state, s.now, s.arrived, s.body
					plan, err := s.composer().Plan(in)
					require.NoError(t, err)
					fresh := in
					fresh.Scratch = nil
					again, err := s.composer().Plan(fresh)
					require.NoError(t, err)
					require.Equal(t, again.Prompt, plan.Prompt, "what a memo keeps is no part of it")
					body, err := wire.Encode(quire.APIAnthropic, &plan.Prompt, nil)
					require.NoError(t, err)
					s.state, s.arrived = plan.Next, nil
					s.state = reload(t, s.state)
					return string(body)
				}
				require.True(t, s.state.Withhold(c.uid, true))
				require.False(t, s.state.Withhold(c.uid, true))
				got := sent()
				require.NotContains(t, got, c.secret)
				require.Contains(t, got, c.line)
				require.NoError(t, s.run("mail 91 from=bo: Go on."))
				require.NotContains(t, sent(), c.secret, "and in the next call")
				require.True(t, s.state.Withhold(c.uid, false))
				require.NoError(t, s.run("mail 92 from=bo: Go on."))
				got = sent()
				require.Contains(t, got, c.secret)
				require.NotContains(t, got, c.line)
				require.Equal(t, 1, strings.Count(got, "And now?")+btoi(!standing))
			})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
