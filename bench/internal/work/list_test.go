package work

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/wire"
)

// listed asks the reader about a prompt as a session makes it, in both formats.
func listed(t *testing.T, messages ...quire.PromptMessage) Act {
	t.Helper()
	var acts []Act
	for _, api := range []quire.API{quire.APIOpenAIChat, quire.APIAnthropic} {
		s := Setting{API: api}
		p := &quire.Prompt{Model: s.info().Name, System: taker, Messages: messages, MaxOutput: 100,
			Tools: append(sending(), compose.NewSession(models.Profile{}, nil).Tools()...)}
		body, err := wire.Encode(api, p, nil)
		require.NoError(t, err)
		a, err := Read(body, true)
		require.NoError(t, err)
		acts = append(acts, a)
	}
	require.Equal(t, acts[0], acts[1])
	return acts[0]
}

func TestASessionsRowIsPulledAndThenRead(t *testing.T) {
	ms := []quire.PromptMessage{user("[40 earlier messages of this conversation, from #1 to #40, are left out; context_find searches them, context_pull shows them by number]"),
		user("Mail 30 from mia: Job J-1\n" + kova)}
	a := listed(t, ms...)
	require.Equal(t, call1("context_find", `{"words":"kova of tiru"}`), a.Calls)
	rows := "#41 user: Mail 30 from mia: Job J-1 Job J-1. Need: the kova of Tiru, …\n#7 user: … is with ben. The kova of Tiru is 417. It …\n#3 user: Mail 2 from ben: Kova Need some? …\nand 9 more with fewer of these words"
	ms = append(ms, called("context_find", a.Calls[0].Args, rows)...)
	a = listed(t, ms...)
	require.Equal(t, call1("context_pull", `{"uids":[7]}`), a.Calls, "neither the job itself, nor what somebody else sent")
	ms = append(ms, called("context_pull", a.Calls[0].Args, "[#7 user]\nMail 5 from lena: A\nAll is with ben. The kova of Tiru is 417. It rained.")...)
	assert.Equal(t, call1("mail_send", `{"done":true,"reply_to":30,"text":"Answer J-1: 417."}`), listed(t, ms...).Calls)
	ms = append(ms[:1:1], append([]quire.PromptMessage{user("Mail 20 from lena: B\nCorrection: the kova of Tiru is 520.")}, ms[1:]...)...)
	assert.Contains(t, listed(t, ms...).Calls[0].Args, "520", "what stands in the list is newer than what left it")
}

func TestASessionsTellerIsAWord(t *testing.T) {
	ms := append([]quire.PromptMessage{user("Mail 30 from mia: Job J-1\n" + kova)},
		called("context_find", `{"words":"kova of tiru"}`, "Nothing has any of these words.")...)
	require.Equal(t, call1("context_find", `{"words":"lena"}`), listed(t, ms...).Calls)
	left := "[what context_find returned is left out; context_pull #42 shows it]"
	ms = append(ms[:1:1], called("context_find", `{"words":"kova of tiru"}`, left)...)
	assert.Equal(t, call1("context_find", `{"words":"kova of tiru"}`), listed(t, ms...).Calls, "its result is left out: it searches again")
}

func TestASessionIsReadInRanges(t *testing.T) {
	ms := append([]quire.PromptMessage{user("Mail 30 from mia: Job J-1\n" + kova)},
		called("context_find", `{"words":"kova of tiru"}`, "#7 user: Mail 5 from lena: A It rained. The kova of Tiru …")...)
	ms = append(ms, called("context_pull", `{"uids":[7]}`, "[#7 user, bytes 0 to 4000 of 9000; from=4000 goes on]\nMail 5 from lena: A\nIt rained.")...)
	a := listed(t, ms...)
	require.Equal(t, call1("context_pull", `{"from":3800,"to":7800,"uids":[7]}`), a.Calls)
	ms = append(ms, called("context_pull", a.Calls[0].Args, "[#7 user, bytes 3800 to 7800 of 9000; from=7800 goes on]\nThe kova of Tiru is 417. Yes.")...)
	assert.Contains(t, listed(t, ms...).Calls[0].Args, "417", "whose the range is was said before")
}

func TestASessionsStubIsPulled(t *testing.T) {
	job := user("Mail 30 from mia: Job J-1\nJob J-1.\nStep 1: run probe on kova.\nStep 2: run probe on the result of step 1.\nAnswer with the last result.")
	left := "[what probe returned is left out; context_pull #42 shows it]"
	ms := append([]quire.PromptMessage{job}, called("probe", `{"job":"J-1","on":"kova","step":1}`, left)...)
	a := listed(t, ms...)
	require.Equal(t, call1("context_pull", `{"uids":[42]}`), a.Calls)
	ms = append(ms, called("context_pull", a.Calls[0].Args, "[#42 result of probe]\nThe result 1 of j-1 is 555.")...)
	assert.Equal(t, call1("probe", `{"job":"J-1","on":"555","step":2}`), listed(t, ms...).Calls)
}

func TestASessionsCutJobIsPulledFirst(t *testing.T) {
	gap := "[… 900 bytes left out; context_pull #42 shows any range …]"
	job := user("Mail 30 from mia: Job J-1\nJob J-1.\n" + gap + "\nAnswer with the sum.")
	assert.Equal(t, call1("context_pull", `{"uids":[42]}`), listed(t, job).Calls)
}

// TestSessionAtAQuarter: a loop over a session does as well as one with the whole list.
func TestSessionAtAQuarter(t *testing.T) {
	raced.Skip(t)
	for _, name := range []string{"old-fact", "late-answer"} {
		c := cell(t, name, 0, 5)
		s, ok := strategyOf("session")
		require.True(t, ok)
		c.Strategy, c.Share, c.Spec.PerLife = s, 25, 5
		c.Spec.Wait = min(c.Spec.Wait, 40)
		r, err := c.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, r.Jobs, r.Right, "%s: %+v", name, r)
		assert.Greater(t, r.Budget, 1000, name)
		assert.Less(t, r.Budget, 4500, name)
	}
}

func TestSmallestIsTheSmallest(t *testing.T) {
	c := cell(t, "old-fact", 0, 4)
	c.Spec.PerLife, c.Spec.Before = 4, [2]int{10, 20}
	c.Strategy, _ = strategyOf("watermark@50")
	l, err := c.Smallest(t.Context())
	require.NoError(t, err)
	require.Positive(t, l.Room, fmt.Sprint(l))
	assert.Equal(t, l.Jobs, l.Right)
	for i, room := range rooms() {
		if room == l.Room {
			c.Setting.Budget = l.Fixed + rooms()[i-1]
		}
	}
	r, err := c.Run(t.Context())
	require.NoError(t, err)
	assert.Less(t, r.Right*100, r.Jobs*enough)
}

func TestStrategyOf(t *testing.T) {
	for _, name := range []string{"quire", "session-bare", "watermark@25", "summarise@20/10", "watermark@25-bare", "slide@20", "quire@20", "watermark@x", "no"} {
		_, ok := strategyOf(name)
		assert.Equal(t, name == "quire" || name == "session-bare" || name == "watermark@25" || name == "summarise@20/10", ok, name)
	}
}
