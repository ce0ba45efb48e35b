package exchange

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// maxFailure is how much of a failure's body is read, in bytes.
const maxFailure = 1 << 20

// maxDelay is the longest delay that is believed.
const maxDelay = 1_000_000 * time.Second

// Failure reads an answer whose status is no success: [wire.DecodeFailure] of its
// body, the delay that the headers ask for, and where a redirect leads. It does
// not close the body.
func Failure(provider string, api quire.API, res *http.Response) *providers.Error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxFailure)) // what could be read is what is known
	e := wire.DecodeFailure(api, res.StatusCode, "", body)
	e.Provider = provider
	if after := RetryAfter(res.Header); after > 0 {
		e.RetryAfter = after
	}
	if 300 <= res.StatusCode && res.StatusCode < 400 {
		e.Err = errors.New("the server redirects" + target(res.Header.Get("Location")) + "; give that as the base URL")
	}
	return e
}

// target says where a redirect leads, without what may be secret in it.
func target(location string) string {
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return " elsewhere"
	}
	return fmt.Sprintf(" to %.300s", (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// RetryAfter returns the delay that a server asks for: Retry-After-Ms, or
// Retry-After in seconds or as a date, which is compared with the server's own
// Date, so that no clock is needed. Without a delay that makes sense it is 0.
func RetryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < maxDelay.Seconds() {
		return time.Duration(s * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	after := at.Sub(now)
	if after < 0 || after > maxDelay {
		return 0
	}
	return after
}
