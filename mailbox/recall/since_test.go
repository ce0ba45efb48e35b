package recall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

// TestASheetShowsWhatItsSendersWroteSince: a correction that has none of the question's
// words stands on the sheet with what it corrects; where both do not fit, neither does.
func TestASheetShowsWhatItsSendersWroteSince(t *testing.T) {
	for _, c := range []struct {
		since, more, budget int // more: letters of the sender's after the correction
		want                []quire.UID
	}{
		{2, 0, 200, []quire.UID{3, 1}},
		{2, 1, 200, []quire.UID{4, 3, 1}},
		{2, 2, 200, []quire.UID{1}}, // who writes much writes about something else
		{0, 0, 200, []quire.UID{1}},
		{2, 0, 26, nil},
		{0, 0, 26, []quire.UID{1}},
	} {
		store := memstore.New(nil)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		letters := [][2]quire.Address{{"mia", "the tariff of the ferry is forty"}, {"joe", "lunch"}, {"mia", "I was wrong, make it fifty"}}
		for range c.more {
			letters = append(letters, [2]quire.Address{"mia", "see you"})
		}
		for i, l := range append(letters, [2]quire.Address{"joe", "dinner"}) {
			d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: string(l[1])}}}
			_, err := store.Commit(t.Context(), mailbox.Commit{Address: l[0], Sends: []quire.Draft{d}, Now: time.Date(2026, 5, 8, 9, i, 0, 0, time.UTC)})
			require.NoError(t, err)
		}
		got, err := ask(t, store, recall.Query{Text: "tariff ferry", Budget: c.budget, Least: 0.9, Since: c.since})
		require.NoError(t, err)
		assert.Equal(t, c.want, append([]quire.UID(nil), got.UIDs...), "%+v: %s", c, got.Sheet)
		assert.LessOrEqual(t, got.Tokens, c.budget)
		if len(c.want) > 1 {
			assert.Regexp(t, `(?s)#1 the tariff.*#3 I was wrong`, got.Sheet)
		}
	}
}

// What was read with the best message is shown as well, with what its sender wrote since:
// that was not read with it.
func TestASheetShowsWhatWasWrittenSinceTheSecondBest(t *testing.T) {
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	for i, l := range [][2]quire.Address{
		{"mia", "We go to Porto in May, with two children. No boats: Tim gets seasick."},
		{"joe", "Porto in May then, by train from Lisbon, and no boats on the Douro for his sake."},
		{"mia", "Find a hotel with a garden."},
	} {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: string(l[1])}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: l[0], Sends: []quire.Draft{d}, Now: time.Date(2026, 5, 8, 9, i, 0, 0, time.UTC)})
		require.NoError(t, err)
	}
	r := &recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(s)/4 + 1 }}
	got, err := r.Recall(t.Context(), recall.Query{Text: "Shall we take a boat in Porto?", Budget: 700, Since: 2, Least: 0.3})
	require.NoError(t, err)
	assert.Contains(t, got.Sheet, "seasick")
	assert.Contains(t, got.Sheet, "garden")
}
