package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/mailbox"
)

// transaction runs f between begin and commit. sent says that the server was told to
// commit something: after an error nobody knows whether it did. Whether it committed
// does not depend on when ctx ends: that is looked at once more before the commit, which
// then runs to its end.
//
// A server that does not answer, or a network that swallows what is sent to it, is given
// up after Options.Answer: each round trip has a time limit of its own.
func (s *server) transaction(ctx context.Context, o pgx.TxOptions, f func(p *pipeline) error) (sent bool, err error) {
	defer func() { err = s.silent(ctx, err) }()
	soon, cancel := context.WithTimeout(ctx, s.o.Answer)
	c, err := s.pool.Acquire(soon)
	cancel()
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			err = mailbox.ErrClosed
		}
		return false, err
	}
	defer c.Release()
	p := newPipeline(c.Conn(), o, s.o.Answer)
	if err = f(p); err == nil {
		err = ctx.Err()
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Answer)
	defer cancel()
	if err != nil {
		p.rollback(end)
		return false, err
	}
	if sent, err = p.commit(end); err != nil {
		if end.Err() != nil {
			err = s.noAnswer(err)
		}
		p.rollback(end)
	}
	return sent && o.AccessMode != pgx.ReadOnly, err
}

// errNoAnswer is in the errors of what the server did not answer in time.
var errNoAnswer = errors.New("the server did not answer")

func (s *server) noAnswer(err error) error {
	return fmt.Errorf("%w within %s: %w", errNoAnswer, s.o.Answer, err)
}

// silent says that a limit of ours ended a call, and not the caller's context.
func (s *server) silent(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, errNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.noAnswer(err)
}

// again runs f until it succeeds, fails for good, or patience ends, but at least twice
// when the server did not answer. What was sent to be committed and is not known to have
// failed is repeated only if that is safe.
func (s *server) again(ctx context.Context, safe bool, f func() (sent bool, err error)) error {
	began, wait, broke, told := time.Now(), firstPause, 0, false
	for tries := 1; ; tries++ {
		sent, err := f()
		if err == nil {
			return nil
		}
		// Once nobody knows, a failure of a later try says nothing about the first.
		told = told || sent && lost(err) && !undone(err)
		over := time.Since(began) > s.o.Patience && tries > 1
		switch {
		case told && (!safe || ctx.Err() != nil || over && lost(err)):
			return unknown(err, safe)
		case ctx.Err() != nil || over || !lost(err) && !conflicts(code(err)) || tooLong(err) && tries > 1:
			return err
		}
		// A connection that broke says little about the server: it may have waited in
		// the pool since before a restart, and so may the others.
		if broke++; lost(err) && !refused(err) && broke <= s.o.Conns {
			continue
		}
		if pause(ctx, wait) != nil {
			if told {
				return unknown(err, safe)
			}
			return ctx.Err()
		}
		wait, broke = min(2*wait, lastPause), 0
	}
}

// unknown says that what was told to the server may have happened.
func unknown(err error, safe bool) error {
	what := "give commits an ID, with which repeating is safe, or look when another commit to this mailbox went through"
	if safe {
		what = "repeat it as it was"
	}
	return fmt.Errorf("%w: the connection broke while it was told to commit, and nobody knows whether it did (%w): %s: %w", mailbox.ErrUnavailable, mailbox.ErrOutcomeUnknown, what, err)
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
