package postgresstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline is a transaction that goes to the server as seldom as it can: its beginning,
// and what it writes, wait until something is read or it ends, and go with that in one
// round trip. So a statement that fails fails the next read, or the commit; the server
// does nothing of what came behind it.
type pipeline struct {
	conn  *pgx.Conn
	limit time.Duration // of one round trip
	next  *pgx.Batch    // what waits
	tx    pgx.Tx        // nil: the server knows nothing of it yet
}

// most is how many statements wait at most.
const most = 64

func newPipeline(conn *pgx.Conn, o pgx.TxOptions, limit time.Duration) *pipeline {
	p := &pipeline{conn: conn, limit: limit, next: &pgx.Batch{}}
	p.next.BeginTx(o)
	return p
}

// begin is the transaction once all that waited was done, for what needs it as it is.
func (p *pipeline) begin(ctx context.Context) (pgx.Tx, error) {
	err := p.flush(ctx)
	return p.tx, err
}

// exec does something, at the latest when the transaction ends.
func (p *pipeline) exec(ctx context.Context, query string, args ...any) error {
	p.next.Queue(query, args...)
	if p.next.Len() < most {
		return nil
	}
	return p.flush(ctx)
}

// flush does what waits.
func (p *pipeline) flush(ctx context.Context) error {
	if p.next.Len() == 0 {
		return nil
	}
	_, err := p.send(ctx, nil)
	return err
}

// query reads rows; read gets them before they are closed.
func (p *pipeline) query(ctx context.Context, read func(rows pgx.Rows) error, query string, args ...any) error {
	if len(args) > 0 {
		if _, special := args[0].(pgx.QueryExecMode); special {
			return p.alone(ctx, read, query, args...)
		}
	}
	p.next.Queue(query, args...)
	_, err := p.send(ctx, read)
	return err
}

// alone is query for what can't go with others.
func (p *pipeline) alone(ctx context.Context, read func(rows pgx.Rows) error, query string, args ...any) error {
	tx, err := p.begin(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	return drained(rows, read)
}

// drained lets read have rows, and says what went wrong with either.
func drained(rows pgx.Rows, read func(rows pgx.Rows) error) error {
	defer rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	if err := read(rows); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

// send sends what waits. read gets the rows of the last statement; nil: it has none.
// done says how many statements the server is known to have done.
func (p *pipeline) send(ctx context.Context, read func(rows pgx.Rows) error) (done int, err error) {
	batch := p.next
	p.next = &pgx.Batch{}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	var results pgx.BatchResults
	if p.tx == nil {
		results = p.conn.SendBatch(ctx, batch)
		p.tx = results.Tx()
	} else {
		results = p.tx.SendBatch(ctx, batch)
	}
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	plain := batch.Len()
	if read != nil {
		plain--
	}
	for ; done < plain; done++ {
		tag, err := results.Exec()
		if err != nil {
			return done, err
		}
		if tag.String() == "ROLLBACK" {
			return done, pgx.ErrTxCommitRollback
		}
	}
	if read == nil {
		return done, nil
	}
	rows, err := results.Query()
	if err != nil {
		return done, err
	}
	return done, drained(rows, read)
}

// commit does what waits and ends the transaction. told says that the server may have
// been told to commit: after an error nobody knows whether it did.
func (p *pipeline) commit(ctx context.Context) (told bool, err error) {
	if p.tx == nil && p.next.Len() == 1 {
		return false, nil // it has not begun
	}
	p.next.Queue("commit")
	last := p.next.Len() - 1
	done, err := p.send(ctx, nil)
	// What the server says of a statement before is that it did not come to the commit.
	var said *pgconn.PgError
	return err == nil || done >= last || !errors.As(err, &said), err
}

// rollback undoes all of it. What the server does not answer it undoes by itself.
func (p *pipeline) rollback(ctx context.Context) {
	if p.tx != nil {
		_ = p.tx.Rollback(ctx)
	}
}
