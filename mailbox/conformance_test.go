package mailbox_test

import (
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/storetest"
)

func TestMemHoldsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) mailbox.Store { return mailbox.NewMem() })
}

func TestMemHoldsTheRules(t *testing.T) {
	storetest.RunRules(t, func(_ *testing.T, r mailbox.Rules) mailbox.Store {
		return mailbox.NewMem(&mailbox.MemOptions{Rules: r})
	})
}

func TestMemHoldsTheContractOfStreams(t *testing.T) {
	storetest.RunStreams(t, func(*testing.T) mailbox.Store { return mailbox.NewMem() })
}
