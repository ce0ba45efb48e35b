package postgresstore

import (
	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// streamTables came with format 2. said has the chunks of table stream's attempts.
const streamTables = `
CREATE TABLE stream (
	box BIGINT NOT NULL, stream BIGINT NOT NULL, attempt INTEGER NOT NULL,
	holder BYTEA NOT NULL, fence BIGINT NOT NULL, began BIGINT NOT NULL,
	first BIGINT NOT NULL, next BIGINT NOT NULL, bytes BIGINT NOT NULL, keep BIGINT NOT NULL,
	about BYTEA, ending BYTEA,
	PRIMARY KEY (box, stream, attempt)
) WITH (fillfactor = 50);
CREATE TABLE said (box BIGINT NOT NULL, stream BIGINT NOT NULL, attempt INTEGER NOT NULL, n BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (box, stream, attempt, n));
`

func (r *reader) StreamNumbers(box quire.Address) (list []uint64, err error) {
	err = r.each(func(row pgx.Rows) error {
		var n uint64
		err := row.Scan(&n)
		list = append(list, n)
		return err
	}, sqlquery.StreamNumbers, string(box))
	return list, err
}

func (r *reader) StreamAttempts(box quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	query := sqlquery.StreamAttempts
	if r.locksAttempts {
		query += " FOR UPDATE"
	}
	var list []driver.StreamAttempt
	err := r.each(func(row pgx.Rows) error {
		a := driver.StreamAttempt{Stream: stream}
		var holder, ending []byte
		err := row.Scan(&a.Attempt, &holder, &a.Fence, (*micro)(&a.Began), &a.First, &a.Next, &a.Bytes, &a.Keep, &a.About, &ending)
		if err == nil {
			a.Holder = string(holder)
			a.End, err = sqlquery.Ending(ending)
		}
		list = append(list, a)
		return err
	}, query, string(box), sqlquery.Num(stream))
	return list, err
}

func (r *reader) StreamChunks(box quire.Address, stream uint64, attempt int, from uint64, limit int) (list [][]byte, err error) {
	err = r.each(func(row pgx.Rows) error {
		var data []byte
		err := row.Scan(&data)
		list = append(list, data)
		return err
	}, sqlquery.StreamChunks, string(box), sqlquery.Num(stream), attempt, sqlquery.Num(from), limit)
	return list, err
}

func (w *writer) PutStreamAttempt(box quire.Address, a *driver.StreamAttempt) error {
	args, err := sqlquery.AttemptArgs(0, a)
	if err != nil {
		return err
	}
	return w.ofBox(sqlquery.PutStreamAttempt, box, args[1:]...)
}

func (w *writer) PutStreamChunk(box quire.Address, stream uint64, attempt int, offset uint64, data []byte) error {
	return w.ofBox(sqlquery.PutStreamChunk, box, sqlquery.Num(stream), attempt, sqlquery.Num(offset), data)
}

func (w *writer) DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error {
	return w.ofBox(sqlquery.DropStreamChunks, box, sqlquery.Num(stream), attempt, sqlquery.Num(below))
}

func (w *writer) DropStreams(box quire.Address, below uint64) error {
	if err := w.ofBox(sqlquery.DropSaid, box, sqlquery.Num(below)); err != nil {
		return err
	}
	return w.ofBox(sqlquery.DropStreams, box, sqlquery.Num(below))
}

// ofBox runs a statement whose first argument is the row number of a mailbox, which
// is there: an attempt was opened in it.
func (w *writer) ofBox(query string, box quire.Address, args ...any) error {
	var id int64
	if err := w.row("SELECT id FROM box WHERE addr = ?", string(box)).Scan(&id); err != nil {
		return err
	}
	return w.exec(query, append([]any{id}, args...)...)
}
