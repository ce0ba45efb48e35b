package sqlitestore_test

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// openNew opens a new file. The kit can't see what a power cut would take back, so it
// does not wait for the disk at each commit.
func openNew(t *testing.T, o *mailbox.Options) *mailbox.Store {
	s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true, Rules: o.Rules, Clock: o.Clock})
	require.NoError(t, err)
	return s.Store
}

func TestStoreHoldsTheContract(t *testing.T) { drivertest.Run(t, openNew) }

func TestNoWakeUpIsLost(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_SCHEDULES"), "300"))
	require.NoError(t, err, "QUIRE_SCHEDULES")
	drivertest.RunWakeUps(t, func(t *testing.T, _ *mailbox.Options) *mailbox.Store {
		return openNew(t, &mailbox.Options{Rules: mailbox.Rules{Limits: mailbox.Limits{Pending: 1 << 30, Rate: 1 << 30}}})
	}, n)
}
