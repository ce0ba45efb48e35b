package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Store is a [mailbox.Store] in a SQLite file. It is a [mailbox.Waiter], a
// [mailbox.Expunger], [mailbox.Compacter], [mailbox.Importer] and [mailbox.Streams] too.
type Store struct {
	o     Options
	path  string
	write *pool // one connection
	read  *pool // a few; the same as write when read-only
	watch watcher

	watching *pool // one connection, for watch
	weights  weights

	mu      sync.Mutex
	closed  bool
	changed chan struct{} // closed by the next commit, and by Close
	said    chan struct{} // likewise, and by what changes a stream
}

// Open opens the file at path, or makes it. nil options are the zero ones. It
// fails with [mailbox.ErrNewerFormat], [mailbox.ErrCorrupt] (also for what is no
// database, or another program's), [mailbox.ErrReadOnly], [mailbox.ErrBusy],
// [mailbox.ErrUnavailable], [ErrLibrary], or [io/fs.ErrNotExist] when the folder is not
// there. Its errors name the path.
func Open(ctx context.Context, path string, options *Options) (*Store, error) {
	s, err := open(ctx, path, options.withDefaults())
	if err != nil {
		return nil, failOpen(ctx, path, err)
	}
	return s, nil
}

// OpenRestored is Open for a file that was copied or restored by other means
// than [Store.Backup]: it begins a new epoch first.
func OpenRestored(ctx context.Context, path string, options *Options) (*Store, error) {
	s, err := Open(ctx, path, options)
	if err != nil {
		return nil, err
	}
	if err := s.NewEpoch(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func open(ctx context.Context, path string, o Options) (_ *Store, err error) {
	if o.ReadOnly {
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
	}
	s := &Store{o: o, path: path, changed: make(chan struct{}), said: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeFiles())
		}
	}()
	writers := 1
	if o.ReadOnly {
		writers = o.Readers
	}
	if s.write, err = connect(&o, path, true, writers); err != nil {
		return nil, err
	}
	if err = patiently(ctx, o.Busy, func() error { return s.setUp(ctx) }); err != nil {
		return nil, err
	}
	if s.read = s.write; !o.ReadOnly {
		if err = s.identify(); err != nil {
			return nil, err
		}
		if s.read, err = connect(&o, path, false, o.Readers); err != nil {
			return nil, err
		}
	}
	s.watching, err = connect(&o, path, false, 1)
	return s, err
}

// identify has each commit see that the file is still the one that was opened.
func (s *Store) identify() error {
	path, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	id, err := identityOf(path)
	s.write.check = id.check
	return err
}

func connect(o *Options, path string, write bool, size int) (*pool, error) {
	dsn, err := o.dsn(path, write)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	if write && !o.ReadOnly {
		p := newPool(db, size, "BEGIN IMMEDIATE", o.Busy)
		if p.sync = syncEach; o.Normal {
			p.sync = syncLater
		}
		return p, nil
	}
	return newPool(db, size, "BEGIN", o.Busy), nil
}

// oldest is the first SQLite library without the bug that could damage a file
// when the write-ahead log was reset.
var oldest = [3]int{3, 51, 3}

// setUp checks library and file, and brings the file's format up to date.
func (s *Store) setUp(ctx context.Context) error {
	db := s.write.db
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if s.o.ReadOnly {
		return checkFormat(ctx, db)
	}
	if err := prepare(ctx, db); err != nil {
		return err
	}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system takes no write-ahead log (journal mode %q): keep the file on a local disk", mode)
	}
	return nil
}

func checkVersion(version string) error {
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return fmt.Errorf("%w: its version %q can't be read: %w", ErrLibrary, version, err)
	}
	for i := range v {
		if v[i] != oldest[i] {
			if v[i] > oldest[i] {
				return nil
			}
			return fmt.Errorf("%w: it is version %s: build with a modernc.org/sqlite that has %d.%d.%d or later", ErrLibrary, version, oldest[0], oldest[1], oldest[2])
		}
	}
	return nil
}

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
	if was {
		return nil
	}
	s.watch.stop()
	return fail(context.Background(), "close", "", s.closeFiles())
}

func (s *Store) closeFiles() error {
	var err error
	if s.watching != nil {
		err = s.watching.close()
	}
	if s.read != nil && s.read != s.write {
		err = errors.Join(err, s.read.close())
	}
	if s.write != nil {
		err = errors.Join(err, s.write.close())
	}
	return err
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

// announce wakes all who wait.
func (s *Store) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		close(s.changed)
		s.changed = make(chan struct{})
	}
	s.announceStream()
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
	err = s.update(ctx, func(tx *writer) error {
		done, err = s.o.Rules.Apply(tx, tx.epoch, p)
		return err
	})
	if err != nil {
		return mailbox.Committed{}, err
	}
	return done, nil
}

// update runs f in a writing transaction, and wakes those who wait.
func (s *Store) update(ctx context.Context, f func(tx *writer) error) error {
	if s.o.ReadOnly {
		return mailbox.ErrReadOnly
	}
	err := s.write.transaction(ctx, func(c *conn) error {
		tx := newWriter(ctx, c)
		var err error
		if tx.epoch, err = tx.readEpoch(); err != nil {
			return err
		}
		return f(tx)
	})
	if err == nil {
		s.announce()
	}
	return err
}

// view runs f in a reading transaction.
func (s *Store) view(ctx context.Context, op string, addr quire.Address, f func(r *reader) error) error {
	err := s.begin(ctx, addr)
	if err == nil {
		err = s.viewed(ctx, f)
	}
	return fail(ctx, op, addr, err)
}

func (s *Store) viewed(ctx context.Context, f func(r *reader) error) error {
	return s.read.transaction(ctx, func(c *conn) error {
		r := &reader{ctx: ctx, c: c, epoch: c.epoch, weights: &s.weights}
		if r.epoch == "" {
			if _, err := r.readEpoch(); err != nil { // which says what is wrong
				return err
			}
		}
		return f(r)
	})
}

// Expunge implements [mailbox.Expunger].
func (s *Store) Expunge(ctx context.Context, addr quire.Address, uids []quire.UID) (quire.State, error) {
	var state quire.State
	err := s.begin(ctx, addr)
	if err == nil {
		err = s.update(ctx, func(tx *writer) error {
			meta, err := mailbox.ApplyExpunge(tx, addr.Base(), uids)
			state = mailbox.FormatState(tx.epoch, meta.Modseq)
			return err
		})
	}
	if err != nil {
		return "", fail(ctx, "expunge", addr, err)
	}
	return state, nil
}

// NewEpoch begins a new epoch: states of before can't be compared any more. It
// is for files that were restored from an older copy, or repaired by hand.
func (s *Store) NewEpoch(ctx context.Context) error {
	epoch, err := mailbox.NewEpoch(nil)
	if err == nil {
		err = s.update(ctx, func(tx *writer) error {
			return tx.exec("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
		})
	}
	return fail(ctx, "new epoch", "", err)
}

// Rebuild makes the search index anew, gives back free space, and begins a new
// epoch. Nothing else can write while it works.
func (s *Store) Rebuild(ctx context.Context) error {
	err := s.update(ctx, func(tx *writer) error { return reindex(ctx, tx.c) })
	s.weights.forget()
	if err == nil {
		err = s.vacuum(ctx)
	}
	if err != nil {
		return fail(ctx, "rebuild", "", err)
	}
	return s.NewEpoch(ctx)
}

func (s *Store) vacuum(ctx context.Context) error {
	c, err := s.write.take(ctx)
	if err != nil {
		return err
	}
	defer s.write.give(c)
	return patiently(ctx, s.o.Busy, func() error {
		_, err := c.ExecContext(ctx, "VACUUM")
		return err
	})
}

// String names the file.
func (s *Store) String() string { return "sqlitestore " + strings.TrimSpace(s.path) }

var (
	_ mailbox.Waiter   = (*Store)(nil)
	_ mailbox.Expunger = (*Store)(nil)
)
