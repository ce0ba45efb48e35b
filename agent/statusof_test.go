package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
)

// TestAStoreSaysHowAnAgentStands: as the agent itself does, in the middle of a turn too.
func TestAStoreSaysHowAnAgentStands(t *testing.T) {
	store := memstore.New(nil)
	defer store.Close()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	profile, known := models.Find("claude-sonnet-5")
	require.True(t, known)
	m := script([]quire.Part{use("mail_send", `{"to":["mia"],"subject":"Now?","text":"Now?","options":["yes","no"],"default":"no","reply_by":"3h","reversible":true}`)})
	a, err := New(store.Box("ada"), m, &Options{Profile: profile, Now: func() time.Time { return now }})
	require.NoError(t, err)
	_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "Release", "Ask me."))
	require.NoError(t, err)
	for _, open := range []bool{true, false} {
		_, err = a.Step(t.Context())
		require.NoError(t, err)
		want, err := a.Status(t.Context())
		require.NoError(t, err)
		got, err := StatusOf(t.Context(), store, "ada", now)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, open, got.Open)
		assert.Equal(t, 1, got.Questions)
	}
	nobody, err := StatusOf(t.Context(), store, "mia", now)
	require.NoError(t, err)
	assert.Zero(t, nobody.Calls)
	assert.True(t, nobody.Health.OK)
}
