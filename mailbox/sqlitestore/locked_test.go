package sqlitestore_test

import (
	"context"
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

// What waits for another process's write ends with its own context, each call with its
// own, however long Busy is.
func TestWaitingForAnotherProcessEndsWithTheContext(t *testing.T) {
	path := file(t)
	s := open(t, path, &sqlitestore.Options{Busy: time.Hour})
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	bound, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	commit := func(ctx context.Context) error {
		_, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("held up", "x", "ada")}, Now: day})
		return err
	}
	patient, release := context.WithCancel(bound)
	first := make(chan error, 1)
	go func() { first <- commit(patient) }()
	for range 5 {
		ctx, cancel := context.WithTimeout(bound, 20*time.Millisecond)
		fails(t, commit(ctx), context.DeadlineExceeded)
		cancel()
		_, err := s.Expunge(cancelled(t), "ada", nil)
		fails(t, err, context.Canceled)
	}
	ctx, cancel := context.WithTimeout(bound, 20*time.Millisecond)
	defer cancel()
	_, err := sqlitestore.Open(ctx, path, &sqlitestore.Options{Busy: time.Hour})
	fails(t, err, context.DeadlineExceeded, "opening")
	select {
	case err := <-first:
		t.Fatalf("the one whose context goes on ended too: %v", err)
	default:
	}
	release()
	fails(t, <-first, context.Canceled)
	execute(t, other, "ROLLBACK")
	require.NoError(t, commit(bound))
	require.NoError(t, bound.Err(), "some call waited for the other process and not for its context")
}

// Calls that wait behind each other wait for the same lock: none of them longer than Busy.
func TestCallsThatQueueAreBusyTogether(t *testing.T) {
	path := file(t)
	s := open(t, path, &sqlitestore.Options{Busy: 300 * time.Millisecond})
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	bound, end := context.WithTimeout(t.Context(), 20*time.Second) // one behind the other they would need 45
	defer end()
	errs := make(chan error, 150)
	for range cap(errs) {
		go func() {
			_, err := s.Commit(bound, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("held up", "x", "ada")}, Now: day})
			errs <- err
		}()
	}
	for range cap(errs) {
		fails(t, <-errs, mailbox.ErrBusy)
	}
	execute(t, other, "ROLLBACK")
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
