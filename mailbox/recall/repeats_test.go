package recall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

// letters is ada's mailbox with what others wrote, one an hour: the sender, the text.
func letters(t *testing.T, list ...[2]string) *mailbox.Store {
	t.Helper()
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	for i, l := range list {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: l[1]}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: quire.Address(l[0]), Sends: []quire.Draft{d}, Now: time.Date(2026, 5, 8, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)})
		require.NoError(t, err)
	}
	return store
}

func TestWhatSaysTheSameIsShownOnceTheNewest(t *testing.T) {
	var list [][2]string
	for i := range 20 {
		list = append(list, [2]string{"mia", "The code of the gate is 7731."}, [2]string{"joe", fmt.Sprintf("lunch number %d", i)})
	}
	list = append(list, [2]string{"ben", "the code of the gate: is it 7731"}, [2]string{"mia", "The code of the other gate is 9."})
	got, err := ask(t, letters(t, list...), recall.Query{Text: "code of the gate", Budget: 300, Least: 0.1})
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(got.Sheet, "7731"), "of each sender the newest: %s", got.Sheet)
	assert.Contains(t, got.UIDs, quire.UID(39))
	assert.Contains(t, got.UIDs, quire.UID(41))
	assert.Contains(t, got.UIDs, quire.UID(42), "other words")
}

func TestANewsletterThatComesTwiceIsShownOnce(t *testing.T) {
	const news = "The ferry to the northern islands leaves at nine, the tariff is forty for a car, and dogs travel in the hold with their owners"
	got, err := ask(t, letters(t, [2]string{"news", news}, [2]string{"joe", "lunch"}, [2]string{"mia", "Forwarded by a friend: " + news},
		[2]string{"news", strings.Replace(news, "forty", "fifty", 1)}), recall.Query{Text: "ferry tariff", Budget: 300, Least: 0.1})
	require.NoError(t, err)
	assert.NotContains(t, got.UIDs, quire.UID(1), got.Sheet)
	assert.Contains(t, got.UIDs, quire.UID(3), "it says the same and is newer")
	assert.Contains(t, got.UIDs, quire.UID(4), "one figure is another one")
}

func TestASheetThatWasMailedIsNotShown(t *testing.T) {
	store := letters(t, [2]string{"mia", "the tariff of the ferry is forty"}, [2]string{"joe", "lunch"})
	got, err := ask(t, store, recall.Query{Text: "ferry tariff", Budget: 100})
	require.NoError(t, err)
	_, err = store.Commit(t.Context(), mailbox.Commit{Address: "ben", Sends: []quire.Draft{{ID: "copy", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "see here: " + got.Sheet}}}}})
	require.NoError(t, err)
	again, err := ask(t, store, recall.Query{Text: "ferry tariff", Budget: 100})
	require.NoError(t, err)
	assert.Equal(t, got.Sheet, again.Sheet)
}

func TestARecallThatFindsNothingWorthItsTokensSaysNothing(t *testing.T) {
	store := letters(t, [2]string{"mia", "please look at the report of the boat"}, [2]string{"joe", "please send soup"}, [2]string{"joe", "please send bread"}, [2]string{"ben", "please come"})
	for text, want := range map[string]bool{"please tell the weather": false, "zeppelins": false, "": false, "the report please": true, "soup": true} {
		got, err := ask(t, store, recall.Query{Text: text, Budget: 200, Least: 0.3})
		require.NoError(t, err)
		assert.Equal(t, want, got.Sheet != "", "%q: %s", text, got.Sheet)
	}
}
