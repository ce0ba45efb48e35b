package sqlitestore

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// formatThree is a file that the first release wrote: three messages of which one is a
// blob, an owner, a journal, a receipt. Never write it anew.
func formatThree(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/format3.db.gz")
	require.NoError(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "mail.db")
	f, err := os.Create(path)
	require.NoError(t, err)
	_, err = io.Copy(f, r)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return path
}

func TestAFileOfFormatThreeIsReadAndGetsStreams(t *testing.T) {
	path := formatThree(t)
	_, err := Open(t.Context(), path, &Options{ReadOnly: true})
	require.ErrorIs(t, err, mailbox.ErrReadOnly, "it has to be brought to this format first")
	for range 2 { // the second time there is nothing left to do
		s, err := Open(t.Context(), path, nil)
		require.NoError(t, err)
		holdsFormatThree(t, s)
		a, err := s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1, Fence: 1})
		require.NoError(t, err)
		require.NoError(t, s.AppendStream(t.Context(), "ada", mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Fence: 1, Chunks: [][]byte{[]byte("hello")}}))
		require.NoError(t, s.Close())
	}
	assert.Equal(t, format, number(t, path, "SELECT user_version FROM pragma_user_version"))
	s, err := Open(t.Context(), path, &Options{ReadOnly: true})
	require.NoError(t, err)
	defer s.Close()
	p, err := s.ReadStream(t.Context(), "ada", mailbox.StreamRead{Attempt: 2})
	require.NoError(t, err)
	assert.Equal(t, "hello", string(p.Chunks[0]))
	_, err = s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 2, Fence: 1})
	assert.ErrorIs(t, err, mailbox.ErrReadOnly)
}

func holdsFormatThree(t *testing.T, s *Store) {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, []any{quire.UID(3), uint64(1)}, []any{snap.Agent.Through, snap.Rev})
	_, composer, ok := oldstate.Split(snap.Agent.State)
	assert.Equal(t, []any{true, `{"v":1}`}, []any{ok, string(composer)})
	require.Len(t, snap.Journal, 1)
	assert.Equal(t, driver.JournalBegun, snap.Journal[0].Status)
	page, err := s.Query(t.Context(), "ada", mailbox.Query{Text: "invoice zeppelin"})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, []any{quire.MessageID("m1"), quire.FlagHandled}, []any{page.Rows[0].ID, page.Rows[0].Flags})
	items, err := s.Get(t.Context(), "ben", mailbox.Get{IDs: []quire.MessageID{"m2"}})
	require.NoError(t, err)
	require.Len(t, items, 1)
	text, err := s.Content(t.Context(), "ben", items[0].Parts[0].(quire.Blob).Digest, 0, 0)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("lorem ipsum ", 10000), string(text))
	receipts, err := s.Receipts(t.Context(), "ada", 0, 9)
	require.NoError(t, err)
	assert.Len(t, receipts, 1)
	done, err := s.Commit(t.Context(), mailbox.Commit{ID: "c1", Address: "mia"})
	assert.ErrorIs(t, err, mailbox.ErrConflict, "commits of before are known: %+v", done)
}

// Another process's store on the same file is another store here: nothing is shared
// but the file.
func TestReadersInOtherProcessesFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.db")
	open := func(o *Options) *Store {
		s, err := Open(t.Context(), path, o)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		return s
	}
	here, there := open(nil), open(&Options{Poll: 10 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun, seen := make(chan struct{}, 1), make(chan string, 1)
	go func() {
		var all string
		for p, err := range there.Follow(ctx, "ada", mailbox.StreamRead{Stream: 7}) {
			if !assert.NoError(t, err) {
				break
			}
			for _, c := range p.Chunks {
				all += string(c)
			}
			select {
			case begun <- struct{}{}:
			default:
			}
		}
		seen <- all
	}()
	a, err := here.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 7})
	require.NoError(t, err)
	want := ""
	for i := range 20 {
		s := strconv.Itoa(i) + " "
		want += s
		require.NoError(t, here.AppendStream(ctx, "ada", mailbox.StreamAppend{Stream: 7, Attempt: a.Attempt, Offset: uint64(i), Chunks: [][]byte{[]byte(s)}}))
		if i == 0 {
			<-begun // from here on it waits in the middle of the stream
		}
	}
	require.NoError(t, here.EndStream(ctx, "ada", mailbox.StreamClose{Stream: 7, Attempt: a.Attempt, End: driver.StreamEnd{Kind: driver.StreamDone}}))
	assert.Equal(t, want, <-seen)
}

// Chunks don't wait for the disk; what a chunk's meaning hangs on does, and every
// commit as before, whatever came between.
func TestOnlyChunksAndEndsDoNotWaitForTheDisk(t *testing.T) {
	for _, o := range []Options{{}, {Normal: true}} {
		s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &o)
		require.NoError(t, err)
		level := func() (n int) {
			c, err := s.file.write.take(t.Context())
			require.NoError(t, err)
			defer s.file.write.give(c)
			require.NoError(t, c.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&n))
			return n
		}
		const normal, full = 1, 2
		commits := full
		if o.Normal {
			commits = normal
		}
		commit := func() {
			_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: mailbox.NewID(), To: []quire.Address{"ada"}}}})
			require.NoError(t, err)
			assert.Equal(t, commits, level())
		}
		commit()
		a, err := s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
		require.NoError(t, err)
		assert.Equal(t, full, level(), "the number of an attempt is never given again")
		require.NoError(t, s.AppendStream(t.Context(), "ada", mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Chunks: [][]byte{[]byte("x")}}))
		assert.Equal(t, normal, level())
		commit()
		require.NoError(t, s.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: 1, End: driver.StreamEnd{Kind: driver.StreamDone}}))
		assert.Equal(t, normal, level())
		commit()
		require.NoError(t, s.Close())
	}
}
