package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// pool is a few connections to the file, opened when they are first needed.
// Each keeps its prepared statements for as long as it lives.
type pool struct {
	db    *sql.DB
	begin string
	sync  string        // how transactions wait for the disk; "" when nothing is written
	free  chan struct{} // one for each connection that nobody has
	done  chan struct{} // closed by close
	size  int
	reads bool          // its transactions only read
	check func() error  // before each commit; nil: nothing
	busy  time.Duration // how long a transaction waits for what another process does

	mu      sync.Mutex
	idle    []*conn   // those that were opened and that nobody has, the last one used last
	blocked time.Time // since when another process has kept all from beginning; zero: none does
}

// conn is one connection, used by one goroutine at a time.
type conn struct {
	*sql.Conn
	statements map[string]*sql.Stmt
	sync       string // as it is set now
	zeroes     bool   // what it deletes it overwrites
	epoch      string // as the transaction read it that is under way, when it only reads
	batch      *batch // that is open; nil: none
}

// maxStatements bounds what a connection keeps: queries differ by their filter.
const maxStatements = 100

func newPool(db *sql.DB, size int, begin string, busy time.Duration) *pool {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	p := &pool{db: db, begin: begin, reads: begin == "BEGIN", busy: busy, free: make(chan struct{}, size), done: make(chan struct{}), size: size}
	for range size {
		p.free <- struct{}{}
	}
	return p
}

// take waits for a connection, and ends the batch that is open on it. It goes back with
// give.
func (p *pool) take(ctx context.Context) (*conn, error) {
	c, err := p.takeOpen(ctx)
	if err == nil {
		p.finish(c)
	}
	return c, err
}

// takeOpen is take; a batch stays open.
func (p *pool) takeOpen(ctx context.Context) (*conn, error) {
	select {
	case <-p.done:
		return nil, mailbox.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	default:
	}
	select {
	case <-p.done:
		return nil, mailbox.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.free:
	}
	if c := p.pop(); c != nil {
		return c, nil
	}
	raw, err := p.db.Conn(ctx)
	if err != nil {
		p.free <- struct{}{}
		return nil, err
	}
	return &conn{Conn: raw, statements: map[string]*sql.Stmt{}, sync: p.sync}, nil
}

// pop takes the connection that was used last, whose pages and statements are the most
// likely ones to be used again; nil when one is to be opened. It follows a receive of free.
func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle) - 1
	if n < 0 {
		return nil
	}
	c := p.idle[n]
	p.idle = p.idle[:n]
	return c
}

func (p *pool) give(c *conn) {
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// close waits until all connections are back, and closes them.
func (p *pool) close() error {
	close(p.done)
	var err error
	for range p.size {
		<-p.free
		if c := p.pop(); c != nil {
			p.finish(c)
			err = errors.Join(err, c.shut())
		}
	}
	return errors.Join(err, p.db.Close())
}

func (c *conn) shut() error {
	for _, s := range c.statements {
		s.Close()
	}
	return c.Close()
}

// prepared returns a statement, prepared once.
func (c *conn) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := c.statements[query]; s != nil {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(c.statements) >= maxStatements {
		for q, old := range c.statements { // any one: they come again if they are used
			old.Close()
			delete(c.statements, q)
			break
		}
	}
	c.statements[query] = s
	return s, nil
}

// transaction runs f between begin and commit. Whether it committed does not
// depend on when ctx ends: that is looked at once more before the commit, which
// then runs to its end.
func (p *pool) transaction(ctx context.Context, f func(c *conn) error) error {
	return p.transactionAt(ctx, p.sync, false, f)
}

// transactionAt is transaction with another way to wait for the disk, and with zeros
// written over what it deletes or without, which are settings of the connection: each
// transaction sees that they are its own.
func (p *pool) transactionAt(ctx context.Context, sync string, zeroes bool, f func(c *conn) error) error {
	asked := time.Now()
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(c)
	if err := c.set(ctx, sync, zeroes); err != nil {
		return err
	}
	// A begin that was cancelled may have begun: it is taken back like the rest.
	if err = p.start(ctx, c, asked); err == nil {
		err = f(c)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return p.commit(c)
	}
	// The error may have rolled back already, and this one then says so.
	_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

// commit commits, or takes back what was written. It runs to its end.
func (p *pool) commit(c *conn) (err error) {
	if p.check != nil {
		err = p.check()
	}
	if err == nil {
		if _, err = (kept{c}).ExecContext(context.Background(), "COMMIT"); err == nil {
			return nil
		}
		err = halfWritten(err)
	}
	_, _ = c.ExecContext(context.Background(), "ROLLBACK")
	return err
}

// set sets how the next transaction waits for the disk, and whether it overwrites what it
// deletes.
func (c *conn) set(ctx context.Context, sync string, zeroes bool) error {
	ctx = context.WithoutCancel(ctx)
	if c.sync != sync {
		if _, err := c.ExecContext(ctx, "PRAGMA synchronous = "+sync); err != nil {
			return err
		}
		c.sync = sync
	}
	if c.zeroes != zeroes {
		if _, err := c.ExecContext(ctx, "PRAGMA secure_delete = "+strconv.FormatBool(zeroes)); err != nil {
			return err
		}
		c.zeroes = zeroes
	}
	return nil
}
