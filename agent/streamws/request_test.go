package streamws_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/providers/scripted"
)

// A mail is followed from before its turn begins until it is dealt with.
func TestOneMailIsFollowed(t *testing.T) {
	s := serve(t)
	d := quire.Mail("ada", "Go", "go")
	d.ID = "one"
	_, err := s.store.Box("mia").Send(t.Context(), d)
	require.NoError(t, err)
	c := s.connect("ada/requests/one/stream")
	var first streamhttp.Event
	require.NoError(t, json.Unmarshal([]byte(s.event(c)), &first))
	assert.Equal(t, streamhttp.EventRequest, first.Name, "how it stands, at once")
	a, err := agent.New(s.store.Box("ada"), scripted.New(scripted.Text("I went.")), &agent.Options{Budget: 20_000, Streaming: agent.Streaming{On: true}})
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	require.NoError(t, err)
	said, last := "", streamhttp.Event{}
	for {
		text := s.event(c)
		if text == websocket.StatusNormalClosure.String() {
			break
		}
		last = streamhttp.Event{}
		require.NoError(t, json.Unmarshal([]byte(text), &last), text)
		if last.Name == streamhttp.EventChunk {
			said += string(last.Data)
		}
	}
	assert.Contains(t, said, "I went.")
	assert.Equal(t, streamhttp.EventRequest, last.Name)
	var status streamhttp.Status
	require.NoError(t, json.Unmarshal(last.Data, &status))
	assert.Equal(t, agent.RequestDone, status.State)
	assert.Equal(t, websocket.StatusNormalClosure.String(), s.event(s.connect("ada/requests/one/stream?from="+last.ID)), "nothing is told twice")
	for path, code := range map[string]int{"ada/requests/two/stream": http.StatusNotFound, "ada/requests/one/stream?from=x": http.StatusBadRequest} {
		_, res, err := s.dial(path)
		require.Error(t, err)
		assert.Equal(t, code, res.StatusCode, path)
	}
}
