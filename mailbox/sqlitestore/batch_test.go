package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// line is calls that wait for one connection, in the order in which they came.
type line struct {
	t    *testing.T
	p    *pool
	all  sync.WaitGroup
	held *conn
	errs []error
}

func inLine(t *testing.T) *line {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	l := &line{t: t, p: s.file.write}
	l.held, err = l.p.take(t.Context())
	require.NoError(t, err)
	_, err = l.held.ExecContext(t.Context(), "CREATE TABLE written (n INTEGER)")
	require.NoError(t, err)
	return l
}

// add has one more call wait.
func (l *line) add(ctx context.Context, sync string, f func(c *conn) error) {
	i := len(l.errs)
	l.errs = append(l.errs, nil)
	l.all.Add(1)
	go func() {
		defer l.all.Done()
		defer func() {
			if r := recover(); r != nil {
				l.errs[i] = fmt.Errorf("panic: %v", r)
			}
		}()
		l.errs[i] = l.p.together(ctx, sync, f)
	}()
	time.Sleep(20 * time.Millisecond) // until it waits
}

// run lets them all through, and returns what is in the file.
func (l *line) run() (written []int) {
	l.p.give(l.held)
	l.all.Wait()
	c, err := l.p.take(l.t.Context())
	require.NoError(l.t, err)
	defer l.p.give(c)
	rows, err := c.QueryContext(l.t.Context(), "SELECT n FROM written ORDER BY n")
	require.NoError(l.t, err)
	defer rows.Close()
	for rows.Next() {
		var n int
		require.NoError(l.t, rows.Scan(&n))
		written = append(written, n)
	}
	return written
}

func (l *line) write(n int) func(c *conn) error {
	return func(c *conn) error {
		_, err := c.ExecContext(context.Background(), "INSERT INTO written VALUES (?)", n)
		return err
	}
}

func TestCallsThatWaitAreCommittedTogether(t *testing.T) {
	l := inLine(t)
	mine := errors.New("mine")
	seen := map[*batch]int{}
	for n := range 8 {
		l.add(t.Context(), syncEach, func(c *conn) error {
			seen[c.batch]++
			if err := l.write(n)(c); err != nil || n != 3 {
				return err
			}
			return mine
		})
	}
	ended, end := context.WithCancel(t.Context())
	l.add(ended, syncEach, func(c *conn) error { end(); return l.write(8)(c) })
	l.add(t.Context(), syncEach, func(c *conn) error { _ = l.write(9)(c); panic("nine") })
	l.add(t.Context(), syncLater, l.write(10))
	assert.Equal(t, []int{0, 1, 2, 4, 5, 6, 7, 10}, l.run(), "what failed is taken back alone")
	assert.Less(t, seen[nil], 4, "most find a batch open: all but the first, unless they came late")
	for n, err := range l.errs {
		switch n {
		case 3:
			assert.ErrorIs(t, err, mine)
		case 8:
			assert.ErrorIs(t, err, context.Canceled)
		case 9:
			assert.EqualError(t, err, "panic: nine")
		default:
			assert.NoError(t, err, n)
		}
	}
}

func TestABatchThatTheDiskTakesBackFailsForAll(t *testing.T) {
	l := inLine(t)
	full, fails := errors.New("disk is full"), 2
	var ran []int
	for n := range 4 {
		l.add(t.Context(), syncEach, func(c *conn) error {
			ran = append(ran, n)
			if n != fails {
				return l.write(n)(c)
			}
			_, err := c.ExecContext(context.Background(), "ROLLBACK") // as SQLite does then
			return errors.Join(full, err)
		})
	}
	written := l.run()
	at := slices.Index(ran, fails)
	require.Positive(t, at, "somebody wrote before it")
	assert.ElementsMatch(t, ran[at+1:], written)
	for i, n := range ran {
		if i <= at {
			assert.ErrorIs(t, l.errs[n], full, n)
		} else {
			assert.NoError(t, l.errs[n], n)
		}
	}
}

func TestACommitThatFailsFailsForAll(t *testing.T) {
	l := inLine(t)
	gone, failed := errors.New("the file was replaced"), false
	check := l.p.check
	l.p.check = func() error {
		if !failed {
			failed = true
			return gone
		}
		return check()
	}
	l.add(t.Context(), syncEach, l.write(0))
	l.add(t.Context(), syncEach, l.write(1))
	assert.Empty(t, l.run())
	assert.ErrorIs(t, l.errs[0], gone)
	assert.ErrorIs(t, l.errs[1], gone)
}

func TestWhatIsSyncedIsNotInABatchThatIsNot(t *testing.T) {
	l := inLine(t)
	l.add(t.Context(), syncLater, l.write(0))
	l.add(t.Context(), syncEach, func(c *conn) error {
		assert.Nil(t, c.batch)
		assert.Equal(t, syncEach, c.sync)
		return l.write(1)(c)
	})
	assert.Equal(t, []int{0, 1}, l.run())
}

func TestCloseCommitsWhatIsWritten(t *testing.T) {
	l := inLine(t)
	path := filepath.Join(t.TempDir(), "other.db")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	began, on := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- s.file.write.together(t.Context(), syncEach, func(c *conn) error {
			close(began)
			<-on
			_, err := c.ExecContext(context.Background(), "CREATE TABLE written (n INTEGER)")
			return err
		})
	}()
	<-began
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	close(on)
	require.NoError(t, <-done)
	require.NoError(t, <-closed)
	assert.Empty(t, l.run())
	s, err = Open(t.Context(), path, nil)
	require.NoError(t, err)
	var n int
	require.NoError(t, s.file.write.db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'written'").Scan(&n))
	assert.Equal(t, 1, n)
	require.NoError(t, s.Close())
}
