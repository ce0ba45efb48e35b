package postgresstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline is a transaction that goes to the server as seldom as it can: its beginning,
// its locks and what it writes wait until something is read or it ends, and go with that
// in one round trip. So a statement that fails fails the next read, or the commit; the server
// does nothing of what came behind it.
type pipeline struct {
	conn  *pgx.Conn
	limit time.Duration // of one round trip
	next  *pgx.Batch    // what waits
	reads []reading     // of next, nil where nothing is read
	tx    pgx.Tx        // nil: the server knows nothing of it yet
	over  bool          // it has ended
	held  func()        // queues what comes before the next statement; nil: nothing
}

// reading gets the rows of a statement before they are closed.
type reading func(rows pgx.Rows) error

// most is how many statements wait at most.
const most = 64

func newPipeline(conn *pgx.Conn, o pgx.TxOptions, limit time.Duration) *pipeline {
	p := &pipeline{conn: conn, limit: limit, next: &pgx.Batch{}, reads: []reading{nil}}
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
	return p.later(ctx, nil, query, args...)
}

// later is query at the latest when the transaction ends.
func (p *pipeline) later(ctx context.Context, read reading, query string, args ...any) error {
	p.queue(read, query, args...)
	if p.next.Len() < most {
		return nil
	}
	return p.flush(ctx)
}

func (p *pipeline) queue(read reading, query string, args ...any) {
	p.release()
	if p.conn != nil && timeToPlan(p.conn) {
		p.next.Queue("DISCARD PLANS")
		p.reads = append(p.reads, nil)
	}
	p.next.Queue(query, args...)
	p.reads = append(p.reads, read)
}

// plannedFrom is after how many statements of a connection its plans are made anew for the
// first time.
const plannedFrom = 256

// timeToPlan counts a statement of the connection, and says whether their number has
// doubled. The server plans a prepared statement once, for tables as large as they are then,
// until it learns that they have grown: that takes a minute, and where nothing analyses them
// it never does. In a new database all are empty, and any index of a mailbox looks as good as
// the one that finds a single row: each message that is sent then reads all that came before.
func timeToPlan(c *pgx.Conn) bool {
	const key = "quire statements"
	data := c.PgConn().CustomData()
	n, _ := data[key].(uint64)
	n++
	data[key] = n
	return n >= plannedFrom && n&(n-1) == 0
}

// release queues what is held.
func (p *pipeline) release() {
	if held := p.held; held != nil {
		p.held = nil
		held()
	}
}

// flush does what waits.
func (p *pipeline) flush(ctx context.Context) error {
	p.release()
	if p.next.Len() == 0 {
		return nil
	}
	_, err := p.send(ctx)
	return err
}

// query reads rows.
func (p *pipeline) query(ctx context.Context, read reading, query string, args ...any) error {
	if p.over {
		return errOver
	}
	if len(args) > 0 {
		if _, special := args[0].(pgx.QueryExecMode); special {
			return p.alone(ctx, read, query, args...)
		}
	}
	p.queue(read, query, args...)
	return p.flush(ctx)
}

// alone is query for what can't go with others.
func (p *pipeline) alone(ctx context.Context, read reading, query string, args ...any) error {
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
func drained(rows pgx.Rows, read reading) error {
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

// send sends what waits. done says how many statements of it the server is known to
// have done.
func (p *pipeline) send(ctx context.Context) (done int, err error) {
	batch, reads := p.next, p.reads
	p.next, p.reads = &pgx.Batch{}, nil
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
	for _, read := range reads {
		if err := result(results, read); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// result reads what became of the next statement.
func result(results pgx.BatchResults, read reading) error {
	if read == nil {
		tag, err := results.Exec()
		if err == nil && tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	return drained(rows, read)
}

// commit does what waits and ends the transaction. told says that the server may have
// been told to commit: after an error nobody knows whether it did.
func (p *pipeline) commit(ctx context.Context) (told bool, err error) {
	if p.over || p.tx == nil && p.next.Len() == 1 && p.held == nil {
		return false, nil // or it has not begun
	}
	p.queue(nil, "commit")
	last := p.next.Len() - 1
	done, err := p.send(ctx)
	// What the server says of a statement before is that it did not come to the commit.
	var said *pgconn.PgError
	return err == nil || done >= last || !errors.As(err, &said), err
}

// rollback undoes all of it. What the server does not answer it undoes by itself.
func (p *pipeline) rollback(ctx context.Context) {
	if p.tx != nil && !p.over {
		_ = p.tx.Rollback(ctx)
	}
}
