package sqlitestore

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Wait implements [mailbox.Waiter]. It sees commits of this process at once and
// those of others within [Options.Poll].
func (s *Store) Wait(ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	if err := s.begin(ctx, addr); err != nil {
		return mailbox.Woken{}, fail(ctx, "wait", addr, err)
	}
	leave, err := s.watch.enter(ctx, s)
	if err != nil {
		return mailbox.Woken{}, fail(ctx, "wait", addr, err)
	}
	defer leave()
	signal := func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.changed
	}
	woken, err := mailbox.WaitFor(ctx, w, 0, signal, func(w mailbox.Wait, now time.Time) (p mailbox.Probe, err error) {
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
	if p.Matched, err = r.matches(box, s, since); err != nil || p.Matched {
		return p, err
	}
	for _, column := range []string{"visible_at", "reply_by"} {
		if err := r.alarm(&p, column, box, w.Looked, now); err != nil {
			return p, err
		}
	}
	return p, nil
}

// matches says whether a delivery changed since matches.
func (r *reader) matches(box int64, s *mailbox.Selection, since uint64) (bool, error) {
	query, args := matchQuery(box, s, since)
	var n int
	err := r.row(query, args...).Scan(&n)
	if err == sql.ErrNoRows {
		return false, nil
	}
	return n == 1, err
}

// matchQuery reads what changed since, or when that is all there is, by what
// else the filter names.
func matchQuery(box int64, s *mailbox.Selection, since uint64) (string, []any) {
	where, args := sqlquery.Filter("d", s)
	from := "delivery d"
	switch {
	case since > 0:
		from += " INDEXED BY delivery_modseq"
		where, args = "d.modseq > ? AND "+where, append([]any{sqlquery.Num(since)}, args...)
	case s.Pending:
		from += " INDEXED BY delivery_open" // few of all that there are
	}
	return "SELECT 1 FROM " + from + " WHERE d.box = ? AND " + where + " LIMIT 1", append([]any{box}, args...)
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

// watcher notices, while somebody waits, that another process wrote: it owns a
// connection and a goroutine.
type watcher struct {
	mu      sync.Mutex
	waiting int
	stopped bool
	end     context.CancelFunc
	ended   chan struct{}
}

// enter starts watching with the first who waits. The file's version has been
// read when it returns, so that what is written after it is noticed.
func (w *watcher) enter(ctx context.Context, s *Store) (leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil, mailbox.ErrClosed
	}
	if w.waiting == 0 {
		if err := w.start(ctx, s); err != nil {
			return nil, err
		}
	}
	w.waiting++
	return w.leave, nil
}

func (w *watcher) start(ctx context.Context, s *Store) error {
	c, err := s.watching.take(ctx)
	if err != nil {
		return err
	}
	last, err := dataVersion(ctx, c)
	if err != nil {
		s.watching.give(c)
		return err
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	w.end, w.ended = end, make(chan struct{})
	go func(ended chan struct{}) {
		defer close(ended)
		defer s.watching.give(c)
		ticker := time.NewTicker(s.o.Poll)
		defer ticker.Stop()
		for {
			select {
			case <-run.Done():
				return
			case <-ticker.C:
			}
			// An error wakes everybody too: their own look then meets it.
			if now, err := dataVersion(run, c); err != nil || now != last {
				last = now
				s.announce()
			}
		}
	}(w.ended)
	return nil
}

// dataVersion changes when another connection has written to the file.
func dataVersion(ctx context.Context, c *conn) (n int64, err error) {
	err = c.QueryRowContext(ctx, "PRAGMA data_version").Scan(&n)
	return n, err
}

func (w *watcher) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting--; w.waiting == 0 && !w.stopped {
		w.end()
		<-w.ended
	}
}

// stop ends watching for good, and waits for the goroutine.
func (w *watcher) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped = true; w.waiting > 0 {
		w.end()
		<-w.ended
	}
}
