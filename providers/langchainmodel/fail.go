package langchainmodel

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire/providers"
)

// failure is what a provider says when it fails, in any of its shapes.
type failure struct {
	Type    string
	Code    string
	Message string
}

// failureIn reads {"error":{…}}, {"error":"…"}, or Ollama's JSON inside a
// string inside JSON.
func failureIn(body []byte) (failure, bool) {
	var in struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.Error) == 0 || string(in.Error) == "null" {
		return failure{}, false
	}
	var s string
	if json.Unmarshal(in.Error, &s) == nil {
		if f, ok := failureIn([]byte(s)); ok {
			return f, true
		}
		return failure{Message: s}, true
	}
	var e struct {
		Type    string          `json:"type"`
		Code    json.RawMessage `json:"code"` // a word or a number
		Message string          `json:"message"`
	}
	if json.Unmarshal(in.Error, &e) != nil {
		return failure{Message: string(in.Error)}, true
	}
	return failure{Type: e.Type, Code: strings.Trim(string(e.Code), `"`), Message: e.Message}, true
}

// words that name a kind of failure whatever the status, most specific first.
var failureWords = []struct {
	code  providers.Code
	words []string
}{
	{providers.CodeOther, []string{"insufficient_quota", "credit balance", "billing"}},
	{providers.CodeTooLong, []string{
		"context_length_exceeded", "exceed_context_size", "prompt is too long", "context length", "maximum context",
		"exceeds the available context", "exceed context limit", "context window", "request_too_large", "input is too long",
	}},
	{providers.CodeRefused, []string{"content_policy", "content_filter", "content policy", "content management policy", "against our policy", "usage policy"}},
	{providers.CodeRateLimited, []string{"rate_limit", "rate limit"}},
	{providers.CodeUnavailable, []string{"overloaded", "api_error", "server_error", "timeout_error"}},
	{providers.CodeAuth, []string{"authentication_error", "permission_error", "invalid_api_key", "invalid api key", "incorrect api key"}},
	{providers.CodeInvalid, []string{"invalid_request", "not_found", "not found"}},
}

// code says what kind of failure it is. Status 0 is a failure in the middle of
// a reply.
func (f failure) code(status int) providers.Code {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return providers.CodeAuth
	case status == http.StatusRequestEntityTooLarge:
		return providers.CodeTooLong
	}
	all := strings.ToLower(f.Type + " " + f.Code + " " + f.Message)
	for _, row := range failureWords {
		for _, w := range row.words {
			if strings.Contains(all, w) && plausible(row.code, status) {
				return row.code
			}
		}
	}
	switch {
	case status == http.StatusTooManyRequests:
		return providers.CodeRateLimited
	case status == 0, status == http.StatusRequestTimeout, status >= 500:
		return providers.CodeUnavailable
	}
	return providers.CodeInvalid
}

// plausible keeps words in a message from overruling a status that says more.
func plausible(code providers.Code, status int) bool {
	switch code {
	case providers.CodeOther, providers.CodeTooLong:
		return status != http.StatusTooManyRequests || code == providers.CodeOther
	case providers.CodeRefused:
		return status == 0 || status == http.StatusBadRequest
	case providers.CodeRateLimited:
		return status == 0 || status == http.StatusTooManyRequests
	}
	return status == 0
}

// httpError is the error of a reply that came with another status than 200.
func (m *Model) httpError(status int, header http.Header, body []byte) error {
	f, ok := failureIn(body)
	if !ok {
		f.Message = strings.TrimSpace(string(body[:min(len(body), 500)]))
	}
	if 300 <= status && status < 400 {
		f.Message = "the server redirects to " + header.Get("Location") + "; give that as the base URL"
	}
	if f.Message == "" {
		f.Message = http.StatusText(status)
	}
	return &providers.Error{
		Provider: m.opts.Provider, Code: f.code(status), Status: status,
		RetryAfter: retryAfter(header), Err: errors.New(f.Message),
	}
}

// failed is the error that a reply with status 200 holds, or nil.
func (m *Model) failed(body []byte) error {
	if !bytes.Contains(body, []byte(`"error"`)) {
		return nil // cheap: this looks at every event of a stream
	}
	f, ok := failureIn(body)
	if !ok {
		return nil
	}
	return &providers.Error{Provider: m.opts.Provider, Code: f.code(0), Err: errors.New(strings.TrimPrefix(f.Type+": "+f.Message, ": "))}
}

// retryAfter reads the header in seconds, milliseconds or as a date, which it
// compares with the server's own.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e7 {
		return time.Duration(s * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
