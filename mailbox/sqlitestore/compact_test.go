package sqlitestore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Format 4 had no low marks; the rest is the same. The mark outlives the process.
func TestAFileOfFormatFourGetsLowMarks(t *testing.T) {
	path := written(t)
	at(t, path, "DROP TABLE low", "PRAGMA user_version = 4")
	_, err := Open(t.Context(), path, &Options{ReadOnly: true})
	require.ErrorIs(t, err, mailbox.ErrReadOnly, "it has to be brought to this format first")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	first, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, 1, first.Total)
	gone, err := s.Expunge(t.Context(), "ada", []quire.UID{1})
	require.NoError(t, err)
	c, err := s.Changes(t.Context(), "ada", first.State, 0)
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{1}, c.Destroyed)
	low, err := s.Compact(t.Context(), "ada", gone)
	require.NoError(t, err)
	assert.Equal(t, gone, low)
	require.NoError(t, s.Close())

	assert.Equal(t, format, number(t, path, "SELECT user_version FROM pragma_user_version"))
	assert.Equal(t, 0, number(t, path, "SELECT count(*) FROM gone"), "what is forgotten is not in the file")
	s, err = Open(t.Context(), path, &Options{ReadOnly: true})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Changes(t.Context(), "ada", first.State, 0)
	require.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
	c, err = s.Changes(t.Context(), "ada", gone, 0)
	require.NoError(t, err)
	assert.Equal(t, mailbox.Changes{State: gone}, c)
}
