package streamhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

var nine = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// asks lets mia post, and fixes the clock.
func asks(o *served) {
	o.Now = func() time.Time { return nine }
	o.Sender = func(r *http.Request, _ quire.Address) (quire.Address, error) {
		if r.Header.Get("X-Who") == "nobody" {
			return "", errors.New("secret reason")
		}
		return "mia", nil
	}
}

// ada is an agent whose turns the test takes.
func (s *server) ada(change func(*agent.Options), replies ...quire.Reply) *agent.Agent {
	s.t.Helper()
	o := &agent.Options{Budget: 20_000, Answer: true, Streaming: agent.Streaming{On: true}, Now: func() time.Time { return nine }}
	if change != nil {
		change(o)
	}
	a, err := agent.New(s.store.Box("ada"), scripted.New(replies...), o)
	require.NoError(s.t, err)
	return a
}

func (s *server) turn(a *agent.Agent) agent.TurnResult {
	s.t.Helper()
	res, err := a.Turn(s.t.Context())
	require.NoError(s.t, err)
	return res
}

// mail sends one of mia's to ada.
func (s *server) mail(id quire.MessageID, change ...func(*quire.Draft)) {
	s.t.Helper()
	d := quire.Mail("ada", "Go", "go")
	d.ID = id
	for _, f := range change {
		f(&d)
	}
	_, err := s.store.Box("mia").With(mailbox.BoxOptions{Now: func() time.Time { return nine }}).Send(s.t.Context(), d)
	require.NoError(s.t, err)
}

// post posts to ada.
func (s *server) post(body string, header ...string) *client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"ada/requests", strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r, cancel)
}

// said is what an answer without events says.
func (c *client) said() string {
	c.t.Helper()
	b, err := io.ReadAll(c.Body)
	require.NoError(c.t, err)
	return strings.TrimSpace(string(b))
}

// ends reads the rest of a request's stream, and returns its chunks and its last event.
func (c *client) ends() (chunks int, last string) {
	c.t.Helper()
	for l := range strings.Lines(c.rest()) {
		if last = strings.TrimSpace(l); strings.Contains(last, `"piece"`) {
			chunks++
		}
	}
	return chunks, last
}

const accepted = `event: request data: {"id":"m1","state":"accepted","uid":1}`

// begins is what a client hears of turn n until it is said something.
func begins(n int) string {
	return fmt.Sprintf(`event: request data: {"id":"m1","state":"running","uid":1,"turn":%d,"attempt":1}`, n)
}

func TestARequestIsFollowedFromBeforeItsTurnToItsEnd(t *testing.T) {
	s := serve(t, asks)
	s.mail("m1")
	c := s.get("ada/requests/m1/stream", "")
	assert.Equal(t, "text/event-stream", c.Header.Get("Content-Type"))
	assert.Equal(t, accepted, c.event(), "it is told before the agent is at it")
	s.turn(s.ada(nil, scripted.Text("Gone.")))
	next := c.event()
	if strings.Contains(next, `"running"`) { // unless the turn was over before anybody looked
		assert.Equal(t, begins(1), next)
		next = c.event()
	}
	assert.Contains(t, next, "event: attempt")
	assert.Equal(t, `id: e.1.1.1 data: {"attempt":1,"offset":0,"piece":{"text":"Gone."}}`, c.event())
	assert.Contains(t, c.event(), `event: end id: e.1.over data: {"attempt":1,"kind":"done"`)
	last := c.rest()
	assert.Contains(t, last, `event: request id: over data: {"id":"m1","state":"done","uid":1,"turn":1,"message":"`)
	assert.Contains(t, last, `"reply":"`)
	for from, want := range map[string]string{"": "event: attempt", "e.1.1.0": "event: attempt", "e.1.1.1": "event: end", "e.1.over": "event: request id: over"} {
		again := s.get("ada/requests/m1/stream?from="+from, "")
		assert.Contains(t, again.event(), want, "from %q", from)
		_, end := again.ends()
		if from != "e.1.over" {
			assert.Equal(t, last, end, "from %q", from)
		}
	}
	assert.Equal(t, http.StatusNoContent, s.get("ada/requests/m1/stream", "over").StatusCode, "an EventSource connects no more")
}

// The connection breaks while the agent speaks, and while it has not begun.
func TestAFollowerOfARequestComesBack(t *testing.T) {
	s := serve(t, asks)
	s.mail("m1")
	c := s.get("ada/requests/m1/stream", "")
	assert.Equal(t, accepted, c.event())
	c.leave()
	require.Eventually(t, func() bool { return s.busy.Load() == 0 }, time.Minute, time.Millisecond, "one that left is noticed before anything happens")
	c = s.get("ada/requests/m1/stream", "")
	assert.Equal(t, accepted, c.event())
	a, err := s.store.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1, About: []byte(`{"turn":1,"mail":["m1"]}`), Now: nine})
	require.NoError(t, err)
	s.say(a, 0, `{"text":"Hel"}`)
	assert.Equal(t, begins(1), c.event())
	assert.Contains(t, c.event(), "event: attempt")
	assert.Contains(t, c.event(), `"Hel"`)
	c.leave()
	s.say(a, 1, `{"text":"lo"}`)
	c = s.get("ada/requests/m1/stream", "e.1.1.1")
	assert.Equal(t, begins(1), c.event())
	assert.Equal(t, `id: e.1.1.2 data: {"attempt":1,"offset":1,"piece":{"text":"lo"}}`, c.event())
	// That process dies, and the next one begins anew.
	s.turn(s.ada(nil, scripted.Text("Hello!")))
	events := c.rest()
	assert.Contains(t, events, `event: end id: e.1.2.0 data: {"attempt":1,"kind":"done","more":true}`)
	assert.Contains(t, events, `id: e.1.2.1 data: {"attempt":2,"offset":0,"piece":{"text":"Hello!"}}`)
	assert.Contains(t, events, `id: over data: {"id":"m1","state":"done"`)
}

func TestARequestThatIsAnsweredAlready(t *testing.T) {
	t.Run("without a stream", func(t *testing.T) {
		s := serve(t, asks)
		s.mail("m1")
		s.turn(s.ada(func(o *agent.Options) { o.Streaming.On = false }, scripted.Text("Gone.")))
		assert.Contains(t, s.get("ada/requests/m1/stream", "").rest(), `event: request id: over data: {"id":"m1","state":"done","uid":1,"turn":1`)
	})
	t.Run("its stream is not kept any more", func(t *testing.T) {
		s := serve(t, asks)
		s.mail("m1")
		a := s.ada(func(o *agent.Options) { o.Streaming.KeepStreams = 1 }, scripted.Text("Gone."), scripted.Text("And gone."))
		s.turn(a)
		s.mail("m2")
		s.turn(a)
		c := s.get("ada/requests/m1/stream", "")
		assert.Equal(t, `event: gone id: e.1.over data: {"stream":2,"attempt":1,"offset":0,"over":true}`, c.event())
		assert.Contains(t, c.rest(), `event: request id: over data: {"id":"m1","state":"done"`)
	})
	t.Run("its sender took it back", func(t *testing.T) {
		s := serve(t, asks)
		s.mail("m1")
		c := s.get("ada/requests/m1/stream", "")
		assert.Equal(t, accepted, c.event())
		require.NoError(t, s.store.Box("mia").Retract(t.Context(), "m1"))
		assert.Equal(t, `event: request id: over data: {"id":"m1","state":"failed","reason":"its sender took it back","uid":1}`, c.rest())
	})
	t.Run("the process died before the end of its stream", func(t *testing.T) {
		ticks := make(chan time.Time)
		s := serve(t, asks, func(o *served) {
			o.Tick = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() {} }
		})
		s.mail("m1")
		s.turn(s.ada(nil, scripted.Text("Gone.")))
		a := s.open(2) // of a later turn, which is no business of this request
		s.say(a, 0, `{"text":"no"}`)
		c := s.get("ada/requests/m1/stream", "")
		_, last := c.ends()
		assert.Contains(t, last, `"state":"done"`)
	})
}

// The end of a stream may be lost with the process. What is committed counts.
func TestARequestWhoseStreamHasNoEnd(t *testing.T) {
	ticks := make(chan time.Time)
	s := serve(t, asks, func(o *served) {
		o.Tick = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() {} }
	})
	s.mail("m1")
	lost, err := s.store.Wrap(func(d driver.Driver) driver.Driver { return endless{d} })
	require.NoError(t, err)
	a, err := agent.New(lost.Box("ada"), scripted.New(scripted.Text("Gone.")), &agent.Options{Budget: 20_000, Streaming: agent.Streaming{On: true}, Now: func() time.Time { return nine }})
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	require.NoError(t, err)
	c := s.get("ada/requests/m1/stream", "")
	assert.Contains(t, c.event(), "event: attempt")
	assert.Contains(t, c.event(), "Gone.")
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case ticks <- time.Time{}:
			case <-stop:
				return
			}
		}
	}()
	defer close(stop)
	rest := c.rest()
	assert.Contains(t, rest[strings.Index(rest, "event"):], `event: request id: over data: {"id":"m1","state":"done"`)
}

// endless loses the ends of streams.
type endless struct{ driver.Driver }

func (e endless) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	return e.Driver.Update(ctx, u, func(w driver.Write) error { return fn(endlessWrite{w}) })
}

type endlessWrite struct{ driver.Write }

func (w endlessWrite) PutStreamAttempt(box quire.Address, a *driver.StreamAttempt) error {
	if a.End != nil {
		return nil
	}
	return w.Write.PutStreamAttempt(box, a)
}

// Mail that comes while a turn is open can become part of it.
func TestARequestThatJoinsAnotherTurn(t *testing.T) {
	s := serve(t, asks)
	s.mail("m1")
	s.mail("m2")
	a := s.ada(nil, scripted.Call("context_pull", `{"uids":[2]}`), scripted.Text("Both."))
	first, second := s.get("ada/requests/m1/stream", ""), s.get("ada/requests/m2/stream", "")
	assert.Equal(t, accepted, first.event())
	assert.Contains(t, second.event(), `"accepted"`)
	s.turn(a)
	for _, c := range []*client{first, second} {
		chunks, last := c.ends()
		assert.Positive(t, chunks)
		assert.Contains(t, last, `"turn":1`)
		assert.Contains(t, last, `id: over`)
	}
}

func TestARequestThatIsParked(t *testing.T) {
	s := serve(t, asks)
	s.mail("m1")
	now := nine
	a := s.ada(func(o *agent.Options) {
		o.Limits.Steps, o.Limits.Stalled = 1, 1
		o.Now = func() time.Time { return now }
	},
		scripted.Call("mail_find", `{}`), scripted.Call("mail_find", `{}`), scripted.Text("Well."))
	_, err := a.Turn(t.Context())
	require.Error(t, err, "it comes to its limit of steps")
	c := s.get("ada/requests/m1/stream", "")
	assert.Contains(t, c.event(), `"state":"waiting","reason":"the agent waits for new mail before it goes on: `)
	s.mail("m2") // wakes it
	_, _ = a.Turn(t.Context())
	s.mail("m3")
	_, _ = a.Turn(t.Context())
	_, last := c.ends()
	assert.Contains(t, last, `"state":"done"`)
}

func TestARequestThatIsNotThere(t *testing.T) {
	s := serve(t, asks, func(o *served) {
		o.Authorize = func(_ *http.Request, addr quire.Address) error {
			if addr == "ben" {
				return errors.New("secret reason")
			}
			return nil
		}
	})
	s.mail("m1")
	for path, want := range map[string]string{
		"ada/requests/other/stream":       "404 no such request: nothing that somebody sent under this id was delivered to this agent",
		"mia/requests/m1/stream":          "404 no such request: nothing that somebody sent under this id was delivered to this agent",
		"ben/requests/m1/stream":          "403 not allowed",
		"%01/requests/m1/stream":          "404 no such address",
		"ada/requests/m1/stream?from=x":   `400 "x" is no position in a stream`,
		"ada/requests/m1/stream?from=e.0": `400 "e.0" is no position in a stream`,
	} {
		c := s.get(path, "")
		assert.Equal(t, want, fmt.Sprint(c.StatusCode, " ", c.said()), path)
	}
}

func TestAMailIsPostedAndFollowedAtOnce(t *testing.T) {
	s := serve(t, asks)
	c := s.post(`{"id":"1","subject":"Go","text":"go"}`, "Accept", "text/event-stream")
	assert.Equal(t, http.StatusOK, c.StatusCode)
	assert.Equal(t, "requests/mia~1", c.Header.Get("Location"))
	assert.Equal(t, `event: request data: {"id":"mia~1","state":"accepted","uid":1}`, c.event())
	s.turn(s.ada(nil, scripted.Text("Gone.")))
	chunks, last := c.ends()
	assert.Equal(t, 1, chunks)
	assert.Contains(t, last, `id: over data: {"id":"mia~1","state":"done"`)
	again := s.post(`{"id":"1","subject":"Go","text":"go"}`, "Accept", "application/json;q=0.1, text/event-stream")
	chunks, end := again.ends()
	assert.Equal(t, 1, chunks, "posted again, it is taken once, and its answer told")
	assert.Equal(t, last, end)

	plain := s.post(`{"text":"Another one"}`, "Accept", "text/event-stream;q=0, application/json")
	assert.Equal(t, http.StatusAccepted, plain.StatusCode)
	at, err := plain.Location()
	require.NoError(t, err)
	assert.Regexp(t, `^{"id":"[-0-9a-f]{36}"}$`, plain.said())
	assert.Contains(t, s.get("ada/"+at.Path[strings.Index(at.Path, "requests/"):]+"/stream", "").event(), `"accepted"`)
}

func TestAMailThatIsNotTaken(t *testing.T) {
	s := serve(t, asks, func(o *served) {
		o.Store = mailbox.New(memstore.NewDriver("e"), &mailbox.Options{Rules: mailbox.Rules{Contact: func(_, to quire.Address) mailbox.Contact {
			return map[quire.Address]mailbox.Contact{"ada": mailbox.ContactAllow}[to]
		}}})
	})
	assert.Equal(t, http.StatusAccepted, s.post(`{"id":"1","text":"go"}`).StatusCode)
	for _, c := range []struct {
		body, want string
		header     []string
	}{
		{`{"id":"1","text":"other"}`, "409 another mail was posted under this id", nil},
		{`{"subject":"no text"}`, "400 a mail wants a text", nil},
		{`{"text":"a","to":"ben"}`, "400 a mail is", nil},
		{`{"text":"a"} {}`, "400 a mail is", nil},
		{`{"text":`, "400 a mail is", nil},
		{`{"text":"` + strings.Repeat("a", 1<<20) + `"}`, "413 a mail has at most 1 MiB", nil},
		{`go`, "415 post a mail as application/json", []string{"Content-Type", "text/plain"}},
		{`{"text":"a"}`, "403 not allowed", []string{"X-Who", "nobody"}},
		{`{"text":"a"}`, "403 a page of another origin may not post", []string{"Sec-Fetch-Site", "cross-site"}},
		{`{"text":"a"}`, "403 a page of another origin may not post", []string{"Origin", "https://evil.example"}},
	} {
		got := s.post(c.body, c.header...)
		assert.Contains(t, fmt.Sprint(got.StatusCode, " ", got.said()), c.want)
	}
}

func TestAMailThatBounces(t *testing.T) {
	s := serve(t, asks, func(o *served) {
		o.Store = mailbox.New(memstore.NewDriver("e"), &mailbox.Options{Rules: mailbox.Rules{Contact: func(_, _ quire.Address) mailbox.Contact { return mailbox.ContactRefuse }}})
	})
	for _, accept := range []string{"text/event-stream", "*/*"} {
		c := s.post(`{"text":"go"}`, "Accept", accept)
		assert.Equal(t, http.StatusUnprocessableEntity, c.StatusCode)
		assert.Contains(t, c.said(), "it was not delivered: ")
	}
}

// Who may post is one thing, and who may read another.
func TestWhoMayPostOnlyDoesNotRead(t *testing.T) {
	s := serve(t, asks, func(o *served) {
		o.Authorize = func(*http.Request, quire.Address) error { return errors.New("no") }
	})
	assert.Equal(t, http.StatusForbidden, s.post(`{"text":"go"}`, "Accept", "text/event-stream").StatusCode)
	page, err := s.store.Query(t.Context(), "ada", mailbox.Query{})
	require.NoError(t, err)
	assert.Empty(t, page.Rows, "and nothing was sent")
	c := s.post(`{"id":"1","text":"go"}`)
	assert.Equal(t, `202 {"id":"mia~1"}`, fmt.Sprint(c.StatusCode, " ", c.said()))
}

func TestNobodyPostsUnlessTheProgramLetsThem(t *testing.T) {
	assert.Equal(t, http.StatusNotFound, serve(t).post(`{"text":"go"}`).StatusCode)
}
