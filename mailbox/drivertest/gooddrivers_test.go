package drivertest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

var errAgain = errors.New("again")

// goodDrivers do what the contract allows and the driver in memory does not do.
var goodDrivers = map[string]func(d *brokenDriver){
	"it runs functions twice, the first time in vain": func(d *brokenDriver) {
		d.view = func(inner driver.Driver, ctx context.Context, fn func(driver.Read) error) error {
			_ = inner.View(ctx, fn)
			return inner.View(ctx, fn)
		}
		d.update = func(inner driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
			_, _ = inner.Update(ctx, u, func(w driver.Write) error { return errors.Join(fn(w), errAgain) })
			return inner.Update(ctx, u, fn)
		}
	},
	"its hints get lost, and it looks now and then": func(d *brokenDriver) {
		d.watch = func(driver.Driver, context.Context, bool) (driver.Watch, error) {
			return driver.Watch{Next: func() <-chan struct{} { return nil }, Poll: time.Millisecond, Stop: func() {}}, nil
		}
	},
	"it wakes for nothing": func(d *brokenDriver) {
		d.watch = func(driver.Driver, context.Context, bool) (driver.Watch, error) {
			return driver.Watch{Next: func() <-chan struct{} {
				now := make(chan struct{})
				time.AfterFunc(100*time.Microsecond, sync.OnceFunc(func() { close(now) }))
				return now
			}, Stop: func() {}}, nil
		}
	},
	"it has keys of its own": func(d *brokenDriver) {
		theirs := func(key int64) int64 { return key*3 + min(key, 1)*1000 } // 0 stays 0
		mine := func(key int64) int64 { return (key - 1000) / 3 }
		d.tx.key = theirs
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, oldest, err := tx.Posting(box, anyOf, mine(upTo), limit)
			for i := range keys {
				keys[i] = theirs(keys[i])
			}
			if len(keys) < limit {
				oldest = 0 // it may be left out then
			}
			return keys, oldest, err
		}
		d.tx.keyed = mine
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Key = theirs(list[i].Key)
			}
			return list
		}
	},
}

// The rules hold on whatever a driver may do.
func TestTheRulesHoldOnDriversThatDoWhatTheyMay(t *testing.T) {
	for name, change := range goodDrivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range allCases() {
				if strings.HasPrefix(c.rule, "a message of 50 MB") || strings.HasPrefix(c.rule, "a call whose context ends") || strings.HasPrefix(c.rule, "whatever writes did all") {
					continue // slow, or about when exactly it is that a context ends
				}
				err := c.check(t, func(*testing.T) store {
					d := &brokenDriver{Driver: memstore.NewDriver("")}
					change(d)
					return mailbox.New(d, &mailbox.Options{Rules: c.rules})
				})
				assert.NoError(t, err, c.rule)
			}
		})
	}
}
