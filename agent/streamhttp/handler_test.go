package streamhttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

func TestReadersFollowComeBackAndAreToldTheEnd(t *testing.T) {
	s := serve(t)
	early := s.get("ada/streams/1", "") // before there is anything
	assert.Equal(t, http.StatusOK, early.StatusCode)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"} {
		assert.Equal(t, want, early.Header.Get(name))
	}
	a := s.open(1)
	s.say(a, 0, `{"text":"Hel"}`)
	begin := `event: attempt data: {"stream":1,"attempt":1,"began":"2026-01-05T09:00:00Z","about":{"turn":1}}`
	assert.Equal(t, begin, early.event())
	assert.Equal(t, `id: e.1.1.1 data: {"attempt":1,"offset":0,"piece":{"text":"Hel"}}`, early.event())
	early.leave() // its line breaks
	s.say(a, 1, "not JSON:\r\n\nid: 9", `{ "text": "lo" }`)
	back := s.get("ada/streams/1", "e.1.1.1")
	assert.Equal(t, `id: e.1.1.2 data: {"attempt":1,"offset":1,"piece":"not JSON:\r\n\nid: 9"}`, back.event())
	assert.Equal(t, `id: e.1.1.3 data: {"attempt":1,"offset":2,"piece":{"text":"lo"}}`, back.event())
	s.end(a, driver.StreamEnd{Kind: driver.StreamFailed, Reason: "reset", More: true})
	assert.Equal(t, `event: end id: e.1.2.0 data: {"attempt":1,"kind":"failed","reason":"reset","more":true}`, back.event())
	b := s.open(1)
	s.say(b, 0, `{"text":"Hello"}`)
	s.end(b, done)
	rest := strings.Replace(begin, `"attempt":1`, `"attempt":2`, 1) + "\n" +
		`id: e.1.2.1 data: {"attempt":2,"offset":0,"piece":{"text":"Hello"}}` + "\n" +
		`event: end id: e.1.over data: {"attempt":2,"kind":"done","message":"m1","uid":7}`
	assert.Equal(t, rest, back.rest())
	assert.Equal(t, rest, s.get("ada/streams/1?from=e.1.2.0", "").rest(), "the position in the query")
	assert.Equal(t, rest, s.get("ada/streams/newest", "e.1.2.0").rest())
	over := s.get("ada/streams/1", "e.1.over")
	assert.Equal(t, http.StatusNoContent, over.StatusCode, "an EventSource connects no more")
	assert.Contains(t, s.get("ada/streams/newest", "").rest(), `"piece":{"text":"Hel"}`, "all of it from the beginning")
}

func TestAHeadRequestLeavesItsConnectionToTheNext(t *testing.T) {
	s := serve(t)
	s.open(1)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.Split(s.url, "/")[2])
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(conn, "HEAD /agents/ada/streams/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /agents/ada/streams/none HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	head, err := http.ReadResponse(in, &http.Request{Method: http.MethodHead})
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, head.StatusCode)
	require.NoError(t, head.Body.Close())
	next, err := http.ReadResponse(in, nil)
	require.NoError(t, err, "the stream that nobody hears is still followed")
	assert.Equal(t, http.StatusBadRequest, next.StatusCode)
	require.NoError(t, next.Body.Close())
}

func TestWhatIsGoneIsAnEvent(t *testing.T) {
	s := serve(t)
	open := func(stream uint64) driver.StreamAttempt {
		a, err := s.store.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: stream, KeepStreams: 1, KeepBytes: 2})
		require.NoError(t, err)
		return a
	}
	a := open(1)
	s.say(a, 0, "1", "2", "3")
	s.end(a, done)
	c := s.get("ada/streams/1", "")
	assert.Equal(t, `event: gone id: e.1.1.1 data: {"stream":1,"attempt":1,"offset":1}`, c.event())
	assert.Contains(t, c.event(), "event: attempt")
	assert.Equal(t, `id: e.1.1.2 data: {"attempt":1,"offset":1,"piece":2}`, c.event())
	open(2)
	c = s.get("ada/streams/1", "e.1.1.2")
	assert.Equal(t, `event: gone id: e.1.over data: {"stream":2,"attempt":1,"offset":0,"over":true}`, c.rest())
	c = s.get("ada/streams/2", "before.2.3.4")
	assert.Equal(t, `event: gone id: e.2.1.0 data: {"stream":2,"attempt":1,"offset":0}`, c.event(), "a store that was restored from a copy")
}

func TestOnlyWhoMayReads(t *testing.T) {
	asked := map[quire.Address]int{}
	s := serve(t, func(o *served) {
		o.Authorize = func(r *http.Request, addr quire.Address) error {
			asked[addr]++
			if r.URL.Query().Get("key") != "mia" || addr == "ben" {
				return errors.New("the key is wrong: secret reason")
			}
			return nil
		}
	})
	for _, path := range []string{"ada/streams/1", "ada/requests/x", "ben/streams/1?key=mia", "ben/requests/x?key=mia"} {
		c := s.get(path, "")
		assert.Equal(t, http.StatusForbidden, c.StatusCode, path)
		body, err := io.ReadAll(c.Body)
		require.NoError(t, err)
		assert.Equal(t, "not allowed\n", string(body))
	}
	assert.Equal(t, http.StatusOK, s.get("ada/streams/1?key=mia", "").StatusCode)
	assert.Equal(t, http.StatusOK, s.get("ada@example.org/streams/newest?key=mia", "").StatusCode)
	assert.Equal(t, 1, asked["ada@example.org"])
	for path, code := range map[string]int{"ada/streams/0?key=mia": 400, "ada/streams/x?key=mia": 400, "ada/streams/1?key=mia&from=x": 400,
		"ada/streams/1?key=mia&from=e.2.1.1": 400, "ada/requests/x?key=mia": 404, "ada?key=mia": 404, "%01/streams/1?key=mia": 404} {
		assert.Equal(t, code, s.get(path, "").StatusCode, path)
	}
	_, err := streamhttp.New(s.store, nil, nil)
	require.ErrorContains(t, err, "authorize")
	_, err = streamhttp.New(nil, everybody, nil)
	require.ErrorContains(t, err, "store")
}

func TestTheStatusOfARequest(t *testing.T) {
	s := serve(t)
	_, err := s.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m1", To: []quire.Address{"ada"}, Subject: "Go"}}})
	require.NoError(t, err)
	ask := func() string {
		c := s.get("ada/requests/m1", "")
		assert.Equal(t, "application/json", c.Header.Get("Content-Type"))
		body, err := io.ReadAll(c.Body)
		require.NoError(t, err)
		return string(body)
	}
	assert.Equal(t, `{"id":"m1","state":"accepted","uid":1}`+"\n", ask())
	_, err = s.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Retract: []quire.MessageID{"m1"}})
	require.NoError(t, err)
	assert.Equal(t, `{"id":"m1","state":"failed","reason":"its sender took it back","uid":1}`+"\n", ask())
}

func TestHeartbeatsWhileNothingIsSaid(t *testing.T) {
	ticks := make(chan time.Time)
	stopped := make(chan struct{})
	s := serve(t, func(o *served) {
		o.Tick = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() { close(stopped) } }
	})
	c := s.get("ada/streams/1", "")
	ticks <- time.Time{}
	assert.Equal(t, ":", c.event())
	ticks <- time.Time{}
	assert.Equal(t, ":", c.event())
	c.leave()
	<-stopped // a client that left is noticed, though nothing is said
}

// A client that does not read holds nothing for longer than the limit of a write.
func TestAClientThatDoesNotReadIsLeft(t *testing.T) {
	s := serve(t, func(o *served) { o.Write = 50 * time.Millisecond })
	a, err := s.store.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1, KeepBytes: 1 << 30})
	require.NoError(t, err)
	for i := range uint64(200) { // far more than the buffers of a connection hold
		s.say(a, i, strings.Repeat("x", 64<<10))
	}
	host, path, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), "/")
	c, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "GET /%sada/streams/1 HTTP/1.1\r\nHost: x\r\n\r\n", path)
	require.NoError(t, err)
	begun := make([]byte, 1)
	_, err = io.ReadFull(c, begun)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.busy.Load() == 0 }, time.Minute, time.Millisecond)
}

// broken can't be read.
type broken struct{ driver.Driver }

func (broken) View(context.Context, func(driver.Read) error) error { return mailbox.ErrUnavailable }

func TestAStoreThatCanNotBeRead(t *testing.T) {
	failed := make(chan error, 9)
	s := serve(t, func(o *served) {
		o.Store, _ = o.Store.Wrap(func(d driver.Driver) driver.Driver { return broken{d} })
		o.Failed = func(_ *http.Request, err error) { failed <- err }
	})
	assert.Equal(t, `event: problem data: {"error":"the stream can't be read now; connect again"}`, s.get("ada/streams/1", "").rest())
	require.ErrorIs(t, <-failed, mailbox.ErrUnavailable)
	assert.Equal(t, http.StatusServiceUnavailable, s.get("ada/requests/x", "").StatusCode)
	require.ErrorIs(t, <-failed, mailbox.ErrUnavailable)
}

func TestAClosedStoreEndsStreams(t *testing.T) {
	s := serve(t)
	c := s.get("ada/streams/1", "")
	require.NoError(t, s.store.Close())
	assert.Contains(t, c.rest(), "event: problem")
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"e.1.2.3", "e.1.over", "", "e", "e.0.1.1", "e.1.0.1", "e.1.1.18446744073709551615", "e.1.2.3.4", ".1.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := streamhttp.ParsePosition(s)
		if err != nil {
			return
		}
		again, err := streamhttp.ParsePosition(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// TestAuthorizeHearsOfTheMailbox: a plus-address is another name for it, and must not
// be a way round.
func TestAuthorizeHearsOfTheMailbox(t *testing.T) {
	s := serve(t, func(o *served) {
		o.Authorize = func(_ *http.Request, addr quire.Address) error {
			if addr == "ada" {
				return errors.New("not for you")
			}
			return nil
		}
	})
	for _, name := range []string{"ada", "ada+x", "ada+"} {
		for _, path := range []string{"/streams/1", "/requests/m"} {
			res, err := http.Get(s.url + name + path)
			require.NoError(t, err)
			assert.NoError(t, res.Body.Close())
			assert.Equal(t, http.StatusForbidden, res.StatusCode, name+path)
		}
	}
}
