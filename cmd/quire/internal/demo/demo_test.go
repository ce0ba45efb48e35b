package demo

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// The company has each thing that pages can show, and goes on when it is let.
func TestTheCompanyLives(t *testing.T) {
	w, err := New(t.Context(), time.Now())
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Store.Close()) }()
	status := func(addr quire.Address) agent.Status {
		s, err := agent.StatusOf(t.Context(), w.Store, addr, time.Now())
		require.NoError(t, err)
		return s
	}
	ada := status("ada")
	assert.True(t, ada.Open, "one is in the middle of a turn")
	assert.Greater(t, ada.Calls, uint64(128), "a past of several full receipts")
	assert.NotEmpty(t, status("dot").Parked)
	assert.False(t, status("eva").Health.OK)
	assert.Positive(t, status("kim").Questions)
	assert.Empty(t, status("ben").Parked)
	for addr, q := range map[quire.Address]mailbox.Query{"printer": {Has: quire.FlagDead}, Person: {Kinds: []quire.Kind{quire.KindQuestion}, Pending: true}} {
		page, err := w.Store.Query(t.Context(), addr, q)
		require.NoError(t, err)
		assert.NotEmpty(t, page.Rows, addr)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lives := make(chan error, 1)
	go func() { lives <- w.Live(ctx) }()
	page, err := w.Store.WaitStream(ctx, "ada", mailbox.StreamRead{})
	require.NoError(t, err)
	assert.Equal(t, ada.Turns, page.Stream, "the turn goes on, and can be followed")
	cancel()
	assert.ErrorIs(t, <-lives, context.Canceled)
}
