package recall

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// past is a mailbox with more messages than are judged whatever they say, of all sizes.
func past(t *testing.T, n int) *mailbox.Store {
	t.Helper()
	store := memstore.New(nil)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	rnd := rand.New(rand.NewPCG(3, 3))
	now := time.Date(2026, 5, 8, 9, 0, 0, 0, time.UTC)
	c := mailbox.Commit{Now: now}
	for i := range n {
		var b strings.Builder
		for range 1 + int(rnd.ExpFloat64()*12) {
			fmt.Fprintf(&b, "word%d ", int(rnd.ExpFloat64()*60))
		}
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: b.String()}}}
		if i%4 > 0 {
			d.InReplyTo = quire.MessageID(fmt.Sprint("m", i-i%4))
		}
		if c.Sends = append(c.Sends, d); len(c.Sends) == 50 || i == n-1 {
			c.Address, c.Now = quire.Address(fmt.Sprint("sender", i%7)), now.Add(time.Duration(i)*time.Minute)
			_, err := store.Commit(t.Context(), c)
			require.NoError(t, err)
			c.Sends = nil
		}
	}
	return store
}

// TestWhatIsRememberedChangesNoAnswer: a Recaller that was asked before, while the mailbox
// changed, answers as one that knows nothing, and as one that has read everything.
func TestWhatIsRememberedChangesNoAnswer(t *testing.T) {
	const n = newest + 300
	store := past(t, n)
	rnd := rand.New(rand.NewPCG(4, 4))
	fresh := func() *Recaller {
		return &Recaller{Store: store, Address: "ada", Count: func(s string) int { return 1 + len(s)/9 }}
	}
	warm := fresh()
	for i := range 24 {
		q := Query{Budget: 60 + 40*(i%7)}
		for range 1 + i%4 {
			q.Text += fmt.Sprintf("word%d ", int(rnd.ExpFloat64()*60))
		}
		if i%3 == 2 {
			q.Least, q.Since = 0.3, 3
		}
		if i%5 == 4 {
			q.Passage = 30
		}
		got, err := warm.Recall(t.Context(), q)
		require.NoError(t, err)
		require.NotEmpty(t, got.UIDs)
		want, err := fresh().Recall(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want, got, "%+v", q)

		plain := fresh()
		require.NoError(t, plain.readAll(t, n+i))
		all, err := plain.Recall(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want, all, "%+v", q)

		c := mailbox.Commit{Address: "ada", Now: time.Date(2026, 6, 1, 9, i, 0, 0, time.UTC), Flags: []mailbox.FlagChange{
			{UID: got.UIDs[0], Set: quire.FlagHeld}, {UID: quire.UID(1 + rnd.IntN(n)), Set: quire.FlagHeld}}}
		c.Sends = []quire.Draft{{ID: quire.MessageID(fmt.Sprint("new", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: q.Text + "again"}}}}
		_, err = store.Commit(t.Context(), c)
		require.NoError(t, err)
	}
}

// readAll has all messages judged and read, before anything is asked.
func (r *Recaller) readAll(t *testing.T, n int) error {
	if _, err := r.pool.refresh(t.Context(), r); err != nil {
		return err
	}
	uids := make([]quire.UID, n)
	for i := range uids {
		uids[i] = quire.UID(i + 1)
	}
	list, err := r.pool.learn(t.Context(), r, uids)
	if err == nil {
		err = r.pool.read(t.Context(), r, list)
	}
	return err
}
