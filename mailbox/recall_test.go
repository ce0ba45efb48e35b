package mailbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// words counts a text's words: a budget that is easy to follow.
func words(s string) int { return len(strings.Fields(s)) }

// library is a mailbox with a talk about a server among a lot of other mail.
func library(t *testing.T, more int) mailbox.Store {
	t.Helper()
	store := mailbox.NewMem()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	sent := time.Date(2026, 5, 8, 9, 0, 0, 0, time.UTC)
	send := func(from, id, reply, text string) {
		d := quire.Draft{ID: quire.MessageID(id), InReplyTo: quire.MessageID(reply), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: quire.Address(from), Sends: []quire.Draft{d}, Now: sent})
		require.NoError(t, err)
		sent = sent.Add(time.Hour)
	}
	for i := range more / 2 {
		send("joe", fmt.Sprint("a", i), "", fmt.Sprintf("lunch menu number %d with soup", i))
	}
	send("mia", "q", "", "Which port does the new server listen on?")
	send("ben@example.org", "r", "q", "8443\nit is\u202e written down")
	for i := range more - more/2 {
		send("joe", fmt.Sprint("b", i), "", fmt.Sprintf("lunch menu number %d with bread", i))
	}
	return store
}

func TestRecallPutsWhatAnswersOnASheetWithItsNeighbours(t *testing.T) {
	store := library(t, 600)
	r, err := mailbox.Recall(t.Context(), store, "ada", mailbox.Question{Text: "the port of the servers", Budget: 40, Count: words})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(r.UIDs), 2)
	assert.ElementsMatch(t, []quire.UID{301, 302}, r.UIDs[:2])
	assert.LessOrEqual(t, r.Tokens, 40)
	assert.Equal(t, words(r.Sheet), r.Tokens)
	assert.Contains(t, r.Sheet, "[20 May 2026, 21:00]\n#301 mia: Which port does the new server listen on?\n#302 ben@example.org: 8443 it is written down\n",
		"in their order, under one date, a line each")
	assert.NotEmpty(t, r.Left)
	for _, uid := range r.UIDs {
		assert.NotContains(t, r.Left, uid)
	}
	again, err := mailbox.Recall(t.Context(), store, "ada", mailbox.Question{Text: "the port of the servers", Budget: 40, Count: words})
	require.NoError(t, err)
	assert.Equal(t, r, again)
}

func TestRecallWithRoomForNothing(t *testing.T) {
	r, err := mailbox.Recall(t.Context(), library(t, 10), "ada", mailbox.Question{Text: "server", Count: words})
	require.NoError(t, err)
	assert.Empty(t, r.Sheet)
	assert.Empty(t, r.UIDs)
	assert.Equal(t, quire.UID(6), r.Left[0])
	assert.Len(t, r.Ranked, 12)
}

func TestRecallOfAnEmptyMailboxAndOfNoQuestion(t *testing.T) {
	r, err := mailbox.Recall(t.Context(), mailbox.NewMem(), "ada", mailbox.Question{Text: "server", Budget: 100, Count: words})
	require.NoError(t, err)
	assert.Equal(t, mailbox.Recalled{}, r)
	r, err = mailbox.Recall(t.Context(), library(t, 4), "ada", mailbox.Question{Text: "the and of", Budget: 1000, Count: words})
	require.NoError(t, err)
	assert.Equal(t, quire.UID(6), r.UIDs[0], "nothing answers: the newest")
}

func TestRecallOfSomeKindsOnly(t *testing.T) {
	r, err := mailbox.Recall(t.Context(), library(t, 4), "ada", mailbox.Question{Text: "server", Kinds: []quire.Kind{quire.KindNote}, Budget: 1000, Count: words})
	require.NoError(t, err)
	assert.Empty(t, r.Ranked)
}

func TestRecallFailsClearly(t *testing.T) {
	store := library(t, 4)
	_, err := mailbox.Recall(t.Context(), store, "ada", mailbox.Question{Text: "server"})
	require.ErrorIs(t, err, mailbox.ErrInvalid)
	require.ErrorContains(t, err, "Count is missing")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = mailbox.Recall(ctx, store, "ada", mailbox.Question{Text: "server", Count: words})
	require.ErrorIs(t, err, context.Canceled)
}
