package streamhttp_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/providers/scripted"
)

func TestWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl in the path: install it to test with it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := serve(t)
	a := s.open(1)
	s.say(a, 0, `{"text":"one "}`)
	live := exec.CommandContext(ctx, curl, "--silent", "--show-error", "--no-buffer", "--noproxy", "*", s.url+"ada/streams/1")
	out, err := live.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, live.Start())
	lines, id := bufio.NewScanner(out), ""
	for id == "" && lines.Scan() { // it is shown while the stream goes on
		id, _ = strings.CutPrefix(lines.Text(), "id: ")
		if id == lines.Text() {
			id = ""
		}
	}
	require.Equal(t, "e.1.1.1", id)
	s.say(a, 1, `{"text":"two "}`)
	s.end(a, done)
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, live.Wait(), "the server ends the response by itself")
	assert.Contains(t, string(rest), "event: end")

	again, err := exec.CommandContext(ctx, curl, "--silent", "--show-error", "--noproxy", "*", "-H", "Last-Event-ID: "+id, s.url+"ada/streams/1").Output()
	require.NoError(t, err)
	assert.Equal(t, "retry: 1000\n\nid: e.1.1.2\ndata: {\"attempt\":1,\"offset\":1,\"piece\":{\"text\":\"two \"}}\n\n"+
		"event: end\nid: e.1.over\ndata: {\"attempt\":1,\"kind\":\"done\",\"message\":\"m1\",\"uid\":7}\n\n", string(again))
	code, err := exec.CommandContext(ctx, curl, "--silent", "--noproxy", "*", "--output", "-", "--write-out", "%{http_code}", "-H", "Last-Event-ID: e.1.over", s.url+"ada/streams/1").Output()
	require.NoError(t, err)
	assert.Equal(t, "204", string(code))
}

// One command posts a mail and shows what is answered while it is said.
func TestPostingWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl in the path: install it to test with it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := serve(t, asks)
	live := exec.CommandContext(ctx, curl, "--silent", "--show-error", "--no-buffer", "--noproxy", "*", "-H", "Accept: text/event-stream",
		"--json", `{"id":"1","text":"go"}`, "-H", "Accept: text/event-stream", s.url+"ada/requests")
	out, err := live.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, live.Start())
	lines, waits := bufio.NewScanner(out), false
	for !waits && lines.Scan() {
		waits = strings.Contains(lines.Text(), `"state":"accepted"`)
	}
	require.True(t, waits, "it is told that it was taken")
	s.turn(s.ada(nil, scripted.Text("Gone.")))
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, live.Wait(), "the server ends the response by itself")
	assert.Contains(t, string(rest), `"piece":{"text":"Gone."}`)
	assert.Contains(t, string(rest), "event: request\nid: over\ndata: {\"id\":\"mia~1\",\"state\":\"done\"")
}
