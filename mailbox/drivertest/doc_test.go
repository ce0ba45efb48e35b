package drivertest_test

import (
	"context"
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
)

// mystore stands for the package of a store.
var mystore struct {
	Open func(ctx context.Context, folder string) (mailbox.Store, error)
}

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) store {
		s, err := mystore.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
