package sqlitestore

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

func TestAFullDiskTakesNothingAndHarmsNothing(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "mail.db"), nil)
	require.NoError(t, err)
	defer s.Close()
	limit := func(pages string) {
		c, err := s.file.write.take(ctx)
		require.NoError(t, err)
		defer s.file.write.give(c)
		_, err = c.ExecContext(ctx, "PRAGMA max_page_count = "+pages)
		require.NoError(t, err)
	}
	commit := func(id, body string) error {
		d := quire.Draft{ID: quire.MessageID("m" + id), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: body}}}
		_, err := s.Commit(ctx, mailbox.Commit{ID: id, Address: "mia", Sends: []quire.Draft{d}, Agent: &driver.AgentState{State: []byte(body)}, Rev: 0})
		return err
	}
	limit("1") // SQLite takes it for: no more than there are
	err = commit("big", strings.Repeat("0123456789", 1<<20))
	require.ErrorIs(t, err, mailbox.ErrFull)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e)
	for _, who := range []quire.Address{"ada", "mia"} {
		st, err := s.Status(ctx, who)
		require.NoError(t, err)
		assert.Zero(t, st.Total, who)
		snap, err := s.Snapshot(ctx, who)
		require.NoError(t, err)
		assert.Zero(t, snap.Rev, who)
	}
	limit("1000000")
	require.NoError(t, commit("big", strings.Repeat("0123456789", 1<<20)), "the same commit, when there is room again")
	st, err := s.Status(ctx, "ada")
	require.NoError(t, err)
	assert.Equal(t, 1, st.Total)
}
