package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/quire-dev/quire/mailbox"
)

// ErrLibrary is what opening a file wraps when the program was built with a
// SQLite library that could damage it.
var ErrLibrary = errors.New("the SQLite library can damage files")

// explain wraps what went wrong in the errors of package mailbox.
func explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil { // then the caller says so
		return err
	}
	return typed(err)
}

// fail makes the error of a store from what went wrong. A call whose context
// ended says so, whatever the driver made of it.
func fail(ctx context.Context, op string, err error) error {
	var known *mailbox.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	switch {
	case ctx.Err() == nil:
	case errors.Is(err, mailbox.ErrOutcomeUnknown):
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	default:
		err = ctx.Err()
	}
	return &mailbox.Error{Op: op, Err: typed(err)}
}

// halfWritten says of a commit that the disk failed that it may be found in the log when
// the file is opened again.
func halfWritten(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_IOERR {
		return fmt.Errorf("%w: %w", mailbox.ErrOutcomeUnknown, err)
	}
	return err
}

// failOpen is fail for what went wrong while the file at path was opened: it names the
// path, and says what to do where that can be seen.
func failOpen(ctx context.Context, path string, err error) error {
	var known *mailbox.Error
	if err = fail(ctx, "open", err); ctx.Err() != nil || !errors.As(err, &known) {
		return err
	}
	var named *fs.PathError
	if errors.As(err, &named) { // it says where
		return err
	}
	return &mailbox.Error{Op: known.Op, Address: known.Address, Err: located(path, known.Err)}
}

// located says where something went wrong. SQLite has one code for all that keeps a
// file from being opened, so the place itself is looked at.
func located(path string, err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != lib.SQLITE_CANTOPEN {
		return fmt.Errorf("%s: %w", path, err)
	}
	if at, missing := os.Stat(path); missing == nil && at.IsDir() {
		return fmt.Errorf("%s is a folder: name a file in it, such as %s", path, filepath.Join(path, "mail.db"))
	}
	folder := filepath.Dir(path)
	at, missing := os.Stat(folder)
	switch {
	case errors.Is(missing, fs.ErrNotExist):
		return fmt.Errorf("%s: its folder %s is not there: make it first, or name another file: %w", path, folder, fs.ErrNotExist)
	case missing == nil && !at.IsDir():
		return fmt.Errorf("%s: %s is a file and no folder: name another file", path, folder)
	}
	return fmt.Errorf("%s: %w: see that this program may write to the file and to its folder", path, err)
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
