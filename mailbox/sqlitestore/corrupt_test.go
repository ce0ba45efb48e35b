package sqlitestore

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// calls are all ways to read a mailbox, and one to write to it.
func calls(ctx context.Context, s *Store) map[string]func() error {
	return map[string]func() error{
		"Snapshot": func() error { _, err := s.Snapshot(ctx, "ada"); return err },
		"Status":   func() error { _, err := s.Status(ctx, "ada"); return err },
		"Query":    func() error { _, err := s.Query(ctx, "ada", mailbox.Query{}); return err },
		"Search":   func() error { _, err := s.Query(ctx, "ada", mailbox.Query{Text: "invoice"}); return err },
		"Get":      func() error { _, err := s.Get(ctx, "ada", mailbox.Get{UIDs: []quire.UID{1}}); return err },
		"Content": func() error {
			_, err := s.Content(ctx, "ada", blobDigest, 0, 0)
			return err
		},
		"Changes": func() error {
			_, err := s.Changes(ctx, "ada", "", 0)
			if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
				err = nil
			}
			return err
		},
		"Receipts": func() error { _, err := s.Receipts(ctx, "ada", 0, 9); return err },
		"Commit": func() error {
			_, err := s.Commit(ctx, firstCommit())
			return err
		},
	}
}

const blobText = "invoice "

var blobDigest = quire.DigestOf([]byte(blobText))

func firstCommit() mailbox.Commit {
	return mailbox.Commit{ID: "first", Address: "ada", Agent: &driver.AgentState{State: []byte("x")},
		Sends:   []quire.Draft{{ID: "m1", Kind: quire.KindTurn, Parts: []quire.Part{quire.Text{Text: blobText}}}},
		Receipt: &driver.Receipt{Call: 1, Data: []byte("x")}, Journal: []driver.JournalEntry{{Step: "s", Status: driver.JournalBegun}}}
}

// filled is a file with something in most tables.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mail.db")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), firstCommit())
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), mailbox.Commit{Address: "ada", Counts: []mailbox.CountChange{{UID: 1, Count: quire.Count{Key: "k", Tokens: 1}}}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}

func TestADamagedRowIsCorruptAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct{ damage, call string }{
		"head":                 {"UPDATE message SET head = x'7b'", "Get"},
		"head of a row":        {"UPDATE message SET head = x'00'", "Query"},
		"parts":                {"UPDATE message SET parts = x'5b7b'", "Snapshot"},
		"gateways":             {"UPDATE message SET via = '{'", "Get"},
		"counts":               {"UPDATE delivery SET counts = '{'", "Query"},
		"what is held":         {"UPDATE box SET holds = x'80'", "Snapshot"},
		"a number":             {"UPDATE delivery SET flags = 'many'", "Get"},
		"a negative number":    {"UPDATE box SET next_uid = -4", "Status"},
		"a time":               {"UPDATE receipt SET time = 'noon'", "Receipts"},
		"a commit's answer":    {"UPDATE done SET answer = '{'", "Commit"},
		"the epoch":            {"DELETE FROM meta WHERE key = 'epoch'", "Status"},
		"the message":          {"DELETE FROM message", "Query"},
		"the content's chunks": {"INSERT INTO blob (digest, size) VALUES (x'" + blobDigest.String() + "', 8); INSERT INTO refers SELECT digest, 1 FROM blob", "Content"},
		"the content":          {"INSERT INTO blob (digest, size) VALUES (x'" + blobDigest.String() + "', 8); INSERT INTO refers SELECT digest, 1 FROM blob; INSERT INTO chunk (blob, n, data) VALUES (1, 0, 'another ')", "Content"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filled(t)
			s, err := Open(t.Context(), path, nil)
			require.NoError(t, err)
			defer s.Close()
			at(t, path, c.damage)
			err = calls(t.Context(), s)[c.call]()
			require.ErrorIs(t, err, mailbox.ErrCorrupt)
			var e *mailbox.Error
			require.ErrorAs(t, err, &e)
		})
	}
}

// Whatever bytes of the file are overwritten: an error of the store's own, or an
// answer; never a panic or a hang.
func TestOverwrittenBytesGiveErrorsNeverPanics(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	failed := 0
	whole, err := os.ReadFile(filled(t))
	require.NoError(t, err)
	for range 60 {
		path, b := filepath.Join(t.TempDir(), "mail.db"), bytes.Clone(whole)
		from := rnd.IntN(len(b))
		for i := from; i < min(from+1+rnd.IntN(3000), len(b)); i++ {
			b[i] = byte(rnd.Uint32())
		}
		require.NoError(t, os.WriteFile(path, b, 0o600))
		s, err := Open(t.Context(), path, nil)
		if err != nil {
			failed++
			var e *mailbox.Error
			require.ErrorAs(t, err, &e)
			continue
		}
		for name, call := range calls(t.Context(), s) {
			if err := call(); err != nil {
				failed++
				var e *mailbox.Error
				require.ErrorAs(t, err, &e, name)
			}
		}
		require.NoError(t, s.Close())
	}
	assert.Greater(t, failed, 10, "the damage is noticed now and then")
}
