package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestAFileThatAnotherConnectionWritesToIsBusy(t *testing.T) {
	path := file(t)
	s := open(t, path, &sqlitestore.Options{Busy: 20 * time.Millisecond})
	send(t, s, "mia", mail("before", "x", "ada"))
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	c := mailbox.Commit{ID: "1", Address: "mia", Sends: []quire.Draft{mail("held up", "x", "ada")}, Now: day}
	_, err := s.Commit(t.Context(), c)
	fails(t, err, mailbox.ErrBusy)
	assert.Equal(t, 1, status(t, s, "ada").Total, "reading goes on meanwhile")
	_, err = sqlitestore.Open(t.Context(), path, &sqlitestore.Options{Busy: 20 * time.Millisecond})
	fails(t, err, mailbox.ErrBusy, "opening, which may have to write")
	execute(t, other, "ROLLBACK")
	done, err := s.Commit(t.Context(), c)
	require.NoError(t, err)
	assert.False(t, done.Replayed, "nothing of the first attempt is there")
	assert.Equal(t, 2, status(t, s, "ada").Total)
}

// One store waits for the other within the busy time; no commit is lost.
func TestTwoStoresOnOneFileWriteInTurn(t *testing.T) {
	path := file(t)
	stores := []*sqlitestore.Store{open(t, path, nil), open(t, path, nil)}
	const each = 30
	errs := make(chan error, len(stores))
	for i, s := range stores {
		go func() {
			for range each {
				d := mail("x", "y", "ada")
				if _, err := s.Commit(t.Context(), mailbox.Commit{Address: quire.Address([]string{"mia", "ben"}[i]), Sends: []quire.Draft{d}, Now: day}); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range stores {
		require.NoError(t, <-errs)
	}
	for _, s := range stores {
		st := status(t, s, "ada")
		assert.Equal(t, []any{2 * each, quire.UID(2*each + 1)}, []any{st.Total, st.NextUID})
	}
}

func TestAWaitSeesWhatAnotherProcessWrites(t *testing.T) {
	path := file(t)
	here := open(t, path, &sqlitestore.Options{Poll: time.Millisecond})
	other := open(t, path, nil)
	for range 5 {
		since := status(t, here, "ada").State
		looked := make(chan struct{}, 1)
		type answer struct {
			woken mailbox.Woken
			err   error
		}
		out := make(chan answer, 1)
		go func() {
			woken, err := here.Wait(t.Context(), "ada", mailbox.Wait{Since: since, Now: func() time.Time {
				select {
				case looked <- struct{}{}:
				default:
				}
				return day
			}})
			out <- answer{woken, err}
		}()
		<-looked
		send(t, other, "mia", mail("from afar", "x", "ada"))
		a := <-out
		require.NoError(t, a.err)
		assert.True(t, a.woken.Matched)
	}
}
