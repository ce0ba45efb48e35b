package streamhttp_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// watched counts who follows streams.
type watched struct {
	driver.Driver
	waiting atomic.Int32
}

func (w *watched) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	watch, err := w.Driver.Watch(ctx, streams)
	if err != nil || !streams {
		return watch, err
	}
	stop := watch.Stop
	watch.Stop = func() { stop(); w.waiting.Add(-1) }
	w.waiting.Add(1)
	return watch, nil
}

func everybody(*http.Request, quire.Address) error { return nil }

// never is a ticker that never ticks.
func never(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// server is a store behind a handler.
type server struct {
	t     *testing.T
	store *mailbox.Store
	held  *watched // what keeps the store's mail
	url   string
	busy  atomic.Int32 // requests that are being served
	cut   func(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *http.Request)
}

// served is what a handler serves, and how.
type served struct {
	Store     *mailbox.Store
	Authorize func(*http.Request, quire.Address) error
	streamhttp.Options
}

// serve starts one. When the test ends nothing of it may be left.
func serve(t *testing.T, change ...func(*served)) *server {
	t.Helper()
	s := &server{t: t, held: &watched{Driver: memstore.NewDriver("e")}}
	s.store = mailbox.New(s.held, nil)
	o := served{s.store, everybody, streamhttp.Options{Tick: never}}
	for _, f := range change {
		f(&o)
	}
	h, err := streamhttp.New(o.Store, o.Authorize, &o.Options)
	require.NoError(t, err)
	streams := http.StripPrefix("/agents", h)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Add(-1)
		if s.cut != nil {
			w, r = s.cut(w, r)
		}
		streams.ServeHTTP(w, r)
	}))
	s.url = web.URL + "/agents/"
	t.Cleanup(func() {
		assert.NoError(t, s.store.Close())
		web.Close() // waits for all handlers
		assert.Zero(t, s.held.waiting.Load(), "nobody follows a stream any more")
	})
	return s
}

func (s *server) open(stream uint64) driver.StreamAttempt {
	s.t.Helper()
	a, err := s.store.OpenStream(s.t.Context(), "ada", mailbox.StreamOpen{Stream: stream, About: []byte(`{"turn":1}`), Now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)})
	require.NoError(s.t, err)
	return a
}

func (s *server) say(a driver.StreamAttempt, offset uint64, chunks ...string) {
	s.t.Helper()
	add := mailbox.StreamAppend{Stream: a.Stream, Attempt: a.Attempt, Offset: offset}
	for _, c := range chunks {
		add.Chunks = append(add.Chunks, []byte(c))
	}
	require.NoError(s.t, s.store.AppendStream(s.t.Context(), "ada", add))
}

func (s *server) end(a driver.StreamAttempt, e driver.StreamEnd) {
	s.t.Helper()
	require.NoError(s.t, s.store.EndStream(s.t.Context(), "ada", mailbox.StreamClose{Stream: a.Stream, Attempt: a.Attempt, End: e}))
}

var done = driver.StreamEnd{Kind: driver.StreamDone, Message: "m1", UID: 7}

// client reads an event stream by line.
type client struct {
	t *testing.T
	*http.Response
	lines *bufio.Scanner
	leave context.CancelFunc
}

func (s *server) get(path, lastID string) *client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	return s.send(r, cancel)
}

func (s *server) send(r *http.Request, cancel context.CancelFunc) *client {
	s.t.Helper()
	res, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() {
		cancel()
		_ = res.Body.Close() // the test has read what it wanted
	})
	c := &client{s.t, res, bufio.NewScanner(res.Body), cancel}
	c.lines.Buffer(nil, 1<<20)
	return c
}

// event reads the next event or comment, in one line; "" at the end.
func (c *client) event() string {
	c.t.Helper()
	var list []string
	for c.lines.Scan() {
		switch line := c.lines.Text(); {
		case line == "" && len(list) > 0:
			return strings.Join(list, " ")
		case line != "" && !strings.HasPrefix(line, "retry:"):
			list = append(list, line)
		case strings.HasPrefix(line, "retry:"):
			require.True(c.t, c.lines.Scan())
		}
	}
	if err := c.lines.Err(); err != nil && !errors.Is(err, context.Canceled) {
		require.NoError(c.t, err)
	}
	return strings.Join(list, " ")
}

// rest reads to the end.
func (c *client) rest() string {
	c.t.Helper()
	var list []string
	for {
		e := c.event()
		if e == "" {
			return strings.Join(list, "\n")
		}
		list = append(list, e)
	}
}
