package streamws_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent/streamws"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func everybody(*http.Request, quire.Address) error { return nil }

func never(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

type server struct {
	t     *testing.T
	store *mailbox.Store
	url   string
	busy  atomic.Int32
}

// served is what a handler serves, and how.
type served struct {
	Store     *mailbox.Store
	Authorize func(*http.Request, quire.Address) error
	streamws.Options
}

// serve starts one. When the test ends no handler of it may be left.
func serve(t *testing.T, change ...func(*served)) *server {
	t.Helper()
	s := &server{t: t, store: mailbox.New(memstore.NewDriver("e"), nil)}
	o := served{s.store, everybody, streamws.Options{Tick: never}}
	for _, f := range change {
		f(&o)
	}
	h, err := streamws.New(o.Store, o.Authorize, &o.Options)
	require.NoError(t, err)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Add(-1)
		h.ServeHTTP(w, r)
	}))
	s.url = "ws" + strings.TrimPrefix(web.URL, "http") + "/"
	t.Cleanup(func() {
		assert.NoError(t, s.store.Close())
		require.Eventually(t, func() bool { return s.busy.Load() == 0 }, time.Minute, time.Millisecond)
		web.Close()
	})
	return s
}

func (s *server) dial(path string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	c, res, err := websocket.Dial(ctx, s.url+path, nil)
	if err == nil {
		s.t.Cleanup(func() { _ = c.CloseNow() }) // the test has read what it wanted
	}
	return c, res, err
}

func (s *server) connect(path string) *websocket.Conn {
	s.t.Helper()
	c, _, err := s.dial(path)
	require.NoError(s.t, err)
	return c
}

// event reads the next message, or how the connection was closed.
func (s *server) event(c *websocket.Conn) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	kind, b, err := c.Read(ctx)
	if code := websocket.CloseStatus(err); code != -1 {
		return code.String()
	}
	require.NoError(s.t, err)
	require.Equal(s.t, websocket.MessageText, kind)
	return string(b)
}

func (s *server) say(attempt int, offset uint64, chunks ...string) {
	s.t.Helper()
	add := mailbox.StreamAppend{Stream: 1, Attempt: attempt, Offset: offset}
	for _, c := range chunks {
		add.Chunks = append(add.Chunks, []byte(c))
	}
	require.NoError(s.t, s.store.AppendStream(s.t.Context(), "ada", add))
}

func (s *server) open() {
	s.t.Helper()
	_, err := s.store.OpenStream(s.t.Context(), "ada", mailbox.StreamOpen{Stream: 1, Now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)})
	require.NoError(s.t, err)
}

func TestReadersFollowComeBackAndAreToldTheEnd(t *testing.T) {
	s := serve(t)
	c := s.connect("ada/streams/1")
	s.open()
	s.say(1, 0, `{"text":"one"}`)
	begin := `{"event":"attempt","data":{"stream":1,"attempt":1,"began":"2026-01-05T09:00:00Z"}}`
	assert.Equal(t, begin, s.event(c))
	assert.Equal(t, `{"event":"message","id":"e.1.1.1","data":{"attempt":1,"offset":0,"piece":{"text":"one"}}}`, s.event(c))
	require.NoError(t, c.CloseNow()) // its line breaks
	s.say(1, 1, `{"text":"two"}`)
	c = s.connect("ada/streams/1?from=e.1.1.1")
	assert.Equal(t, `{"event":"message","id":"e.1.1.2","data":{"attempt":1,"offset":1,"piece":{"text":"two"}}}`, s.event(c))
	require.NoError(t, s.store.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: 1, End: driver.StreamEnd{Kind: driver.StreamDone, UID: 7}}))
	assert.Equal(t, `{"event":"end","id":"e.1.over","data":{"attempt":1,"kind":"done","uid":7}}`, s.event(c))
	assert.Equal(t, websocket.StatusNormalClosure.String(), s.event(c))
	assert.Equal(t, websocket.StatusNormalClosure.String(), s.event(s.connect("ada/streams/1?from=e.1.over")))
	assert.Equal(t, `{"event":"gone","id":"e.1.1.0","data":{"stream":1,"attempt":1,"offset":0}}`, s.event(s.connect("ada/streams/1?from=before.1.1.9")))
}

func TestOnlyWhoMayReads(t *testing.T) {
	s := serve(t, func(o *served) {
		o.Authorize = func(r *http.Request, addr quire.Address) error {
			if r.URL.Query().Get("key") != "mia" || addr == "ben" {
				return errors.New("secret reason")
			}
			return nil
		}
	})
	for path, code := range map[string]int{"ada/streams/1": 403, "ben/streams/1?key=mia": 403, "ada/streams/x?key=mia": 400, "ada/streams/1?key=mia&from=x": 400} {
		_, res, err := s.dial(path)
		require.Error(t, err, path)
		assert.Equal(t, code, res.StatusCode, path)
	}
	s.connect("ada/streams/1?key=mia")
	_, err := streamws.New(s.store, nil, nil)
	require.ErrorContains(t, err, "authorize")
	_, err = streamws.New(nil, everybody, nil)
	require.ErrorContains(t, err, "store")
}

// A page of another origin can't use the cookies of who looks at it.
func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		s := serve(t, func(o *served) {
			if allowed {
				o.Origins = []string{"*.example.org"}
			}
		})
		c, res, err := websocket.Dial(t.Context(), s.url+"ada/streams/1", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example.org"}}})
		if allowed {
			require.NoError(t, err)
			require.NoError(t, c.CloseNow())
			continue
		}
		require.Error(t, err)
		assert.Equal(t, http.StatusForbidden, res.StatusCode)
	}
}

func TestClientsThatAreGoneOrSpeakAreLeft(t *testing.T) {
	ticks := make(chan time.Time)
	s := serve(t, func(o *served) {
		o.Write = 50 * time.Millisecond
		o.Tick = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() {} }
	})
	idle := func() bool { return s.busy.Load() == 0 }
	c := s.connect("ada/streams/1")
	require.NoError(t, c.CloseNow())
	require.Eventually(t, idle, time.Minute, time.Millisecond, "it left")
	c = s.connect("ada/streams/1")
	require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte("hello")))
	assert.Equal(t, websocket.StatusPolicyViolation.String(), s.event(c), "it speaks")
	require.Eventually(t, idle, time.Minute, time.Millisecond)
	s.connect("ada/streams/1") // never reads, so that it answers no ping
	ticks <- time.Time{}
	require.Eventually(t, idle, time.Minute, time.Millisecond, "it does not answer")
}

func TestAStoreThatCanNotBeRead(t *testing.T) {
	failed := make(chan error, 1)
	s := serve(t, func(o *served) { o.Failed = func(_ *http.Request, err error) { failed <- err } })
	c := s.connect("ada/streams/1")
	require.NoError(t, s.store.Close())
	assert.Contains(t, s.event(c), `"event":"problem"`)
	assert.Equal(t, websocket.StatusTryAgainLater.String(), s.event(c))
	require.ErrorIs(t, <-failed, mailbox.ErrClosed)
}
