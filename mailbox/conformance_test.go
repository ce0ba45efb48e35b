package mailbox_test

import (
	"testing"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/storetest"
)

func TestMemHoldsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) mailbox.Store { return mailbox.NewMem() })
}
