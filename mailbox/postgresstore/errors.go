package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/quire-dev/quire/mailbox"
)

// explain wraps what went wrong in the errors of package mailbox.
func explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil { // then the caller says so
		return err
	}
	return typed(err)
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
	case code == "57014", strings.HasPrefix(code, "53"), strings.HasPrefix(code, "58"):
		return mailbox.ErrUnavailable // it took too long, or the server lacks something
	case code == "22021", code == "22P05", strings.HasPrefix(code, "54"):
		return mailbox.ErrInvalid // text that can't be stored, or too much of it
	case code == "3F000", code == "3D000", code == "42P01", code == "42703":
		return mailbox.ErrReplaced // schema, database, table or column is not there
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

// tooLong says that a statement took longer than it may, which it will again unless
// something was in its way.
func tooLong(err error) bool { return code(err) == "57014" }

// undone says whether the server said that a transaction was rolled back, though the
// connection ended with it or the statement took too long.
func undone(err error) bool { return slices.Contains(rolledBack, code(err)) }

var rolledBack = []string{"57014", "25P03", "25P04"}

// lost says whether the server went away, was not there, or did not answer in time.
func lost(err error) bool {
	if errors.Is(err, errNoAnswer) || undone(err) {
		return true
	}
	if c := code(err); c != "" {
		return strings.HasPrefix(c, "08") || strings.HasPrefix(c, "57P") || c == "53300"
	}
	var network net.Error
	return refused(err) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
