package postgresstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Store is a [mailbox.Store] in a PostgreSQL database. It is a [mailbox.Waiter], a
// [mailbox.Expunger], [mailbox.Compacter], [mailbox.Importer] and [mailbox.Streams] too.
type Store struct {
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

// Open connects to the database that dsn names, a URL or a list of key=value as
// psql takes it, and makes or updates the tables. nil options are the zero ones. It
// fails with [mailbox.ErrUnavailable], [mailbox.ErrNewerFormat], [mailbox.ErrCorrupt]
// or [mailbox.ErrReadOnly].
func Open(ctx context.Context, dsn string, options *Options) (*Store, error) {
	s, err := open(ctx, dsn, options.withDefaults())
	if err != nil {
		return nil, fail(ctx, "open", "", err)
	}
	return s, nil
}

func open(ctx context.Context, dsn string, o Options) (*Store, error) {
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
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, err
	}
	s := &Store{o: o, pool: pool, hints: make(chan struct{}, 1), ears: make(chan struct{}, 1), changed: make(chan struct{}),
		said: make(chan struct{}), saidHints: make(chan struct{}, 1)}
	err = s.again(ctx, true, func() (bool, error) {
		return s.transaction(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
			// Who does not answer this will not answer the rest.
			if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = "+strconv.FormatInt(preparing.Milliseconds(), 10)); err != nil {
				return err
			}
			return prepare(ctx, &limited{tx.(*limited).Tx, max(o.Answer, preparing)}, o.Schema)
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

// Close implements [mailbox.Store].
func (s *Store) Close() error {
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

// begin starts a call: it checks address and store.
func (s *Store) begin(ctx context.Context, addr quire.Address) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := addr.Valid(); err != nil {
		return fmt.Errorf("%w: the address: %w", mailbox.ErrInvalid, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return mailbox.ErrClosed
	}
	return nil
}

// Commit implements [mailbox.Store].
func (s *Store) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	done, err := s.commit(ctx, c)
	return done, fail(ctx, "commit", c.Address, err)
}

func (s *Store) commit(ctx context.Context, c mailbox.Commit) (done mailbox.Committed, err error) {
	if err := s.begin(ctx, c.Address); err != nil {
		return done, err
	}
	p, err := s.o.Rules.Prepare(c, s.o.Clock())
	if err != nil {
		return done, err
	}
	repeated, err := s.update(ctx, p.ID != "", func(w *writer) error {
		boxes, err := w.writes(p)
		if err == nil {
			err = w.lock(boxes)
		}
		if err == nil {
			done, err = s.o.Rules.Apply(w, w.epoch, p)
		}
		return err
	})
	if err != nil {
		return mailbox.Committed{}, err
	}
	if repeated {
		done.Replayed = false // by ourselves, after a connection was lost: the caller did not repeat it
	}
	return done, nil
}

// writes lists the mailboxes that a commit writes to, as far as is known before.
func (w *writer) writes(p *mailbox.Prepared) ([]quire.Address, error) {
	boxes := []quire.Address{p.Mailbox}
	marked := slices.Clone(p.Retract)
	for i := range p.Drafts {
		boxes = append(boxes, p.Drafts[i].Boxes...)
		marked = append(marked, p.Drafts[i].Supersedes...)
	}
	for _, id := range marked {
		holders, err := w.Holders(id)
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, holders...)
	}
	slices.Sort(boxes)
	return slices.Compact(boxes), nil
}

// update runs f in a writing transaction, and wakes those who wait. safe says that
// it may be repeated although it may have been committed; repeated that it was.
func (s *Store) update(ctx context.Context, safe bool, f func(w *writer) error) (repeated bool, err error) {
	told := false
	err = s.again(ctx, safe, func() (bool, error) {
		repeated = told
		sent, err := s.transaction(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
			w := newWriter(ctx, tx)
			var err error
			if w.epoch, err = w.readEpoch(); err != nil {
				return err
			}
			return f(w)
		})
		told = told || sent
		return sent, err
	})
	if err == nil {
		s.announce()
		select {
		case s.hints <- struct{}{}:
		default:
		}
	}
	return repeated, err
}

// view runs f in a reading transaction, all of it as of one moment.
func (s *Store) view(ctx context.Context, op string, addr quire.Address, f func(r *reader) error) error {
	if err := s.begin(ctx, addr); err != nil {
		return fail(ctx, op, addr, err)
	}
	err := s.again(ctx, true, func() (bool, error) {
		return s.transaction(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			r := &reader{ctx: ctx, tx: tx}
			var err error
			if r.epoch, err = r.readEpoch(); err != nil {
				return err
			}
			return f(r)
		})
	})
	return fail(ctx, op, addr, err)
}

// Expunge implements [mailbox.Expunger].
func (s *Store) Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error) {
	var state quire.State
	err := s.begin(ctx, addr)
	if err == nil {
		_, err = s.update(ctx, true, func(w *writer) error { // twice destroyed is destroyed
			if err := w.lock([]quire.Address{addr.Base()}); err != nil {
				return err
			}
			meta, err := mailbox.ApplyExpunge(w, addr.Base(), uids)
			state = mailbox.FormatState(w.epoch, meta.Modseq)
			return err
		})
	}
	if err != nil {
		return "", fail(ctx, "expunge", addr, err)
	}
	return state, nil
}

// NewEpoch begins a new epoch: states of before can't be compared any more. It is
// for databases that were restored from an older copy, or repaired by hand.
func (s *Store) NewEpoch(ctx context.Context) error {
	epoch, err := mailbox.NewEpoch(nil)
	if err == nil {
		_, err = s.update(ctx, true, func(w *writer) error {
			return w.exec("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
		})
	}
	return fail(ctx, "new epoch", "", err)
}

var (
	_ mailbox.Waiter   = (*Store)(nil)
	_ mailbox.Expunger = (*Store)(nil)
)
