package inspect

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// The actions, as Options.Allow names them.
const (
	actAnswer = "answer"
	actDone   = "done"
	actRetry  = "retry"
)

// Options say what the pages may do. The zero value only reads.
type Options struct {
	// Allow says whether a request may act in the name of a mailbox: "answer" a question in
	// it, mark mail as "done", or "retry" a dead letter, which its sender then sends again.
	// An error is 403 Forbidden, and is shown. It is called by several goroutines at once,
	// also to find out which buttons to show. nil: nobody may do anything. Requests of other
	// sites' pages are refused before it is asked.
	Allow func(r *http.Request, box quire.Address, action string) error
	// Failed hears of what could not be read or rendered; nil: nobody does but the client.
	Failed func(r *http.Request, err error)
	Now    func() time.Time // nil: time.Now
}

// Handler serves the pages. It is safe for concurrent use.
type Handler struct {
	store *mailbox.Store
	o     Options
	pages map[string]*template.Template
	guard http.CrossOriginProtection
	sums  sums
	tick  func(time.Duration) (ticks <-chan time.Time, stop func())
}

// New returns a handler that shows what is in a store. It opens nothing and keeps nothing
// but sums of receipts, at most a few megabytes. What it may read is what the store lets it:
// see [mailbox.Store.As]. Whoever reaches the handler reads all of that, so put a log-in
// before it, or bind it to a loopback address. nil options are the zero ones.
func New(store *mailbox.Store, options *Options) (*Handler, error) {
	if store == nil {
		return nil, errors.New("inspect: the store is missing")
	}
	h := &Handler{store: store, pages: map[string]*template.Template{}}
	if options != nil {
		h.o = *options
	}
	if h.o.Now == nil {
		h.o.Now = time.Now
	}
	h.tick = func(every time.Duration) (<-chan time.Time, func()) {
		t := time.NewTicker(every)
		return t.C, t.Stop
	}
	h.sums = sums{blocks: map[blockKey][]sum{}, mu: &sync.Mutex{}}
	layout, err := template.New("layout.html").Funcs(funcs()).ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	for _, name := range []string{"agents", "agent", "calls", "cache", "call", "mail", "message", "questions", "dead", "spending", "error"} {
		one, err := layout.Clone()
		if err == nil {
			one, err = one.ParseFS(files, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("inspect: %w", err)
		}
		h.pages[name] = one
	}
	return h, nil
}

//go:embed templates static
var files embed.FS

// ServeHTTP implements [http.Handler]. It goes by the part of the path behind the last
// slash, so it may stand below any path that ends with one.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case r.Method == http.MethodPost && isAction(name):
		h.act(w, r, name)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		h.fail(w, r, &httpError{http.StatusMethodNotAllowed, "this page can only be read"})
		return
	}
	switch name {
	case "style.css", "live.js", "icon.svg":
		http.ServeFileFS(w, r, files, "static/"+name)
	case "live":
		h.live(w, r)
	default:
		h.page(w, r, name)
	}
}

func isAction(name string) bool { return name == actAnswer || name == actDone || name == actRetry }

// page serves the page of a name.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, name string) {
	build := map[string]func(context.Context, *query) (*page, error){
		"": h.agents, "agent": h.agent, "calls": h.calls, "cache": h.cache, "call": h.call, "mail": h.mail,
		"message": h.message, "questions": h.questions, "dead": h.dead, "spending": h.spending,
	}[name]
	if build == nil {
		h.fail(w, r, &httpError{http.StatusNotFound, "there is no such page"})
		return
	}
	q := &query{r: r, values: r.URL.Query(), now: h.o.Now()}
	p, err := build(r.Context(), q)
	if err == nil {
		err = q.err
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.render(w, r, http.StatusOK, p)
}

// httpError is an error with the status that it is answered with.
type httpError struct {
	status int
	text   string
}

func (e *httpError) Error() string { return e.text }

// statusOf is the status of an error.
func statusOf(err error) int {
	var known *httpError
	switch {
	case errors.As(err, &known):
		return known.status
	case errors.Is(err, mailbox.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, mailbox.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, mailbox.ErrForbidden), errors.Is(err, mailbox.ErrReadOnly):
		return http.StatusForbidden
	case errors.Is(err, mailbox.ErrBusy), errors.Is(err, mailbox.ErrUnavailable):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with an error page, in the words of the error: whoever reads the pages may
// read the store.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody waits for an answer
	}
	status := statusOf(err)
	if status >= 500 && h.o.Failed != nil {
		h.o.Failed(r, err)
	}
	text := err.Error()
	if errors.Is(err, mailbox.ErrCorrupt) {
		text += ". The command quire doctor says what is damaged and what can be done"
	}
	h.render(w, r, status, &page{Name: "error", Title: http.StatusText(status), Now: h.o.Now(), Body: text})
}
