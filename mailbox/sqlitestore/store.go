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
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Store is a [mailbox.Store] in a SQLite file, and what only a file can.
type Store struct {
	*mailbox.Store
	file *file
}

// Open opens the file at path, or makes it. nil options are the zero ones. It
// fails with [mailbox.ErrNewerFormat], [mailbox.ErrCorrupt] (also for what is no
// database, or another program's), [mailbox.ErrReadOnly], [mailbox.ErrBusy],
// [mailbox.ErrUnavailable], [ErrLibrary], or [io/fs.ErrNotExist] when the folder is not
// there. Its errors name the path.
func Open(ctx context.Context, path string, options *Options) (*Store, error) {
	o := options.withDefaults()
	f, err := open(ctx, path, o)
	if err != nil {
		return nil, failOpen(ctx, path, err)
	}
	return &Store{mailbox.New(f, &mailbox.Options{Rules: o.Rules, Clock: o.Clock}), f}, nil
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

// Rebuild makes the search index anew, gives back free space, and begins a new
// epoch. Nothing else can write while it works.
func (s *Store) Rebuild(ctx context.Context) error {
	if err := s.file.rebuild(ctx); err != nil {
		return fail(ctx, "rebuild", err)
	}
	return s.NewEpoch(ctx)
}

// String names the file.
func (s *Store) String() string { return "sqlitestore " + strings.TrimSpace(s.file.path) }

// file is a [driver.Driver] in a SQLite file.
type file struct {
	o     Options
	path  string
	write *pool // one connection
	read  *pool // a few; the same as write when read-only
	watch watcher
	// epoch stands for that of a backup that nobody opened for writing yet, and is of this
	// opening only: states of it mean nothing to another one.
	epoch string

	watching *pool // one connection, for watch
	log      *pool // one connection, which writes the log back into the file
	weights  weights
	tails    tails
	backs    sync.WaitGroup // the goroutine that does, if there is one
	rests    atomic.Uint32  // how often a batch made a pause

	mu      sync.Mutex
	commits int  // since the log was last written back
	backing bool // it is being written back
	closed  bool
	changed chan struct{} // closed by the next commit, and by Close
	said    chan struct{} // likewise, and by what changes a stream
}

func open(ctx context.Context, path string, o Options) (_ *file, err error) {
	if o.ReadOnly {
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
	}
	f := &file{o: o, path: path, changed: make(chan struct{}), said: make(chan struct{})}
	if f.epoch, err = driver.NewEpoch(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.closeFiles())
		}
	}()
	writers := 1
	if o.ReadOnly {
		writers = o.Readers
	}
	if f.write, err = connect(&o, path, true, writers); err != nil {
		return nil, err
	}
	if err = patiently(ctx, o.Busy, func() error { return f.setUp(ctx) }); err != nil {
		return nil, err
	}
	if f.read = f.write; !o.ReadOnly {
		if err = f.identify(); err != nil {
			return nil, err
		}
		if f.read, err = connect(&o, path, false, o.Readers); err != nil {
			return nil, err
		}
	}
	if f.watching, err = connect(&o, path, false, 1); err == nil {
		f.log, err = connect(&o, path, false, 1)
	}
	return f, err
}

// identify has each commit see that the file is still the one that was opened.
func (f *file) identify() error {
	path, err := filepath.Abs(f.path)
	if err != nil {
		return err
	}
	id, err := identityOf(path)
	f.write.check = id.check
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
func (f *file) setUp(ctx context.Context) error {
	db := f.write.db
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if err := checkVersion(version); err != nil {
		return err
	}
	if f.o.ReadOnly {
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

// Close implements [driver.Driver].
func (f *file) Close() error {
	f.mu.Lock()
	was := f.closed
	f.closed = true
	if !was {
		close(f.changed)
		close(f.said)
	}
	f.mu.Unlock()
	if was {
		return nil
	}
	f.watch.stop()
	f.backs.Wait()
	return explain(context.Background(), f.closeFiles())
}

func (f *file) closeFiles() error {
	var err error
	if f.log != nil {
		err = f.log.close()
	}
	if f.watching != nil {
		err = errors.Join(err, f.watching.close())
	}
	if f.read != nil && f.read != f.write {
		err = errors.Join(err, f.read.close())
	}
	if f.write != nil {
		err = errors.Join(err, f.write.close())
	}
	return err
}

// begin starts a call.
func (f *file) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return mailbox.ErrClosed
	}
	return nil
}

// announce wakes all who wait for mail, or for streams, or both.
func (f *file) announce(mail, streams bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if mail {
		close(f.changed)
		f.changed = make(chan struct{})
	}
	if streams {
		close(f.said)
		f.said = make(chan struct{})
	}
}

// How the disk is waited for. A power cut may take back what was only written to the
// log, always the last of it.
const (
	syncEach  = "FULL"
	syncLater = "NORMAL"
)

// Update implements [driver.Driver].
func (f *file) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (repeated bool, err error) {
	var began time.Time // of the last run: what others did before is not rested from
	if err = f.begin(ctx); err == nil && f.o.ReadOnly {
		err = mailbox.ErrReadOnly
	}
	if err == nil {
		sync := f.write.sync
		if u.Streams { // also when commits are synced later: the number of an attempt is not given again
			sync = syncEach
		}
		if u.Lazy {
			sync = syncLater
		}
		run := func(c *conn) error {
			began = time.Now()
			w := newWriter(ctx, kept{c})
			if err := fn(w); err != nil {
				return err
			}
			return w.release()
		}
		if u.Batch { // nobody else waits for what takes long, and a scrub may follow
			err = f.write.transactionAt(ctx, sync, true, run)
		} else {
			err = f.write.together(ctx, sync, run)
		}
	}
	if err == nil {
		f.announce(!u.Streams, true)
		f.committed(ctx)
		if u.Batch {
			_ = f.rest(ctx, began) // what is done is done
		}
	}
	return false, explain(ctx, err)
}

// View implements [driver.Driver].
func (f *file) View(ctx context.Context, fn func(driver.Read) error) error {
	err := f.begin(ctx)
	if err == nil {
		err = f.read.transaction(ctx, func(c *conn) error {
			r := newReader(ctx, kept{c})
			if r.Know(c.epoch); c.epoch == "" && f.o.ReadOnly {
				r.Know(f.epoch)
			}
			r.weights, r.tails = &f.weights, &f.tails
			return fn(r)
		})
	}
	return explain(ctx, err)
}

func (f *file) rebuild(ctx context.Context) error {
	err := f.begin(ctx)
	if err == nil && f.o.ReadOnly {
		err = mailbox.ErrReadOnly
	}
	if err == nil {
		err = f.write.transaction(ctx, func(c *conn) error { return reindex(ctx, kept{c}) })
	}
	f.weights.forget()
	if err != nil {
		return err
	}
	f.announce(true, true)
	c, err := f.write.take(ctx)
	if err != nil {
		return err
	}
	defer f.write.give(c)
	return patiently(ctx, f.o.Busy, func() error {
		_, err := c.ExecContext(ctx, "VACUUM")
		return err
	})
}

var _ driver.Driver = (*file)(nil)
