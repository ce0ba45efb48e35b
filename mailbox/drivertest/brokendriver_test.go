package drivertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// brokenDriver is a driver in memory that breaks one thing. What is nil is whole.
type brokenDriver struct {
	driver.Driver
	tx     hooks
	view   func(d driver.Driver, ctx context.Context, fn func(driver.Read) error) error
	update func(d driver.Driver, ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error)
	watch  func(d driver.Driver, ctx context.Context, streams bool) (driver.Watch, error)
	close  func(d driver.Driver) error
}

func (d *brokenDriver) View(ctx context.Context, fn func(driver.Read) error) error {
	if d.view != nil {
		return d.view(d.Driver, ctx, fn)
	}
	return d.Driver.View(ctx, func(r driver.Read) error { return fn(brokenTx{r.(driver.Write), &d.tx}) })
}

func (d *brokenDriver) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	if d.update != nil {
		return d.update(d.Driver, ctx, u, fn)
	}
	return d.Driver.Update(ctx, u, func(w driver.Write) error { return fn(brokenTx{w, &d.tx}) })
}

func (d *brokenDriver) Close() error {
	if d.close != nil {
		return d.close(d.Driver)
	}
	return d.Driver.Close()
}

func (d *brokenDriver) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	if d.watch != nil {
		return d.watch(d.Driver, ctx, streams)
	}
	return d.Driver.Watch(ctx, streams)
}

// driverFault is a driver that breaks one thing, and the beginning of a rule by which
// the kit must notice.
type driverFault struct {
	name, rule string
	make       func(d *brokenDriver)
	hangs      bool // it is noticed since a wait does not end
	chance     bool // it is noticed if a read comes at the right moment, so it is looked for some times
}

// all are the cases of the kit.
func allCases() []testCase {
	return slices.Concat(cases(), ruleCases, claimRuleCases, sizeRuleCases, streamCases, streamWaitCases)
}

func TestTheKitNoticesBrokenDrivers(t *testing.T) {
	for _, f := range slices.Concat(readFaults, filterFaults(), indexFaults, vectorFaults, guardFaults, streamReadFaults, writeFaults, driveFaults) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			found := false
			for _, c := range allCases() {
				if !strings.HasPrefix(c.rule, f.rule) {
					continue
				}
				found = true
				c.patience = 5 * time.Second
				if f.hangs {
					c.patience = 500 * time.Millisecond
				}
				check := func() error {
					return c.check(t, func(*testing.T) store {
						d := &brokenDriver{Driver: memstore.NewDriver("")}
						f.make(d)
						return mailbox.New(d, &mailbox.Options{Rules: c.rules})
					})
				}
				err := check()
				for n := 0; f.chance && err == nil && n < 100; n++ {
					err = check()
				}
				assert.Error(t, err, "the rule %q holds a driver to nothing: %s", c.rule, f.name)
				assert.False(t, !f.hangs && errors.Is(err, context.DeadlineExceeded), "only by the time: %v", err)
				t.Log(err)
			}
			assert.True(t, found, "there is no rule %q", f.rule)
		})
	}
}
