package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// untilIdle makes waits end Run with errCrash.
func (b *bench) untilIdle() {
	b.onWait(func(mailbox.Wait) error { return errCrash })
}

// down is a model that fails with err until a time, and then says that it is done.
func (b *bench) down(until time.Time, err error) modelFunc {
	return func(*quire.Prompt) (*quire.Reply, error) {
		if b.now.Before(until) {
			return nil, err
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}
}

// subjects lists what somebody got.
func (b *bench) subjects(addr quire.Address) []string {
	var out []string
	for _, it := range b.inbox(addr) {
		out = append(out, it.Subject)
	}
	return out
}

// watched is a log that is kept, with OnError.
type watched struct {
	log  bytes.Buffer
	errs []error
}

func (w *watched) on(o *settings) {
	o.Log = slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.OnError = func(err error) { w.errs = append(w.errs, err) }
}

// lines are those with a message.
func (w *watched) lines(t *testing.T, msg string) (out []map[string]any) {
	t.Helper()
	for _, l := range strings.Split(strings.TrimSpace(w.log.String()), "\n") {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(l), &m), l)
		if m["msg"] == msg {
			out = append(out, m)
		}
	}
	return out
}

func overloaded() error {
	return &providers.Error{Provider: "test", Code: providers.CodeUnavailable, Status: 503, Err: errors.New("overloaded: " + strings.Repeat("try later ", 100))}
}

func TestAnOutageCanBeSeenFromOutside(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	id := b.inbox("ada")[0].ID
	plain := b.store
	b.untilIdle()
	var w watched
	var reasons []string
	a := b.agent(b.down(day.Add(5*time.Hour), overloaded()), w.on, func(o *settings) {
		o.Sleep = func(ctx context.Context, d time.Duration) error {
			assert.LessOrEqual(t, d, maxPause)
			r, err := RequestStatus(t.Context(), plain, "ada", id, b.now)
			require.NoError(t, err)
			assert.Equal(t, RequestAccepted, r.State)
			reasons = append(reasons, r.Reason)
			b.now = b.now.Add(d)
			return ctx.Err()
		}
	})
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Equal(t, []string{"Model unavailable", "Model available again"}, b.subjects("mia"), "told once of each")
	told := quire.PlainText(b.inbox("mia")[0].Parts)
	assert.Contains(t, told, "can't reach its model since 2026-01-05T09:00:00Z: test: unavailable (HTTP 503): overloaded: try later")
	at := b.inbox("mia")[0].Sent
	assert.WithinRange(t, at, day.Add(10*time.Minute), day.Add(20*time.Minute))

	seen := 0
	for _, r := range reasons {
		if strings.HasPrefix(r, "the agent waits: its model can't be reached since 2026-01-05T09:00:00Z: test: unavailable (HTTP 503): overloaded") {
			seen++
		}
	}
	assert.Greater(t, seen, 50)
	r, err := RequestStatus(t.Context(), plain, "ada", id, b.now)
	require.NoError(t, err)
	assert.Equal(t, RequestDone, r.State)
	assert.True(t, mustStatus(t, a).Health.OK)

	failed := w.lines(t, logCall)
	assert.Len(t, failed, len(b.prompts)-1)
	assert.Less(t, len(b.prompts), 90, "no storm")
	for _, l := range failed {
		assert.Equal(t, []any{"ada", "test-1", "unavailable", 503.0, "WARN"}, []any{l["agent"], l["model"], l["code"], l["status"], l["level"]})
		assert.LessOrEqual(t, len(l["err"].(string)), 300)
		assert.Contains(t, l, "attempt")
		assert.Contains(t, l, "wait")
	}
	for _, msg := range []string{logRun, logTurn, logOutage, logWell, logRunEnds, logTurnEnds} {
		assert.NotEmpty(t, w.lines(t, msg), msg)
	}
	assert.Len(t, w.lines(t, logOutage), 1)
	assert.GreaterOrEqual(t, len(w.errs), len(failed))
	var failure *providers.Error
	assert.ErrorAs(t, w.errs[0], &failure)
}

// commits counts the commits of agents.
type commits struct {
	mailStore
	n int
}

func (c *commits) Commit(ctx context.Context, m mailbox.Commit) (mailbox.Committed, error) {
	c.n++
	return c.mailStore.Commit(ctx, m)
}

func TestAnOutageIsNotWrittenAtEveryTry(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	b.untilIdle()
	c := &commits{}
	b.put(&c.mailStore, c)
	a := b.agent(b.down(day.Add(150*time.Second), overloaded()), func(o *settings) { o.Limits.Backoff, o.Limits.TellAfter = 100*time.Millisecond, -1 })
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Greater(t, len(b.prompts), 8)
	assert.Equal(t, 2, c.n, "when it began, and the reply")

	b.send("mia", "More", "more")
	c.n = 0
	a = b.agent(b.down(b.now.Add(5*time.Hour), overloaded()), func(o *settings) { o.Limits.TellAfter = -1 })
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Empty(t, b.inbox("mia"), "never told")
	assert.Greater(t, c.n, 20, "its readers know that it lasts")
}

func TestAShortOutageIsNoNews(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	b.untilIdle()
	a := b.agent(b.down(day.Add(8*time.Minute), overloaded()))
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Empty(t, b.inbox("mia"))
	assert.Greater(t, len(b.prompts), 6)
}

func TestAKeyThatIsNotAcceptedIsAnOutage(t *testing.T) {
	raced.Skip(t)
	b := newBench(t)
	uid := b.send("mia", "Go", "go")
	b.untilIdle()
	bad := &providers.Error{Provider: "test", Code: providers.CodeAuth, Status: 401, Err: errors.New("no such key")}
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if len(b.prompts) == 2 {
			require.Equal(t, []string{"Model unavailable"}, b.subjects("mia"), "told at once")
			h := mustStatus(t, b.agent(script())).Health
			assert.Equal(t, Health{Since: day, Failures: 1, Reason: "test: auth (HTTP 401): no such key", Next: b.now}, h)
			assert.False(t, b.item(uid).Flags.Has(quire.FlagPulled))
		}
		if b.now.Before(day.Add(6 * time.Hour)) {
			return nil, bad
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Contains(t, quire.PlainText(b.inbox("mia")[0].Parts), "no such key")
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
	assert.Equal(t, []string{"Model unavailable", "Model available again"}, b.subjects("mia"))
}

// TestAnOutageOverManyProcesses: each process is killed after its first failure.
func TestAnOutageOverManyProcesses(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	for range 20 {
		_, err := b.agent(b.down(day.Add(24*time.Hour), overloaded())).Step(t.Context())
		require.Error(t, err)
		b.now = b.now.Add(5 * time.Minute)
	}
	h := mustStatus(t, b.agent(script())).Health
	assert.Equal(t, day, h.Since)
	assert.Equal(t, 20, h.Failures)
	b.turn(b.agent(script()))
	assert.Equal(t, []string{"Model unavailable", "Model available again"}, b.subjects("mia"))
}

func TestAServerThatAsksForAYear(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	b.untilIdle()
	year := &providers.Error{Provider: "test", Code: providers.CodeRateLimited, Status: 429, RetryAfter: 8760 * time.Hour}
	var slept []time.Duration
	a := b.agent(b.down(day.Add(5*time.Hour), year), func(o *settings) {
		o.Sleep = func(ctx context.Context, d time.Duration) error {
			slept = append(slept, d)
			b.now = b.now.Add(d)
			return ctx.Err()
		}
	})
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	assert.Equal(t, []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}, slept)
}

func TestPausesDifferFromAgentToAgent(t *testing.T) {
	seen := map[float64]bool{}
	for _, n := range []string{"ada", "ben", "eve", "dan", "joe"} {
		j := jitter(n, "x")
		assert.Equal(t, j, jitter(n, "x"))
		assert.True(t, j >= 0 && j < 1)
		seen[j] = true
	}
	assert.Len(t, seen, 5)
	assert.Equal(t, []time.Duration{time.Second, 8 * time.Second, maxPause, maxPause},
		[]time.Duration{doubled(time.Second, 0), doubled(time.Second, 3), doubled(time.Second, 30), doubled(time.Hour, 1<<40)})
}

// away is a store that can't be reached for its next calls.
type away struct {
	mailStore
	left int
	err  error
	do   bool // the commit is made, and its answer lost
}

func (s *away) gone() error {
	if s.left > 0 {
		s.left--
		return &mailbox.Error{Op: "test", Address: "ada", Err: s.err}
	}
	return nil
}

func (s *away) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if s.do && s.left > 0 {
		if _, err := s.mailStore.Commit(ctx, c); err != nil {
			return mailbox.Committed{}, err
		}
		s.do = false
	}
	if err := s.gone(); err != nil {
		return mailbox.Committed{}, err
	}
	return s.mailStore.Commit(ctx, c)
}

func (s *away) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	if err := s.gone(); err != nil {
		return mailbox.Snapshot{}, err
	}
	return s.mailStore.Snapshot(ctx, addr)
}

func TestAStoreThatIsAwayDoesNotEndTheRun(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for _, at := range []int{0, 1} { // at the beginning, or while the model thinks
			b := newBench(t)
			b.send("mia", "Go", "go")
			b.untilIdle()
			s := &away{err: mailbox.ErrUnavailable, do: lost && at == 1}
			if at == 0 {
				s.left = 40
			}
			b.put(&s.mailStore, s)
			var w watched
			a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
				if at == 1 {
					s.left = 3
				}
				return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
			}, w.on)
			require.ErrorIs(t, a.Run(t.Context()), errCrash)
			assert.Len(t, b.prompts, 1, "what was paid for is kept")
			assert.NotEmpty(t, w.errs)
			assert.ErrorIs(t, w.errs[0], mailbox.ErrUnavailable)
			turns := 0
			for _, it := range b.inbox("ada") {
				if it.Kind == quire.KindTurn {
					turns++
				}
			}
			assert.Equal(t, 1, turns)
			assert.NotEmpty(t, append(w.lines(t, logStore), w.lines(t, logCommit)...))
		}
	}
}

func TestWhatCantPassEndsTheRun(t *testing.T) {
	for _, e := range []error{mailbox.ErrCorrupt, mailbox.ErrNewerFormat, mailbox.ErrInvalid, mailbox.ErrClosed, mailbox.ErrForbidden, mailbox.ErrReadOnly} {
		b := newBench(t)
		b.send("mia", "Go", "go")
		s := &away{err: e, left: 1 << 30}
		b.put(&s.mailStore, s)
		var w watched
		assert.ErrorIs(t, b.agent(script(), w.on).Run(t.Context()), e)
		assert.Empty(t, w.errs)
		assert.Len(t, w.lines(t, logRunEnds), 1)
		assert.Equal(t, "ERROR", w.lines(t, logRunEnds)[0]["level"])
	}
}

func TestLimitsAreLogged(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	waits := 0
	b.onWait(func(mailbox.Wait) error {
		if waits++; waits == 5 {
			return errCrash
		}
		return nil
	})
	var w watched
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return &quire.Reply{}, nil }, w.on)
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	require.Len(t, w.lines(t, logLimit), 3)
	assert.Equal(t, limitEmpty, w.lines(t, logLimit)[0]["limit"])
	assert.Len(t, w.lines(t, logParked), 1, "once, however often it is woken")
	require.Len(t, w.errs, 3)
	var limit *LimitError
	assert.ErrorAs(t, w.errs[2], &limit)
}

func TestAnotherModelIsLoggedAndNoOutage(t *testing.T) {
	p := newPair(t)
	p.down = unavailable(0)
	p.send("mia", "One", "one")
	var w watched
	a := p.agent(w.on)
	p.turn(a)
	require.Len(t, w.lines(t, logSwitch), 1)
	assert.Equal(t, gpt.Name, w.lines(t, logSwitch)[0]["model"])
	assert.True(t, mustStatus(t, a).Health.OK)
	assert.Empty(t, w.lines(t, logOutage))
	assert.NotEmpty(t, w.errs)
}
