package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var top = &command{name: "top", about: "watch the agents live", teach: `
Shows each agent of the store in a line or two, and draws it anew when something in the store
changes, and every ten seconds. Ctrl-C and SIGTERM end it, and its exit code is 0. It only
writes lines, so it works in tmux and over ssh, at any size, and there is nothing to restore:
what is too much for the screen is counted at its end. Into a pipe or a file, with --once and
with --json it prints once.

An agent is awake (a turn is under way, or mail waits for it), waiting (for an answer), paused
(at a limit), ill (its model can't be reached), parked (it gave up until new mail comes, and
says why) or asleep (there is nothing to do). CONTEXT is what its last call took of its
budget, in tokens; CALLS, CACHED (the part of the input that was read from the provider's
cache) and COST are of today in UTC, by the prices that this program knows, with + where a
price is not known. MAIL is what waits in its mailbox, ASKED how many of its questions are
open.

  quire top
  quire top --demo                           agents that live in memory: no store, no key
  quire top --once | head -20
  quire top --json | jq '.agents[] | select(.state == "parked") | {address, why}'
`, prepare: func(f *flag.FlagSet) action {
	once := f.Bool("once", false, "print once, and end")
	inMemory := f.Bool("demo", false, "watch agents that live in memory, instead of a store")
	return func(r *request) error { return r.top(*once, *inMemory) }
}}

// How often a view is drawn anew: at most, however much happens, and at least.
const (
	topEvery = 500 * time.Millisecond
	topClock = 10 * time.Second
)

// screen is where a view is drawn, and what makes it be drawn.
type screen struct {
	out     io.Writer
	size    func() (columns, rows int)
	resized <-chan os.Signal
	after   func(time.Duration) <-chan time.Time
}

func (r *request) top(once, inMemory bool) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments")
	}
	if inMemory {
		return r.withDemo(func(ctx context.Context, s *mailbox.Store, now func() time.Time) error {
			return r.watch(ctx, &watching{store: s, name: "demo", now: now}, once)
		})
	}
	r.patience = impatient
	return r.with(toRead, func(s *opened) error {
		return r.watch(r.ctx, &watching{store: s.Store, name: s.path, now: time.Now}, once)
	})
}

// watch shows a store once, or on a terminal until ctx ends.
func (r *request) watch(ctx context.Context, w *watching, once bool) error {
	file, live := r.stdout.(*os.File)
	if live = live && !once && !r.json && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd())); !live {
		v, err := w.look(ctx, w.now())
		if err != nil {
			return err
		}
		return r.print(v, func() { io.WriteString(r.out, v.text()) })
	}
	resized, stop := whenResized()
	defer stop()
	return w.live(ctx, &screen{out: file, resized: resized, after: time.After, size: func() (int, int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil || columns <= 0 || rows <= 0 {
			return 80, 24
		}
		return columns, rows
	}})
}

// watchAll tells when anything in the store changed: its driver's watch is of all mailboxes.
func watchAll(ctx context.Context, s *mailbox.Store) (driver.Watch, error) {
	var d driver.Driver
	if _, err := s.Wrap(func(of driver.Driver) driver.Driver { d = of; return of }); err != nil {
		return driver.Watch{}, err
	}
	return d.Watch(ctx, false)
}

// live draws until ctx ends, which is how a view ends: it is no error. The watch is asked
// before the store is looked at, so that no change is missed.
func (w *watching) live(ctx context.Context, s *screen) error {
	watch, err := watchAll(ctx, w.store)
	if err != nil {
		return err
	}
	defer watch.Stop()
	v := &view{}
	for first := true; ; first = false {
		changed := watch.Next()
		now, err := w.look(ctx, w.now())
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			v = now
		case errors.Is(err, mailbox.ErrBusy), errors.Is(err, mailbox.ErrUnavailable):
			v.problem = err.Error() // it may pass: what was seen last stays
		default:
			return err
		}
		if err := s.draw(v, first); err != nil {
			return err
		}
		if !s.pause(ctx, v, changed, watch.Poll) {
			return nil
		}
	}
}

// pause waits until the view is to be drawn anew; false: it ends. A new size is drawn at
// once, a change after a moment, so that many become one.
func (s *screen) pause(ctx context.Context, v *view, changed <-chan struct{}, poll time.Duration) bool {
	soon, clock := s.after(topEvery), topClock
	if poll > 0 {
		clock = min(clock, poll)
	}
	late := s.after(clock)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.resized:
			if s.draw(v, true) != nil {
				return false
			}
		case <-late:
			return true
		case <-changed:
			select {
			case <-ctx.Done():
				return false
			case <-soon:
				return true
			}
		}
	}
}

// draw writes a view from the upper left corner on, and leaves the cursor below it.
func (s *screen) draw(v *view, clear bool) error {
	columns, rows := s.size()
	text := "\x1b[H" // home
	if clear {
		text += "\x1b[2J"
	}
	for _, l := range v.lines(columns, rows-1) {
		text += l + "\x1b[K\r\n" // and nothing behind it
	}
	_, err := io.WriteString(s.out, text+"\x1b[J") // nor below
	return err
}
