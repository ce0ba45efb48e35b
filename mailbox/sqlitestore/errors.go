package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// ErrLibrary is what opening a file wraps when the program was built with a
// SQLite library that could damage it.
var ErrLibrary = errors.New("the SQLite library can damage files")

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

// typed wraps what SQLite reports in the errors of package mailbox.
func typed(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		switch text := err.Error(); {
		case errors.Is(err, sql.ErrConnDone), text == "sql: database is closed":
			return mailbox.ErrClosed
		case strings.HasPrefix(text, "sql: Scan error"): // a column holds what no program of ours writes
			return fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
		}
		return err
	}
	if kind := kindOf(e.Code()); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

// kindOf says what an extended result code of SQLite means to callers; nil for
// what has no name.
func kindOf(code int) error {
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return mailbox.ErrBusy
	case lib.SQLITE_FULL:
		return mailbox.ErrFull
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
		return mailbox.ErrUnavailable
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return mailbox.ErrReadOnly
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return mailbox.ErrCorrupt
	case lib.SQLITE_INTERRUPT:
		return context.Canceled
	}
	return nil
}
