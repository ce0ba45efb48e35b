package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

func TestRitaReviewsWhatAdaDid(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	require.NoError(t, run(ctx))
}

// watchFor watches until the reviewer has so much mail, and a little longer.
func watchFor(t *testing.T, store *mailbox.Store, mail int) []mailbox.Row {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- watch(ctx, store, "ada", "rita", 10*time.Millisecond) }()
	rita := store.Box("rita")
	var page mailbox.Page
	require.Eventually(t, func() bool {
		var err error
		page, err = rita.Find(ctx, mailbox.Query{From: watcher, Oldest: true})
		return err == nil && len(page.Rows) >= mail
	}, 20*time.Second, 10*time.Millisecond)
	stop()
	assert.ErrorIs(t, <-done, context.Canceled)
	return page.Rows
}

// A watch that begins anew, in another process say, sends what is new and nothing twice.
func TestNothingIsReviewedTwice(t *testing.T) {
	store := memstore.New(nil)
	ada, err := newAda(store, scripted.New(scripted.Text("Built."), scripted.Text("Mended.")))
	require.NoError(t, err)
	for i := range 2 {
		_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "Shed", "Please."))
		require.NoError(t, err)
		_, err = ada.Turn(t.Context())
		require.NoError(t, err)
		rows := watchFor(t, store, i+1)
		require.Len(t, rows, i+1)
		assert.Equal(t, []string{"Built.", "Mended."}[i], rows[i].Snippet)
	}
}

func TestTheWatchMayOnlyRead(t *testing.T) {
	store := memstore.New(nil)
	as := store.As(watcher, mailbox.Granted(mailbox.Grant{Who: watcher, Box: "ada", Rights: []mailbox.Right{mailbox.RightRead}}))
	_, err := as.Box("ada").Send(t.Context(), quire.Draft{To: []quire.Address{"mia"}, Subject: "x"})
	assert.ErrorIs(t, err, mailbox.ErrForbidden)
	_, err = as.Box("mia").Find(t.Context(), mailbox.Query{})
	assert.ErrorIs(t, err, mailbox.ErrForbidden)
}
