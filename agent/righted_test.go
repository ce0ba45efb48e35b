package agent

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

const aYear = 365 * 24 * time.Hour

func TestAQuestionThatWasAskedAYearAhead(t *testing.T) {
	b := newBench(t)
	b.now = day.Add(aYear)
	b.send("mia", "Ask", "ask")
	b.turn(b.agent(script([]quire.Part{use("mail_send", reversible)})))
	b.now = day // the clock is put right
	assert.Equal(t, day.Add(2*time.Hour), mustStatus(t, b.agent(script())).Due)
	b.send("mia", "Go", "go") // what is written then is written with the right times
	b.turn(b.agent(script()))
	for range 300 {
		b.now = b.now.Add(24 * time.Hour)
		b.turn(b.agent(script()))
	}
	due := 0
	for _, s := range b.subjects("mia") {
		if s == "Question due" {
			due++
		}
	}
	assert.Equal(t, 1, due, "once, and it does not wait for a year")
}

func TestAPauseThatBeganAYearAhead(t *testing.T) {
	b := newBench(t)
	b.now = day.Add(aYear)
	b.send("mia", "Hello", "hi")
	limited := func(o *settings) { o.Limits.TokensPerHour = 3000 }
	model := counting()
	_, err := b.agent(model, limited).Turn(t.Context())
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	assert.NotEmpty(t, mustStatus(t, b.agent(model, limited)).Paused)
	b.now = day
	assert.Empty(t, mustStatus(t, b.agent(model, limited)).Paused, "nobody is told that it is for a year")
	n := len(b.prompts)
	_, err = b.agent(model, limited).Turn(t.Context())
	require.ErrorAs(t, err, &limit)
	b.now = b.now.Add(time.Hour)
	_, _ = b.agent(model, limited).Turn(t.Context())
	assert.Greater(t, len(b.prompts), n)
}

func TestAnOutageThatBeganAYearAhead(t *testing.T) {
	b := newBench(t)
	b.now = day.Add(aYear)
	b.send("mia", "Go", "go")
	_, err := b.agent(b.down(day.Add(2*aYear), overloaded())).Step(t.Context())
	require.Error(t, err)
	b.now = day
	_, err = b.agent(b.down(day.Add(aYear), overloaded())).Step(t.Context())
	require.Error(t, err)
	h := mustStatus(t, b.agent(script())).Health
	assert.Equal(t, day, h.Since.Truncate(time.Minute))
	assert.True(t, h.Next.Before(day.Add(time.Hour)))
	b.now = b.now.Add(time.Hour)
	_, err = b.agent(b.down(day.Add(aYear), overloaded())).Step(t.Context())
	require.Error(t, err)
	assert.Equal(t, []string{"Model unavailable"}, b.subjects("mia"))
}

func TestMailThatWasPutOffAYearAhead(t *testing.T) {
	p := newPeers(t, "mia", 1, forever)
	p.now = day.Add(aYear)
	p.send("cron", "Go", "go")
	p.live(2000)
	require.Len(t, p.questions("mia"), 1)
	p.now = day
	assert.Positive(t, p.live(2000), "it does not wait for a year")
}

// TestAWaitLooksAgain: a deadline that was reckoned by a wrong clock does not hold Run.
func TestAWaitLooksAgain(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		var ahead atomic.Int64
		ahead.Store(int64(aYear))
		b.send("mia", "Ask", "ask")
		a := b.agent(script([]quire.Part{use("mail_send", reversible)}), realTime, func(o *settings) {
			o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		over := make(chan error, 1)
		go func() { over <- a.Run(t.Context()) }()
		synctest.Wait()
		ahead.Store(0)
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		assert.Contains(t, b.subjects("mia"), "Question due")
		require.NoError(t, a.Shutdown(t.Context()))
		require.ErrorIs(t, <-over, ErrShutdown)
	})
}
