package inspect

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
)

// page is what a template gets.
type page struct {
	Name  string // of its template
	Title string
	Box   quire.Address // that it is about; "": all
	Agent bool          // an agent lives there
	Tab   string        // of a mailbox's pages
	Live  string        // what the page follows: a query of live; "": nothing
	Now   time.Time
	Body  any
}

// render writes a page, all of it or an error.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, p *page) {
	var b bytes.Buffer
	if err := h.pages[p.Name].Execute(&b, p); err != nil {
		if h.o.Failed != nil {
			h.o.Failed(r, err)
		}
		http.Error(w, "the page can't be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // who went away does not read it
}

// query is what a request asks for. Of what can't be meant err says the first.
type query struct {
	r      *http.Request
	values url.Values
	now    time.Time
	err    error
}

func (q *query) wrong(format string, args ...any) {
	if q.err == nil {
		q.err = &httpError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
	}
}

// box is the mailbox that the request names.
func (q *query) box() quire.Address {
	addr := quire.Address(q.values.Get("box")).Base()
	if err := addr.Valid(); err != nil {
		q.wrong("box: %v", err)
	}
	return addr
}

// number is a number of the request; 0 when it is not given.
func (q *query) number(name string) uint64 {
	s := strings.TrimPrefix(strings.TrimSpace(q.values.Get(name)), "#")
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil {
		q.wrong("%s: %q is no number", name, s)
	}
	return n
}

// to makes a relative link to another page: name, then pairs of names and values.
func to(name string, pairs ...any) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, value := fmt.Sprint(pairs[i]), ""
		switch x := pairs[i+1].(type) {
		case quire.UID:
			value = strconv.FormatUint(uint64(x), 10)
		default:
			value = fmt.Sprint(x)
		}
		if value != "" && value != "0" {
			v.Set(key, value)
		}
	}
	if len(v) == 0 {
		return "./" + name
	}
	return "./" + name + "?" + v.Encode()
}

func funcs() template.FuncMap {
	return template.FuncMap{
		"to": to, "num": num, "at": at, "day": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"line": func(n int, s any) string { return look.Line(text(s), n) }, "clean": func(s any) string { return look.Clean(text(s)) },
		"ago": ago, "pct": func(part, all int) int { return int(100 * int64(part) / int64(max(all, 1))) },
		"list": func(v ...any) []any { return v }, "plural": plural, "toolcalls": callsOf, "said": saidBy, "money": look.Amount,
	}
}

// text is what a value says.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// num writes a whole number with thin spaces between thousands.
func num(v any) string {
	s := fmt.Sprint(v)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}

// withoutCalls are parts but for calls of tools, which are shown apart.
func withoutCalls(parts []quire.Part) []quire.Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p quire.Part) bool {
		_, call := p.(quire.ToolCall)
		return call
	})
}

// saidBy is the text of a message without calls, or the beginning of it.
func saidBy(it quire.Item) string {
	s := look.Clean(strings.TrimSpace(quire.PlainText(withoutCalls(it.Parts))))
	if r := []rune(s); len(r) > 2000 {
		return string(r[:2000]) + "…"
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return num(n) + " " + many
}

// at is a time for people, in UTC.
func at(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// ago is how far a time is from now, in one unit.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "–"
	}
	d, form := now.Sub(t), "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	s := fmt.Sprintf("%d s", int(d.Seconds()))
	switch {
	case d >= 48*time.Hour:
		s = fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		s = fmt.Sprintf("%d h", int(d.Hours()))
	case d >= 2*time.Minute:
		s = fmt.Sprintf("%d min", int(d.Minutes()))
	case d < time.Second:
		return "now"
	}
	return fmt.Sprintf(form, s)
}
