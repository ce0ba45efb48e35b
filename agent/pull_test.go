package agent

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/policy"
)

// pulling is a bench with so much mail of the sizes, in words, that is handled, after a
// turn that took in something else; the numbers of the mail begin at 1.
func pulling(t *testing.T, words ...int) *bench {
	b := newBench(t)
	for i, n := range words {
		b.send("mia", fmt.Sprint("Mail ", i+1), fmt.Sprintf("body %d: ", i+1)+wordsOf(n))
	}
	b.handleAll()
	b.send("zoe", "Go", "go on")
	return b
}

func pulls(uids string) quire.Part { return use("context_pull", `{"uids":[`+uids+`]}`) }

// TestTwoThirdsStandTogether: two pulls, each a third of the room, stand together under
// each policy, schedule and row, whatever was there before.
func TestTwoThirdsStandTogether(t *testing.T) {
	raced.Skip(t)
	for _, p := range allPolicies() {
		for _, s := range allSchedules() {
			for _, l := range allLoops() {
				b := pulling(t, 300, 300, 150, 150, 150, 150) // the room has 1117 tokens
				small := func(o *settings) {
					o.Budget, o.Profile.Dialect.LoopEvict = 2000, l
					o.Composer = compose.New(&compose.Options{Policy: p, Schedule: s})
				}
				b.turn(b.agent(script([]quire.Part{pulls("3,4")}, []quire.Part{pulls("5")}), small))
				b.send("zoe", "Both", "compare them")
				b.steps, b.prompts = nil, nil
				b.turn(b.agent(script(
					[]quire.Part{use("mail_find", `{"words":"body"}`)}, []quire.Part{pulls("1")},
					[]quire.Part{use("mail_find", `{"words":"mail"}`)}, []quire.Part{pulls("2")},
					[]quire.Part{use("mail_find", `{"words":"go"}`)},
				), small))
				name := fmt.Sprintf("%s, %s, %s", policy.Name(p), policy.Name(s), l)
				for _, i := range []int{4, 5} {
					require.Contains(t, flat(b.prompts[i]), "body 1: word", name)
					require.Contains(t, flat(b.prompts[i]), "body 2: word", name)
				}
				assert.NotContains(t, partText(b.steps[3].Results[0]), "leaves your context", name)
			}
		}
	}
}

// TestAboveIsSaidOfWhatStays: what an earlier pull of the step pushes out is not said to
// be above, but shown again, or refused.
func TestAboveIsSaidOfWhatStays(t *testing.T) {
	for _, calls := range [][]quire.Part{{pulls("2"), pulls("1")}, {pulls("2,1")}, {pulls("1"), pulls("2")}} {
		b := pulling(t, 330, 330)
		b.turn(b.agent(script([]quire.Part{pulls("1")}, calls), func(o *settings) { o.Budget, o.Limits.PullShare = 1800, 90 }))
		said := ""
		for _, r := range b.steps[1].Results {
			said += partText(r) + "\n"
		}
		stands := strings.Contains(b.last(), "body 1: word")
		told := strings.Contains(said, "#1 leaves your context") || strings.Contains(said, "#1 does not fit")
		assert.True(t, stands || told, "%s", said)
	}
}

// TestAPullOfOneStepIsShownOnce: a second call for the same shows nothing twice.
func TestAPullOfOneStepIsShownOnce(t *testing.T) {
	b := pulling(t, 100)
	b.turn(b.agent(script([]quire.Part{pulls("1"), pulls("1")})))
	assert.Equal(t, "#1 is above.", partText(b.steps[0].Results[1]))
	assert.Equal(t, 1, strings.Count(b.last(), "body 1:"))
}

// TestAReleaseNamesWhatCameAlong: one result shows several messages, and to release one
// of them is to release them all.
func TestAReleaseNamesWhatCameAlong(t *testing.T) {
	b := pulling(t, 50, 50, 50)
	b.turn(b.agent(script([]quire.Part{pulls("1,2")}, []quire.Part{pulls("3")}, []quire.Part{use("context_drop", `{"uids":[1,3]}`)})))
	assert.Contains(t, partText(b.steps[2].Results[0]), "#1, #3 released.")
	assert.Contains(t, partText(b.steps[2].Results[0]), "#2 came in the same pull, and will leave with it.")
}

// TestAPullOfWhatWasHandledStays: that a pull notes that a message was shown lets go of
// nothing.
func TestAPullOfWhatWasHandledStays(t *testing.T) {
	b := pulling(t, 200)
	b.turn(b.agent(script([]quire.Part{pulls("1"), use("mail_done", `{"uids":[1]}`)}, []quire.Part{pulls("1")}, []quire.Part{use("mail_find", `{}`)})))
	st := b.plans[len(b.plans)-1].Next
	for _, s := range st.Items() {
		if contains(s.Shows, 1) {
			assert.True(t, s.Now, "it is of the turn still")
		}
	}
}

// TestALaterPullCutsNoEarlierOne: of a step that pulls more than fits, what was shown
// stands whole.
func TestALaterPullCutsNoEarlierOne(t *testing.T) {
	b := pulling(t, 170, 170, 170, 170)
	b.turn(b.agent(script([]quire.Part{pulls("1"), pulls("2"), pulls("3"), pulls("4")}), func(o *settings) { o.Budget, o.Limits.PullShare = 2000, 90 }))
	shown := 0
	for i, r := range b.steps[0].Results {
		if _, ok := r.Parts[0].(quire.Ref); ok {
			shown++
			assert.Contains(t, b.last(), fmt.Sprintf("body %d: %s", i+1, wordsOf(170)))
		}
	}
	assert.Positive(t, shown)
	assert.Less(t, shown, 4)
}
