package modeltest

import (
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

// vendor is what differs between the formats.
type vendor struct {
	paths  []string // what a request's path may end in
	whole  func(r *quire.Reply) []byte
	stream func(w *streamWriter, r *quire.Reply)
	fail   func(s Step) []byte
	ndjson bool
	// streams says whether the request asks for a stream; nil: "stream": true.
	streams func(req *http.Request, body []byte) bool
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
	found := promptcheck.Check(s.api, body)
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
	if !s.known(req.URL.Path) {
		http.Error(w, fmt.Sprintf("modeltest: %s is none of %v", req.URL.Path, s.vendor.paths), http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the client went away
	}
	step, ok := s.next(req, body)
	switch {
	case !ok:
		http.Error(w, "modeltest: the script has no more steps", http.StatusInternalServerError)
	case step.Hang:
		select {
		case <-req.Context().Done():
		case <-s.done:
		}
	case step.Fail != "" || step.Status >= 300:
		if step.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(step.RetryAfter/time.Second)))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(step.status())
		w.Write(s.vendor.fail(step))
	case step.Body != "":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, step.Body)
	default:
		s.reply(w, req, body, step.Reply)
	}
}

func (s *Server) known(path string) bool {
	for _, p := range s.vendor.paths {
		if strings.HasSuffix(path, p) {
			return true
		}
	}
	return false
}

func (s *Server) reply(w http.ResponseWriter, req *http.Request, body []byte, reply *quire.Reply) {
	r := quire.Reply{}
	if reply != nil {
		r = *reply
	}
	var in struct {
		Model  string `json:"model"`
		Stream *bool  `json:"stream"`
	}
	_ = json.Unmarshal(body, &in) // promptcheck tells of bodies that can't be read
	if r.Model == "" {
		r.Model = in.Model
	}
	if r.Model == "" {
		r.Model = geminiModel(req.URL.Path)
	}
	streams := in.Stream != nil && *in.Stream
	if s.vendor.streams != nil {
		streams = s.vendor.streams(req, body)
	}
	if !streams {
		w.Header().Set("Content-Type", "application/json")
		w.Write(s.vendor.whole(&r))
		return
	}
	contentType := "text/event-stream"
	if s.vendor.ndjson {
		contentType = "application/x-ndjson"
	}
	w.Header().Set("Content-Type", contentType)
	s.vendor.stream(&streamWriter{w: w}, &r)
}

// streamWriter writes events and flushes each.
type streamWriter struct{ w http.ResponseWriter }

// event writes one server-sent event; name may be empty.
func (s *streamWriter) event(name string, data any) {
	if name != "" {
		fmt.Fprintf(s.w, "event: %s\n", name)
	}
	fmt.Fprintf(s.w, "data: %s\n\n", encode(data))
	s.flush()
}

// line writes one line of NDJSON, or any other raw text.
func (s *streamWriter) line(data any) {
	fmt.Fprintf(s.w, "%s\n", encode(data))
	s.flush()
}

func (s *streamWriter) flush() {
	if f, ok := s.w.(http.Flusher); ok {
		f.Flush()
	}
}

// encode is json.Marshal without its escaping of HTML; strings of type raw are
// written as they are.
func encode(v any) []byte {
	if r, ok := v.(raw); ok {
		return []byte(r)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("modeltest: " + err.Error()) // only our own maps and strings come here
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// raw is text that goes into a stream as it is.
type raw string

// obj is a JSON object; its keys are written in sorted order.
type obj map[string]any

// pieces cuts s in two at a rune, as a stream might.
func pieces(s string) []string {
	cut := len(s) / 2
	for cut < len(s) && s[cut]&0xC0 == 0x80 {
		cut++
	}
	if cut == 0 || cut == len(s) {
		return []string{s}
	}
	return []string{s[:cut], s[cut:]}
}
