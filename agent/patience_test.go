package agent

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers"
)

// swallowingReads is what keeps the mail, and looks of some kinds return only when their
// context ends, when they are to.
type swallowingReads struct {
	driver.Driver
	query, get, status, stream atomic.Bool
	waits                      atomic.Int32
	lost                       atomic.Int32
}

func newSwallowingReads() (*swallowingReads, *mailbox.Store) {
	s := &swallowingReads{Driver: memstore.NewDriver("")}
	return s, mailbox.New(s, nil)
}

var errSwallowed = errors.New("swallowed")

// View waits when fn has ended, so that the others go on meanwhile.
func (s *swallowingReads) View(ctx context.Context, fn func(driver.Read) error) error {
	err := s.Driver.View(ctx, func(r driver.Read) error { return fn(&swallowedRead{r, s}) })
	if errors.Is(err, errSwallowed) {
		s.lost.Add(1)
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (s *swallowingReads) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	s.waits.Add(1)
	return s.Driver.Watch(ctx, streams)
}

type swallowedRead struct {
	driver.Read
	s *swallowingReads
}

func swallowed[T any](on *atomic.Bool, f func() (T, error)) (none T, err error) {
	if on.CompareAndSwap(true, false) {
		return none, errSwallowed
	}
	return f()
}

func (r *swallowedRead) Find(box quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	return swallowed(&r.s.query, func() ([]*driver.Delivery, error) { return r.Read.Find(box, f) })
}

func (r *swallowedRead) ItemsOf(box quire.Address, ids []quire.MessageID) ([]driver.Item, error) {
	return swallowed(&r.s.get, func() ([]driver.Item, error) { return r.Read.ItemsOf(box, ids) })
}

func (r *swallowedRead) Items(box quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	if !parts { // for the rows of a query
		return r.Read.Items(box, uids, parts)
	}
	return swallowed(&r.s.get, func() ([]driver.Item, error) { return r.Read.Items(box, uids, parts) })
}

func (r *swallowedRead) Pending(box quire.Address, now time.Time) (n int, oldest time.Time, err error) {
	if r.s.status.CompareAndSwap(true, false) {
		return 0, oldest, errSwallowed
	}
	return r.Read.Pending(box, now)
}

func (r *swallowedRead) StreamNumbers(box quire.Address) ([]uint64, error) {
	return swallowed(&r.s.stream, func() ([]uint64, error) { return r.Read.StreamNumbers(box) })
}

// TestALookThatIsSwallowedEnds: no question to the store holds an agent for ever.
func TestALookThatIsSwallowedEnds(t *testing.T) {
	for name, which := range map[string]func(*swallowingReads) *atomic.Bool{
		"a query":  func(s *swallowingReads) *atomic.Bool { return &s.query },
		"a get":    func(s *swallowingReads) *atomic.Bool { return &s.get },
		"a status": func(s *swallowingReads) *atomic.Bool { return &s.status },
		"a stream": func(s *swallowingReads) *atomic.Bool { return &s.stream },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newSwallowingReads()
				defer store.Close()
				ctx, stop := context.WithCancel(t.Context())
				b := &bench{t: t, store: store, now: time.Now()}
				calls := 0
				a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
					if calls++; calls == 1 { // what follows the first reply, which is empty, reads the status
						which(s).Store(true)
						return &quire.Reply{}, nil
					}
					return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
				}, func(o *settings) { o.Now, o.Sleep, o.Streaming.On = nil, nil, true })
				uid := b.send("mia", "Go", "go")
				which(s).Store(true)
				over := make(chan error)
				go func() { over <- a.Run(ctx) }()
				time.Sleep(time.Hour)
				synctest.Wait()
				assert.Positive(t, s.lost.Load())
				which(s).Store(false)
				assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
				stop()
				assert.ErrorIs(t, <-over, context.Canceled)
			})
		})
	}
}

// TestAnAgentThatWasParkedRests: the time of its next try passes, and what it was to try
// is gone.
func TestAnAgentThatWasParkedRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newSwallowingReads()
		defer store.Close()
		ctx, stop := context.WithCancel(t.Context())
		b := &bench{t: t, store: store, now: time.Now()}
		a := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return &quire.Reply{}, nil },
			func(o *settings) { o.Now, o.Sleep = nil, nil })
		uid := b.send("mia", "Go", "go")
		over := make(chan error)
		go func() { over <- a.Run(ctx) }()
		time.Sleep(parkFirst / 2)
		_, err := store.Commit(ctx, mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: uid, Set: quire.FlagHandled}}})
		require.NoError(t, err)
		time.Sleep(parkFirst) // an agent that spins stays here
		synctest.Wait()
		assert.Less(t, s.waits.Load(), int32(20))
		status, err := a.Status(ctx)
		require.NoError(t, err)
		assert.Empty(t, status.Parked)
		stop()
		assert.ErrorIs(t, <-over, context.Canceled)
	})
}

// TestAnOverflowThatWasNoneDoesNotLast: a server that calls prompts too long which are
// not, for a while, makes the agent's context small for a day at most.
func TestAnOverflowThatWasNoneDoesNotLast(t *testing.T) {
	b := newBench(t)
	wrong := 14
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if wrong--; wrong >= 0 {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong, Status: 400}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	for i := range 6 {
		b.send("bo", "Go", "go on "+string(rune('a'+i)))
		for range 8 {
			if r, err := a.Turn(t.Context()); err == nil && r.Idle {
				break
			}
			b.now = b.now.Add(time.Minute)
		}
		b.now = b.now.Add(10 * time.Minute)
	}
	for range 12 { // without new mail
		b.now = b.now.Add(parkMost)
		_, _ = a.Turn(t.Context())
	}
	for _, it := range b.inbox("ada") {
		assert.True(t, it.Self || it.Flags.Has(quire.FlagHandled), it.UID)
	}
	b.send("bo", "Plain", "hello")
	b.idle(a)
	assert.Greater(t, b.plans[len(b.plans)-1].Budget, 7000, "all of the budget")
}

// TestATightBudgetIsTriedAgain: after a while.
func TestATightBudgetIsTriedAgain(t *testing.T) {
	b := newBench(t)
	wrong := false
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if wrong {
			wrong = false
			return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong, Status: 400}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	for range 4 {
		b.send("bo", "Long", strings.Repeat("one two three ", 100))
		b.idle(a)
	}
	wrong = true
	b.send("bo", "Go", "go")
	b.idle(a)
	budget := func() int { return b.plans[len(b.plans)-1].Budget }
	assert.Less(t, budget(), 5000)
	b.now = b.now.Add(tightFirst / 2)
	b.send("bo", "Go", "go on")
	b.idle(a)
	assert.Less(t, budget(), 5000, "it may have been right")
	b.now = b.now.Add(tightFirst)
	b.send("bo", "Go", "go on and on")
	b.idle(a)
	assert.Greater(t, budget(), 7000)
}

// TestAShutdownWhileTheLeaseEnds: it is a shutdown all the same.
func TestAShutdownWhileTheLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New(nil)
		defer mem.Close()
		s := &swallowing{}
		b := &bench{t: t, store: mem, now: time.Now()}
		b.send("mia", "Go", "go")
		release := make(chan struct{})
		a := owner(t, s.behind(mem), "one", func(*quire.Prompt) (*quire.Reply, error) { <-release; return nil, errCrash })
		over := make(chan error)
		go func() { over <- a.Run(t.Context()) }()
		time.Sleep(time.Second)
		s.on.Store(true)
		c, cancel := context.WithTimeout(t.Context(), 54*time.Second)
		defer cancel()
		assert.Error(t, a.Shutdown(c))
		assert.ErrorIs(t, <-over, ErrShutdown)
		close(release)
	})
}

// TestAQuestionThatWasAnsweredInATurnIsClosed: the answer is read in the turn that asked,
// and nothing else comes before the deadline.
func TestAQuestionThatWasAnsweredInATurnIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newSwallowingReads()
		defer store.Close()
		ctx, stop := context.WithCancel(t.Context())
		b := &bench{t: t, store: store, now: time.Now()}
		calls := 0
		a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
			switch calls++; calls {
			case 1:
				return &quire.Reply{Parts: []quire.Part{use(toolSend, `{"to":"bo","subject":"Keep?","text":"Keep it?","options":["keep","delete"],"reply_by":"10m","default":"keep","reversible":true}`)}}, nil
			case 2:
				d := quire.Draft{ID: "answer", To: []quire.Address{"ada"}, Kind: quire.KindAnswer, InReplyTo: b.inbox("bo")[0].ID, Parts: []quire.Part{text("delete")}}
				_, err := store.Commit(ctx, mailbox.Commit{Address: "bo", Sends: []quire.Draft{d}})
				require.NoError(t, err)
				return &quire.Reply{Parts: []quire.Part{use(toolPull, `{"uids":[4]}`)}}, nil
			}
			return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
		}, func(o *settings) { o.Now, o.Sleep = nil, nil })
		b.send("mia", "Go", "go")
		over := make(chan error)
		go func() { over <- a.Run(ctx) }()
		time.Sleep(time.Hour) // an agent that spins stays here
		synctest.Wait()
		assert.Less(t, s.waits.Load(), int32(20))
		status, err := a.Status(ctx)
		require.NoError(t, err)
		assert.Zero(t, status.Questions)
		assert.Empty(t, b.inbox("bo")[1:], "and nobody is told of a default")
		stop()
		assert.ErrorIs(t, <-over, context.Canceled)
	})
}
