package wire

import (
	"fmt"

	"github.com/quire-dev/quire"
)

// Error says why a prompt can't be encoded or a reply can't be decoded.
type Error struct {
	API quire.API
	// Rule is the code of the rule that the prompt breaks, as package
	// promptcheck names it ("A1"); "" for a reply that can't be read.
	Rule string
	What string // what is wrong, and where
	Err  error  // the cause, or nil
}

// Error returns "wire: anthropic: A1: call c7 of message 3 has no result".
func (e *Error) Error() string {
	s := "wire: " + string(e.API)
	if e.Rule != "" {
		s += ": " + e.Rule
	}
	s += ": " + e.What
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// broken makes the error of a prompt.
func broken(api quire.API, rule, format string, args ...any) *Error {
	return &Error{API: api, Rule: rule, What: fmt.Sprintf(format, args...)}
}
