//go:build unix && (amd64 || arm64)

package sqlitestore_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// word is what an attempt says at an offset.
func word(attempt int, offset uint64) string { return fmt.Sprint(attempt, " says ", offset) }

// recordSpeech lets producers begin attempts and speak, with commits between them, and
// returns all that the store did to its files. Attempts are acknowledged.
func recordSpeech(t *testing.T, o *sqlitestore.Options, attempts int) []event {
	path := file(t)
	d := watchDisk(t, filepath.Dir(path))
	s, err := sqlitestore.Open(t.Context(), path, o)
	require.NoError(t, err)
	for n := 1; n <= attempts; n++ {
		a, err := s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
		require.NoError(t, err)
		d.acknowledge(uint64(a.Attempt))
		for offset := range uint64(4) {
			add := mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Offset: offset, Chunks: [][]byte{[]byte(word(a.Attempt, offset))}}
			require.NoError(t, s.AppendStream(t.Context(), "ada", add))
			if offset == 2 && n%2 == 0 {
				send(t, s, "mia", mail("x", "y", "ada"))
			}
		}
	}
	require.NoError(t, s.Close())
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log
}

// A power cut takes back the last chunks at most: the number of an attempt that began is
// never given again, also where commits don't wait for the disk, and what is left is
// what was said.
func TestAPowerCutTakesBackTheLastChunksAtMost(t *testing.T) {
	for _, o := range []sqlitestore.Options{{}, {Normal: true}} {
		log := recordSpeech(t, &o, 12)
		seed := uint64(time.Now().UnixNano())
		rnd := rand.New(rand.NewPCG(seed, 0))
		p, begun, lost := platter{}, uint64(0), 0
		for at, e := range log {
			if p.replay(e); e.what == acked {
				begun = e.acked
			}
			if begun == 0 || rnd.IntN(12) > 0 {
				continue
			}
			for _, l := range losses(rnd) {
				folder := filepath.Join(t.TempDir(), "files")
				require.NoError(t, os.Mkdir(folder, 0o700))
				p.cut(t, folder, l.keep)
				s, err := sqlitestore.Open(t.Context(), filepath.Join(folder, filepath.Base(file(t))), nil)
				what := fmt.Sprintf("call %d of %d, seed %d, %s, normal %v", at, len(log), seed, l.name, o.Normal)
				require.NoError(t, err, what)
				a, err := s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
				require.NoError(t, err, what)
				require.Greater(t, uint64(a.Attempt), begun, what)
				lost += spoken(t, s, what)
				require.NoError(t, s.Close())
				require.NoError(t, os.RemoveAll(folder))
			}
		}
		require.Positive(t, lost, "chunks are not waited for: some were taken back")
	}
}

// spoken sees that all there is was said, and that only attempts that were cut miss
// something. It returns how many chunks are missing.
func spoken(t *testing.T, s *sqlitestore.Store, what string) (missing int) {
	t.Helper()
	for r := (mailbox.StreamRead{Stream: 1, Attempt: 1}); ; {
		p, err := s.ReadStream(t.Context(), "ada", r)
		require.NoError(t, err, what)
		if p.Last == nil {
			return missing // the one that was begun after the cut
		}
		for i, c := range p.Chunks {
			require.Equal(t, word(p.Attempt, uint64(i)), string(c), what)
		}
		if n := 4 - len(p.Chunks); n > 0 {
			require.GreaterOrEqual(t, p.Attempt, p.Latest-2, "%s: an attempt in the middle", what)
			missing += n
		}
		r = p.Read
	}
}
