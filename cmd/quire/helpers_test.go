package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// snooze puts a message off for a moment that a command takes to start.
func snooze(t *testing.T, s *sqlitestore.Store, addr quire.Address, n quire.UID) {
	t.Helper()
	until := time.Now().Add(time.Second)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: addr, Flags: []mailbox.FlagChange{{UID: n, VisibleAt: &until}}})
	require.NoError(t, err)
}
