package sqlitestore

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cancelled BEGIN may have begun all the same: the driver then reports the
// context's error and leaves the transaction open.
func TestABeginThatFailedHalfIsTakenBack(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), nil)
	require.NoError(t, err)
	defer s.Close()
	begin := s.file.write.begin
	s.file.write.begin += "; SELECT * FROM no_such_table"
	require.Error(t, s.NewEpoch(t.Context()))
	s.file.write.begin = begin
	require.NoError(t, s.NewEpoch(t.Context()), "the connection is usable again")
}

func TestStatementsThatAConnectionKeepsAreBounded(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), nil)
	require.NoError(t, err)
	defer s.Close()
	err = s.file.read.transaction(t.Context(), func(c *conn) error {
		for i := range 3 * maxStatements {
			if _, err := c.prepared(context.Background(), fmt.Sprintf("SELECT %d", i)); err != nil {
				return err
			}
		}
		require.Len(t, c.statements, maxStatements)
		return nil
	})
	require.NoError(t, err)
}
