package postgresstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
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

// updateStream runs f in a writing transaction, and wakes those who follow streams
// and nobody else. All of f may be repeated. With later the server does not wait for
// its disk: when it crashes, the last chunks may be lost.
func (s *Store) updateStream(ctx context.Context, op string, later bool, addr quire.Address, f func(tx *streamWriter) error) error {
	err := s.begin(ctx, addr)
	if err != nil {
		return fail(ctx, op, addr, err)
	}
	err = s.again(ctx, true, func() (bool, error) {
		return s.transaction(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
			if later {
				if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
					return err
				}
			}
			return f(&streamWriter{newWriter(ctx, tx)})
		})
	})
	if err != nil {
		return fail(ctx, op, addr, err)
	}
	s.mu.Lock()
	s.announceStream()
	s.mu.Unlock()
	select {
	case s.saidHints <- struct{}{}:
	default:
	}
	return nil
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
	o = o.At(s.o.Clock)
	err = s.updateStream(ctx, "open stream", false, addr, func(tx *streamWriter) error {
		if err := tx.lock([]quire.Address{addr.Base()}); err != nil {
			return err
		}
		a, err = mailbox.ApplyStreamOpen(tx, addr.Base(), o)
		return err
	})
	return a, err
}

// AppendStream implements [mailbox.Streams]. The server does not wait for its disk:
// when it crashes, the last chunks may be lost.
func (s *Store) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	return s.updateStream(ctx, "append to stream", true, addr, func(tx *streamWriter) error {
		return mailbox.ApplyStreamAppend(tx, addr.Base(), a)
	})
}

// EndStream implements [mailbox.Streams]. An end that is lost when the server crashes
// comes when somebody goes on.
func (s *Store) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	return s.updateStream(ctx, "end stream", true, addr, func(tx *streamWriter) error {
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

// WaitStream implements [mailbox.Streams]. It sees what this process appends at once,
// and what others do when the server notifies it, or within [Options.Poll].
func (s *Store) WaitStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	if err := s.begin(ctx, addr); err != nil {
		return mailbox.StreamPage{}, fail(ctx, "wait for stream", addr, err)
	}
	select {
	case s.ears <- struct{}{}:
	default:
	}
	signal := func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.said
	}
	p, err := mailbox.WaitStreamFor(ctx, s.o.Poll, signal, func() (mailbox.StreamPage, error) { return s.ReadStream(ctx, addr, r) })
	return p, fail(ctx, "wait for stream", addr, err)
}

func (r *reader) StreamNumbers(box quire.Address) (list []uint64, err error) {
	err = r.each(func(row pgx.Rows) error {
		var n uint64
		err := row.Scan(&n)
		list = append(list, n)
		return err
	}, sqlquery.StreamNumbers, string(box))
	return list, err
}

func (r *reader) StreamAttempts(box quire.Address, stream uint64) ([]mailbox.StreamAttempt, error) {
	return r.attempts(sqlquery.StreamAttempts, box, stream)
}

func (r *reader) attempts(query string, box quire.Address, stream uint64) (list []mailbox.StreamAttempt, err error) {
	err = r.each(func(row pgx.Rows) error {
		a := mailbox.StreamAttempt{Stream: stream}
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

// streamWriter is a mailbox.StreamTx over a writing transaction. Attempts begin one
// by one, under the lock of the mailbox. Chunks leave that to the mail: who writes to
// a stream locks its attempts, and whoever begins another one has to lock them too.
type streamWriter struct{ *writer }

func (w *streamWriter) StreamAttempts(box quire.Address, stream uint64) ([]mailbox.StreamAttempt, error) {
	return w.attempts(sqlquery.StreamAttempts+" FOR UPDATE", box, stream)
}

func (w *streamWriter) StreamFence(box quire.Address) (fence uint64, err error) {
	_, err = none(w.row(sqlquery.StreamFence, string(box)).Scan(&fence))
	return fence, err
}

func (w *streamWriter) PutStreamAttempt(box quire.Address, a *mailbox.StreamAttempt) error {
	args, err := sqlquery.AttemptArgs(0, a)
	if err != nil {
		return err
	}
	return w.inBox(sqlquery.PutStreamAttempt, box, args[1:]...)
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

// inBox runs a statement whose first argument is the row number of a mailbox, which
// is there: an attempt was opened in it.
func (w *streamWriter) inBox(query string, box quire.Address, args ...any) error {
	var id int64
	if err := w.row("SELECT id FROM box WHERE addr = ?", string(box)).Scan(&id); err != nil {
		return err
	}
	return w.exec(query, append([]any{id}, args...)...)
}

var _ mailbox.Streams = (*Store)(nil)
