package mailbox

import (
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

// What a store's errors wrap.
var (
	ErrCannotCalculateChanges = errors.New("cannot calculate changes: read the mailbox anew")
	ErrConflict               = errors.New("the same id was used for other content")
	ErrStale                  = errors.New("the agent's state was changed by somebody else: take a new snapshot")
	ErrLeaseLost              = errors.New("the lease is lost: somebody else may work on it")
	ErrLeaseHeld              = errors.New("somebody else holds the lease")
	ErrUnsigned               = errors.New("the signature is missing or can't be checked: sign with a key that the store knows")
	ErrClosed                 = errors.New("the store is closed")
	ErrNotFound               = errors.New("not found")
	ErrInvalid                = errors.New("not acceptable")
	ErrReadOnly               = errors.New("the store is read-only")
	ErrFull                   = errors.New("no space left for the store")
	ErrBusy                   = errors.New("the store is locked by another process")
	ErrUnavailable            = errors.New("the store's server or disk does not answer")
	ErrReplaced               = errors.New("the store's file or tables were deleted or replaced while it was open")
	// ErrOutcomeUnknown comes with another error: what was asked for may have happened,
	// and may yet. A commit with an ID is repeated under it; without, look first.
	ErrOutcomeUnknown = errors.New("it may have happened")
	ErrNewerFormat    = errors.New("the store was written by a newer version of quire")
	ErrCorrupt        = errors.New("stored data can't be read")
	ErrForbidden      = errors.New("not allowed")
	ErrInUse          = errors.New("the agent's state refers to it: drop it there first")
)

// Error is how a store fails: what was tried, on which mailbox, and why. Err wraps one of
// this package's errors; the fields behind it tell more of some.
type Error struct {
	Op      string // "commit", "snapshot", …
	Address quire.Address
	Err     error

	// Of [ErrForbidden]: the right that was missing, and in which mailbox ("" is all of
	// the store). Nothing is told of that mailbox, not even whether there is one.
	Right Right
	Box   quire.Address
	// Of what is larger than a store takes, which is [ErrInvalid]: "body", or as it is
	// called in JSON ("subject", "references", …); what it has, and what is taken at most,
	// in bytes or in what is counted. Field is "" of all other errors.
	Field       string
	Size, Limit int64
	// Of [ErrGone]: where the stream can still be read from. Its Epoch is "" in the error
	// of an append.
	Read StreamRead
}

// Error puts it in one line.
func (e *Error) Error() string {
	if e.Address == "" {
		return fmt.Sprintf("mailbox: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("mailbox: %s %s: %v", e.Op, e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fail wraps err as an [Error], unless it is nil or one of something else. One about the
// same mailbox says what was asked for, and not by which call it was done.
func fail(op string, addr quire.Address, err error) error {
	if e, ok := err.(*Error); ok && e.Address == addr {
		same := *e
		same.Op = op
		return &same
	}
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	e = &Error{Op: op, Address: addr, Err: err}
	if f := (*forbiddenError)(nil); errors.As(err, &f) {
		e.Right, e.Box = f.right, f.box
	}
	if s := (*sizeError)(nil); errors.As(err, &s) {
		e.Field, e.Size, e.Limit = s.field, s.size, s.limit
	}
	if g := (*goneError)(nil); errors.As(err, &g) {
		e.Read = StreamRead(*g)
	}
	return e
}

// corrupt says that stored data can't be read.
func corrupt(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrCorrupt, err)
}
