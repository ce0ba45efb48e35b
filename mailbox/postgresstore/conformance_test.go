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
	drivertest.Run(t, func(t *testing.T, o *mailbox.Options) *mailbox.Store {
		s, err := postgresstore.Open(t.Context(), server, &postgresstore.Options{Schema: schema(t, server), Rules: o.Rules, Clock: o.Clock})
		require.NoError(t, err)
		return s
	})
}
