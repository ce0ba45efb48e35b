package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// busyStep is how long SQLite itself waits for a lock of another process: while it does
// it sees no context end, and it looks ever more seldom, after 20 ms each at last: so it
// would miss most of the moments between two short transactions of a process that writes
// all the time. The rest of Options.Busy is waited for here.
const busyStep = time.Millisecond

// isBusy says whether another process was in the way.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_BUSY || e.Code()&0xff == lib.SQLITE_LOCKED)
}

// start begins a transaction that was asked for at a time, and waits for other
// processes until ctx ends or they have been in the way for Options.Busy.
func (p *pool) start(ctx context.Context, c *conn, asked time.Time) error {
	for {
		tried := time.Now()
		err := p.begun(ctx, c)
		if !isBusy(err) {
			p.setBlocked(time.Time{})
			return err
		}
		// Who stood behind another one for the connection has waited with it.
		since := p.setBlocked(tried)
		if asked.After(since) {
			since = asked
		}
		if time.Since(since) >= p.busy {
			return err
		}
		if _, err := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err == nil {
			continue // it had begun, and could not read
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// setBlocked keeps since when others are in the way: at first since t. The zero time
// says that they are not.
func (p *pool) setBlocked(t time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.IsZero() || p.blocked.IsZero() {
		p.blocked = t
	}
	return p.blocked
}

// begun begins a transaction once. One that reads sees the file from here on: its first
// look is made at once, since that is what can be in the way of others.
func (p *pool) begun(ctx context.Context, c *conn) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // neither takes longer than busyStep
	if _, err := (kept{c}).ExecContext(ctx, p.begin); err != nil || !p.reads {
		return err
	}
	c.epoch = ""
	err := (kept{c}).QueryRowContext(ctx, sqldriver.EpochQuery).Scan(&c.epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // said by who needs it
	}
	return err
}

// patiently runs f again while other processes are in its way, until ctx ends or they
// were for so long.
func patiently(ctx context.Context, busy time.Duration, f func() error) error {
	asked := time.Now()
	for {
		err := f()
		if !isBusy(err) || time.Since(asked) >= busy {
			return err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
