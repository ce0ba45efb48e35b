package openaimodel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// TestWebsocketKit holds the model over a websocket to the kit.
func TestWebsocketKit(t *testing.T) {
	modeltest.RunAs(t, quire.APIOpenAIResponses, func(t *testing.T, s modeltest.Script) providers.Model {
		return newFront(t, s).model(openaimodel.Options{})
	}, nil)
}

// says is a step with an id of its own.
func says(id string, parts ...quire.Part) modeltest.Step {
	r := &quire.Reply{ID: id, Parts: parts, Stop: quire.StopEnd, Usage: quire.Usage{Input: 11, Output: 7}}
	for _, p := range parts {
		if _, ok := p.(quire.ToolCall); ok {
			r.Stop = quire.StopTools
		}
	}
	return modeltest.Step{Reply: r}
}

// talk is a conversation with a model: each call is answered, and the answer goes
// into the next prompt.
type talk struct {
	t *testing.T
	m *openaimodel.Model
	p *quire.Prompt
}

func newTalk(t *testing.T, m *openaimodel.Model) *talk {
	return &talk{t: t, m: m, p: &quire.Prompt{
		Model: "gpt-6", System: "You are Ada.", MaxOutput: 100, CacheKey: "ada",
		Tools:    []quire.Tool{{Name: "read", Schema: []byte(`{"type": "object"}`)}},
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{text("hello")}}},
		Marks:    []quire.CacheMark{{}, {After: 1}},
	}}
}

// took adds a reply and what follows it to the prompt.
func (k *talk) took(r *quire.Reply) {
	next := quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{text("go on after " + r.ID)}}
	var results []quire.Part
	for _, p := range r.Parts {
		if c, ok := p.(quire.ToolCall); ok {
			results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{text("result of " + c.ID)}})
		}
	}
	if results != nil {
		next = quire.PromptMessage{Role: quire.RoleTool, Parts: results}
	}
	k.p.Messages = append(k.p.Messages, quire.PromptMessage{Role: quire.RoleAssistant, Parts: r.Parts}, next)
	k.p.Marks = []quire.CacheMark{{}, {After: len(k.p.Messages)}}
}

// ask calls the model, whole or streamed, and takes the reply.
func (k *talk) ask(stream bool) (*quire.Reply, error) {
	if !stream {
		r, err := k.m.Generate(k.t.Context(), k.p)
		if err == nil {
			k.took(r)
		}
		return r, err
	}
	var said strings.Builder
	for d, err := range k.m.Stream(k.t.Context(), k.p) {
		if err != nil {
			return nil, err
		}
		said.WriteString(d.Text)
		if d.Reply != nil {
			assert.Equal(k.t, textOf(d.Reply), said.String(), "nothing twice, nothing lost")
			k.took(d.Reply)
			return d.Reply, nil
		}
	}
	return nil, errors.New("no reply")
}

func textOf(r *quire.Reply) (s string) {
	for _, p := range r.Parts {
		if p, ok := p.(quire.Text); ok {
			s += p.Text
		}
	}
	return s
}

func read(id string) quire.Part { return quire.ToolCall{ID: id, Name: "read", Args: `{"z":1,"a":2}`} }

// chainedCalls says which of the events were chained: "-" in full, "c" chained.
func chainedCalls(creates []created) (s string) {
	for _, c := range creates {
		s += map[bool]string{true: "c", false: "-"}[c.chained]
	}
	return s
}

func TestWebsocketSendsWhatIsNew(t *testing.T) {
	f := newFront(t, modeltest.Script{
		says("r1", text("Let me look."), quire.Reasoning{ID: "rs_1", Data: "c2VjcmV0"}, read("c1"), read("c2")), says("r2", read("c3")), says("r3", text("Done.")),
	})
	f.message = func(_, _ int, data []byte) string { // laid out in lines, as JSON may be
		var b bytes.Buffer
		require.NoError(t, json.Indent(&b, data, "", "\t"))
		return b.String()
	}
	k := newTalk(t, f.model(openaimodel.Options{}))
	for i, want := range []string{"Let me look.", "", "Done."} {
		r, err := k.ask(i == 1)
		require.NoError(t, err)
		assert.Equal(t, want, textOf(r))
		marks := []quire.CacheMark{{}, {After: 1}}
		if i > 0 {
			marks = []quire.CacheMark{{After: 1 + 2*i}} // the first is on what the server holds
		}
		assert.Equal(t, marks, r.Marks)
	}
	creates, dials := f.sent()
	assert.Equal(t, "-cc", chainedCalls(creates))
	assert.Equal(t, 1, dials)
	assert.NotContains(t, string(creates[2].raw), "hello", "the server has it")
	assert.Contains(t, string(creates[2].raw), "result of c3")
	requests := f.backend.Requests()
	assert.Contains(t, string(requests[2].Body), "hello", "and answers all of it")
	assert.Contains(t, string(requests[2].Body), "result of c1")
}

// TestWebsocketNotice: a call with a notice is sent in full, and so is the one
// after it; the notice is in no other.
func TestWebsocketNotice(t *testing.T) {
	f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("b")), says("r3", text("c")), says("r4", text("d"))})
	k := newTalk(t, f.model(openaimodel.Options{}))
	for i := range 4 {
		k.p.Notice = ""
		if i == 1 {
			k.p.Notice = "2 mails wait"
		}
		_, err := k.ask(false)
		require.NoError(t, err)
	}
	creates, _ := f.sent()
	assert.Equal(t, "---c", chainedCalls(creates))
	for i, req := range f.backend.Requests() {
		assert.Equal(t, i == 1, strings.Contains(string(req.Body), "2 mails wait"), "call %d", i)
	}
}

// TestWebsocketCuts: wherever the connection breaks, the turn is neither lost nor
// doubled, and the conversation goes on.
func TestWebsocketCuts(t *testing.T) {
	step := says("r2", text("The second answer."))
	// A whole stream: created, added, 2 deltas, done, completed.
	for cut := -1; cut <= 6; cut++ {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("before message %d, stream %v", cut, stream), func(t *testing.T) {
				f := newFront(t, modeltest.Script{says("r1", text("First.")), step, step, step, step})
				f.accept = func(create int) string {
					return map[bool]string{true: "cut"}[create == 1 && cut < 0]
				}
				f.message = func(create, n int, _ []byte) string {
					return map[bool]string{true: "cut"}[create == 1 && n == cut]
				}
				k := newTalk(t, f.model(openaimodel.Options{}))
				_, err := k.ask(stream)
				require.NoError(t, err)
				r, err := k.ask(stream)
				if err != nil { // some of it was shown already: the caller must know
					var e *providers.Error
					require.ErrorAs(t, err, &e)
					assert.Equal(t, providers.CodeUnavailable, e.Code)
					assert.True(t, stream && cut >= 3, "cut %d", cut)
					r, err = k.ask(stream)
				}
				require.NoError(t, err)
				assert.Equal(t, "The second answer.", textOf(r))
				_, err = k.ask(stream)
				require.NoError(t, err)
				creates, dials := f.sent()
				want, connections := "-c-c", 2
				if cut == 6 {
					want, connections = "-cc", 1 // there is no such message
				}
				assert.Equal(t, want, chainedCalls(creates))
				assert.Equal(t, connections, dials)
				last := f.backend.Requests()
				assert.Equal(t, 1, strings.Count(string(last[len(last)-1].Body), "go on after r1"))
				assert.Equal(t, 1, strings.Count(string(last[len(last)-1].Body), "The second answer."))
			})
		}
	}
}

// TestWebsocketErrors: what the server says of chains and connections leads to a
// call in full, anything else to the error that HTTP would have given.
func TestWebsocketErrors(t *testing.T) {
	const limit = `{"type":"error","status":400,"error":{"type":"invalid_request_error","code":"websocket_connection_limit_reached","message":"Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue."}}`
	const lost = `{"type":"error","status":400,"error":{"code":"previous_response_not_found","message":"Previous response with id 'r1' not found.","param":"previous_response_id"}}`
	const busy = `{"type":"error","status":429,"error":{"type":"requests","code":"rate_limit_exceeded","message":"slow down"},"headers":{"retry-after":"7"}}`
	for name, c := range map[string]struct {
		says   string
		chain  string
		dials  int
		posted int // over HTTP
		code   providers.Code
	}{
		"the connection's limit": {says: limit, chain: "-c-c", dials: 2},
		"the chain is lost":      {says: lost, chain: "-c-c", dials: 1},
		"always lost":            {says: lost + " ", chain: "-c--", dials: 1, posted: 1},
		"rate limit":             {says: busy, chain: "-c-", dials: 1, code: providers.CodeRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("b")), says("r3", text("c"))})
			f.accept = func(create int) string {
				if create == 1 || create == 2 && strings.HasSuffix(c.says, " ") {
					return c.says
				}
				return ""
			}
			k := newTalk(t, f.model(openaimodel.Options{}))
			_, err := k.ask(false)
			require.NoError(t, err)
			_, err = k.ask(false)
			if c.code != "" {
				var e *providers.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, c.code, e.Code)
				assert.Equal(t, 429, e.Status)
				assert.Equal(t, 7*time.Second, e.RetryAfter)
			} else {
				require.NoError(t, err)
			}
			_, err = k.ask(false)
			require.NoError(t, err)
			creates, dials := f.sent()
			assert.Equal(t, c.chain, chainedCalls(creates))
			assert.Equal(t, c.dials, dials)
			posted := 0
			for _, r := range f.backend.Requests() {
				if r.Header.Get("Authorization") != "" { // the front adds none
					posted++
				}
			}
			assert.Equal(t, c.posted, posted)
		})
	}
}

// TestWebsocketFailsInTheMiddle: a failure after half of a stream is an error, and
// nothing is built on it.
func TestWebsocketFailsInTheMiddle(t *testing.T) {
	const failed = `{"type":"error","status":500,"error":{"type":"server_error","message":"broken"}}`
	f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("a longer answer")), says("r3", text("b"))})
	f.message = func(create, n int, _ []byte) string {
		return map[bool]string{true: failed}[create == 1 && n == 3]
	}
	k := newTalk(t, f.model(openaimodel.Options{}))
	_, err := k.ask(true)
	require.NoError(t, err)
	_, err = k.ask(true)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeUnavailable, e.Code)
	_, err = k.ask(true)
	require.NoError(t, err)
	creates, dials := f.sent()
	assert.Equal(t, "-c-", chainedCalls(creates))
	assert.Equal(t, 1, dials, "the connection is as good as before")
}

// TestWebsocketFallsBack: a server without websockets is asked once, one that
// can't be reached just now again with the next call.
func TestWebsocketFallsBack(t *testing.T) {
	for status, dials := range map[int]int{http.StatusNotFound: 1, http.StatusMethodNotAllowed: 1, http.StatusServiceUnavailable: 2} {
		upgrades := 0
		count := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Upgrade") != "" {
				upgrades++
			}
			return http.DefaultTransport.RoundTrip(req)
		})
		f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("b"))})
		f.refuse = status
		k := newTalk(t, f.model(openaimodel.Options{HTTPClient: &http.Client{Transport: count}}))
		for _, stream := range []bool{false, true} {
			r, err := k.ask(stream)
			require.NoError(t, err)
			assert.Len(t, r.Marks, 2, "all marks went out")
		}
		assert.Equal(t, dials, upgrades, status)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestWebsocketCancelled: cancelling a call closes the connection; the next call
// opens another.
func TestWebsocketCancelled(t *testing.T) {
	f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("b"))})
	k := newTalk(t, f.model(openaimodel.Options{}))
	_, err := k.ask(false)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	f.accept = func(create int) string {
		if create == 1 {
			cancel()
			return "hang"
		}
		return ""
	}
	_, err = k.m.Generate(ctx, k.p)
	require.ErrorIs(t, err, context.Canceled)
	_, err = k.m.Generate(ctx, k.p)
	require.ErrorIs(t, err, context.Canceled)
	_, err = k.ask(true)
	require.NoError(t, err)
	creates, dials := f.sent()
	assert.Equal(t, "-c-", chainedCalls(creates))
	assert.Equal(t, 2, dials)
}

// TestWebsocketLeft: who leaves a stream in the middle gets the next reply whole.
func TestWebsocketLeft(t *testing.T) {
	f := newFront(t, modeltest.Script{says("r1", text("a long answer")), says("r2", text("b"))})
	k := newTalk(t, f.model(openaimodel.Options{}))
	for d, err := range k.m.Stream(t.Context(), k.p) {
		require.NoError(t, err)
		require.Nil(t, d.Reply)
		break
	}
	r, err := k.ask(true)
	require.NoError(t, err)
	assert.Equal(t, "b", textOf(r))
}

// TestWebsocketClose: a closed model fails at once, also in the middle of a call.
func TestWebsocketClose(t *testing.T) {
	f := newFront(t, nil)
	m := f.model(openaimodel.Options{})
	k := newTalk(t, m)
	f.accept = func(int) string { _ = m.Close(); return "hang" }
	for range 2 {
		_, err := k.ask(false)
		var e *providers.Error
		require.ErrorAs(t, err, &e)
		assert.ErrorContains(t, err, "closed")
	}
}

// TestWebsocketNestedCall: the session is free once a reply is there.
func TestWebsocketNestedCall(t *testing.T) {
	f := newFront(t, modeltest.Script{says("r1", text("a")), says("r2", text("b"))})
	k := newTalk(t, f.model(openaimodel.Options{}))
	for d, err := range k.m.Stream(t.Context(), k.p) {
		require.NoError(t, err)
		if d.Reply != nil {
			k.took(d.Reply)
			_, err := k.ask(false)
			require.NoError(t, err)
		}
	}
	creates, _ := f.sent()
	assert.Equal(t, "-c", chainedCalls(creates))
}
