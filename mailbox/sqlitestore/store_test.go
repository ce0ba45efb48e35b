package sqlitestore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestMailOutlivesTheProcess(t *testing.T) {
	path := file(t)
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	d := mail("Invoices", "The export of invoices fails.", "ada", "ben+x")
	send(t, s, "mia", d)
	before, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closing twice is fine")
	_, err = s.Status(t.Context(), "ada")
	require.ErrorIs(t, err, mailbox.ErrClosed)

	s = open(t, path, nil)
	after, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, before, after)
	page, err := s.Query(t.Context(), "ben", mailbox.Query{Text: "invoice", Now: day})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, "The export of invoices fails.", page.Rows[0].Snippet)
	items, err := s.Get(t.Context(), "ada", mailbox.Get{IDs: []quire.MessageID{d.ID}})
	require.NoError(t, err)
	require.Len(t, items, 1)
	assert.Equal(t, d.Parts, items[0].Parts)
}
