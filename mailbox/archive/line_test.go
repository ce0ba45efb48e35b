package archive

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// endless is a line without an end; n counts what was read of it.
type endless struct{ n int }

func (e *endless) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte("x"), len(b)))
	e.n += len(b)
	return len(b), nil
}

func TestAMailHasALimit(t *testing.T) {
	var mails []string
	keep := func(raw []byte) error { mails = append(mails, string(raw)); return nil }
	text := "From a\n\n" + strings.Repeat("y", 50) + "\n\nFrom b\n\nz\n"
	require.NoError(t, eachMail(bufio.NewReader(strings.NewReader(text)), 100, keep))
	assert.Len(t, mails, 2)
	e := &endless{}
	r := bufio.NewReader(&joined{strings.NewReader("From a\n\n"), e})
	assert.ErrorIs(t, eachMail(r, 1<<20, keep), ErrFormat)
	assert.Less(t, e.n, 2<<20, "and no more is read")
}

type joined struct {
	first *strings.Reader
	then  *endless
}

func (j *joined) Read(b []byte) (int, error) {
	if j.first.Len() > 0 {
		return j.first.Read(b)
	}
	return j.then.Read(b)
}

// TestNoHeadersOfOthers: what a message only refers to may hold anything.
func TestNoHeadersOfOthers(t *testing.T) {
	m := memstore.New(nil)
	_, err := m.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m", To: []quire.Address{"ada"},
		InReplyTo: "x>\nBcc: a@b\n", References: []quire.MessageID{"y\r\n\r\nFrom me\n"}, Parts: []quire.Part{quire.Text{Text: "x"}}}}})
	require.NoError(t, err)
	var file bytes.Buffer
	_, err = ExportMbox(t.Context(), m, &file, "ada")
	require.NoError(t, err)
	assert.NotContains(t, file.String(), "\nBcc")
	assert.NotContains(t, file.String(), "\nFrom me")
	counts, unread, err := ImportMbox(t.Context(), memstore.New(nil), &file, "ada")
	require.NoError(t, err)
	assert.Equal(t, []int{1, 0}, []int{counts.Added, unread})
}
