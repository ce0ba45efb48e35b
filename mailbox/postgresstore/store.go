package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Open connects to the database that dsn names, a URL or a list of key=value as
// psql takes it, and makes or updates the tables. nil options are the zero ones. It
// fails with [mailbox.ErrUnavailable], [mailbox.ErrNewerFormat], [mailbox.ErrCorrupt]
// or [mailbox.ErrReadOnly].
func Open(ctx context.Context, dsn string, options *Options) (*mailbox.Store, error) {
	o := options.withDefaults()
	s, err := open(ctx, dsn, o)
	if err != nil {
		if err = explain(ctx, err); ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, &mailbox.Error{Op: "open", Err: err}
	}
	return mailbox.New(s, &mailbox.Options{Rules: o.Rules, Clock: o.Clock}), nil
}

// server is a [driver.Driver] in a PostgreSQL database.
type server struct {
	o    Options
	pool *pgxpool.Pool

	end    context.CancelFunc // of the two goroutines
	run    context.Context
	hints  chan struct{} // something was committed here: others want to know
	ears   chan struct{} // somebody waits: listen
	owned  sync.WaitGroup
	mu     sync.Mutex
	closed bool
	// changed is closed by the next commit of this process, by a hint of another
	// one, and by Close.
	changed   chan struct{}
	said      chan struct{} // likewise, and by what changes a stream
	saidHints chan struct{} // a stream was changed here: others want to know
}

func open(ctx context.Context, dsn string, o Options) (*server, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: the name of the database: %w", mailbox.ErrInvalid, err)
	}
	config.MaxConns = int32(o.Conns)
	config.ConnConfig.RuntimeParams["search_path"] = pgx.Identifier{o.Schema}.Sanitize()
	if t := config.ConnConfig.ConnectTimeout; t <= 0 || t > o.Answer {
		config.ConnConfig.ConnectTimeout = o.Answer
	}
	// What a server works on for a client that has given it up holds locks: it gives up too.
	for name, limit := range map[string]time.Duration{"statement_timeout": o.Answer, "idle_in_transaction_session_timeout": 2 * o.Answer} {
		if _, said := config.ConnConfig.RuntimeParams[name]; !said {
			config.ConnConfig.RuntimeParams[name] = strconv.FormatInt(max(limit.Milliseconds(), 1), 10)
		}
	}
	// No statement here is worth compiling, and where nothing is known of a large table the
	// server guesses so high that it compiles each search for longer than it takes.
	if _, said := config.ConnConfig.RuntimeParams["jit"]; !said {
		config.ConnConfig.RuntimeParams["jit"] = "off"
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, err
	}
	s := &server{o: o, pool: pool, hints: make(chan struct{}, 1), ears: make(chan struct{}, 1), changed: make(chan struct{}),
		said: make(chan struct{}), saidHints: make(chan struct{}, 1)}
	err = s.again(ctx, true, func() (bool, error) {
		return s.transaction(ctx, pgx.TxOptions{}, func(p *pipeline) error {
			if err := p.exec(ctx, "SET LOCAL statement_timeout = "+strconv.FormatInt(preparing.Milliseconds(), 10)); err != nil {
				return err
			}
			tx, err := p.begin(ctx) // who does not answer this will not answer the rest
			if err != nil {
				return err
			}
			return prepare(ctx, &limited{tx, max(o.Answer, preparing)}, o.Schema)
		})
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.run, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.owned.Add(2)
	go s.speak()
	go s.listen()
	return s, nil
}

// preparing is how long one statement may take that makes or rewrites tables.
const preparing = time.Hour

// Close implements [driver.Driver].
func (s *server) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	if !was {
		close(s.changed)
		close(s.said)
	}
	s.mu.Unlock()
	if !was {
		s.end()
		s.owned.Wait()
		s.pool.Close()
	}
	return nil
}

// begin starts a call.
func (s *server) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return mailbox.ErrClosed
	}
	return nil
}

// Update implements [driver.Driver]. A lazy one may be lost when the server crashes.
func (s *server) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (repeated bool, err error) {
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	told := false
	err = s.again(ctx, u.Repeatable, func() (bool, error) {
		repeated = told
		sent, err := s.transaction(ctx, pgx.TxOptions{}, func(p *pipeline) error {
			if u.Lazy {
				if err := p.exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
					return err
				}
			}
			return fn(newWriter(ctx, p, u.Streams))
		})
		told = told || sent
		return sent, err
	})
	if err != nil {
		return repeated, explain(ctx, err)
	}
	if u.Batch {
		_ = pause(ctx, time.Millisecond) // what is done is done
	}
	s.announce(!u.Streams, true)
	hints := s.hints
	if u.Streams {
		hints = s.saidHints
	}
	select {
	case hints <- struct{}{}:
	default:
	}
	return repeated, nil
}

// View implements [driver.Driver].
func (s *server) View(ctx context.Context, fn func(driver.Read) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	view := func(careful bool) error {
		return s.again(ctx, true, func() (bool, error) {
			return s.transaction(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(p *pipeline) error {
				r := newReader(ctx, p)
				r.careful = careful
				return fn(r)
			})
		})
	}
	err := view(false)
	if errors.Is(err, errOver) {
		err = view(true)
	}
	return explain(ctx, err)
}

var _ driver.Driver = (*server)(nil)
