package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

var users = map[string]quire.Address{"m": "mia", "b": "ben"}

// start runs the service on a file, and returns where it is and what ends it.
func start(t *testing.T, file string, model providers.Model) (url string, end func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- serve(ctx, listener, file, model, users) }()
	ended := false
	end = func() {
		if !ended {
			ended = true
			stop()
			assert.NoError(t, <-done)
		}
	}
	t.Cleanup(end)
	return "http://" + listener.Addr().String(), end
}

// call makes a request with a token, and returns the status and the body.
func call(t *testing.T, token, method, url, body string, header ...string) (int, string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}

// say sends what a user says, and returns where to ask about it.
func say(t *testing.T, url, token, text string, header ...string) (agentURL, id string) {
	t.Helper()
	status, body := call(t, token, "POST", url+"/messages", text, header...)
	require.Equal(t, http.StatusAccepted, status, body)
	var taken struct{ Agent, ID string }
	require.NoError(t, json.Unmarshal([]byte(body), &taken))
	return url + "/agents/" + taken.Agent, taken.ID
}

// turnOf waits until an agent is at a request, and returns the number of its turn.
func turnOf(t *testing.T, agentURL, token, id string) uint64 {
	t.Helper()
	var s streamhttp.Status
	require.Eventually(t, func() bool {
		code, body := call(t, token, "GET", agentURL+"/requests/"+id, "")
		return assert.Equal(t, http.StatusOK, code) && assert.NoError(t, json.Unmarshal([]byte(body), &s)) && s.Turn > 0
	}, 20*time.Second, 10*time.Millisecond)
	return s.Turn
}

// reply follows the stream of a turn to its end, and returns what was said.
func reply(t *testing.T, agentURL, token string, turn uint64) string {
	t.Helper()
	code, events := call(t, token, "GET", fmt.Sprintf("%s/streams/%d", agentURL, turn), "")
	require.Equal(t, http.StatusOK, code)
	said := ""
	lines := bufio.NewScanner(strings.NewReader(events))
	event := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "" && value == "":
			event = ""
		case name == "data" && event == streamhttp.EventAttempt:
			said = "" // what an attempt before this one said does not count
		case name == "data" && (event == "" || event == streamhttp.EventChunk):
			var chunk struct{ Piece agent.StreamPiece }
			require.NoError(t, json.Unmarshal([]byte(value), &chunk), value)
			said += chunk.Piece.Text
		}
	}
	return said
}

// echo answers with what it was told last, and how often it was asked.
var echo = scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
	all := ""
	for _, m := range p.Messages {
		all += quire.PlainText(m.Parts)
	}
	r := scripted.Text(fmt.Sprintf("%s knows: apple %v, pear %v.", p.System[:strings.Index(p.System, ".")],
		strings.Contains(all, "apple"), strings.Contains(all, "pear")))
	return &r, nil
})

func TestEachUserHasAnAgent(t *testing.T) {
	url, _ := start(t, filepath.Join(t.TempDir(), "chat.db"), echo)
	mias, id := say(t, url, "m", "I like apples.", "Idempotency-Key", "first")
	assert.Equal(t, "mia~first", id)
	bens, bensID := say(t, url, "b", "I like pears.", "Idempotency-Key", "first") // his own, whatever mia said
	assert.Equal(t, "You are a helpful assistant of mia knows: apple true, pear false.", reply(t, mias, "m", turnOf(t, mias, "m", id)))
	assert.Equal(t, "You are a helpful assistant of ben knows: apple false, pear true.", reply(t, bens, "b", turnOf(t, bens, "b", bensID)))

	code, _ := call(t, "b", "GET", mias+"/streams/newest", "")
	assert.Equal(t, http.StatusForbidden, code, "ben reads nothing of mia's agent")
	code, _ = call(t, "b", "GET", mias+"/requests/"+id, "")
	assert.Equal(t, http.StatusForbidden, code)
	code, _ = call(t, "x", "POST", url+"/messages", "Let me in.")
	assert.Equal(t, http.StatusUnauthorized, code)

	say(t, url, "m", "I like apples.", "Idempotency-Key", "first") // again: taken once
	code, _ = call(t, "m", "POST", url+"/messages", "I like plums.", "Idempotency-Key", "first")
	assert.Equal(t, http.StatusBadRequest, code)
}

// The service dies while the model is at it. The next process answers.
func TestAMessageThatWasTakenIsAnswered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.db")
	asked := make(chan struct{}, 9)
	hanging := scripted.Func(func(ctx context.Context, _ int, _ *quire.Prompt) (*quire.Reply, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, errors.New("killed")
	})
	url, end := start(t, file, hanging)
	_, id := say(t, url, "m", "I like apples.")
	<-asked
	end()

	url, _ = start(t, file, echo)
	mias := url + "/agents/helper-of-mia"
	var said string
	require.Eventually(t, func() bool {
		said = reply(t, mias, "m", turnOf(t, mias, "m", id))
		return said != ""
	}, 20*time.Second, 10*time.Millisecond)
	assert.Contains(t, said, "apple true")

	_, next := say(t, url, "m", "And pears.")
	assert.Contains(t, reply(t, mias, "m", turnOf(t, mias, "m", next)), "apple true, pear true", "it remembers")
}
