package openaimodel_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/openai/openai-go/v3/responses"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// front is a server of the Responses API that also speaks its websocket mode: it
// puts together what a chain of events stands for, and has a server of modeltest
// answer that, which checks it as a whole request. It holds the last reply of each
// connection, as OpenAI's does.
type front struct {
	*httptest.Server
	t       *testing.T
	backend *modeltest.Server
	// refuse answers an upgrade with this status, if it is not 0.
	refuse int
	// message decides about each message that goes out: "" sends it, "cut" breaks
	// the connection instead, anything else is sent in its place, once. n counts
	// the messages of the connection from 0.
	message func(create, n int, data []byte) string
	// accept decides about each event that comes in, as message does; "cut" breaks
	// the connection before it is answered, "hang" waits until the client leaves.
	accept func(create int) string

	mu      sync.Mutex
	dials   int
	creates []created
}

// created is an event that came in.
type created struct {
	raw     []byte
	chained bool
	dial    int
}

func newFront(t *testing.T, script modeltest.Script) *front {
	t.Helper()
	f := &front{t: t, backend: modeltest.NewServer(t, quire.APIOpenAIResponses, script)}
	target, err := url.Parse(f.backend.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Header.Get("Upgrade") == "":
			proxy.ServeHTTP(w, req)
		case f.refuse != 0:
			w.WriteHeader(f.refuse)
		default:
			f.serve(w, req)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// model makes a model that talks to the front.
func (f *front) model(o openaimodel.Options, name ...string) *openaimodel.Model {
	f.t.Helper()
	o.Key, o.BaseURL, o.Websocket = "secret", f.URL+"/v1", true
	m, err := openaimodel.New(append(name, "")[0], &o)
	require.NoError(f.t, err)
	f.t.Cleanup(func() { require.NoError(f.t, m.Close()) })
	return m
}

// sent returns the events that came in, and how many connections were opened.
func (f *front) sent() ([]created, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.creates), f.dials
}

// socket is one connection.
type socket struct {
	f    *front
	c    *websocket.Conn
	dial int
	id   string            // of the last reply
	held []json.RawMessage // what it ended
}

func (f *front) serve(w http.ResponseWriter, req *http.Request) {
	assert.Equal(f.t, "Bearer secret", req.Header.Get("Authorization"))
	assert.Equal(f.t, "/v1/responses", req.URL.Path)
	c, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	f.mu.Lock()
	f.dials++
	s := &socket{f: f, c: c, dial: f.dials}
	f.mu.Unlock()

	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	in := make(chan []byte)
	go func() { // notices when the client leaves
		defer cancel()
		for {
			_, data, err := c.Read(ctx)
			if err != nil {
				return
			}
			select {
			case in <- data:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case data := <-in:
			if !s.create(ctx, data) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// create answers one event; false breaks the connection.
func (s *socket) create(ctx context.Context, data []byte) bool {
	var in map[string]json.RawMessage
	var items []json.RawMessage
	var previous string
	t := s.f.t
	if !assert.NoError(t, json.Unmarshal(data, &in)) || !assert.NoError(t, json.Unmarshal(in["input"], &items)) {
		return false
	}
	_ = json.Unmarshal(in["previous_response_id"], &previous)
	assert.Equal(t, `"response.create"`, string(in["type"]))
	assert.Empty(t, unknown(t, data, &responses.ResponsesClientEventResponseCreateParam{}), "%s", data)
	assert.NotContains(t, in, "stream")
	s.f.mu.Lock()
	n := len(s.f.creates)
	s.f.creates = append(s.f.creates, created{data, previous != "", s.dial})
	s.f.mu.Unlock()
	if s.f.accept != nil {
		switch do := s.f.accept(n); do {
		case "":
		case "cut":
			return false
		case "hang":
			<-ctx.Done()
			return false
		default:
			s.held, s.id = nil, ""
			for message := range strings.Lines(do) {
				if s.c.Write(ctx, websocket.MessageText, []byte(message)) != nil {
					return false
				}
			}
			return true
		}
	}
	switch {
	case previous == "":
		s.held = nil
	case previous != s.id:
		s.held, s.id = nil, ""
		return s.c.Write(ctx, websocket.MessageText, []byte(`{"type":"error","status":400,"error":{"code":"previous_response_not_found","message":"Previous response not found.","param":"previous_response_id"}}`)) == nil
	default:
		for _, v := range promptcheck.Check(quire.APIOpenAIResponses, data) {
			assert.NotEqual(t, "C6", v.Code, v)
		}
		assert.NotContains(t, string(data), "mails wait", "a notice in a chained call stays at the server")
	}
	s.held = append(s.held, items...)
	delete(in, "type")
	delete(in, "previous_response_id")
	in["stream"] = json.RawMessage("true")
	all, err := json.Marshal(s.held)
	require.NoError(t, err)
	in["input"] = all
	body, err := json.Marshal(in)
	require.NoError(t, err)
	return s.answer(ctx, n, body)
}

// answer has the backend answer and passes that on.
func (s *socket) answer(ctx context.Context, create int, body []byte) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.f.backend.URL+"/v1/responses", bytes.NewReader(body))
	require.NoError(s.f.t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return s.whole(ctx, res)
	}
	n, r := 0, bufio.NewReader(res.Body)
	for {
		line, err := r.ReadBytes('\n')
		data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data: "))
		if ok && err == nil {
			if s.f.message != nil {
				switch do := s.f.message(create, n, data); do {
				case "":
				case "cut":
					return false
				default:
					data = []byte(do)
				}
			}
			n++
			if s.c.Write(ctx, websocket.MessageText, data) != nil {
				return false
			}
			if s.note(data) {
				return true
			}
		}
		if err != nil {
			return false // the stream ended early
		}
	}
}

// note keeps what the server holds once a reply is whole. It returns whether the
// event is the last one.
func (s *socket) note(data []byte) bool {
	var e struct {
		Type     string `json:"type"`
		Response struct {
			ID     string            `json:"id"`
			Output []json.RawMessage `json:"output"`
		} `json:"response"`
	}
	if !bytes.Contains(data, []byte(`"response":`)) && !bytes.Contains(data, []byte(`"error"`)) {
		return false // cheap: some events are long
	}
	_ = json.Unmarshal(data, &e)
	switch e.Type {
	case "response.completed", "response.incomplete":
		s.id = e.Response.ID
		s.held = append(s.held, e.Response.Output...)
		return true
	case "response.failed", "error":
		s.id, s.held = "", nil
		return true
	}
	return false
}

// whole passes on an answer that is no stream: a failure, or nonsense.
func (s *socket) whole(ctx context.Context, res *http.Response) bool {
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return false
	}
	s.id, s.held = "", nil
	if res.StatusCode >= 300 {
		var in struct {
			Error json.RawMessage `json:"error"`
		}
		if json.Unmarshal(body, &in) != nil || in.Error == nil {
			in.Error = json.RawMessage(`{"message":"failed"}`)
		}
		headers := map[string]string{}
		for k := range res.Header {
			headers[k] = res.Header.Get(k)
		}
		h, _ := json.Marshal(headers)
		body = fmt.Appendf(nil, `{"type":"error","status":%d,"error":%s,"headers":%s}`, res.StatusCode, in.Error, h)
	}
	return s.c.Write(ctx, websocket.MessageText, body) == nil
}
