package postgresstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/mailbox/driver"
)

// Watch implements [driver.Driver]. It sees commits of this process at once, and those
// of others when the server notifies it, or within [Options.Poll].
func (s *server) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	if err := s.begin(ctx); err != nil {
		return driver.Watch{}, err
	}
	select {
	case s.ears <- struct{}{}:
	default:
	}
	next := func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		if streams {
			return s.said
		}
		return s.changed
	}
	return driver.Watch{Next: next, Poll: s.o.Poll, Stop: func() {}}, nil
}

// announce wakes, in this process, all who wait for mail, or for streams, or both.
func (s *server) announce(mail, streams bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if mail {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	if streams {
		close(s.said)
		s.said = make(chan struct{})
	}
}

// speak tells other processes that something was committed: once for all that was
// committed while it spoke, and after the commits, for notifying within them makes
// the server do them one by one. A hint that gets lost is made up for by polling.
func (s *server) speak() {
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
func (s *server) notify(what string) {
	ctx, cancel := context.WithTimeout(s.run, s.o.Answer)
	defer cancel()
	_, _ = s.pool.Exec(ctx, "SELECT pg_notify($1, $2)", s.channel(), what)
}

// ofStreams is in a hint about nothing but a stream.
const ofStreams = "stream"

// channel is where hints about this schema are given.
func (s *server) channel() string { return "quire " + s.o.Schema }

// listen wakes those who wait here when another process committed something. It
// begins with the first who waits, on a connection of its own.
func (s *server) listen() {
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
func (s *server) hear() error {
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
	s.announce(true, true) // what was said before was not heard
	for {
		n, err := c.WaitForNotification(s.run)
		if err != nil {
			return err
		}
		s.announce(n.Payload != ofStreams, true)
	}
}
