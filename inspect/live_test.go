package inspect

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// listener reads the events of a page.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  context.CancelFunc
	ended chan struct{} // when the handler has returned
	ticks chan time.Time
}

// listen opens a page's events, with a clock that the test moves.
func listen(t *testing.T, h *Handler, path string) *listener {
	t.Helper()
	l := &listener{t: t, ended: make(chan struct{}), ticks: make(chan time.Time)}
	h.tick = func(time.Duration) (<-chan time.Time, func()) { return l.ticks, func() {} }
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(l.ended)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	l.stop = stop
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+path, nil)
	require.NoError(t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = got.Body.Close() })
	assert.Equal(t, "text/event-stream", got.Header.Get("Content-Type"))
	l.lines = bufio.NewScanner(got.Body)
	return l
}

// next reads events up to one with this name, and returns its data.
func (l *listener) next(name string) string {
	l.t.Helper()
	at := ""
	for l.lines.Scan() {
		if n, ok := strings.CutPrefix(l.lines.Text(), "event: "); ok {
			at = n
		} else if data, ok := strings.CutPrefix(l.lines.Text(), "data: "); ok && at == name {
			return data
		}
	}
	require.Fail(l.t, "the events ended", "before %s: %v", name, l.lines.Err())
	return ""
}

func TestAPageIsToldWhatChangesAndWhatIsSaid(t *testing.T) {
	w := grow(t, false)
	l := listen(t, w.handler(t, Options{}), "/live?box=ada")
	l.next("hello")
	_, err := w.store.Box("mia").Send(t.Context(), quire.Mail("ada", "News", "There are some."))
	require.NoError(t, err)
	l.ticks <- w.time()
	l.next("changed")

	begun, err := w.store.ReadStream(t.Context(), "ada", mailbox.StreamRead{})
	require.NoError(t, err)
	turn := begun.Stream + 1
	a, err := w.store.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: turn, About: []byte(`{"turn":71,"call":990099,"model":"m"}`)})
	require.NoError(t, err)
	require.NoError(t, w.store.AppendStream(t.Context(), "ada", mailbox.StreamAppend{Stream: turn, Attempt: a.Attempt, Chunks: [][]byte{[]byte(`{"text":"<b>new</b>"}`), []byte(`no JSON`)}}))
	require.NoError(t, w.store.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: turn, Attempt: a.Attempt, End: driver.StreamEnd{Kind: driver.StreamFailed, Reason: "so"}}))
	for !strings.Contains(l.next("attempt"), `"call":990099`) {
	}
	assert.JSONEq(t, `{"text":"<b>new</b>"}`, l.next("piece"))
	assert.Contains(t, l.next("end"), `"reason":"so"`)
	l.stop()
	<-l.ended
}

// TestTheOverviewIsTold: of whatever changes on its page.
func TestTheOverviewIsTold(t *testing.T) {
	w := grow(t, false)
	l := listen(t, w.handler(t, Options{}), "/live")
	l.next("hello")
	for range 2 * beatEvery { // nothing changed: a comment now and then
		l.ticks <- w.time()
	}
	_, err := w.store.Box("mia").Send(t.Context(), quire.Mail("newcomer", "News", "There are some."))
	require.NoError(t, err)
	l.ticks <- w.time()
	l.next("changed")
	l.stop()
	<-l.ended
}

// TestHowAnAgentStands: the most urgent of what is known is said.
func TestHowAnAgentStands(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	ok := agent.Health{OK: true}
	for _, c := range []struct {
		s    agent.Status
		word string
		why  string
	}{
		{agent.Status{Health: agent.Health{Since: now, Failures: 2, Reason: "Overloaded", Next: now.Add(3 * time.Minute)}, Open: true}, "ill", "2 failures: Overloaded. Next try in 3 min"},
		{agent.Status{Health: ok, Paused: "tokens in an hour", Until: now.Add(time.Hour), Parked: "x"}, "paused", "at its limit: tokens in an hour, goes on in 60 min"},
		{agent.Status{Health: ok, Paused: "money on a thread"}, "paused", "until its owner answers"},
		{agent.Status{Health: ok, Parked: "repeats"}, "parked", "repeats"},
		{agent.Status{Health: ok, Open: true, Turns: 4, Questions: 1}, "awake", "turn 4 is under way"},
		{agent.Status{Health: ok, Open: true, Turns: 4, Interrupted: 2}, "awake", "2 tool calls under way"},
		{agent.Status{Health: ok, Questions: 2, Due: now.Add(3 * time.Hour)}, "waiting", "2 questions open, the first due in 3 h"},
		{agent.Status{Health: ok, Turns: 4}, "asleep", "turn 4 is over"},
	} {
		got := standingOf(&c.s, &mailbox.Mailbox{}, now)
		assert.Equal(t, c.word, got.Word)
		assert.Contains(t, got.Why, c.why)
	}
	got := standingOf(&agent.Status{Health: ok, Questions: 1}, &mailbox.Mailbox{Pending: 1, Oldest: now.Add(-time.Minute)}, now)
	assert.Equal(t, standing{"awake", "1 message is waiting, the first since 60 s ago"}, got)
}
