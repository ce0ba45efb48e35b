package sqlitestore

import (
	"context"
	"sync"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Watch implements [driver.Driver]. It sees commits of this process at once and those
// of others within [Options.Poll].
func (f *file) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	err := f.begin(ctx)
	var leave func()
	if err == nil {
		leave, err = f.watch.enter(ctx, f)
	}
	if err != nil {
		return driver.Watch{}, explain(ctx, err)
	}
	next := func() <-chan struct{} {
		f.mu.Lock()
		defer f.mu.Unlock()
		if streams {
			return f.said
		}
		return f.changed
	}
	return driver.Watch{Next: next, Stop: leave}, nil
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
func (w *watcher) enter(ctx context.Context, f *file) (leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil, mailbox.ErrClosed
	}
	if w.waiting == 0 {
		if err := w.start(ctx, f); err != nil {
			return nil, err
		}
	}
	w.waiting++
	return w.leave, nil
}

func (w *watcher) start(ctx context.Context, f *file) error {
	c, err := f.watching.take(ctx)
	if err != nil {
		return err
	}
	last, err := dataVersion(ctx, c)
	if err != nil {
		f.watching.give(c)
		return err
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	w.end, w.ended = end, make(chan struct{})
	go func(ended chan struct{}) {
		defer close(ended)
		defer f.watching.give(c)
		ticker := time.NewTicker(f.o.Poll)
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
				f.announce(true, true)
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
