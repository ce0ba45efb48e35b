package openaimodel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
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
	const flat = `{"type":"error","code":"previous_response_not_found","message":"Previous response with id 'r1' not found.","sequence_number":1}`
	const busy = `{"type":"error","status":429,"error":{"type":"requests","code":"rate_limit_exceeded","message":"slow down"},"headers":{"retry-after":"7"}}`
	const failed = `{"type":"response.failed","response":{"id":"r2","status":"failed","output":[],"error":{"code":"rate_limit_exceeded","message":"slow down"}}}`
	const odd = `{"type":"error","status":429,"code":429,"error":{"code":"rate_limit_exceeded","message":"slow down"},"headers":{"x-remaining":0,"retry-after":"7"}}`
	for name, c := range map[string]struct {
		says   string
		chain  string
		dials  int
		posted int // over HTTP
		code   providers.Code
	}{
		"the connection's limit": {says: limit, chain: "-c-c", dials: 2},
		"the chain is lost":      {says: lost, chain: "-c-c", dials: 2},
		"in another shape":       {says: flat, chain: "-c-c", dials: 2},
		"always lost":            {says: lost + " ", chain: "-c--", dials: 3, posted: 1},
		"told twice":             {says: busy + "\n" + failed, chain: "-c-", dials: 2, code: providers.CodeRateLimited},
		"of other types":         {says: odd, chain: "-c-", dials: 2, code: providers.CodeRateLimited},
		"rate limit":             {says: busy, chain: "-c-", dials: 2, code: providers.CodeRateLimited},
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
	assert.Equal(t, 2, dials, "what else it says of the failure is not heard")
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

// TestWebsocketNeverOpens: behind a proxy that never answers the wish for a
// websocket, the call goes over HTTP after a while.
func TestWebsocketNeverOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		swallow := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Upgrade") != "" {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			body := io.NopCloser(strings.NewReader(`{"id":"r1","status":"completed","output":[]}`))
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: req}, nil
		})
		m, err := openaimodel.New("", &openaimodel.Options{Key: "secret", BaseURL: "http://swallows.test/v1", Websocket: true, HTTPClient: &http.Client{Transport: swallow}})
		require.NoError(t, err)
		r, err := m.Generate(t.Context(), newTalk(t, m).p)
		require.NoError(t, err)
		assert.Equal(t, "r1", r.ID)
	})
}

// TestWebsocketResponseFails: nothing is built on a reply that failed.
func TestWebsocketResponseFails(t *testing.T) {
	f := newFront(t, modeltest.Script{
		says("r1", text("a")), {Reply: says("r2", text("long enough")).Reply, Fault: modeltest.FaultError, Fail: providers.CodeUnavailable}, says("r3", text("c")),
	})
	k := newTalk(t, f.model(openaimodel.Options{}))
	_, err := k.ask(false)
	require.NoError(t, err)
	_, err = k.ask(false)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeUnavailable, e.Code)
	_, err = k.ask(false)
	require.NoError(t, err)
	creates, _ := f.sent()
	assert.Equal(t, "-c-", chainedCalls(creates))
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

// TestWebsocketQueues: a call waits for the one before it, as long as its context
// lets it.
func TestWebsocketQueues(t *testing.T) {
	f := newFront(t, modeltest.Script{says("r1", text("a long answer")), says("r2", text("b"))})
	k := newTalk(t, f.model(openaimodel.Options{}))
	for d, err := range k.m.Stream(t.Context(), k.p) {
		require.NoError(t, err)
		if d.Reply == nil {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := k.m.Generate(ctx, k.p)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
	}
	_, err := k.ask(false)
	require.NoError(t, err)
	_, dials := f.sent()
	assert.Equal(t, 1, dials, "the call that never began did no harm")
}

// TestWebsocketEmptyOutput: what came before the last event is the reply where that
// event leaves the output empty, as gateways do.
func TestWebsocketEmptyOutput(t *testing.T) {
	f := newFront(t, nil)
	f.accept = func(int) string {
		return `{"type":"response.created","response":{"id":"r"}}` + "\n" +
			`{"type":"response.output_text.delta","output_index":0,"item_id":"m","delta":"Hi"}` + "\n" +
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]}}` + "\n" +
			`{"type":"response.completed","response":{"id":"r","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":4}}}` + "\n"
	}
	m := f.model(openaimodel.Options{}, "gpt-6")
	p := &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	r, err := m.Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: "Hi"}}, r.Parts)
	assert.Equal(t, quire.Usage{Input: 3, Output: 4}, r.Usage)
}
