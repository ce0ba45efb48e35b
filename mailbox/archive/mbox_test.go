package archive_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/archive"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func TestAnMboxKeepsWhatItCanHoldAndListsTheRest(t *testing.T) {
	m := memstore.New(nil)
	big := strings.Repeat("From the start: größer >From\n", 4000)
	drafts := []quire.Draft{
		{ID: "m1", To: []quire.Address{"ada", "eve@example.org"}, CC: []quire.Address{"ben+work"}, Subject: "Grüße\r\nBcc: x@y", Parts: []quire.Part{quire.Text{Text: "From me\n\n>From you\n.\nä = ü"}}},
		{ID: "m2", To: []quire.Address{"ada"}, InReplyTo: "m1", References: []quire.MessageID{"m0", "m1"}, Auto: quire.AutoReplied, Parts: []quire.Part{quire.Text{Text: big}}},
		{ID: "m3", To: []quire.Address{"ada"}, Kind: quire.KindAnswer, Parts: []quire.Part{quire.Image{URL: "https://example.org/x"}, quire.Text{Text: "a picture"}, quire.Opaque{Raw: []byte(`{"kind":"x"}`)}}},
	}
	for _, d := range drafts {
		_, err := m.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day})
		require.NoError(t, err)
	}
	var file bytes.Buffer
	lost, err := archive.ExportMbox(t.Context(), m, &file, "ada")
	require.NoError(t, err)
	assert.Equal(t, archive.Losses{Messages: 3, Parts: map[string]int{"image": 1, "opaque": 1}}, lost)
	assert.NotContains(t, file.String(), "\nBcc:")
	s := memstore.New(nil)
	for range 2 {
		counts, unread, err := archive.ImportMbox(t.Context(), s, bytes.NewReader(file.Bytes()), "ada")
		require.NoError(t, err)
		assert.Zero(t, unread)
		assert.Equal(t, 3, counts.Added+counts.Known)
	}
	page, err := s.Query(t.Context(), "ada", mailbox.Query{Oldest: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 3)
	for i, r := range page.Rows {
		d := drafts[i]
		assert.Equal(t, []any{d.ID, d.To, d.CC, d.InReplyTo, d.References, d.Auto}, []any{r.ID, r.To, r.CC, r.InReplyTo, r.References, r.Auto})
		assert.Equal(t, []any{quire.Address("mia"), quire.TrustExternal, day}, []any{r.From, r.Trust, r.Sent})
	}
	assert.Equal(t, quire.KindAnswer, page.Rows[2].Kind)
	assert.Equal(t, quire.MessageID("m1"), page.Rows[1].Thread)
	items, err := s.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{1, 2}})
	require.NoError(t, err)
	trim := func(s string) string { return strings.TrimRight(s, "\n") }
	assert.Equal(t, drafts[0].Parts[0].(quire.Text).Text, trim(items[0].Parts[0].(quire.Text).Text))
	text, err := s.Content(t.Context(), "ada", items[1].Parts[0].(quire.Blob).Digest, 0, 0)
	require.NoError(t, err)
	assert.Equal(t, trim(big), trim(string(text)))
}

func TestMailOfOtherPrograms(t *testing.T) {
	const file = "From x@y Mon Jan  5 09:00:00 2026\nFrom: X <X@y.example>\nTo: ada@example.org\nMessage-ID: <1@y.example>\nSubject: one\n\nhello\n\n" +
		"From x@y Mon Jan  5 09:00:00 2026\nno header at all\n\nFrom x@y Mon Jan  5 09:00:00 2026\nSubject: two\n\n>From here\n"
	s := memstore.New(nil)
	counts, unread, err := archive.ImportMbox(t.Context(), s, strings.NewReader(file), "ada")
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1}, []int{counts.Added, unread})
	page, err := s.Query(t.Context(), "ada", mailbox.Query{Oldest: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 2)
	assert.Equal(t, []any{quire.Address("x@y.example"), "one", "hello"}, []any{page.Rows[0].From, page.Rows[0].Subject, page.Rows[0].Snippet})
	assert.Equal(t, []any{quire.Address("unknown"), "two", "From here"}, []any{page.Rows[1].From, page.Rows[1].Subject, page.Rows[1].Snippet})
	_, _, err = archive.ImportMbox(t.Context(), s, strings.NewReader("hello\n"), "ada")
	require.ErrorIs(t, err, archive.ErrFormat)
	_, _, err = archive.ImportMbox(t.Context(), s, io.MultiReader(strings.NewReader(file), broken{}), "ada")
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// mbox is ten plain mails with an odd one among them.
func mbox(odd string) io.Reader {
	var list []io.Reader
	for i := range 11 {
		text := odd
		if i != 5 {
			text = fmt.Sprintf("From: x@y.example\nTo: ada@example.org\nMessage-ID: <%d@y.example>\nSubject: number %d\n\nhello %d\n", i, i, i)
		}
		list = append(list, strings.NewReader("From x@y Mon Jan  5 09:00:00 2026\n"+text+"\n"))
	}
	return io.MultiReader(list...)
}

// One mail that no store keeps does not keep the others out.
func TestOneOddMailKeepsNoOthersOut(t *testing.T) {
	const head = "From: x@y.example\nMessage-ID: <odd@y.example>\n"
	to := make([]string, 1200)
	for i := range to {
		to[i] = fmt.Sprintf("a%d@example.org", i)
	}
	for what, c := range map[string]struct {
		odd string
		err error
	}{
		"a reused id":      {"From: x@y.example\nMessage-ID: <3@y.example>\nSubject: another\n\nother\n", mailbox.ErrConflict},
		"a 9 KB subject":   {head + "Subject: " + strings.Repeat("x", 9<<10) + "\n\nhello\n", mailbox.ErrInvalid},
		"1,200 recipients": {head + "To: " + strings.Join(to, ",\n ") + "\nSubject: many\n\nhello\n", mailbox.ErrInvalid},
		"70 MB":            {head + "Subject: large\n\n" + strings.Repeat(strings.Repeat("y", 999)+"\n", 70<<10) + "\n", mailbox.ErrInvalid},
		"no header at all": {"no header at all\n", archive.ErrFormat},
	} {
		t.Run(what, func(t *testing.T) {
			s := memstore.New(nil)
			for round := range 2 {
				counts, left, err := archive.ImportMbox(t.Context(), s, mbox(c.odd), "ada")
				require.NoError(t, err)
				assert.Equal(t, []int{(1 - round) * 10, round * 10, 1, 1}, []int{counts.Added, counts.Known, counts.LeftOut, left})
				require.Len(t, counts.Left, 1)
				assert.Equal(t, 6, counts.Left[0].Place)
				require.ErrorIs(t, counts.Left[0].Err, c.err)
			}
			st, err := s.Status(t.Context(), "ada")
			require.NoError(t, err)
			assert.Equal(t, 10, st.Total)
		})
	}
}

// The same for JSON Lines, also of a mailbox that is restored when the message is only
// larger than a store takes by now.
func TestOneOddLineKeepsNoOthersOut(t *testing.T) {
	old := memstore.New(nil)
	for i := range 11 {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: strings.Repeat("x", 100+10*i)}}}
		_, err := old.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day})
		require.NoError(t, err)
	}
	var file bytes.Buffer
	_, err := archive.Export(t.Context(), old, &file, "ada")
	require.NoError(t, err)
	for _, restore := range []bool{false, true} {
		s := memstore.New(&mailbox.Options{Rules: mailbox.Rules{Limits: mailbox.Limits{Body: 195}}})
		counts, err := archive.Import(t.Context(), s, bytes.NewReader(file.Bytes()), &archive.Options{Restore: restore})
		require.NoError(t, err)
		assert.Equal(t, []int{10, 1}, []int{counts.Added, counts.LeftOut})
		assert.Equal(t, quire.MessageID("m10"), counts.Left[0].ID)
		var e *mailbox.Error
		require.ErrorAs(t, counts.Left[0].Err, &e)
		assert.Equal(t, "body", e.Field)
	}
	s := memstore.New(nil)
	_, err = s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m4", To: []quire.Address{"ada"}}}, Now: day})
	require.NoError(t, err)
	counts, err := archive.Import(t.Context(), s, bytes.NewReader(file.Bytes()), nil)
	require.NoError(t, err)
	assert.Equal(t, []int{10, 1}, []int{counts.Added, counts.LeftOut})
	require.ErrorIs(t, counts.Left[0].Err, mailbox.ErrConflict)
	_, err = archive.Import(t.Context(), s, bytes.NewReader(file.Bytes()), &archive.Options{Restore: true})
	require.ErrorIs(t, err, mailbox.ErrConflict, "a mailbox is restored as it was, or not at all")
}
