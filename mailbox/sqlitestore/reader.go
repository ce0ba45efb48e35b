package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// reader is a [driver.Read], and the [sqldriver.Conn] of what it shares with others.
type reader struct {
	sqldriver.Reader
	ctx context.Context
	tx  session
	// during is what statements are given: ctx only where they may take long, since to watch
	// for its end costs two goroutines each time. Else it is looked at between them.
	during context.Context
	// The row numbers of mailboxes: of the first one, which is often the only one,
	// and of others.
	addr  quire.Address
	box   int64
	boxes map[quire.Address]int64

	weights  *weights    // nil in a writer: nothing is kept of what it wrote
	tails    *tails      // likewise
	tail     []tailBlock // if tailRead
	tailRead bool
	held     *held // of a writer: what is to be written before anything is read or written
}

func newReader(ctx context.Context, tx session) *reader {
	r := &reader{ctx: ctx, tx: tx, during: context.WithoutCancel(ctx)}
	r.Reader = sqldriver.Reader{Conn: r, Arrives: "arrives = 1", Sealed: true, Short: true}
	return r
}

// kept is a connection whose statements are prepared once.
type kept struct{ *conn }

// ExecContext implements session.
func (k kept) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := k.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// QueryContext implements session.
func (k kept) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := k.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRowContext implements session.
func (k kept) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	stmt, err := k.prepared(ctx, query)
	if err != nil {
		return k.Conn.QueryRowContext(ctx, query, args...) // which says what is wrong
	}
	return stmt.QueryRowContext(ctx, args...)
}

// long lets statements end with ctx, until the function that it returns is called.
func (r *reader) long() (done func()) {
	before := r.during
	r.during = r.ctx
	return func() { r.during = before }
}

// ready says whether a statement may run.
func (r *reader) ready() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.release()
}

// release writes what is held back.
func (r *reader) release() error {
	h := r.held
	if h == nil {
		return nil
	}
	r.held = nil
	return h.write()
}

// Row implements [sqldriver.Conn].
func (r *reader) Row(query string, args ...any) sqldriver.Row {
	if err := r.ready(); err != nil {
		return noRow{err}
	}
	return r.tx.QueryRowContext(r.during, query, args...)
}

// noRow was not read.
type noRow struct{ err error }

// Scan implements [sqldriver.Row].
func (r noRow) Scan(...any) error { return r.err }

// Each implements [sqldriver.Conn].
func (r *reader) Each(f func(row sqldriver.Row) error, query string, args ...any) error {
	if err := r.ready(); err != nil {
		return err
	}
	rows, err := r.tx.QueryContext(r.during, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ID implements [sqldriver.Conn].
func (r *reader) ID(addr quire.Address) (int64, error) {
	if addr == r.addr {
		return r.box, nil
	}
	if id := r.boxes[addr]; id != 0 {
		return id, nil
	}
	var id int64
	gone, err := sqldriver.None(r.Row("SELECT id FROM box WHERE addr = ?", string(addr)).Scan(&id))
	if err == nil && !gone {
		r.know(addr, id)
	}
	return id, err
}

func (r *reader) know(addr quire.Address, id int64) {
	switch {
	case r.box == 0 || r.addr == addr:
		r.addr, r.box = addr, id
		return
	case r.boxes == nil:
		r.boxes = map[quire.Address]int64{}
	}
	r.boxes[addr] = id
}

// Box implements [driver.ReadBox].
func (r *reader) Box(addr quire.Address) (driver.Box, error) {
	id, b, err := r.Reader.Box(addr)
	if err == nil && id != 0 {
		r.know(addr, id)
	}
	return b, err
}
