package wire

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire/providers"
)

// codeFor says what kind of failure it is: by the status where that leaves no doubt,
// then by the words for it that are meant for programs, and last by what is meant for
// people, which may also quote anything.
func (f failure) codeFor(status int) providers.Code {
	if n, err := strconv.Atoi(f.code); err == nil && status == 0 && 400 <= n && n <= 599 {
		status = n // that of HTTP, from who could not send it any more
	}
	switch status {
	case 401:
		return providers.CodeAuth
	case 402:
		return providers.CodeOther // nothing is paid for
	case 413:
		return providers.CodeTooLong
	}
	if status == 429 && f.delay > 0 { // Gemini speaks of billing, too
		return providers.CodeRateLimited
	}
	for _, word := range []string{f.code, f.typ} {
		if code, ok := failureCodes()[strings.ToLower(word)]; ok && f.trusted(code, status) {
			return code
		}
	}
	message := strings.ToLower(f.message)
	for _, w := range failureWords() {
		if w.in(message) && w.plausible(status) {
			return w.code
		}
	}
	return f.otherwise(status)
}

// trusted says whether a word for programs goes with the status. Those that gateways
// put on anything ("server_error") do not overrule one that says more.
func (f failure) trusted(code providers.Code, status int) bool {
	switch code {
	case providers.CodeUnavailable:
		return status == 0 || status == 429
	case providers.CodeRefused, providers.CodeAuth:
		return status < 500
	}
	return true
}

// otherwise is the kind of a failure whose words say nothing.
func (f failure) otherwise(status int) providers.Code {
	generic := genericInvalid(f.typ) || genericInvalid(f.code)
	switch {
	case status == 403:
		return providers.CodeAuth
	case status == 429, strings.EqualFold(f.typ, "resource_exhausted"):
		return providers.CodeRateLimited
	case generic && (status == 0 || status == 500): // a gateway's wrapping of a 400
		return providers.CodeInvalid
	case status == 0, status == 408, status == 409, status == 425, status == 498, status >= 500:
		return providers.CodeUnavailable
	}
	return providers.CodeInvalid
}

// genericInvalid says whether a word tells only that the request is at fault.
func genericInvalid(word string) bool {
	switch strings.ToLower(word) {
	case "invalid_request_error", "invalid_request", "invalid_argument", "not_found_error", "not_found", "not_supported_error", "failed_precondition":
		return true
	}
	return false
}

// limitOf returns how many tokens fit, where the server says it.
func (f failure) limitOf() int {
	if f.limit > 0 {
		return f.limit
	}
	message := strings.ToLower(f.message)
	for _, w := range failureWords() {
		if w.limit == "" || !w.in(message) {
			continue
		}
		_, after, ok := strings.Cut(message, w.limit)
		if !ok {
			continue
		}
		digits := strings.ReplaceAll(after[:len(after)-len(strings.TrimLeft(after, "0123456789,"))], ",", "")
		if n, err := strconv.Atoi(digits); err == nil && n > 0 && n < maxTokens {
			return n
		}
	}
	return 0
}
