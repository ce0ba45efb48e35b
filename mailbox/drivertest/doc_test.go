package drivertest_test

import (
	"context"
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/drivertest"
)

// mydriver stands for the package of a driver.
var mydriver struct {
	Open func(ctx context.Context, folder string) (driver.Driver, error)
}

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(t *testing.T) {
	drivertest.Run(t, func(t *testing.T, o *mailbox.Options) *mailbox.Store {
		d, err := mydriver.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return mailbox.New(d, o)
	})
}
