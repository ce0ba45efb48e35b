package compose_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// TestTheNoticeSaysWhatNoLongerHolds: mail that was retracted or replaced after it was
// read may stand on while a cut is dear, and then the notice says that it does not hold:
// of the mail, and of a copy that was pulled.
func TestTheNoticeSaysWhatNoLongerHolds(t *testing.T) {
	for _, flag := range []quire.Flags{quire.FlagRetracted, quire.FlagSuperseded} {
		for _, pulled := range []bool{false, true} {
			s := newScript(t)
			s.model("anthropic", "claude-opus-5")
			s.in.Budget, s.in.Notice = 20_000, &quire.Notice{}
			s.in.Model.Cache = compose.CostOf("claude-opus-5")
			s.o.Schedule = nil
			require.NoError(t, s.run("mail 1 from=mia: The old price is 7."))
			if pulled {
				s.arrived = nil
				s.items[0].Parts = []quire.Part{quire.Text{Text: "The old price is 7."}}
				for _, line := range []string{"mail 2 from=bo: What is the price?", "call", "turn 3: call c1 context_pull {\"uids\":[1]}", "pull 4 c1 #1"} {
					require.NoError(t, s.run(line))
				}
			}
			for i := range 12 {
				require.NoError(t, s.run("call"))
				require.NoError(t, s.run(fmt.Sprintf("turn %d: I see.", 10+2*i)))
				require.NoError(t, s.run(fmt.Sprintf("mail %d from=bo: Go on. {60 words}", 11+2*i)))
			}
			in := s.in
			in.State, in.Now, in.Arrived, in.Body = s.state, s.now, s.arrived, s.body
			in.Changed = []quire.Delivery{{UID: 1, Flags: flag}}
			plan, err := s.composer().Plan(in)
			require.NoError(t, err)
			name := fmt.Sprintf("flags %d, pulled %t\n%s", flag, pulled, plan.Prompt.Notice)
			require.True(t, plan.Next.Resident(1), name)
			require.Contains(t, plan.Prompt.Notice, "#1", name)
			in.State, in.Arrived, in.Changed = plan.Next, nil, nil
			require.NoError(t, s.run("turn 90: I see."))
			require.NoError(t, s.run("mail 91 from=bo: And?"))
			in.Arrived = s.arrived[len(s.arrived)-2:]
			plan, err = s.composer().Plan(in)
			require.NoError(t, err)
			require.Equal(t, plan.Next.Resident(1), len(plan.Prompt.Notice) > 0, "as long as it stands: %s", name)
		}
	}
}
