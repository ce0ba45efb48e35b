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
	tx    *pipeline
	boxes map[quire.Address]*keptBox
	// lock locks what is not in boxes, and puts it there; nil: it is only read.
	lock    func(boxes ...quire.Address) error
	ahead   *ahead
	posted  map[string][]int64 // what Posting is going to be asked for, see asked
	careful bool               // nothing is read ahead
	locking bool               // some of boxes come with the next answer
	// locksAttempts: whoever reads the attempts of a stream writes them.
	locksAttempts bool
}

// keptBox is a mailbox as it was read, or locked, in this transaction.
type keptBox struct {
	id int64
	driver.Box
}

func newReader(ctx context.Context, tx *pipeline) *reader {
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

// Row implements [sqldriver.Conn]. It is asked for when it is scanned.
func (r *reader) Row(query string, args ...any) sqldriver.Row { return &row{r, query, args} }

// row is the first row of a query.
type row struct {
	*reader
	query string
	args  []any
}

// Scan implements [sqldriver.Row].
func (r *row) Scan(dest ...any) error {
	return r.tx.query(r.ctx, func(rows pgx.Rows) error {
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return err
			}
			return pgx.ErrNoRows
		}
		return rows.Scan(dest...)
	}, numbered(r.query), r.args...)
}

// Each implements [sqldriver.Conn].
func (r *reader) Each(f func(row sqldriver.Row) error, query string, args ...any) error {
	return r.tx.query(r.ctx, eachRow(f), numbered(query), args...)
}

func eachRow(f func(row sqldriver.Row) error) reading {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			if err := f(rows); err != nil {
				return err
			}
		}
		return nil
	}
}

// ID implements [sqldriver.Conn].
func (r *reader) ID(addr quire.Address) (int64, error) {
	b, err := r.box(addr)
	if err != nil {
		return 0, err
	}
	return b.id, nil
}

// locked is a mailbox whose lock waits, or which it locks; nil when it only reads.
func (r *reader) locked(addr quire.Address) (*keptBox, error) {
	if r.locking {
		if err := r.tx.flush(r.ctx); err != nil || r.boxes[addr] != nil {
			return r.boxes[addr], err
		}
	}
	if r.lock == nil {
		return nil, nil
	}
	err := r.lock(addr)
	if err == nil {
		err = r.tx.flush(r.ctx)
	}
	return r.boxes[addr], err
}

// box reads a mailbox once, or locks it; one that is unknown has the id 0.
func (r *reader) box(addr quire.Address) (*keptBox, error) {
	if b := r.boxes[addr]; b != nil {
		return b, nil
	}
	if r.locking || r.lock != nil {
		b, err := r.locked(addr)
		if b != nil || err != nil {
			return b, err
		}
	}
	b := keptBox{Box: driver.Box{NextUID: 1}}
	gone, err := sqldriver.None(r.scanBox(r.Row(selectBox+"WHERE addr = ?", string(addr)), &b, new(quire.Address)))
	if err == nil && !gone {
		r.boxes[addr] = &b
	}
	return &b, err
}

// selectBox reads a mailbox, and the epoch, which who reads one mostly wants.
const selectBox = "SELECT coalesce((" + sqldriver.EpochQuery + "), ''), id, addr, " + sqldriver.BoxColumns + " FROM box "

// scanBox reads a row of selectBox.
func (r *reader) scanBox(row sqldriver.Row, b *keptBox, addr *quire.Address) error {
	var epoch string
	err := sqldriver.ScanBox(row, &b.Box, &epoch, &b.id, addr)
	r.Know(epoch)
	return err
}

// Box implements [driver.ReadBox].
func (r *reader) Box(addr quire.Address) (driver.Box, error) {
	b, err := r.box(addr)
	if err != nil {
		return driver.Box{}, err
	}
	return b.Box, nil
}
