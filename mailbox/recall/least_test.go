package recall

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
	"github.com/quire-dev/quire/tokenizer"
)

// TestWhatWillNotFitIsNotCounted: where messages take three times what was estimated, the
// sheet learns it from those that it shows, and a short one still gets the rest of the room.
func TestWhatWillNotFitIsNotCounted(t *testing.T) {
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	c := mailbox.Commit{Address: "mia", Now: time.Date(2026, 5, 8, 9, 0, 0, 0, time.UTC)}
	for i := range 60 {
		text := fmt.Sprintf("the harbour %d %s", i, strings.Repeat("boat sails north ", 20))
		if i == 3 {
			text = "a harbour"
		}
		c.Sends = append(c.Sends, quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: text}}})
	}
	_, err := store.Commit(t.Context(), c)
	require.NoError(t, err)
	lines := 0
	r := &Recaller{Store: store, Address: "ada", Count: func(s string) int {
		if strings.HasPrefix(s, "#") {
			lines++
		}
		return 3 * tokenizer.Approx{}.CountText(s)
	}}
	found, err := r.Recall(t.Context(), Query{Text: "boat harbour", Budget: 1430})
	require.NoError(t, err)
	assert.Greater(t, len(found.UIDs), several)
	assert.Contains(t, found.UIDs, quire.UID(4), "the short one")
	assert.Less(t, lines, len(found.UIDs)+5)
	assert.Greater(t, found.Tokens, 1200)
}
