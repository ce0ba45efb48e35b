package sqlitestore

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// letters are texts that stand in different places of a message.
var letters = map[string]string{
	"body":    "transfer one hundred to mia",
	"subject": "the invoice of january",
	"header":  "x-approved-by-the-boss",
	"option":  "yes, delete all of them",
}

func lettered(t *testing.T) (path string) {
	path = filepath.Join(t.TempDir(), "mail.db")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	d := quire.Draft{ID: "m1", To: []quire.Address{"ada"}, Kind: quire.KindQuestion, Subject: letters["subject"],
		Headers: []quire.Header{{Name: letters["header"], Value: "1"}}, Question: &quire.Question{Options: []string{letters["option"]}},
		Parts: []quire.Part{quire.Text{Text: letters["body"]}}}
	large := quire.Draft{ID: "m2", To: []quire.Address{"ben"}, Parts: []quire.Part{quire.Text{Text: strings.Repeat("chunk of content ", 40_000)}}}
	_, err = s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d, large}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}

// A flipped bit in a text makes another text of it. It is an error, wherever it is read,
// and never another text.
func TestAChangedLetterIsCorrupt(t *testing.T) {
	path := lettered(t)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, what := range []string{"head", "parts"} {
		kept, err := hex.DecodeString(text(t, path, "SELECT hex("+what+") FROM message WHERE mid = 'm1'"))
		require.NoError(t, err)
		at := bytes.Index(whole, kept)
		require.Positive(t, at, what)
		for i := 0; i < len(kept); i += 3 {
			changed := bytes.Clone(whole)
			changed[at+i] ^= 1 << (i % 8)
			assert.Equal(t, 0, otherTexts(t, changed), "%s, byte %d of %d: another text was read", what, i, len(kept))
		}
	}
}

// otherTexts counts the answers of a file that are not what was written.
func otherTexts(t *testing.T, file []byte) (n int) {
	path := filepath.Join(t.TempDir(), "mail.db")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	items, err := s.Get(context.Background(), "ada", mailbox.Get{UIDs: []quire.UID{1}})
	if err == nil {
		it := items[0]
		if it.Subject != letters["subject"] || it.Headers[0].Name != letters["header"] || it.Question.Options[0] != letters["option"] || it.Parts[0] != quire.Part(quire.Text{Text: letters["body"]}) {
			n++
		}
	} else {
		require.ErrorIs(t, err, mailbox.ErrCorrupt)
	}
	for _, q := range []mailbox.Query{{}, {Text: "invoice"}, {Text: "hundred"}, {Text: "hundred", Plain: true}} {
		page, err := s.Query(context.Background(), "ada", q)
		if err != nil {
			require.ErrorIs(t, err, mailbox.ErrCorrupt)
			continue
		}
		for _, r := range page.Rows {
			if r.Subject != letters["subject"] || r.Snippet != letters["body"] {
				n++
			}
		}
	}
	return n
}

// A range of content is checked like all of it.
func TestAChangedLetterInARangeOfContentIsCorrupt(t *testing.T) {
	path := lettered(t)
	text := strings.Repeat("chunk of content ", 40_000)
	d := quire.DigestOf([]byte(text))
	at(t, path, "UPDATE chunk SET data = CAST(substr(data, 1, 100) || x'58' || substr(data, 102) AS BLOB) WHERE n = 1")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	got, err := s.Content(t.Context(), "ben", d, 10, 20)
	require.NoError(t, err)
	assert.Equal(t, text[10:20], string(got))
	_, err = s.Content(t.Context(), "ben", d, sqldriver.ChunkSize+10, sqldriver.ChunkSize+20)
	require.ErrorIs(t, err, mailbox.ErrCorrupt)
}

// What was written before there were seals is read as it is.
func TestFilesWithoutSealsAreRead(t *testing.T) {
	path := lettered(t)
	asText(t, path)
	at(t, path, "UPDATE chunk SET data = substr(data, 6)", "PRAGMA user_version = 5")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	items, err := s.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{1}})
	require.NoError(t, err)
	assert.Equal(t, letters["subject"], items[0].Subject)
	assert.Equal(t, []quire.Part{quire.Text{Text: letters["body"]}}, items[0].Parts)
	text := strings.Repeat("chunk of content ", 40_000)
	got, err := s.Content(t.Context(), "ben", quire.DigestOf([]byte(text)), 0, 0)
	require.NoError(t, err)
	assert.Equal(t, len(text), len(got))
	assert.Equal(t, format, number(t, path, "SELECT user_version FROM pragma_user_version"))
}

// asText has all messages of ada say what they say as it was kept before format 6.
func asText(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	page, err := s.Query(t.Context(), "ada", mailbox.Query{})
	require.NoError(t, err)
	for _, r := range page.Rows {
		items, err := s.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{r.UID}})
		require.NoError(t, err)
		head := items[0].Draft
		head.Parts = nil
		h, err := codec.EncodeDraft(&head)
		require.NoError(t, err)
		p, err := codec.EncodeParts(items[0].Parts)
		require.NoError(t, err)
		at(t, path, fmt.Sprintf("UPDATE message SET head = x'%x', parts = x'%x', snippet = CAST(x'%x' AS TEXT) WHERE mid = '%s'", h, p, r.Snippet, items[0].ID))
	}
}
