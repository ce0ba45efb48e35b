package mailbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

var day = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func mail(subject, body string, to ...quire.Address) quire.Draft {
	return quire.Draft{ID: mailbox.NewID(), To: to, Subject: subject, Parts: []quire.Part{quire.Text{Text: body}}}
}

func TestSendAndRead(t *testing.T) {
	m := memstore.New(nil)
	d := mail("Hello", "Good morning.\nHow are you?", "ada+inbox", "ada", "ben")
	c, err := m.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day})
	require.NoError(t, err)
	require.Len(t, c.Sent, 1)
	assert.Empty(t, c.Sent[0].Bounced)
	page, err := m.Query(t.Context(), "ada", mailbox.Query{Text: "mornings", Now: day})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, "Good morning. How are you?", page.Rows[0].Snippet)
	assert.Equal(t, quire.TrustPerson, page.Rows[0].Trust)
	assert.Equal(t, quire.UID(1), page.Rows[0].UID)
	items, err := m.Get(t.Context(), "ben", mailbox.Get{IDs: []quire.MessageID{d.ID}})
	require.NoError(t, err)
	require.Len(t, items, 1)
	assert.Equal(t, d.Parts, items[0].Parts)
	assert.Equal(t, quire.Address("mia"), items[0].From)
}

func TestErrorsSayWhatToDo(t *testing.T) {
	m := memstore.New(&mailbox.Options{Rules: mailbox.Rules{Limits: mailbox.Limits{Body: 100}}})
	for want, d := range map[string]quire.Draft{
		"no recipient":                   mail("x", "y"),
		"recipient's address":            mail("x", "y", "a b"),
		"no id":                          {To: []quire.Address{"ada"}},
		"has 101 bytes and at most 100":  mail("x", strings.Repeat("y", 101), "ada"),
		"goes to its own author only":    {ID: "1", Kind: quire.KindTurn, To: []quire.Address{"ada"}},
		"put the text into a part":       mail(strings.Repeat("s", 10000), "y", "ada"),
		"which no message of mia has":    {ID: "1", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Blob{Digest: quire.DigestOf([]byte("x"))}}},
		"printable characters without s": {ID: "a b", To: []quire.Address{"ada"}},
	} {
		_, err := m.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}})
		require.ErrorIs(t, err, mailbox.ErrInvalid)
		assert.ErrorContains(t, err, want)
		var e *mailbox.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "commit", e.Op)
	}
}
