package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/quire-dev/quire/mailbox"
)

// Backup writes a copy of the store, as of one moment, to a new file at path;
// writing goes on meanwhile. The copy begins a new epoch when it is opened. A
// file that is there already is an error.
func (s *Store) Backup(ctx context.Context, path string) error {
	return fail(ctx, "backup", s.file.backup(ctx, path))
}

func (f *file) backup(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("%w: there is something at %s already", mailbox.ErrInvalid, path), err)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := f.copyTo(ctx, part)
	if err == nil {
		err = forgetEpoch(ctx, part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(part))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// copyTo reads on a connection of its own, so that nobody waits for it.
func (f *file) copyTo(ctx context.Context, path string) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	o := f.o
	o.ReadOnly = true
	dsn, err := o.dsn(f.path, false)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}

// forgetEpoch makes whoever opens the copy begin a new epoch.
func forgetEpoch(ctx context.Context, path string) error {
	o := (&Options{}).withDefaults()
	dsn, err := o.dsn(path, true)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "DELETE FROM meta WHERE key = 'epoch'")
	return errors.Join(err, db.Close())
}
