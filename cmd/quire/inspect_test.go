package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serving runs inspect until the test stops it, which must end it well.
func serving(t *testing.T, args ...string) (at string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	code, said := make(chan int, 1), &strings.Builder{}
	go func() {
		code <- run(ctx, append([]string{"inspect", "--json"}, args...), strings.NewReader(""), in, said)
		_ = in.Close()
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var where struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &where))
	stop = func() {
		cancel()
		assert.Zero(t, <-code, "Ctrl-C is how it ends: %s", said)
	}
	return where.URL, stop
}

// ask asks for a page, by another name of the server if host is not "".
func ask(t *testing.T, method, at, host string, form url.Values) (status int, page string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if host != "" {
		r.Host = host
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	require.NoError(t, err)
	b, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	return got.StatusCode, string(b)
}

func TestInspectServesAStore(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "--ask", "--options", "yes,no", "Shall we?")
	answer := url.Values{"box": {"ada"}, "n": {"1"}, "text": {"yes"}}
	at, stop := serving(t)
	status, page := ask(t, http.MethodGet, at+"questions", "", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "Shall we?")
	assert.NotContains(t, page, "<form")
	status, _ = ask(t, http.MethodPost, at+"answer", "", answer)
	assert.Equal(t, http.StatusForbidden, status, "it reads only")
	for host, want := range map[string]int{"evil.example": 421, "evil.example:80": 421, "localhost:1": 200, "[::1]:1": 200, "127.0.0.2": 200, "127.0.0.1.evil.example": 421} {
		status, _ = ask(t, http.MethodGet, at, host, nil)
		assert.Equal(t, want, status, host)
	}
	stop()
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada", "--pending").Messages, 1)

	at, stop = serving(t, "--act")
	status, page = ask(t, http.MethodPost, at+"answer", "", answer)
	assert.Equal(t, http.StatusSeeOther, status, page)
	stop()
	assert.Empty(t, inJSON[listed](t, "find", "--box", "ada", "--pending").Messages)
	assert.Equal(t, "yes", inJSON[listed](t, "find", "--box", "mia", "--kind", "answer").Messages[0].Snippet)

	for _, args := range [][]string{{"--act", "--addr", "0.0.0.0:0"}, {"--act", "--addr", ":0"}, {"--addr", "here"}, {"x"}} {
		assert.Equal(t, exitUsage, do(t, "", append([]string{"inspect"}, args...)...).code, "%v", args)
	}
	assert.Equal(t, exitFailed, do(t, "", "inspect", "--db", "nowhere.db").code)
	assert.Equal(t, exitFailed, do(t, "", "inspect", "--addr", "127.0.0.1:99999").code)
}

// The demo shows what can be seen, and its questions can be answered.
func TestInspectHasADemo(t *testing.T) {
	t.Setenv("QUIRE_DB", "")
	at, stop := serving(t, "--demo")
	_, page := ask(t, http.MethodGet, at, "", nil)
	for _, want := range []string{"ada", "ben", "kim", "parked", "ill"} {
		assert.Contains(t, page, want)
	}
	_, page = ask(t, http.MethodGet, at+"dead", "", nil)
	assert.Contains(t, page, "connection refused")
	_, page = ask(t, http.MethodGet, at+"mail?box=kim&q=script", "", nil)
	assert.Contains(t, page, "&lt;script&gt;")
	_, page = ask(t, http.MethodGet, at+"questions", "", nil)
	q := regexp.MustCompile(`\./message\?box=mia&amp;n=(\d+)`).FindStringSubmatch(page)
	require.NotNil(t, q, page)
	status, page := ask(t, http.MethodPost, at+"answer", "", url.Values{"box": {"mia"}, "n": {q[1]}, "text": {"refund"}})
	assert.Equal(t, http.StatusSeeOther, status, page)
	stop()
}
