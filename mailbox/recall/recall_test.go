package recall_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

// words counts a text's words: a budget that is easy to follow.
func words(s string) int { return len(strings.Fields(s)) }

// library is a mailbox with a talk about a server among a lot of other mail.
func library(t *testing.T, more int) *mailbox.Store {
	t.Helper()
	store := memstore.New(nil)
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

// ask asks ada's mailbox a question, for the first time.
func ask(t *testing.T, store *mailbox.Store, q recall.Query) (recall.Found, error) {
	return (&recall.Recaller{Store: store, Address: "ada", Count: words}).Recall(t.Context(), q)
}

func TestRecallFindsNoMailThatIsHeld(t *testing.T) {
	store := memstore.New(&mailbox.Options{Rules: mailbox.Rules{Contact: func(from, _ quire.Address) mailbox.Contact {
		if from == "eve" {
			return mailbox.ContactAsk
		}
		return mailbox.ContactAllow
	}}})
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	for _, from := range []quire.Address{"mia", "eve"} {
		d := quire.Draft{ID: quire.MessageID(from), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "the server listens on the port of " + string(from)}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: time.Date(2026, 5, 8, 9, 0, 0, 0, time.UTC)})
		require.NoError(t, err)
	}
	held, err := store.Get(t.Context(), "ada", mailbox.Get{IDs: []quire.MessageID{"eve"}})
	require.NoError(t, err)
	require.True(t, held[0].Flags.Has(quire.FlagHeld))
	r := &recall.Recaller{Store: store, Address: "ada", Count: words}
	sheet := func() string {
		found, err := r.Recall(t.Context(), recall.Query{Text: "the port of the server", Budget: 200})
		require.NoError(t, err)
		return found.Sheet
	}
	assert.Contains(t, sheet(), "port of mia")
	assert.NotContains(t, sheet(), "port of eve")
	_, err = store.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: held[0].UID, Clear: quire.FlagHeld}}})
	require.NoError(t, err)
	assert.Contains(t, sheet(), "port of eve", "once its sender is accepted")
}

func TestRecallPutsWhatAnswersOnASheetWithItsNeighbours(t *testing.T) {
	store := library(t, 600)
	r, err := ask(t, store, recall.Query{Text: "the port of the servers", Budget: 40})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(r.UIDs), 2)
	assert.ElementsMatch(t, []quire.UID{301, 302}, r.UIDs[:2])
	assert.LessOrEqual(t, r.Tokens, 40)
	assert.Equal(t, words(r.Sheet), r.Tokens)
	assert.Contains(t, r.Sheet, "[20 May 2026]\nmia:\n#301 Which port does the new server listen on?\nben@example.org:\n#302 8443 it is written down\n",
		"in their order, under one date, a line each")
	assert.NotEmpty(t, r.Left)
	for _, uid := range r.UIDs {
		assert.NotContains(t, r.Left, uid)
	}
	again, err := ask(t, store, recall.Query{Text: "the port of the servers", Budget: 40})
	require.NoError(t, err)
	assert.Equal(t, r, again)
}

// The answer may be older than what is judged whatever it says.
func TestRecallOfALargeMailbox(t *testing.T) {
	store := memstore.New(nil)
	var drafts []quire.Draft
	add := func(text string) {
		id := quire.MessageID(fmt.Sprint("m", len(drafts)))
		drafts = append(drafts, quire.Draft{ID: id, To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}})
	}
	add("Which port does the new server listen on?")
	add("8443")
	drafts[1].InReplyTo = "m0"
	for i := range 2500 {
		add(fmt.Sprintf("lunch menu number %d", i))
	}
	for chunk := range slices.Chunk(drafts, 100) {
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: chunk, Now: time.Date(2026, 5, 8, 9, 0, 0, 0, time.UTC)})
		require.NoError(t, err)
	}
	r, err := ask(t, store, recall.Query{Text: "the port of the servers", Budget: 60})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(r.UIDs), 2)
	assert.ElementsMatch(t, []quire.UID{1, 2}, r.UIDs[:2])
	assert.Less(t, len(r.Ranked), 2200, "not all of it was judged")
	r, err = ask(t, store, recall.Query{Text: "the port of the servers", Budget: 100_000})
	require.NoError(t, err)
	assert.Len(t, r.UIDs, 2502, "what fits as a whole is shown as a whole")
	assert.Empty(t, r.Left)
}

func TestRecallLeavesOutWhatWasTakenBack(t *testing.T) {
	store := library(t, 4)
	r := &recall.Recaller{Store: store, Address: "ada", Count: words}
	got, err := r.Recall(t.Context(), recall.Query{Text: "port", Budget: 1000})
	require.NoError(t, err)
	require.Contains(t, got.Sheet, "8443")
	_, err = store.Commit(t.Context(), mailbox.Commit{Address: "ben@example.org", Retract: []quire.MessageID{"r"}})
	require.NoError(t, err)
	got, err = r.Recall(t.Context(), recall.Query{Text: "port", Budget: 1000})
	require.NoError(t, err)
	assert.NotContains(t, got.Sheet, "8443")
	assert.Len(t, got.Ranked, 5)
}

func TestRecallWithoutWhatIsSeenAlready(t *testing.T) {
	r, err := ask(t, library(t, 4), recall.Query{Text: "port", Without: []quire.UID{3, 1}, Budget: 1000})
	require.NoError(t, err)
	assert.ElementsMatch(t, []quire.UID{2, 4, 5, 6}, r.UIDs)
}

func TestOrderSortsByWhatStandsBesideToo(t *testing.T) {
	r := &recall.Recaller{Store: library(t, 300), Address: "ada"}
	got, err := r.Order(t.Context(), recall.Query{Text: "the port of the servers"}, []quire.UID{7, 999, 152, 300, 151, 0})
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{151, 152}, got[:2])
	assert.Equal(t, []quire.UID{999, 0}, got[4:], "what is not there comes last")
	got, err = r.Order(t.Context(), recall.Query{Text: "port"}, nil)
	require.NoError(t, err)
	assert.Empty(t, got)
}

// TestOrderPutsFirstWhatHoldsAllWords: a long message with all the words of a search comes
// before short ones with one of them.
func TestOrderPutsFirstWhatHoldsAllWords(t *testing.T) {
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	noise := "soup and bread and a good deal of talk about nobody in particular; "
	texts := []string{"The tariff of the ferry is 40. " + strings.Repeat(noise, 40), "the ferry came late", "no ferry today", "a tariff was named"}
	uids := []quire.UID{1, 2, 3, 4}
	for i := range 40 {
		texts, uids = append(texts, fmt.Sprint("lunch is number ", i)), append(uids, quire.UID(5+i))
	}
	for i, text := range texts {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: time.Date(2026, 5, 8, 9, i, 0, 0, time.UTC)})
		require.NoError(t, err)
	}
	r := &recall.Recaller{Store: store, Address: "ada"}
	got, err := r.Order(t.Context(), recall.Query{Text: "the tariff of the ferry"}, uids)
	require.NoError(t, err)
	assert.Equal(t, quire.UID(1), got[0], "%v", got[:4])
}

func TestRecallWithRoomForNothing(t *testing.T) {
	r, err := ask(t, library(t, 10), recall.Query{Text: "server"})
	require.NoError(t, err)
	assert.Empty(t, r.Sheet)
	assert.Empty(t, r.UIDs)
	assert.Equal(t, quire.UID(6), r.Left[0])
	assert.Len(t, r.Ranked, 12)
}

func TestRecallOfAnEmptyMailboxAndOfNoQuestion(t *testing.T) {
	r, err := ask(t, memstore.New(nil), recall.Query{Text: "server", Budget: 100})
	require.NoError(t, err)
	assert.Equal(t, recall.Found{}, r)
	r, err = ask(t, library(t, 4), recall.Query{Text: "the and of", Budget: 1000})
	require.NoError(t, err)
	assert.Equal(t, quire.UID(6), r.UIDs[0], "nothing answers: the newest")
}

func TestRecallOfSomeKindsOnly(t *testing.T) {
	r, err := ask(t, library(t, 4), recall.Query{Text: "server", Kinds: []quire.Kind{quire.KindNote}, Budget: 1000})
	require.NoError(t, err)
	assert.Empty(t, r.Ranked)
}

func TestRecallFailsClearly(t *testing.T) {
	store := library(t, 4)
	_, err := (&recall.Recaller{Store: store, Address: "ada"}).Recall(t.Context(), recall.Query{Text: "server"})
	require.ErrorIs(t, err, mailbox.ErrInvalid)
	require.ErrorContains(t, err, "Count is missing")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (&recall.Recaller{Store: store, Address: "ada", Count: words}).Recall(ctx, recall.Query{Text: "server"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestARecallerThatRemembersFindsTheSame(t *testing.T) {
	store := library(t, 300)
	r := &recall.Recaller{Store: store, Address: "ada", Count: words}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for _, q := range []recall.Query{{Text: "port"}, {Text: "soup with bread", Budget: 50}, {Text: "the port of the servers", Budget: 40}, {Text: "menu number 7", Budget: 7}} {
				got, err := r.Recall(t.Context(), q)
				assert.NoError(t, err)
				want, err := ask(t, store, q)
				assert.NoError(t, err)
				assert.Equal(t, want, got)
			}
		})
	}
	asking.Wait()
	_, err := store.Expunge(t.Context(), "ada", []quire.UID{152})
	require.NoError(t, err)
	got, err := r.Recall(t.Context(), recall.Query{Text: "the port of the servers", Budget: 40})
	require.NoError(t, err)
	assert.NotContains(t, got.Sheet, "8443", "what is gone is not remembered")
}

// Lines may take more together than one by one.
func TestASheetNeverTakesMoreThanItsBudget(t *testing.T) {
	dear := func(s string) int { return words(s) + max(0, strings.Count(s, "\n")-1)*2 }
	r := &recall.Recaller{Store: library(t, 100), Address: "ada", Count: dear}
	for budget := range 120 {
		got, err := r.Recall(t.Context(), recall.Query{Text: "port soup bread", Budget: budget})
		require.NoError(t, err)
		require.LessOrEqual(t, got.Tokens, budget)
		require.Equal(t, len(got.UIDs) == 0, got.Sheet == "")
		require.Len(t, got.Ranked, len(got.UIDs)+len(got.Left))
		require.Equal(t, len(got.UIDs), strings.Count(got.Sheet, "\n#"))
	}
}
