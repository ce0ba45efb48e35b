//go:build unix

package sqlitestore_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// A store whose file is gone, or is another one by now, takes nothing more: nobody would
// ever read it.
func TestAFileThatIsDeletedOrReplacedIsNoticed(t *testing.T) {
	for what, harm := range map[string]func(path string) error{
		"deleted":     os.Remove,
		"moved away":  func(path string) error { return os.Rename(path, path+".old") },
		"no log":      func(path string) error { return os.Remove(path + "-wal") },
		"another log": func(path string) error { return replaced(path + "-wal") },
		"replaced":    replaced,
	} {
		t.Run(what, func(t *testing.T) {
			path := file(t)
			s := open(t, path, nil)
			send(t, s, "mia", mail("before", "x", "ada"))
			require.NoError(t, harm(path))
			for range 2 {
				_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("lost", "x", "ada")}, Now: day})
				fails(t, err, mailbox.ErrReplaced)
			}
			_, err := s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Holder: "a", Stream: 1})
			fails(t, err, mailbox.ErrReplaced)
		})
	}
}

// replaced puts a copy where a file was.
func replaced(path string) error {
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	return err
}
