package sqlitestore

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// streamTables came with format 4. said has the chunks of table stream's attempts.
const streamTables = `
CREATE TABLE stream (
	box INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL,
	holder BLOB NOT NULL, fence INTEGER NOT NULL, began INTEGER NOT NULL,
	first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL, keep INTEGER NOT NULL,
	about BLOB, ending BLOB,
	PRIMARY KEY (box, stream, attempt)
) WITHOUT ROWID;
CREATE TABLE said (id INTEGER PRIMARY KEY, box INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX said_n ON said (box, stream, attempt, n);
`

func (r *reader) StreamNumbers(box quire.Address) ([]uint64, error) {
	list, err := r.numbers(sqlquery.StreamNumbers, string(box))
	out := make([]uint64, len(list))
	for i, n := range list {
		out[i] = uint64(n)
	}
	return out, err
}

func (r *reader) StreamAttempts(box quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	rows, err := r.rows(sqlquery.StreamAttempts, string(box), sqlquery.Num(stream))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []driver.StreamAttempt
	for rows.Next() {
		a := driver.StreamAttempt{Stream: stream}
		var ending []byte
		if err := rows.Scan(&a.Attempt, &a.Holder, &a.Fence, (*micro)(&a.Began), &a.First, &a.Next, &a.Bytes, &a.Keep, &a.About, &ending); err != nil {
			return nil, err
		}
		if a.End, err = sqlquery.Ending(ending); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func (r *reader) StreamChunks(box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
	rows, err := r.rows(sqlquery.StreamChunks, string(box), sqlquery.Num(stream), attempt, sqlquery.Num(from), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list [][]byte
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		list = append(list, data)
	}
	return list, rows.Err()
}

func (w *writer) PutStreamAttempt(box quire.Address, a *driver.StreamAttempt) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	args, err := sqlquery.AttemptArgs(id, a)
	if err != nil {
		return err
	}
	return w.exec(sqlquery.PutStreamAttempt, args...)
}

func (w *writer) PutStreamChunk(box quire.Address, stream uint64, attempt int, offset uint64, data []byte) error {
	return w.inBox(sqlquery.PutStreamChunk, box, sqlquery.Num(stream), attempt, sqlquery.Num(offset), data)
}

func (w *writer) DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error {
	return w.inBox(sqlquery.DropStreamChunks, box, sqlquery.Num(stream), attempt, sqlquery.Num(below))
}

func (w *writer) DropStreams(box quire.Address, below uint64) error {
	if err := w.inBox(sqlquery.DropSaid, box, sqlquery.Num(below)); err != nil {
		return err
	}
	return w.inBox(sqlquery.DropStreams, box, sqlquery.Num(below))
}

// inBox runs a statement whose first argument is the row number of a mailbox.
func (w *writer) inBox(query string, box quire.Address, args ...any) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec(query, append([]any{id}, args...)...)
}
