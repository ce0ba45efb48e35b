package inspect

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tag is an element's beginning or end, as a browser would see one, and comment all else
// that is no text.
var tag = regexp.MustCompile(`<([/!?]?[a-zA-Z][^\s/>]*|[/!?][^>]*)([^>]*)>?`)

// shape is a page without its texts: its elements with the names of their attributes.
func shape(t *testing.T, page string) (elements []string) {
	t.Helper()
	attribute := regexp.MustCompile(`\s([a-zA-Z-]+)(?:="[^"]*")?`)
	for _, m := range tag.FindAllStringSubmatch(page, -1) {
		one := strings.ToLower(m[1])
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			one += " " + a[1]
		}
		elements = append(elements, one)
	}
	require.Equal(t, strings.Count(page, "<"), len(elements), "each < begins a tag")
	return elements
}

// ours are the elements that the templates have.
func ours(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	entries, err := files.ReadDir("templates")
	require.NoError(t, err)
	for _, e := range entries {
		b, err := files.ReadFile("templates/" + e.Name())
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`<(/?!?[a-zA-Z][a-zA-Z0-9]*)`).FindAllStringSubmatch(string(b), -1) {
			known[strings.ToLower(m[1])] = true
		}
	}
	return known
}

// TestHostileTextStaysText: pages of a store in which everything that others can say would
// like to be markup have the elements of one in which nothing does, with the same attributes,
// and no others.
func TestHostileTextStaysText(t *testing.T) {
	bad, good := grow(t, true), grow(t, false)
	require.Equal(t, good.calls, bad.calls)
	like := good.handler(t, Options{Allow: anybody})
	known := map[string]bool{}
	for _, path := range good.pages() {
		for _, e := range shape(t, get(t, like, path)) {
			known[e] = true
		}
	}
	ours := ours(t)
	for e := range known {
		name, _, _ := strings.Cut(e, " ")
		require.True(t, ours[name], "<%s> is in no template", name)
	}
	h := bad.handler(t, Options{Allow: anybody})
	n := 0
	for _, path := range bad.pages() {
		page := get(t, h, path)
		for _, e := range shape(t, page) {
			assert.True(t, known[e], "%s: <%s> is not ours", path, e)
			assert.NotRegexp(t, ` (on\w+|style|srcdoc)( |$)`, e, path)
		}
		for _, m := range regexp.MustCompile(`(?:href|action|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			assert.Regexp(t, `^(\./|#)`, m[1], "%s: a link to elsewhere", path)
		}
		for _, text := range append(slices.Clone(hostile), "\u202e", "\u2066", "\x1b") {
			if text != hostile[4] { // of letters only: it is text anywhere but in a link
				assert.NotContains(t, page, text, path)
			}
		}
		n += strings.Count(page, "hacked")
	}
	assert.Greater(t, n, 100, "what is hostile is on the pages, as text")
}

// TestNothingRunsThatIsNotOurs: what a page may load is its own, by its header.
func TestNothingRunsThatIsNotOurs(t *testing.T) {
	h := grow(t, false).handler(t, Options{})
	for _, path := range []string{"/", "/agent?box=ada", "/nowhere", "/style.css", "/live.js", "/answer"} {
		r := httptest.NewRecorder()
		h.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		csp := r.Header().Get("Content-Security-Policy")
		assert.Contains(t, csp, "default-src 'none'", path)
		assert.NotContains(t, csp, "unsafe", path)
		assert.NotRegexp(t, `script-src [^;]*(\*|http|data)`, csp, path)
		assert.Equal(t, "nosniff", r.Header().Get("X-Content-Type-Options"))
	}
	assert.Equal(t, 1, strings.Count(get(t, h, "/agent?box=ada"), "<script"), "its own file only")
}
