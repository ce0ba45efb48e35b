package sqlitestore

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/quire-dev/quire/mailbox"
)

// What a chunk costs beside a commit of the same file.
func BenchmarkAppendStream(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "mail.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	a, err := s.OpenStream(b.Context(), "ada", mailbox.StreamOpen{Stream: 1})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		err := s.AppendStream(b.Context(), "ada", mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Offset: uint64(i), Chunks: [][]byte{[]byte(fmt.Sprintf("a piece of a reply, number %d, of the usual size of one", i))}})
		if err != nil {
			b.Fatal(err)
		}
	}
}
