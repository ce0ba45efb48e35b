package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// fail makes the error of a store from what went wrong. A call whose context
// ended says so, whatever the driver made of it.
func fail(ctx context.Context, op string, addr quire.Address, err error) error {
	var known *mailbox.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return &mailbox.Error{Op: op, Address: addr, Err: typed(err)}
}

// typed wraps what the driver reports in the errors of package mailbox.
func typed(err error) error {
	var scan pgx.ScanArgError
	kind := kindOf(code(err))
	switch {
	case errors.Is(err, mailbox.ErrUnavailable):
		return err
	case errors.As(err, &scan): // a column holds what no program of ours writes
		kind = mailbox.ErrCorrupt
	case lost(err):
		kind = mailbox.ErrUnavailable
	}
	if kind == nil {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// code is the SQLSTATE of an error of the server, else "".
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// kindOf says what a SQLSTATE means to callers; nil for what has no name. The
// codes are those of appendix A of PostgreSQL's manual.
func kindOf(code string) error {
	switch {
	case conflicts(code), code == "55P03":
		return mailbox.ErrBusy
	case code == "53100":
		return mailbox.ErrFull
	case code == "25006", code == "42501":
		return mailbox.ErrReadOnly
	case strings.HasPrefix(code, "XX"):
		return mailbox.ErrCorrupt
	}
	return nil
}

// conflicts says whether another transaction was in the way: a deadlock, or both
// made the same row. Trying again then finds what the other one did.
func conflicts(code string) bool { return code == "40001" || code == "40P01" || code == "23505" }

// refused says whether there was no connection to begin with.
func refused(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect)
}

// lost says whether the server went away, or was not there.
func lost(err error) bool {
	if c := code(err); c != "" {
		return strings.HasPrefix(c, "08") || strings.HasPrefix(c, "57P") || c == "53300"
	}
	var network net.Error
	return refused(err) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
