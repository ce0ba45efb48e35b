//go:build unix

package postgresstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

func TestStoreHoldsTheContract(t *testing.T) {
	server := dsn(t)
	drivertest.Run(t, func(t *testing.T) *mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server)})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheRules(t *testing.T) {
	server := dsn(t)
	drivertest.RunRules(t, func(t *testing.T, r mailbox.Rules) *mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server), Rules: r})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheContractOfStreams(t *testing.T) {
	server := dsn(t)
	drivertest.RunStreams(t, func(t *testing.T) *mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server)})
		require.NoError(t, err)
		return s
	})
}
