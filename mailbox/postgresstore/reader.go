package postgresstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// reader is a [driver.Read], and the [sqldriver.Conn] of what it shares with others.
type reader struct {
	sqldriver.Reader
	ctx   context.Context
	tx    pgx.Tx
	boxes map[quire.Address]*keptBox
	// lock locks what is not in boxes, and puts it there; nil: it is only read.
	lock func(boxes ...quire.Address) error
	// locksAttempts: whoever reads the attempts of a stream writes them.
	locksAttempts bool
}

// keptBox is a mailbox as it was read, or locked, in this transaction.
type keptBox struct {
	id int64
	driver.Box
}

func newReader(ctx context.Context, tx pgx.Tx) *reader {
	r := &reader{ctx: ctx, tx: tx, boxes: map[quire.Address]*keptBox{}}
	r.Reader = sqldriver.Reader{Conn: r, Arrives: "arrives"}
	return r
}

// numbered writes $1, $2 … for each ?.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for {
		before, rest, ok := strings.Cut(query, "?")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		query = rest
	}
}

// Row implements [sqldriver.Conn].
func (r *reader) Row(query string, args ...any) sqldriver.Row {
	return r.tx.QueryRow(r.ctx, numbered(query), args...)
}

// Each implements [sqldriver.Conn].
func (r *reader) Each(f func(row sqldriver.Row) error, query string, args ...any) error {
	rows, err := r.tx.Query(r.ctx, numbered(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ID implements [sqldriver.Conn].
func (r *reader) ID(addr quire.Address) (int64, error) {
	b, err := r.box(addr)
	if err != nil {
		return 0, err
	}
	return b.id, nil
}

// box reads a mailbox once, or locks it; one that is unknown has the id 0.
func (r *reader) box(addr quire.Address) (*keptBox, error) {
	if b := r.boxes[addr]; b != nil {
		return b, nil
	}
	if r.lock != nil {
		err := r.lock(addr)
		return r.boxes[addr], err
	}
	var b keptBox
	var err error
	if b.id, b.Box, err = r.Reader.Box(addr); err == nil && b.id != 0 {
		r.boxes[addr] = &b
	}
	return &b, err
}

// Box implements [driver.ReadBox].
func (r *reader) Box(addr quire.Address) (driver.Box, error) {
	b, err := r.box(addr)
	if err != nil {
		return driver.Box{}, err
	}
	return b.Box, nil
}
