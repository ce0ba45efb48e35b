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

// The kit can't see what a power cut would take back, so it does not wait for the
// disk at each commit.
func TestStoreHoldsTheContract(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) *mailbox.Store {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheRules(t *testing.T) {
	drivertest.RunRules(t, func(t *testing.T, r mailbox.Rules) *mailbox.Store {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true, Rules: r})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheContractOfStreams(t *testing.T) {
	drivertest.RunStreams(t, func(t *testing.T) *mailbox.Store {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true})
		require.NoError(t, err)
		return s
	})
}

func TestNoWakeUpIsLost(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_SCHEDULES"), "300"))
	require.NoError(t, err, "QUIRE_SCHEDULES")
	drivertest.RunWakeUps(t, func(t *testing.T) *mailbox.Store {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &sqlitestore.Options{Normal: true, Rules: mailbox.Rules{Limits: mailbox.Limits{Pending: 1 << 30, Rate: 1 << 30}}})
		require.NoError(t, err)
		return s
	}, n)
}
