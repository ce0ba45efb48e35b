package drivertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// driveFaults are those of transactions, watches and closing.
var driveFaults = []driverFault{
	{name: "Update commits although its function failed", rule: "other content under a used", make: func(d *brokenDriver) {
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			var failed error
			repeated, err := inner.Update(ctx, u, func(w driver.Write) error { failed = fn(w); return nil })
			if failed != nil {
				err = failed
			}
			return repeated, err
		}
	}},
	{name: "Update commits although its context ended", rule: "a call whose context ends", make: func(d *brokenDriver) {
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			repeated, err := inner.Update(context.WithoutCancel(ctx), u, fn)
			if err == nil {
				err = ctx.Err()
			}
			return repeated, err
		}
	}},
	{name: "Update says that all is repeated", rule: "the same commit again is", make: func(d *brokenDriver) {
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			_, err := inner.Update(ctx, u, fn)
			return true, err
		}
	}},
	{name: "Watch wakes nobody", hangs: true, rule: "mail that comes wakes", make: func(d *brokenDriver) {
		d.watch = func(driver.Driver, context.Context, bool) (driver.Watch, error) {
			return driver.Watch{Next: func() <-chan struct{} { return nil }, Stop: func() {}}, nil
		}
	}},
	{name: "Watch wakes for mail only", hangs: true, rule: "a reader waits for the", make: func(d *brokenDriver) {
		d.watch = func(inner driver.Driver, ctx context.Context, _ bool) (driver.Watch, error) {
			return inner.Watch(ctx, false)
		}
	}},
	{name: "Watch wakes for streams only", hangs: true, rule: "mail that comes wakes", make: func(d *brokenDriver) {
		d.watch = func(inner driver.Driver, ctx context.Context, _ bool) (driver.Watch, error) {
			return inner.Watch(ctx, true)
		}
	}},
	{name: "Watch wakes once", hangs: true, rule: "mail that comes wakes whoever", make: func(d *brokenDriver) {
		d.watch = func(inner driver.Driver, ctx context.Context, streams bool) (driver.Watch, error) {
			w, err := inner.Watch(ctx, streams)
			next, n := w.Next, 0
			w.Next = func() <-chan struct{} {
				if n++; n > 1 {
					return nil
				}
				return next()
			}
			return w, err
		}
	}},
	{name: "Watch loses every fifth wake-up", hangs: true, rule: "a wake-up is not", make: func(d *brokenDriver) {
		var n atomic.Int64
		d.watch = func(inner driver.Driver, ctx context.Context, streams bool) (driver.Watch, error) {
			w, err := inner.Watch(ctx, streams)
			next := w.Next
			w.Next = func() <-chan struct{} {
				if n.Add(1)%5 == 0 {
					return nil
				}
				return next()
			}
			return w, err
		}
	}},
	{name: "Watch takes its channel late", hangs: true, rule: "a wake-up is not", make: func(d *brokenDriver) {
		d.watch = func(inner driver.Driver, ctx context.Context, streams bool) (driver.Watch, error) {
			w, err := inner.Watch(ctx, streams)
			next := w.Next
			w.Next = func() <-chan struct{} {
				late := make(chan struct{})
				go func() {
					time.Sleep(time.Millisecond)
					<-next()
					close(late)
				}()
				return late
			}
			return w, err
		}
	}},
	{name: "Close leaves waits", hangs: true, rule: "a wait ends with its", make: func(d *brokenDriver) {
		var closed atomic.Bool
		d.close = func(driver.Driver) error { closed.Store(true); return nil }
		d.view = func(inner driver.Driver, ctx context.Context, fn func(driver.Read) error) error {
			if closed.Load() {
				return mailbox.ErrClosed
			}
			return inner.View(ctx, fn)
		}
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			if closed.Load() {
				return false, mailbox.ErrClosed
			}
			return inner.Update(ctx, u, fn)
		}
	}},
	{name: "Close does nothing", rule: "a closed store says so", make: func(d *brokenDriver) { d.close = func(driver.Driver) error { return nil } }},
	{name: "Close may be called once", rule: "a closed store says so", make: func(d *brokenDriver) {
		var n atomic.Int64
		d.close = func(inner driver.Driver) error {
			if n.Add(1) > 1 {
				return mailbox.ErrClosed
			}
			return inner.Close()
		}
	}},
	{name: "Update commits in two pieces", rule: "a snapshot is of one", chance: true, make: func(d *brokenDriver) { d.update = inPieces }},
	{name: "View is not of one moment", rule: "a snapshot is of one", chance: true, make: func(d *brokenDriver) { d.view = notOneMoment }},
	notUndone("PutBox"), notUndone("PutAgent"), notUndone("PutJournal"), notUndone("DropJournal"), notUndone("PutReceipt"), notUndone("Remember"), notUndone("PutMessage"), notUndone("PutDelivery"),
	notUndone("Destroy"), notUndone("Compact"), notUndone("SetEpoch"), notUndone("PutStreamAttempt"), notUndone("PutStreamChunk"), notUndone("DropStreams"), notUndone("DropStreamChunks"),
}

// notUndone is a driver for which something stays that a failed transaction did.
func notUndone(what string) driverFault {
	return driverFault{name: what + " is not undone", rule: "whatever writes did all", make: func(d *brokenDriver) {
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			var again []func() error
			h := &hooks{write: func(_ driver.Write, op string, do func() error) error {
				if op == what {
					again = append(again, do)
				}
				return do()
			}}
			repeated, err := inner.Update(ctx, u, func(w driver.Write) error { again = nil; return fn(brokenTx{w, h}) })
			if err == nil || len(again) == 0 {
				return repeated, err
			}
			_, _ = inner.Update(context.WithoutCancel(ctx), u, func(driver.Write) error {
				defer func() { _ = recover() }() // it may need what was undone
				for _, do := range again {
					_ = do()
				}
				return nil
			})
			return repeated, err
		}
	}}
}

// inPieces commits the counters of mailboxes after all else.
func inPieces(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	var later []func() error
	h := &hooks{write: func(_ driver.Write, op string, do func() error) error {
		if op == "PutBox" {
			later = append(later, do)
			return nil
		}
		return do()
	}}
	repeated, err := inner.Update(ctx, u, func(w driver.Write) error { return fn(brokenTx{w, h}) })
	if err != nil || len(later) == 0 {
		return repeated, err
	}
	time.Sleep(100 * time.Microsecond)
	return inner.Update(context.WithoutCancel(ctx), u, func(driver.Write) error {
		var err error
		for _, do := range later {
			err = errors.Join(err, do())
		}
		return err
	})
}

// notOneMoment reads the counters of mailboxes before all else.
func notOneMoment(inner driver.Driver, ctx context.Context, fn func(driver.Read) error) error {
	var boxes []driver.Box
	h := &hooks{box: func(b *driver.Box) { boxes = append(boxes, *b) }}
	_ = inner.View(ctx, func(r driver.Read) error { return fn(brokenTx{r.(driver.Write), h}) })
	if len(boxes) > 0 {
		time.Sleep(100 * time.Microsecond)
	}
	n := 0
	h = &hooks{box: func(b *driver.Box) {
		if n < len(boxes) {
			*b = boxes[n]
		}
		n++
	}}
	return inner.View(ctx, func(r driver.Read) error { return fn(brokenTx{r.(driver.Write), h}) })
}
