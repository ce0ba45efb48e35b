package mailbox_test

import (
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func TestAStoreInMemoryHoldsTheContract(t *testing.T) {
	drivertest.Run(t, func(_ *testing.T, o *mailbox.Options) *mailbox.Store { return memstore.New(o) })
}
