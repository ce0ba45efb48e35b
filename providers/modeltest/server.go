package modeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// Server speaks one vendor's wire format on a local port: it answers by a
// [Script], whole or streamed as the request asks, and checks every request
// with package promptcheck. It is safe for concurrent use.
type Server struct {
	*httptest.Server // URL is the base; any path that ends like the vendor's will do

	// Tolerate keeps requests that break rules from failing the test; they are
	// recorded all the same. Set it before the first request.
	Tolerate bool

	api    quire.API
	vendor vendor
	done   chan struct{} // closed when the test ends: lets go of what hangs

	mu         sync.Mutex
	script     Script
	calls      int
	requests   []Request
	violations []promptcheck.Violation
}

// Request is one request as the server got it.
type Request struct {
	Path   string
	Header http.Header
	Body   []byte
}

// NewServer starts a server for the length of the test. The API is one of
// [quire.APIAnthropic], [quire.APIOpenAIChat], [quire.APIOpenAIResponses],
// [quire.APIGemini], [quire.APIStrict] (the chat format under strict rules) and
// [quire.APIOllama].
func NewServer(t testing.TB, api quire.API, script Script) *Server {
	t.Helper()
	v, ok := vendors()[api]
	if !ok {
		t.Fatalf("modeltest: no server for %q", api)
	}
	s := &Server{api: api, vendor: v, script: script, done: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(s.handle))
	t.Cleanup(func() {
		close(s.done)
		s.Close()
		if s.Tolerate {
			return
		}
		for _, v := range s.Violations() {
			t.Errorf("modeltest: a request breaks a rule of %s: %s", api, v)
		}
	})
	return s
}

// Requests returns what came in so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Violations returns what was wrong with the requests so far.
func (s *Server) Violations() []promptcheck.Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]promptcheck.Violation(nil), s.violations...)
}

// next records a request and returns the step that answers it.
func (s *Server) next(req *http.Request, body []byte) (Step, bool) {
	var counted struct { // how Gemini wraps what it is to count
		Request json.RawMessage `json:"generateContentRequest"`
	}
	content := body
	if json.Unmarshal(body, &counted) == nil && len(counted.Request) > 0 {
		content = counted.Request
	}
	found := promptcheck.Check(s.api, content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{Path: req.URL.Path, Header: req.Header.Clone(), Body: body})
	s.violations = append(s.violations, found...)
	if s.calls == len(s.script) {
		return Step{}, false
	}
	s.calls++
	return s.script[s.calls-1], true
}

func (s *Server) handle(w http.ResponseWriter, req *http.Request) {
	counts := s.vendor.counts != "" && strings.HasSuffix(req.URL.Path, s.vendor.counts)
	if !counts && !s.known(req.URL.Path) {
		http.Error(w, fmt.Sprintf("modeltest: %s is none of %v", req.URL.Path, s.vendor.paths), http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the client went away
	}
	step, ok := s.next(req, body)
	if why := step.objection(body); why != "" {
		step = Step{Fail: providers.CodeInvalid, says: why}
	}
	for k, v := range step.Header {
		w.Header().Set(k, v)
	}
	switch {
	case !ok:
		http.Error(w, "modeltest: the script has no more steps", http.StatusInternalServerError)
	case step.Hang:
		s.stall(req)
	case step.Fault == FaultDead:
		panic(http.ErrAbortHandler) // how a handler breaks its connection
	case step.raw != "":
		s.odd(w, body, step.raw)
	case step.Fault == "" && (step.Fail != "" || step.Status >= 300):
		s.fail(w, step)
	case step.Body != "":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, step.Body)
	case counts:
		w.Header().Set("Content-Type", "application/json")
		w.Write(s.vendor.count(step.Count))
	default:
		s.reply(w, req, body, step)
	}
}

// OddHeader stands on answers that break their own format on purpose, for tests that
// hold answers to a vendor's description.
const OddHeader = "Modeltest-Odd"

// odd sends an answer as it is: a stream, unless it is one object. Where nothing but a
// stream will do, an object becomes one.
func (s *Server) odd(w http.ResponseWriter, request []byte, body string) {
	typ := "text/event-stream"
	switch whole := strings.HasPrefix(body, "{"); {
	case s.vendor.ndjson:
		typ = "application/x-ndjson"
	case whole && s.api == quire.APIOpenAIResponses && bytes.Contains(request, []byte(`"stream":true`)):
		body = events(`{"type":"response.completed","response":` + body + `}`)
	case whole:
		typ = "application/json"
	}
	w.Header().Set(OddHeader, "yes")
	w.Header().Set("Content-Type", typ)
	io.WriteString(w, body)
}

func (s *Server) known(path string) bool {
	for _, p := range s.vendor.paths {
		if strings.HasSuffix(path, p) {
			return true
		}
	}
	return false
}

// stall waits until the client goes away, or the test ends.
func (s *Server) stall(req *http.Request) {
	select {
	case <-req.Context().Done():
	case <-s.done:
	}
}

func (s *Server) fail(w http.ResponseWriter, step Step) {
	h, after := w.Header(), step.RetryAfter
	switch {
	case after%time.Second != 0:
		h.Set("Retry-After-Ms", strconv.FormatInt(after.Milliseconds(), 10))
	case after > 0:
		h.Set("Retry-After", strconv.FormatInt(int64(after/time.Second), 10))
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(step.status())
	w.Write(s.vendor.fail(step))
}
