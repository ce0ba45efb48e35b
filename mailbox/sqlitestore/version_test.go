package sqlitestore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

func TestOldLibrariesAreRefused(t *testing.T) {
	for _, v := range []string{"3.51.2", "3.50.9", "2.99.99", "3.7", "nonsense", ""} {
		assert.ErrorIs(t, checkVersion(v), ErrLibrary, v)
	}
	for _, v := range []string{"3.51.3", "3.51.10", "3.52.0", "4.0.0", "3.53.4"} {
		assert.NoError(t, checkVersion(v), v)
	}
}

func TestStoresBelieveTheSameClocks(t *testing.T) {
	require.Equal(t, quire.MaxSkew, sqldriver.Skew)
}
