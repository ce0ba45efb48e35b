package sqlitestore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
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

// How the disk is waited for. A power cut may take back chunks that were only
// written to the log, always the last ones. It must not take back that an attempt
// began: its number would be given again, for other chunks.
const (
	syncEach  = "FULL"
	syncLater = "NORMAL"
)

// updateStream runs f in a writing transaction, and wakes those who follow streams.
func (s *Store) updateStream(ctx context.Context, op, sync string, addr quire.Address, f func(tx *streamWriter) error) error {
	err := s.begin(ctx, addr)
	if err == nil && s.o.ReadOnly {
		err = mailbox.ErrReadOnly
	}
	if err == nil {
		err = s.write.transactionAt(ctx, sync, func(c *conn) error { return f(&streamWriter{newWriter(ctx, c)}) })
	}
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.announceStream()
	}
	return fail(ctx, op, addr, err)
}

// announceStream wakes those who follow streams. The lock is held.
func (s *Store) announceStream() {
	if !s.closed {
		close(s.said)
		s.said = make(chan struct{})
	}
}

// OpenStream implements [mailbox.Streams].
func (s *Store) OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (a mailbox.StreamAttempt, err error) {
	err = s.updateStream(ctx, "open stream", syncEach, addr, func(tx *streamWriter) error {
		a, err = mailbox.ApplyStreamOpen(tx, addr.Base(), o.At(s.o.Clock))
		return err
	})
	return a, err
}

// AppendStream implements [mailbox.Streams]. It does not wait for the disk: a power
// cut may take back the last chunks.
func (s *Store) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	return s.updateStream(ctx, "append to stream", syncLater, addr, func(tx *streamWriter) error {
		return mailbox.ApplyStreamAppend(tx, addr.Base(), a)
	})
}

// EndStream implements [mailbox.Streams]. It does not wait for the disk: what was
// taken back is open again, and ends when somebody goes on.
func (s *Store) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	return s.updateStream(ctx, "end stream", syncLater, addr, func(tx *streamWriter) error {
		return mailbox.ApplyStreamClose(tx, addr.Base(), c)
	})
}

// ReadStream implements [mailbox.Streams].
func (s *Store) ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (p mailbox.StreamPage, err error) {
	err = s.view(ctx, "read stream", addr, func(tx *reader) error {
		p, err = mailbox.LookStream(tx, tx.epoch, addr.Base(), r)
		return err
	})
	return p, err
}

// WaitStream implements [mailbox.Streams]. It sees what this process appends at once
// and what others do within [Options.Poll].
func (s *Store) WaitStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	if err := s.begin(ctx, addr); err != nil {
		return mailbox.StreamPage{}, fail(ctx, "wait for stream", addr, err)
	}
	leave, err := s.watch.enter(ctx, s)
	if err != nil {
		return mailbox.StreamPage{}, fail(ctx, "wait for stream", addr, err)
	}
	defer leave()
	signal := func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.said
	}
	p, err := mailbox.WaitStreamFor(ctx, 0, signal, func() (mailbox.StreamPage, error) { return s.ReadStream(ctx, addr, r) })
	return p, fail(ctx, "wait for stream", addr, err)
}

func (r *reader) StreamNumbers(box quire.Address) ([]uint64, error) {
	list, err := r.numbers(sqlquery.StreamNumbers, string(box))
	out := make([]uint64, len(list))
	for i, n := range list {
		out[i] = uint64(n)
	}
	return out, err
}

func (r *reader) StreamAttempts(box quire.Address, stream uint64) ([]mailbox.StreamAttempt, error) {
	rows, err := r.rows(sqlquery.StreamAttempts, string(box), sqlquery.Num(stream))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []mailbox.StreamAttempt
	for rows.Next() {
		a := mailbox.StreamAttempt{Stream: stream}
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

// streamWriter is a mailbox.StreamTx over a writing transaction.
type streamWriter struct{ *writer }

func (w *streamWriter) StreamFence(box quire.Address) (fence uint64, err error) {
	if err = w.row(sqlquery.StreamFence, string(box)).Scan(&fence); errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return fence, err
}

func (w *streamWriter) PutStreamAttempt(box quire.Address, a *mailbox.StreamAttempt) error {
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

func (w *streamWriter) PutStreamChunk(box quire.Address, stream uint64, attempt int, offset uint64, data []byte) error {
	return w.inBox(sqlquery.PutStreamChunk, box, sqlquery.Num(stream), attempt, sqlquery.Num(offset), data)
}

func (w *streamWriter) DropStreamChunks(box quire.Address, stream uint64, attempt int, below uint64) error {
	return w.inBox(sqlquery.DropStreamChunks, box, sqlquery.Num(stream), attempt, sqlquery.Num(below))
}

func (w *streamWriter) DropStreams(box quire.Address, below uint64) error {
	if err := w.inBox(sqlquery.DropSaid, box, sqlquery.Num(below)); err != nil {
		return err
	}
	return w.inBox(sqlquery.DropStreams, box, sqlquery.Num(below))
}

// inBox runs a statement whose first argument is the row number of a mailbox.
func (w *streamWriter) inBox(query string, box quire.Address, args ...any) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec(query, append([]any{id}, args...)...)
}

var _ mailbox.Streams = (*Store)(nil)
