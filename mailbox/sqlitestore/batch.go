package sqlitestore

import (
	"context"
	"fmt"
	"time"
)

// batch is a transaction that several calls write in, one after the other: each finds what
// those before it wrote, and all of them are committed, and wait for the disk, together.
type batch struct {
	done chan struct{} // closed when it is over
	err  error         // then: why nothing of it is in the file
}

// together is transactionAt, in a batch with the calls that wait at the same time. It
// returns when the batch is in the file. What f changed is taken back alone when it fails.
//
// Nobody waits for a batch to fill up: who has written gives the connection back with the
// transaction open, to those who waited for it already, and commits when it is free again.
func (p *pool) together(ctx context.Context, sync string, f func(c *conn) error) error {
	asked := time.Now()
	c, err := p.takeOpen(ctx)
	if err != nil {
		return err
	}
	b, err := p.join(ctx, c, sync, asked, f)
	if err != nil {
		return err
	}
	select {
	case <-b.done:
	case <-p.free:
		c := p.pop()
		if c.batch == b { // else it is over
			p.finish(c)
		}
		p.give(c)
		<-b.done
	}
	return b.err
}

// join runs f in the open batch, or begins one, and gives c back.
func (p *pool) join(ctx context.Context, c *conn, sync string, asked time.Time, f func(c *conn) error) (b *batch, err error) {
	written := false
	defer func() {
		if !written {
			p.undo(c, err)
		}
		p.give(c)
	}()
	if c.batch != nil && c.sync != sync && sync == syncEach {
		p.finish(c)
	}
	if c.batch == nil {
		if err := c.set(ctx, sync, false); err != nil {
			return nil, err
		}
		if err := p.start(ctx, c, asked); err != nil {
			return nil, err
		}
		b = &batch{done: make(chan struct{})}
	} else if _, err := (kept{c}).ExecContext(context.WithoutCancel(ctx), "SAVEPOINT call"); err != nil {
		return nil, err
	}
	if err = f(c); err == nil {
		err = ctx.Err()
	}
	if err == nil && b == nil {
		_, err = (kept{c}).ExecContext(context.WithoutCancel(ctx), "RELEASE call")
	}
	if err != nil {
		return nil, err
	}
	if written = true; b != nil {
		c.batch = b
	}
	return c.batch, nil
}

// undo takes back what one call wrote. An error of the disk may have taken back all of the
// batch by itself: then all of it has failed.
func (p *pool) undo(c *conn, cause error) {
	ctx := context.Background()
	if b := c.batch; b != nil {
		_, err := (kept{c}).ExecContext(ctx, "ROLLBACK TO call")
		if err == nil {
			_, err = (kept{c}).ExecContext(ctx, "RELEASE call")
		}
		if err == nil {
			return
		}
		if cause == nil {
			cause = err
		}
		c.batch, b.err = nil, fmt.Errorf("it was taken back with another call: %w", cause)
		defer close(b.done)
	}
	_, _ = c.ExecContext(ctx, "ROLLBACK") // which the error may have done already
}

// finish commits the batch that is open, if one is.
func (p *pool) finish(c *conn) {
	b := c.batch
	if b == nil {
		return
	}
	c.batch = nil
	b.err = p.commit(c)
	close(b.done)
}
