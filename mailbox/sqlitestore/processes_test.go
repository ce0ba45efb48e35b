package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// sharedFile, when it is set, makes the test binary one of several processes that
// write to one file; sharedBy is the sender.
const (
	sharedFile = "QUIRE_SHARED_FILE"
	sharedBy   = "QUIRE_SHARED_BY"
	sharedEach = 60
)

func sendSome(ctx context.Context, path string, from quire.Address) error {
	s, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	for i := range sharedEach {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint(from, "-", i)), To: []quire.Address{"ada", "ben"}, Parts: []quire.Part{quire.Text{Text: fmt.Sprint("number ", i)}}}
		if _, err := s.Commit(ctx, mailbox.Commit{ID: string(d.ID), Address: from, Sends: []quire.Draft{d}}); err != nil {
			return err
		}
	}
	return nil
}

// Processes that open a file at the same time, one of which makes it, and write to it.
func TestProcessesThatWriteAtOnceLoseNothing(t *testing.T) {
	path := file(t)
	senders := []quire.Address{"mia", "cleo", "eve"}
	var list []*exec.Cmd
	for _, from := range senders {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), sharedFile+"="+path, sharedBy+"="+string(from))
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		list = append(list, cmd)
	}
	for _, cmd := range list {
		assert.NoError(t, cmd.Wait())
	}
	s := open(t, path, nil)
	for _, who := range []quire.Address{"ada", "ben"} {
		page, err := s.Query(t.Context(), who, mailbox.Query{Oldest: true, Limit: 1000})
		require.NoError(t, err)
		require.Len(t, page.Rows, len(senders)*sharedEach)
		next := map[quire.Address]int{}
		for i, r := range page.Rows {
			assert.Equal(t, quire.UID(i+1), r.UID)
			assert.Equal(t, quire.MessageID(fmt.Sprint(r.From, "-", next[r.From])), r.ID, "each sender's in the order in which it was sent")
			next[r.From]++
		}
	}
	assert.Equal(t, []string{"ok"}, integrity(t, path))
}

// A reader that never ends keeps the log from being emptied, and nobody from writing
// or reading what is new. When it ends at last, the log is used from its beginning.
func TestAReaderThatNeverEnds(t *testing.T) {
	path := file(t)
	s := open(t, path, &sqlitestore.Options{Normal: true})
	send(t, s, "mia", mail("first", "x", "ada"))
	reader := raw(t, path)
	execute(t, reader, "BEGIN")
	var seen int
	count := func() int {
		require.NoError(t, reader.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery").Scan(&seen))
		return seen
	}
	require.Equal(t, 1, count())
	log := func() int64 {
		info, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	n := 1
	write := func(until int64) {
		for log() < until {
			send(t, s, "mia", mail("more", fmt.Sprint("number ", n), "ada"))
			n++
		}
	}
	write(12 << 20) // more than what makes the one who commits empty it
	assert.Equal(t, n, status(t, s, "ada").Total)
	assert.Equal(t, 1, count(), "the reader's moment stands still")
	execute(t, reader, "COMMIT")
	send(t, s, "mia", mail("this one empties it", "x", "ada"))
	before := log()
	for range 200 {
		send(t, s, "mia", mail("after", "x", "ada"))
	}
	assert.Equal(t, before, log(), "the log grows no more")
	assert.Equal(t, []string{"ok"}, integrity(t, path))
}
