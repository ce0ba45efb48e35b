package inspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/chromium"
	"github.com/quire-dev/quire/mailbox"
)

// browse starts a browser, or skips the test.
func browse(t *testing.T) (*chromium.Browser, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	b, err := chromium.Start(ctx, t.TempDir())
	if errors.Is(err, chromium.ErrNone) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b, ctx
}

// TestInABrowser: hostile text runs nothing and makes no element, pages fit a phone, they
// follow what is said, and a question is answered by its button.
func TestInABrowser(t *testing.T) {
	b, ctx := browse(t)
	w := grow(t, true)
	h := w.handler(t, Options{Allow: anybody})
	web := httptest.NewServer(h)
	defer web.Close()
	foreign := `document.querySelectorAll("script:not([src='./live.js']), img, iframe, object, embed, meta[http-equiv], base, [style], [onload], [onerror], [onmouseover], main form[action^='//']").length`
	for i, path := range []string{"/", "/agent?box=ada", "/calls?box=ada", "/cache?box=ada", "/call?box=ada&n=40&with=9", "/mail?box=ada&q=release+hacked", "/mail?box=work", "/message?box=ada&n=9",
		"/message?box=mia&n=1", "/message?box=work&n=1", "/questions", "/dead", "/spending?by=thread&days=60", "/nowhere"} {
		require.NoError(t, b.View(390, 800, 1, []string{"light", "dark"}[i%2]))
		require.NoError(t, b.Open(ctx, web.URL+path))
		var got struct {
			Foreign, Width, Tables, Headings int
			Hacked                           bool
			Paper                            string
		}
		require.NoError(t, b.Eval(`({foreign: `+foreign+`, width: document.documentElement.scrollWidth, hacked: "hacked" in window,
			tables: document.querySelectorAll("table:not(:has(thead th[scope=col]))").length, headings: document.querySelectorAll("h1").length,
			paper: getComputedStyle(document.body).backgroundColor})`, &got), path)
		assert.Zero(t, got.Foreign, "%s: elements that are not ours", path)
		assert.False(t, got.Hacked, path)
		assert.LessOrEqual(t, got.Width, 390, "%s: it fits a phone", path)
		assert.Zero(t, got.Tables, "%s: tables have headings", path)
		assert.Equal(t, 1, got.Headings, path)
		assert.Equal(t, []string{"rgb(251, 250, 247)", "rgb(20, 22, 26)"}[i%2], got.Paper, path)
	}
	follows(ctx, t, b, w, web.URL)
	q := w.question(t)
	require.NoError(t, b.Open(ctx, web.URL+"/questions"))
	require.NoError(t, b.Eval(`document.querySelector("form.act button").click()`, nil))
	require.NoError(t, b.Until(ctx, `document.readyState === "complete" && !document.querySelector("a[href='./message?box=mia&n=`+fmt.Sprint(uint64(q.UID))+`']")`))
	page, err := w.store.Query(ctx, "ada", mailbox.Query{From: "mia", Limit: 1})
	require.NoError(t, err)
	assert.Equal(t, q.ID, page.Rows[0].InReplyTo)

	require.NoError(t, b.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil))
	require.NoError(t, b.Call("Page.navigate", map[string]any{"url": web.URL + "/agent?box=ada"}, nil))
	require.NoError(t, b.Until(ctx, `document.querySelectorAll("tbody tr").length > 5 && document.getElementById("said").hidden`), "it works without scripts")
}

// follows says something hostile in a stream, and sees it as text.
func follows(ctx context.Context, t *testing.T, b *chromium.Browser, w *world, url string) {
	t.Helper()
	require.NoError(t, b.Open(ctx, url+"/agent?box=ada"))
	require.NoError(t, b.Until(ctx, `document.getElementById("follow").textContent === "live"`))
	begun, err := w.store.ReadStream(ctx, "ada", mailbox.StreamRead{})
	require.NoError(t, err)
	turn := begun.Stream + 1
	a, err := w.store.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: turn, About: []byte(`{"turn":1,"call":999}`)})
	require.NoError(t, err)
	piece := []byte(`{"text":"<img src=x onerror=window.hacked=1> \u003cscript>window.hacked=1</script> so it says"}`)
	call := []byte(`{"call":{"name":"<img src=x onerror=window.hacked=1>","args":"<script>window.hacked=1</script>"}}`)
	require.NoError(t, w.store.AppendStream(ctx, "ada", mailbox.StreamAppend{Stream: turn, Attempt: a.Attempt, Chunks: [][]byte{call, piece}}))
	require.NoError(t, b.Until(ctx, `document.querySelector("#said [role=log]").textContent.includes("<img src=x onerror=window.hacked=1> <script>window.hacked=1</script> so it says")`))
	require.NoError(t, b.Until(ctx, `document.querySelectorAll("#said pre.call").length === 1`))
	var children int
	require.NoError(t, b.Eval(`document.querySelectorAll("#said img, #said script").length + ("hacked" in window ? 1 : 0)`, &children))
	assert.Zero(t, children)
}

// TestAPageGoesOnAfterAnOutage: what was refused once, since the store was away, is asked for
// again, and the page shows what it missed.
func TestAPageGoesOnAfterAnOutage(t *testing.T) {
	b, ctx := browse(t)
	w := grow(t, false)
	h := w.handler(t, Options{})
	var asked atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" && asked.Add(1) == 1 {
			_, err := w.store.Box("mia").Send(r.Context(), quire.Mail("ada", "Meanwhile", "There is more."))
			assert.NoError(t, err)
			http.Error(rw, "away", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(rw, r)
	}))
	defer web.Close()
	defer func() { assert.NoError(t, b.Open(ctx, "about:blank")) }() // the server closes when nobody follows
	require.NoError(t, b.Open(ctx, web.URL+"/agent?box=ada"))
	require.NoError(t, b.Until(ctx, `document.getElementById("follow").textContent === "live"`))
	require.NoError(t, b.Until(ctx, `document.body.textContent.includes("Meanwhile")`))
}

// TestAHiddenPageHoldsNoConnection: more pages than a browser has connections can be open.
func TestAHiddenPageHoldsNoConnection(t *testing.T) {
	b, ctx := browse(t)
	h := grow(t, false).handler(t, Options{})
	left := make(chan struct{}, 8)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		if r.URL.Path == "/live" {
			left <- struct{}{}
		}
	}))
	defer web.Close()
	live := `document.getElementById("follow").textContent === "live"`
	hide := func(on bool) {
		t.Helper()
		require.NoError(t, b.Eval(fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %t, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`, on), nil))
	}
	ends := func() {
		t.Helper()
		select {
		case <-left:
		case <-ctx.Done():
			require.Fail(t, "the page still follows")
		}
	}
	require.NoError(t, b.Open(ctx, web.URL+"/agent?box=ada"))
	require.NoError(t, b.Until(ctx, live))
	hide(true)
	ends()
	hide(false)
	require.NoError(t, b.Until(ctx, live), "it goes on when somebody looks")
	hide(true)
	ends() // the server closes when nobody follows
}
