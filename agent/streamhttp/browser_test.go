//go:build unix

package streamhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
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

// page follows a stream with the browser's own EventSource, which connects again and
// says Last-Event-ID by itself, and reports what it saw. It does not close it: the
// server has to end that with 204.
const page = `<!DOCTYPE html><meta charset="utf-8"><title>a stream</title><script>
const seen = {text: "", attempts: 0, ends: 0, opened: 0};
const source = new EventSource("/agents/ada/streams/1");
source.onopen = () => seen.opened++;
source.addEventListener("attempt", () => seen.attempts++);
let n = 0;
source.onmessage = e => {
	seen.text += JSON.parse(e.data).piece.text;
	if (++n % 20 === 10) fetch("/got", {method: "POST"});
};
source.addEventListener("end", e => { seen.ends++; seen.last = JSON.parse(e.data).kind; });
source.onerror = () => {
	if (source.readyState === EventSource.CLOSED) fetch("/report", {method: "POST", body: JSON.stringify(seen)});
};
</script>`

// browser starts a Chromium on a page, or skips the test. It ends with the test.
func browser(t *testing.T, url string) {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no chromium, chromium-browser or google-chrome in the path: install one to test with a browser")
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server", "--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), url)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its children
		_ = cmd.Wait()                                      // killed
		if t.Failed() {
			t.Logf("the browser said: %s", said.String())
		}
	})
}

// A browser is cut off twice, goes on by itself where it was, and has the whole text
// once.
func TestWithABrowser(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	var mu sync.Mutex
	var lastIDs []string
	cut := []context.CancelFunc{}
	h, err := streamhttp.New(store, func(r *http.Request, _ quire.Address) error {
		mu.Lock()
		defer mu.Unlock()
		lastIDs = append(lastIDs, r.Header.Get("Last-Event-ID"))
		return nil
	}, &streamhttp.Options{Tick: never})
	require.NoError(t, err)
	reports, connected, got := make(chan string, 9), make(chan struct{}, 9), make(chan struct{}, 9)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body) // what is missing shows in the report
		reports <- b.String()
	})
	mux.HandleFunc("POST /got", func(http.ResponseWriter, *http.Request) { got <- struct{}{} })
	mux.HandleFunc("/agents/", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		mu.Lock()
		cut = append(cut, cancel)
		mu.Unlock()
		connected <- struct{}{}
		http.StripPrefix("/agents", h).ServeHTTP(w, r.WithContext(ctx))
	})
	web := httptest.NewServer(mux)
	defer web.Close()
	browser(t, web.URL)

	limit := time.After(2 * time.Minute)
	wait := func(what string, on <-chan struct{}) {
		select {
		case <-on:
		case r := <-reports:
			require.Fail(t, "the browser ended too early", "%s: %s", what, r)
		case <-limit:
			require.Fail(t, "the browser does not come", what)
		}
	}
	var want strings.Builder
	speak := func(a driver.StreamAttempt, from, to int) {
		for i := from; i < to; i++ {
			text := fmt.Sprintf("word %d, ünïcode \U0001F600. ", i)
			want.WriteString(text)
			b, err := json.Marshal(map[string]string{"text": text})
			require.NoError(t, err)
			add := mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Offset: uint64(i), Chunks: [][]byte{b}}
			require.NoError(t, store.AppendStream(t.Context(), "ada", add))
		}
	}
	wait("the first time", connected)
	a, err := store.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
	require.NoError(t, err)
	for round := range 2 {
		speak(a, 20*round, 20*round+20)
		wait("with some of it", got)
		mu.Lock()
		cut[round]() // in the middle of the stream, wherever it is by now
		mu.Unlock()
		wait("after it was cut off", connected)
	}
	speak(a, 40, 60)
	require.NoError(t, store.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: 1, End: driver.StreamEnd{Kind: driver.StreamDone}}))
	var report string
	select {
	case report = <-reports:
	case <-limit:
		require.Fail(t, "the browser reports nothing")
	}
	var seen struct {
		Text, Last             string
		Attempts, Ends, Opened int
	}
	require.NoError(t, json.Unmarshal([]byte(report), &seen), report)
	assert.Equal(t, want.String(), seen.Text, "the whole text, once")
	assert.Equal(t, []any{1, "done"}, []any{seen.Ends, seen.Last})
	assert.GreaterOrEqual(t, seen.Opened, 2, "it was connected again and again")
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, lastIDs, 4)
	assert.Empty(t, lastIDs[0])
	assert.NotEmpty(t, lastIDs[1], "the first cut was in the middle")
	assert.Regexp(t, `\.1\.over$`, lastIDs[3], "it ended with 204")
	t.Logf("positions that it came back from: %q", lastIDs[1:])
}
