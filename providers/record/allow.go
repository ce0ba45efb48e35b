package record

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Headers returns the names of the headers that are always kept, of requests and of
// responses: what says how to read a body, which version of an API was asked, and
// when to try again. Date is kept beside Retry-After, which may be a date that is
// compared with it.
func Headers() []string {
	return []string{
		"Accept", "Anthropic-Beta", "Anthropic-Version", "Content-Encoding", "Content-Type", "OpenAI-Beta",
		"Retry-After", "Retry-After-Ms", "X-Should-Retry",
	}
}

// Query returns the names of the query parameters that are always kept: they say in
// which form, or which version, the answer is to be.
func Query() []string { return []string{"alt", "api-version", "beta", "stream"} }

// secretHeaders and secretQuery can't be kept even if the user says so, since
// that is a mistake.
func secretHeaders() []string {
	return []string{
		"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key", "X-Goog-Api-Key",
		"X-Auth-Token", "X-Amz-Security-Token",
	}
}

func secretQuery() []string {
	return []string{"key", "api_key", "api-key", "apikey", "access_token", "token", "sig", "signature", "x-amz-signature", "x-amz-security-token"}
}

// keepers are the lists that a recording goes by.
type keepers struct {
	headers map[string]bool // in canonical form
	query   map[string]bool
}

func newKeepers(o *Options) (keepers, error) {
	k := keepers{map[string]bool{}, map[string]bool{}}
	for _, name := range append(Headers(), o.Headers...) {
		k.headers[http.CanonicalHeaderKey(name)] = true
	}
	for _, name := range secretHeaders() {
		if k.headers[http.CanonicalHeaderKey(name)] {
			return k, fmt.Errorf("Options.Headers has %s: %w", name, ErrSecret)
		}
	}
	for _, name := range append(Query(), o.Query...) {
		k.query[name] = true
		if slices.Contains(secretQuery(), strings.ToLower(name)) {
			return k, fmt.Errorf("Options.Query has %s: %w", name, ErrSecret)
		}
	}
	return k, nil
}

// header returns the lines that are kept, "Name: value", sorted.
func (r *Recording) header(h http.Header) []string {
	var out []string
	for name, values := range h {
		dated := name == "Date" && h.Get("Retry-After") != ""
		if !dated && !r.keep.headers[http.CanonicalHeaderKey(name)] {
			continue
		}
		for _, v := range values {
			out = append(out, http.CanonicalHeaderKey(name)+": "+string(r.redactText([]byte(v))))
		}
	}
	slices.Sort(out)
	return out
}

// readHeader reads what header made.
func readHeader(lines []string) http.Header {
	h := http.Header{}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		h.Add(name, value)
	}
	return h
}

// url returns what is kept of a URL: no user, no fragment, of the query what stands
// on the list, and of the address of this machine not the port.
func (r *Recording) url(u *url.URL) string {
	host := u.Host
	if name := u.Hostname(); name == "localhost" || name == "127.0.0.1" || name == "::1" {
		host = "localhost"
	}
	clean := url.URL{Scheme: u.Scheme, Host: host, Path: u.Path, RawPath: u.RawPath}
	query := url.Values{}
	for name, values := range u.Query() {
		if r.keep.query[name] {
			query[name] = values
		}
	}
	clean.RawQuery = query.Encode() // sorted by name
	return string(r.redactText([]byte(clean.String())))
}

// cleanURLs does the same to the URLs in a text: errors of connections name them,
// with the key in the query where a provider wants it there.
func (r *Recording) cleanURLs(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		from := strings.LastIndexFunc(s[:i], func(c rune) bool { return c < 'a' || c > 'z' }) + 1
		to := i + len("://")
		if n := strings.IndexAny(s[to:], " \t\r\n\"'<>`"); n >= 0 {
			to += n
		} else {
			to = len(s)
		}
		b.WriteString(s[:from])
		if u, err := url.Parse(s[from:to]); err == nil {
			b.WriteString(r.url(u))
		} else {
			b.WriteString(s[from:i] + "://…")
		}
		s = s[to:]
	}
}

// where returns what of a kept URL is compared: all but scheme and host.
func where(kept string) string {
	_, rest, ok := strings.Cut(kept, "://")
	if !ok {
		return kept
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return "/"
}
