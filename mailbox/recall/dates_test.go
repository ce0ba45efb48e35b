package recall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

// TestASheetNamesTheYearWhereItChanges, and a day once, whatever the sender's clock has
// beside it.
func TestASheetNamesTheYearWhereItChanges(t *testing.T) {
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	for i, sent := range []time.Time{
		time.Date(1969, 12, 31, 23, 59, 0, 0, time.UTC),
		time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC),
		time.Date(2025, 12, 30, 9, 0, 0, 0, time.UTC),
		time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), // still the year before
		time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC),
	} {
		d := quire.Draft{ID: quire.MessageID(string(rune('a' + i))), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "boat " + string(rune('a'+i))}}}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: sent})
		require.NoError(t, err)
	}
	got, err := ask(t, store, recall.Query{Text: "boat", Budget: 200})
	require.NoError(t, err)
	assert.Contains(t, got.Sheet, `[31 December 1969]
mia:
#1 boat a
[1 January 1970]
mia:
#2 boat b
[30 December 2025]
mia:
#3 boat c
[31 December]
mia:
#4 boat d
#5 boat e
[1 January 2026]
mia:
#6 boat f
`)
}
