package mailbox_test

import (
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func TestMemHoldsTheContract(t *testing.T) {
	drivertest.Run(t, func(*testing.T) *mailbox.Store { return memstore.New(nil) })
}

func TestMemHoldsTheRules(t *testing.T) {
	drivertest.RunRules(t, func(_ *testing.T, r mailbox.Rules) *mailbox.Store {
		return memstore.New(&mailbox.Options{Rules: r})
	})
}

func TestMemHoldsTheContractOfStreams(t *testing.T) {
	drivertest.RunStreams(t, func(*testing.T) *mailbox.Store { return memstore.New(nil) })
}
