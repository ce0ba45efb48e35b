//go:build unix

package postgresstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/mailbox/storetest"
)

func TestStoreHoldsTheContract(t *testing.T) {
	server := dsn(t)
	storetest.Run(t, func(t *testing.T) mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server)})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheRules(t *testing.T) {
	server := dsn(t)
	storetest.RunRules(t, func(t *testing.T, r mailbox.Rules) mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server), Rules: r})
		require.NoError(t, err)
		return s
	})
}

func TestStoreHoldsTheContractOfStreams(t *testing.T) {
	server := dsn(t)
	storetest.RunStreams(t, func(t *testing.T) mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server)})
		require.NoError(t, err)
		return s
	})
}
