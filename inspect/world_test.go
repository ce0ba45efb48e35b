package inspect

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
)

// hostile is what mail and models say that would like to be markup, or a script.
var hostile = []string{
	`<script>window.hacked=1</script>`, `"><img src=x onerror=window.hacked=1>`, `</pre></td></table></main><iframe src="//evil.example">`,
	`' onmouseover='window.hacked=1`, `javascript:window.hacked=1`, `</title><svg onload=window.hacked=1>`, `<!-- `, `{{.}} {{define "body"}}`,
	"\u202egnirts\u2066 \x1b[2J", `&lt;b&gt;<b>bold</b>`, `</option></select><form action=//evil.example><input type=submit>`,
}

// harmless is what as many characters of nothing say.
func harmless(n int) string { return fmt.Sprintf("harmless %d", n) }

// world is a store in which agents have lived.
type world struct {
	store *mailbox.Store
	clock sync.Mutex
	now   time.Time // of clock
	calls int
}

const lifeTurns = 70

// said is the n-th thing that somebody says.
func said(n int, evil bool) string {
	if evil {
		return hostile[n%len(hostile)]
	}
	return harmless(n % len(hostile))
}

// pass moves the clock, and says what it shows.
func (w *world) pass(d time.Duration) time.Time {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.now = w.now.Add(d)
	return w.now
}

// time is what the clock shows.
func (w *world) time() time.Time { return w.pass(0) }

// grow lets ada live for a while: some mail is pulled again, some calls fail, a tool has an
// odd name, the model changes, a question waits for mia, and work is given up.
func grow(tb testing.TB, evil bool) *world {
	tb.Helper()
	w := &world{now: time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC)}
	tick := func() time.Time { return w.pass(7 * time.Second) }
	w.store = memstore.New(&mailbox.Options{Clock: tick})
	tb.Cleanup(func() { require.NoError(tb, w.store.Close()) })
	a := w.ada(tb, evil, tick)
	for i := range lifeTurns {
		from := quire.Address("mia")
		o := mailbox.BoxOptions{Now: tick}
		if i%9 == 4 {
			from, o.Via = "shop'x=&y@example.org", []quire.Via{{Name: "web", From: said(i, evil)}}
		}
		if i%10 == 6 {
			w.pass(3 * time.Hour)
		}
		text := fmt.Sprintf("Mail %d. %s. %s", i, said(i, evil), strings.Repeat("It has something to say about the release of the year. ", 8))
		_, err := w.store.Box(from).With(o).Send(tb.Context(), quire.Mail("ada", said(i+3, evil), text))
		require.NoError(tb, err)
		_, err = a.Turn(tb.Context())
		require.NoError(tb, err)
	}
	w.dead(tb, said(0, evil), tick)
	return w
}

// ada is an agent by a script.
func (w *world) ada(tb testing.TB, evil bool, tick func() time.Time) *agent.Agent {
	profile, known := models.Find("claude-sonnet-5")
	require.True(tb, known)
	model := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		w.calls++
		n := w.calls
		size := 4000
		for _, m := range p.Messages {
			size += len(quire.PlainText(m.Parts))
		}
		reply := scripted.Text("I say: " + said(n, evil))
		switch {
		case n%7 == 3:
			reply = scripted.Call(said(n, evil), fmt.Sprintf(`{"x":%q}`, said(n+1, evil)))
		case n%7 == 5:
			reply = scripted.Call("context_pull", fmt.Sprintf(`{"uids":[%d]}`, 1+n/4))
		case n == 20, n == 40:
			reply = scripted.Call("mail_send", fmt.Sprintf(`{"to":["mia"],"subject":%q,"text":%q,"options":[%q,"no"],"reply_by":"900h","default":"no","reversible":true}`,
				said(n, evil), said(n+1, evil), said(n+2, evil)))
		}
		reply.Usage = quire.Usage{Input: size / 4, CachedInput: size / 8, CacheWrite: 100, Output: 10}
		if n%23 == 0 {
			reply.Usage.CachedInput = 0
		}
		return &reply, nil
	})
	a, err := agent.New(w.store.Box("ada"), model, &agent.Options{Profile: profile, Budget: 2600, Now: tick, Streaming: agent.Streaming{On: true}})
	require.NoError(tb, err)
	return a
}

// dead makes a dead letter.
func (w *world) dead(tb testing.TB, reason string, tick func() time.Time) {
	_, err := w.store.Box("mia").Send(tb.Context(), quire.Mail("work", reason, reason))
	require.NoError(tb, err)
	for range 2 {
		done, err := w.store.Commit(tb.Context(), mailbox.Commit{Address: "work", Now: tick(), Claim: &mailbox.Claim{Holder: "w", Attempts: 1}})
		require.NoError(tb, err)
		for _, c := range done.Claimed {
			_, err = w.store.Commit(tb.Context(), mailbox.Commit{Address: "work", Now: tick(), Leases: []mailbox.LeaseChange{{UID: c.UID, Holder: "w", Attempt: c.Attempt, Reason: reason}}})
			require.NoError(tb, err)
		}
	}
}

func (w *world) handler(tb testing.TB, o Options) *Handler {
	tb.Helper()
	o.Now = w.time
	o.Failed = func(r *http.Request, err error) { tb.Errorf("%s: %v", r.URL, err) }
	h, err := New(w.store, &o)
	require.NoError(tb, err)
	return h
}

// anybody may do all.
func anybody(*http.Request, quire.Address, string) error { return nil }

// get asks for a page.
func get(tb testing.TB, h *Handler, path string) string {
	tb.Helper()
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, path, nil))
	require.Equal(tb, http.StatusOK, r.Code, "%s: %s", path, r.Body)
	return r.Body.String()
}

// pages are the paths of all kinds of pages, and some states of each.
func (w *world) pages() []string {
	list := []string{"/", "/agent?box=ada", "/calls?box=ada", "/calls?box=ada&upto=30", "/cache?box=ada", "/mail?box=ada", "/mail?box=ada&q=release+hacked+harmless",
		"/mail?box=ada&threads=1", "/mail?box=work&has=dead", "/mail?box=mia&kind=question&pending=1", "/questions", "/dead", "/spending", "/spending?by=thread&days=60", "/spending?box=ada&by=model&days=60"}
	for n := 1; n <= w.calls; n += 13 {
		list = append(list, fmt.Sprintf("/call?box=ada&n=%d", n), fmt.Sprintf("/call?box=ada&n=%d&with=%d", n, 1+(n+60)%w.calls))
	}
	for n := 1; n <= 120; n += 2 {
		list = append(list, fmt.Sprintf("/message?box=ada&n=%d", n))
	}
	return append(list, "/message?box=mia&n=1", "/message?box=work&n=1", "/message?box=ada&n=5&call=30")
}
