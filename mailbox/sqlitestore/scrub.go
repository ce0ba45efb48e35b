package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

const (
	// scrubRead is how many pages are looked at as of one moment, and scrubWrite how
	// many are written in one transaction: that is what a writer waits for.
	scrubRead  = 512
	scrubWrite = 64
	// mergePages is how much of the index is merged in the first transaction, and
	// mostPages in one at most.
	mergePages = 16
	mostPages  = 128
	// longHold is how long a transaction goes on that others wait for, about.
	longHold = 10 * time.Millisecond
	// restPart is how much longer others are held up than they are left alone.
	restPart = 6
	// maxPages is up to which number of pages the first byte of a page tells a tree from
	// the continuation of a value.
	maxPages = 2 << 24
	// tombstones is the number from which on rows of table search_data say which rows of
	// the index were deleted (fts5_index.c, FTS5_TOMBSTONE_ROWID).
	tombstones = 1 << 53
)

// Scrub implements [driver.Driver].
func (f *file) Scrub(ctx context.Context) error {
	err := f.begin(ctx)
	if err == nil && f.o.ReadOnly {
		err = mailbox.ErrReadOnly
	}
	for _, step := range []func(context.Context) error{f.mergeIndex, f.scrubPages, f.cutLog} {
		if err == nil {
			err = step(ctx)
		}
	}
	return explain(ctx, err)
}

// rest leaves others a part of the time that was taken from them, in which who waits in
// another process begins: it looks all the time. Who waits in this one comes first
// anyway. Now and then the log is written back meanwhile, which else the next who commits
// would have to do while all others wait.
func (f *file) rest(ctx context.Context, began time.Time) error {
	resting := time.Now()
	took := min(max(resting.Sub(began)/restPart, time.Millisecond), 50*time.Millisecond)
	if f.rests.Add(1)%4 == 0 {
		if _, err := f.writeBack(ctx, "PASSIVE"); err != nil && !isBusy(err) {
			return err
		}
	}
	return pause(ctx, max(took-time.Since(resting), 0))
}

// writeBack writes the log back into the file, and says how much of it is left: -1 when
// somebody was in the way.
func (f *file) writeBack(ctx context.Context, how string) (left int, err error) {
	c, err := f.log.take(ctx)
	if err != nil {
		return 0, err
	}
	defer f.log.give(c)
	// While it waits for who reads, nobody writes.
	if _, err := c.ExecContext(ctx, "PRAGMA busy_timeout = 5"); err != nil {
		return 0, err
	}
	var busy, log, done int
	err = c.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+how+")").Scan(&busy, &log, &done)
	if busy != 0 {
		return -1, err
	}
	return log - done, err
}

// hasDeleted says whether the index has entries of rows that were deleted.
func hasDeleted(ctx context.Context, tx session) (found bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM search_data WHERE id >= ?)", int64(tombstones)).Scan(&found)
	return found, err
}

// mergeByItself says whether who commits merges a part of the index. As long as all of it
// is merged, that would be a large part. It stays off after a crash; opening the file, or
// the next scrub, puts it on again.
func mergeByItself(ctx context.Context, tx session, on bool) error {
	least := 0
	if on {
		least = 4 // FTS5's own
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO search (search, rank) VALUES ('automerge', ?)", least)
	return err
}

// mergeIndex merges the index until it has nothing of deleted rows: only then are their
// words gone.
func (f *file) mergeIndex(ctx context.Context) (err error) {
	var deleted bool
	if err := f.write.transaction(ctx, func(c *conn) (err error) {
		if deleted, err = hasDeleted(ctx, kept{c}); err == nil && deleted {
			err = mergeByItself(ctx, kept{c}, false)
		}
		return err
	}); err != nil || !deleted {
		return err
	}
	defer func() {
		end := context.WithoutCancel(ctx)
		err = errors.Join(err, f.write.transaction(end, func(c *conn) error { return mergeByItself(end, kept{c}, true) }))
	}()
	atOnce := mergePages
	for first, idle := true, 0; ; {
		began, done := time.Now(), false
		err := f.write.transactionAt(ctx, f.write.sync, true, func(c *conn) error {
			k := kept{c}
			left, err := hasDeleted(ctx, k)
			if done = !left; err != nil || done {
				return err
			}
			began = time.Now() // what others did before is not waited for
			pages := atOnce
			if first { // all of it is to become one
				pages = -pages
			}
			var before, after int64
			err = k.QueryRowContext(ctx, "SELECT total_changes()").Scan(&before)
			if err == nil {
				_, err = k.ExecContext(ctx, "INSERT INTO search (search, rank) VALUES ('merge', ?)", pages)
			}
			if err == nil {
				err = k.QueryRowContext(ctx, "SELECT total_changes()").Scan(&after)
			}
			if first = false; after-before < 2 { // this merge is through
				first = true
				idle++
			}
			return err
		})
		if err != nil || done {
			return err
		}
		if took := time.Since(began); took > longHold {
			atOnce = max(atOnce/2, 1)
		} else if took < longHold/2 {
			atOnce = min(2*atOnce, mostPages)
		}
		if idle > 8 {
			return fmt.Errorf("%w: the search index keeps deleted entries: repair it (quire doctor --repair)", mailbox.ErrCorrupt)
		}
		if err := f.rest(ctx, began); err != nil {
			return err
		}
	}
}

// scrubPages zeroes what nothing refers to, in pages of trees, in continuations of
// values and in free pages. The roots of trees come first: when a tree grows or shrinks
// by a level, all of a root is copied to another page, which may have been looked at.
func (f *file) scrubPages(ctx context.Context) error {
	var roots []uint32
	var last uint32
	err := f.read.transaction(ctx, func(c *conn) (err error) {
		k := kept{c}
		if roots, err = rootPages(ctx, k); err == nil {
			err = k.QueryRowContext(ctx, "SELECT page_count FROM pragma_page_count").Scan(&last)
		}
		return err
	})
	if err == nil {
		err = f.zeroPages(ctx, roots)
	}
	for from := uint32(1); err == nil && from <= last; from += scrubRead {
		var dirty []uint32
		err = f.read.transaction(ctx, func(c *conn) (err error) {
			s := &scrubbing{ctx: ctx, tx: kept{c}}
			if last, err = s.begin(); err == nil {
				dirty, err = s.look(from, min(from+scrubRead-1, last))
			}
			return err
		})
		if err == nil {
			err = f.zeroPages(ctx, dirty)
		}
	}
	return err
}

// zeroPages zeroes what nothing refers to in pages, some in each transaction.
func (f *file) zeroPages(ctx context.Context, list []uint32) error {
	for len(list) > 0 {
		n, began := 0, time.Now()
		err := f.write.transaction(ctx, func(c *conn) error {
			s := &scrubbing{ctx: ctx, tx: kept{c}, write: true}
			_, err := s.begin()
			for began = time.Now(); err == nil && n < min(len(list), scrubWrite); n++ {
				if _, err = s.page(list[n]); time.Since(began) > longHold {
					n++
					break
				}
			}
			return err
		})
		if list = list[n:]; err == nil {
			err = f.rest(ctx, began)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rootPages are the first pages of all trees.
func rootPages(ctx context.Context, tx session) (list []uint32, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT 1 UNION ALL SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var pgno uint32
		if err := rows.Scan(&pgno); err != nil {
			return nil, err
		}
		list = append(list, pgno)
	}
	return list, rows.Err()
}

// scrubbing is a transaction that looks at pages, or zeroes what is free in them.
type scrubbing struct {
	pages
	ctx   context.Context
	tx    session
	write bool
	known map[uint32][]byte // what was read of them
	list  *freePages
}

// begin reads what the first page says, and returns the number of the last one.
func (s *scrubbing) begin() (last uint32, err error) {
	s.known, s.read = map[uint32][]byte{}, s.pageAt
	var vacuum int
	if err := s.tx.QueryRowContext(s.ctx, "SELECT (SELECT page_count FROM pragma_page_count), (SELECT auto_vacuum FROM pragma_auto_vacuum)").Scan(&last, &vacuum); err != nil {
		return 0, err
	}
	if vacuum != 0 || last > maxPages {
		return 0, fmt.Errorf("%w: a file with automatic vacuum or of more than %d pages can't be scrubbed: use Rebuild, which stops all writers", mailbox.ErrInvalid, maxPages)
	}
	first, err := s.read(1)
	if err != nil {
		return 0, err
	}
	s.usable = len(first) - int(first[20])
	s.list, err = s.free(first, last)
	return last, err
}

// pageAt reads a page.
func (s *scrubbing) pageAt(pgno uint32) ([]byte, error) {
	if b := s.known[pgno]; b != nil {
		return b, nil
	}
	var b []byte
	err := s.tx.QueryRowContext(s.ctx, "SELECT data FROM sqlite_dbpage WHERE pgno = ?", pgno).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: there is no page %d", mailbox.ErrCorrupt, pgno)
	}
	s.known[pgno] = b
	return b, err
}

// look finds the pages from a number to another that have something to zero.
func (s *scrubbing) look(from, to uint32) (dirty []uint32, err error) {
	rows, err := s.tx.QueryContext(s.ctx, "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT p.pgno, p.data FROM n CROSS JOIN sqlite_dbpage p ON p.pgno = n.i", from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type unsure struct {
		pgno uint32
		more []chain
	}
	var later []unsure // of which other pages are to be read, too
	var more []chain
	for rows.Next() {
		var pgno uint32
		var b sql.RawBytes
		if err := rows.Scan(&pgno, &b); err != nil {
			return nil, err
		}
		if len(b) < s.usable {
			continue
		}
		if need, free := s.list.need(pgno); free {
			if !isZero(b[need:s.usable]) {
				dirty = append(dirty, pgno)
			}
			continue
		}
		found, ok := false, false
		if more, ok = s.tidy(pgno, b, more[:0]); !ok {
			var ranges [][2]int
			if ranges, more, ok = s.slack(pgno, b); !ok {
				continue
			}
			found = slices.ContainsFunc(ranges, func(r [2]int) bool { return !isZero(b[r[0]:r[1]]) })
		}
		if found {
			dirty = append(dirty, pgno)
		} else if len(more) > 0 {
			later = append(later, unsure{pgno, slices.Clone(more)})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, u := range later {
		found, err := s.ends(u.more)
		if err != nil {
			return nil, err
		}
		if found {
			dirty = append(dirty, u.pgno)
		}
	}
	return dirty, nil
}

// page zeroes what is free in a page, and in the ends of the values that begin on it. It
// says whether there was anything. What look says of a page is the same.
func (s *scrubbing) page(pgno uint32) (found bool, err error) {
	b, err := s.read(pgno)
	if err != nil || len(b) < s.usable {
		return false, err
	}
	if need, free := s.list.need(pgno); free {
		return s.clear(pgno, b, [2]int{need, s.usable})
	}
	ranges, more, ok := s.slack(pgno, b)
	if !ok {
		return false, nil
	}
	if found, err = s.clear(pgno, b, ranges...); err != nil {
		return found, err
	}
	some, err := s.ends(more)
	return found || some, err
}

// ends zeroes what is free behind the ends of values that go on elsewhere.
func (s *scrubbing) ends(values []chain) (found bool, err error) {
	for _, c := range values {
		end, used, ok, err := s.last(c)
		if err != nil {
			return found, err
		}
		if !ok {
			continue
		}
		b, err := s.read(end)
		if err != nil {
			return found, err
		}
		some, err := s.clear(end, b, [2]int{used, s.usable})
		if found = found || some; err != nil {
			return found, err
		}
	}
	return found, nil
}

// clear zeroes ranges of a page, in the file if this writes.
func (s *scrubbing) clear(pgno uint32, b []byte, ranges ...[2]int) (bool, error) {
	if !slices.ContainsFunc(ranges, func(r [2]int) bool { return !isZero(b[r[0]:r[1]]) }) {
		return false, nil
	}
	if !s.write {
		return true, nil
	}
	for _, r := range ranges {
		clear(b[r[0]:r[1]])
	}
	_, err := s.tx.ExecContext(s.ctx, "UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?", b, pgno)
	return true, err
}

// cutLog writes the log back into the file, and cuts it to nothing. Most is done while
// others write; for the last of it they wait.
func (f *file) cutLog(ctx context.Context) error {
	for asked := time.Now(); ; {
		left, err := f.writeBack(ctx, "PASSIVE")
		if err == nil && left >= 0 && left < scrubWrite {
			if left, err = f.writeBack(ctx, "TRUNCATE"); err == nil && left == 0 {
				return nil
			}
		}
		if err != nil && !isBusy(err) {
			return err
		}
		if time.Since(asked) >= f.o.Busy {
			return fmt.Errorf("%w: somebody reads what stood there before, so the log can't be cut: end that, and call again", mailbox.ErrBusy)
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}
