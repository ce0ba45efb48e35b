package compose_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// least is how many bytes of text an excerpt of what stood whole shows.
const least = 160

// TestAnExcerptShowsASentence: what stood whole is cut to an excerpt that says something,
// or goes.
func TestAnExcerptShowsASentence(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		if s.err != nil {
			return
		}
		before := map[quire.UID]resident.Form{}
		for _, e := range s.in.State.Set().Log {
			for _, sp := range e.Spans {
				before[sp.UID] = sp.Form
			}
		}
		for _, e := range s.plan.Next.Set().Log {
			for _, sp := range e.Spans {
				form, stood := before[sp.UID]
				short := sp.Form == resident.FormExcerpt || sp.Form == resident.FormWaiting
				if stood && form == resident.FormWhole && short && sp.Role == quire.RoleUser {
					it, _ := s.body(sp.Message)
					bytes := 0
					for _, p := range it.Parts {
						if text, ok := p.(quire.Text); ok {
							bytes += len(text.Text)
						}
					}
					require.GreaterOrEqual(t, sp.Keep, min(least, bytes), "%s\n%s", sp.UID, written(s.plan))
				}
			}
		}
	})
}

// TestExcerptsOfOrdinaryMailHoldText: at any budget, under the default policy.
func TestExcerptsOfOrdinaryMailHoldText(t *testing.T) {
	for _, budget := range []int{600, 1000, 2000, 8000} {
		s := newScript(t)
		s.o.Policy, s.o.Schedule, s.in.Budget = policy.Default{}, policy.Watermark{}, budget
		excerpts := 0
		for i := range 60 {
			uid := quire.UID(2*i + 1)
			text := strings.Repeat("An ordinary line of mail. ", 4+i%60)
			require.NoError(t, s.run("mail "+strings.TrimPrefix(uid.String(), "#")+" from=mia: "+text))
			require.NoError(t, s.run("call"))
			require.NoError(t, s.run("turn "+strings.TrimPrefix((uid+1).String(), "#")+": Fine."))
			for _, m := range s.last.Prompt.Messages {
				if shown := textIn(m.Parts); m.Role == quire.RoleUser && strings.Contains(shown, "left out") {
					excerpts++
					require.Contains(t, shown, "An ordinary line of mail.", "budget %d: %s", budget, shown)
				}
			}
		}
		require.Positive(t, excerpts, "budget %d", budget)
	}
}

func textIn(parts []quire.Part) string {
	var b strings.Builder
	writeParts(&b, "", parts)
	return b.String()
}
