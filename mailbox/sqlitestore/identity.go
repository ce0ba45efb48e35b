package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/quire-dev/quire/mailbox"
)

// identity knows which files a store was opened on. A file that is deleted or replaced
// stays open, and takes commits that nobody will read. It is used by one goroutine at a
// time: whoever has the connection that writes.
type identity struct {
	path      string
	main, log fs.FileInfo // log: nil until a transaction has begun
}

func identityOf(path string) (*identity, error) {
	main, err := os.Stat(path)
	return &identity{path: path, main: main}, err
}

// check says whether the path still names the files that are open, in a transaction that
// writes: there is a write-ahead log then, and SQLite removes it only when nobody has
// the file open.
func (id *identity) check() error {
	if _, err := id.same(id.path, id.main); err != nil {
		return err
	}
	log, err := id.same(id.path+"-wal", id.log)
	id.log = log
	return err
}

// same is what is at a path; an error when it is not what was there.
func (id *identity) same(path string, was fs.FileInfo) (fs.FileInfo, error) {
	now, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return was, fmt.Errorf("%w: there is nothing at %s: nothing more can be kept; close the store, and open it on the right file", mailbox.ErrReplaced, path)
	case err != nil:
		return was, fmt.Errorf("%w: %w", mailbox.ErrUnavailable, err)
	case was != nil && !os.SameFile(was, now):
		return was, fmt.Errorf("%w: another file is at %s: close the store, and open it on the right one", mailbox.ErrReplaced, path)
	}
	return now, nil
}
