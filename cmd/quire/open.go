package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// purpose is what a store is opened for.
type purpose int

const (
	toRead  purpose = iota // nothing is written
	toWrite                // it must be there
	toMake                 // it is made if it is not there
)

// opened is a store, and its file if it is one.
type opened struct {
	*mailbox.Store
	file *sqlitestore.Store // nil: a database
	path string             // of the file
}

// with opens the store that the flags name, hands it to do, and closes it.
func (r *request) with(why purpose, do func(s *opened) error) error {
	s, err := r.open(why)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

func (r *request) open(why purpose) (*opened, error) {
	switch {
	case r.db == "":
		return nil, usage("which store? Give --db FILE, or set QUIRE_DB to a file or to postgres://…")
	case isDSN(r.db):
		return openDatabase(r.ctx, r.db, why, postgresstore.Options{Rules: r.rules, Patience: r.patience})
	}
	made, err := lookAt(r.db, why)
	if err != nil {
		return nil, err
	}
	file, err := sqlitestore.Open(r.ctx, r.db, &sqlitestore.Options{ReadOnly: why == toRead, Rules: r.rules})
	if err != nil {
		return nil, err
	}
	if made {
		fmt.Fprintf(r.stderr, "quire: made %s\n", clean(r.db))
	}
	return &opened{file.Store, file, r.db}, nil
}

// impatient is how long what is looked at goes on trying a server that is away, before it
// says so: whoever looks would see something old, or nothing, meanwhile.
const impatient = 3 * time.Second

// lookAt finds out what SQLite would only say that it can't open, before anything is made.
func lookAt(path string, why purpose) (missing bool, err error) {
	at, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && why == toMake:
		return true, nil // of a folder that is not there either the store says so
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("%s is not there: name a file that is, or begin one with quire send or quire import: %w", path, fs.ErrNotExist)
	case err != nil:
		return false, err
	case at.IsDir():
		return false, fmt.Errorf("%s is a folder: name the file in it", path)
	case !at.Mode().IsRegular():
		return false, fmt.Errorf("%s is no regular file: a store needs one", path)
	case at.Size() == 0 && why != toMake:
		return false, fmt.Errorf("%s is empty: no mail was stored in it yet", path)
	}
	return at.Size() == 0, nil
}

// isDSN says whether a name is that of a PostgreSQL database: a URL, or a list of
// key=value.
func isDSN(name string) bool {
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return true
	}
	key, _, list := strings.Cut(strings.TrimSpace(name), "=")
	switch strings.TrimSpace(key) {
	case "host", "hostaddr", "port", "dbname", "user", "password", "service", "sslmode":
		return list
	}
	return false
}

func openDatabase(ctx context.Context, dsn string, why purpose, o postgresstore.Options) (*opened, error) {
	if why != toMake {
		if err := tablesThere(ctx, dsn); err != nil {
			return nil, err
		}
	}
	s, err := postgresstore.Open(ctx, dsn, &o)
	if err != nil {
		return nil, err
	}
	return &opened{Store: s}, nil
}

// tablesThere is nil when the database has quire's tables: opening it would make them.
func tablesThere(ctx context.Context, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return usage("%v", err) // without the password
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	var refused *pgconn.PgError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return err // the server answered: trying again changes nothing
	default:
		return fmt.Errorf("%w: %w", mailbox.ErrUnavailable, err)
	}
	var there bool
	err = conn.QueryRow(ctx, "SELECT to_regclass('quire.meta') IS NOT NULL").Scan(&there)
	if err = errors.Join(err, conn.Close(ctx)); err == nil && !there {
		err = fmt.Errorf("the database has no tables of quire (schema \"quire\"): begin it with quire send or quire import: %w", fs.ErrNotExist)
	}
	return err
}
