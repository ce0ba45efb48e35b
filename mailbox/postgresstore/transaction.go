package postgresstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/mailbox"
)

// ending is how long the end of a transaction may take when its caller is gone.
const ending = 30 * time.Second

// transaction runs f between begin and commit. sent says that the server was told
// to commit: after an error nobody knows whether it did. Whether it committed does
// not depend on when ctx ends: that is looked at once more before the commit, which
// then runs to its end.
func (s *Store) transaction(ctx context.Context, o pgx.TxOptions, f func(tx pgx.Tx) error) (sent bool, err error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			err = mailbox.ErrClosed
		}
		return false, err
	}
	defer c.Release()
	tx, err := c.BeginTx(ctx, o)
	if err != nil {
		return false, err
	}
	if err = f(tx); err == nil {
		err = ctx.Err()
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	if err != nil {
		// The connection may be gone: then the server rolls back by itself.
		_ = tx.Rollback(end)
		return false, err
	}
	return true, tx.Commit(end)
}

// again runs f until it succeeds, fails for good, or patience ends. What was sent
// to be committed and is not known to have failed is repeated only if that is safe.
func (s *Store) again(ctx context.Context, safe bool, f func() (sent bool, err error)) error {
	began, wait, broke := time.Now(), firstPause, 0
	for {
		sent, err := f()
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case sent && lost(err) && !safe:
			return fmt.Errorf("%w: the connection broke while it was told to commit, and nobody knows whether it did: give commits an ID, with which repeating is safe, or look when another commit to this mailbox went through: %w", mailbox.ErrUnavailable, err)
		case !lost(err) && !conflicts(code(err)), time.Since(began) > s.o.Patience:
			return err
		}
		// A connection that broke says little about the server: it may have waited in
		// the pool since before a restart, and so may the others.
		if broke++; lost(err) && !refused(err) && broke <= s.o.Conns {
			continue
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait, broke = min(2*wait, lastPause), 0
	}
}

// Pauses between attempts double from the first to the last.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 250 * time.Millisecond
)

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
