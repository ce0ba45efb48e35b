package postgresstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Wait implements [mailbox.Waiter]. It sees commits of this process at once, and
// those of others when the server notifies it, or within [Options.Poll].
func (s *Store) Wait(ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	if err := s.begin(ctx, addr); err != nil {
		return mailbox.Woken{}, fail(ctx, "wait", addr, err)
	}
	select {
	case s.ears <- struct{}{}:
	default:
	}
	signal := func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.changed
	}
	woken, err := mailbox.WaitFor(ctx, w, s.o.Poll, signal, func(w mailbox.Wait, now time.Time) (p mailbox.Probe, err error) {
		err = s.view(ctx, "wait", addr, func(r *reader) error {
			p, err = r.probe(addr.Base(), w, now)
			return err
		})
		return p, err
	})
	return woken, fail(ctx, "wait", addr, err)
}

// probe looks whether a wait is over.
func (r *reader) probe(addr quire.Address, w mailbox.Wait, now time.Time) (mailbox.Probe, error) {
	box, meta, err := r.meta(addr)
	p := mailbox.Probe{State: mailbox.FormatState(r.epoch, meta.Modseq)}
	if err != nil {
		return p, err
	}
	since := uint64(0)
	if w.Since != "" {
		if since, err = mailbox.ParseState(w.Since, r.epoch, meta.Modseq); err != nil {
			return p, err
		}
	}
	s, err := mailbox.WaitFilter(w, meta, now)
	if err != nil || box == 0 {
		return p, err
	}
	where, args := sqlquery.Filter("d", s)
	err = r.row("SELECT EXISTS (SELECT 1 FROM delivery d WHERE d.box = ? AND d.modseq > ? AND "+where+")", append([]any{box, sqlquery.Num(since)}, args...)...).Scan(&p.Matched)
	if err != nil || p.Matched {
		return p, err
	}
	for _, column := range []string{"visible_at", "reply_by"} {
		if err := r.alarm(&p, column, box, w.Looked, now); err != nil {
			return p, err
		}
	}
	return p, nil
}

// alarm finds the first time in a column, after looked, that counts.
func (r *reader) alarm(p *mailbox.Probe, column string, box int64, looked, now time.Time) error {
	rows, err := r.rows("SELECT "+placedColumns+fromDelivery+"WHERE d.box = ? AND d.open = 1 AND d."+column+" <> "+never+" AND d."+column+" > ? ORDER BY d."+column, box, looked.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		d, err := scanPlaced(rows)
		if err != nil {
			return err
		}
		passed, next := d.Alarm(looked, now)
		p.Passed = p.Passed || passed
		if !next.IsZero() && (p.Next.IsZero() || next.Before(p.Next)) {
			p.Next = next
		}
		if passed || !next.IsZero() {
			return nil
		}
	}
	return rows.Err()
}

// announce wakes all who wait in this process.
func (s *Store) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	s.announceStream()
}

// speak tells other processes that something was committed: once for all that was
// committed while it spoke, and after the commits, for notifying within them makes
// the server do them one by one. A hint that gets lost is made up for by polling.
func (s *Store) speak() {
	defer s.owned.Done()
	for {
		select {
		case <-s.run.Done():
			return
		case <-s.hints:
			s.notify("")
		case <-s.saidHints:
			s.notify(ofStreams)
		}
	}
}

// notify gives others a hint, as far as the server answers.
func (s *Store) notify(what string) {
	ctx, cancel := context.WithTimeout(s.run, s.o.Answer)
	defer cancel()
	_, _ = s.pool.Exec(ctx, "SELECT pg_notify($1, $2)", s.channel(), what)
}

// ofStreams is in a hint about nothing but a stream.
const ofStreams = "stream"

// channel is where hints about this schema are given.
func (s *Store) channel() string { return "quire " + s.o.Schema }

// listen wakes those who wait here when another process committed something. It
// begins with the first who waits, on a connection of its own.
func (s *Store) listen() {
	defer s.owned.Done()
	select {
	case <-s.run.Done():
		return
	case <-s.ears:
	}
	for s.run.Err() == nil {
		_ = s.hear() // polling goes on meanwhile, and meets the same error
		select {
		case <-s.run.Done():
		case <-time.After(s.o.Poll):
		}
	}
}

// hear listens until the connection breaks.
func (s *Store) hear() error {
	c, err := pgx.ConnectConfig(s.run, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(s.run), time.Second)
		defer cancel()
		_ = c.Close(end)
	}()
	if _, err := c.Exec(s.run, "LISTEN "+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return err
	}
	s.announce() // what was said before was not heard
	for {
		n, err := c.WaitForNotification(s.run)
		if err != nil {
			return err
		}
		if n.Payload != ofStreams {
			s.announce()
			continue
		}
		s.mu.Lock()
		s.announceStream()
		s.mu.Unlock()
	}
}
