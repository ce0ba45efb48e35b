package agent

import (
	"context"
	"sync"
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
)

// swallowing is what lies behind a network that swallows packets: from when it is on, what
// is asked of it returns only when its context ends.
type swallowing struct {
	driver.Driver
	on atomic.Bool
}

// behind is the store when s lies between it and what keeps its mail.
func (s *swallowing) behind(store *mailbox.Store) *mailbox.Store {
	return must(store.Wrap(func(d driver.Driver) driver.Driver { s.Driver = d; return s }))
}

func (s *swallowing) View(ctx context.Context, fn func(driver.Read) error) error {
	if s.on.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Driver.View(ctx, fn)
}

func (s *swallowing) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	if s.on.Load() {
		<-ctx.Done()
		return false, ctx.Err()
	}
	return s.Driver.Update(ctx, u, fn)
}

// owner is a process that runs ada under a lease; its tool says when it begins and ends.
func owner(t *testing.T, store *mailbox.Store, holder string, model modelFunc, tools ...Tool) *Agent {
	b := &bench{t: t, store: store, now: day}
	return b.agent(model, func(o *settings) {
		o.Lease = Lease{Holder: holder, For: time.Minute}
		o.Now, o.Sleep, o.Tools = nil, nil, tools
		o.OnPlan, o.OnStep = nil, nil
	})
}

// TestALeaseEndsThoughTheStoreHangs: a tool of the first process heeds its context, so no
// two processes are ever at work.
func TestALeaseEndsThoughTheStoreHangs(t *testing.T) {
	for name, hang := range map[string]string{"in a tool": "tool", "in a commit": "commit"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mem := memstore.New(nil)
				defer mem.Close()
				first := &swallowing{}
				_, err := mem.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "m1", To: []quire.Address{"ada"}, Subject: "Go"}}})
				require.NoError(t, err)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var mu sync.Mutex
				busy := map[string]int{}
				var ended time.Time
				tool := func(who string, until func(context.Context)) Tool {
					return Tool{Name: "work", Repeatable: true, Run: func(ctx context.Context, _ Call) ([]quire.Part, error) {
						mu.Lock()
						busy[who]++
						assert.Len(t, busy, 1, "two are at work")
						mu.Unlock()
						until(ctx)
						mu.Lock()
						delete(busy, who)
						if who == "one" {
							ended = time.Now()
						}
						mu.Unlock()
						return []quire.Part{text("worked")}, ctx.Err()
					}}
				}
				began := make(chan time.Time, 1)
				hangs := func(ctx context.Context) {
					first.on.Store(true)
					began <- time.Now()
					if hang == "tool" {
						<-ctx.Done()
					}
				}
				a := owner(t, first.behind(mem), "one", script([]quire.Part{use("work", `{}`)}), tool("one", hangs))
				over := make(chan error, 2)
				go func() { over <- a.Run(ctx) }()
				at := <-began
				c := owner(t, mem, "two", script([]quire.Part{use("work", `{}`)}), tool("two", func(context.Context) {}))
				go func() { over <- c.Run(ctx) }()
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				mu.Lock()
				assert.LessOrEqual(t, ended.Sub(at), time.Minute-time.Minute/leaseMargin, "it stops before the lease ends")
				mu.Unlock()
				s, err := mem.Status(ctx, "ada")
				require.NoError(t, err)
				assert.Zero(t, s.Pending, "the second did it")
				stop()
				assert.ErrorIs(t, <-over, context.Canceled)
				assert.ErrorIs(t, <-over, context.Canceled, "the first ends, though the store hangs")
			})
		})
	}
}

// TestARenewalThatHangsIsTriedAgain: one that is swallowed does not cost the lease.
func TestARenewalThatHangsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New(nil)
		defer mem.Close()
		s := &swallowing{}
		ctx, stop := context.WithCancel(t.Context())
		var w watched
		var mu sync.Mutex
		b := &bench{t: t, store: s.behind(mem), now: day}
		a := b.agent(script(), w.on, func(o *settings) {
			o.Lease = Lease{Holder: "one", For: time.Minute}
			o.Now, o.Sleep = nil, nil
			o.OnError = func(err error) { mu.Lock(); w.errs = append(w.errs, err); mu.Unlock() }
		})
		over := make(chan error)
		go func() { over <- a.Run(ctx) }()
		for range 20 {
			time.Sleep(100 * time.Second)
			s.on.Store(true)
			time.Sleep(21 * time.Second)
			s.on.Store(false)
		}
		stop()
		assert.ErrorIs(t, <-over, context.Canceled)
		assert.NotEmpty(t, w.lines(t, logRenewal))
		assert.Empty(t, w.lines(t, logLost))
		assert.Len(t, w.lines(t, logTaken), 1)
		_, err := mem.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "two"}})
		assert.NoError(t, err, "given back")
	})
}

// hanging is what keeps the mail, and its nth call hangs until its context ends.
type hanging struct {
	driver.Driver
	n atomic.Int32
}

func (h *hanging) hang(ctx context.Context) error {
	if h.n.Add(-1) == 0 {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (h *hanging) View(ctx context.Context, fn func(driver.Read) error) error {
	if err := h.hang(ctx); err != nil {
		return err
	}
	return h.Driver.View(ctx, fn)
}

func (h *hanging) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	if err := h.hang(ctx); err != nil {
		return false, err
	}
	return h.Driver.Update(ctx, u, fn)
}

// TestACallOfTheStoreThatHangs: whichever it is, the run goes on, with and without a
// lease, and nothing is said twice.
func TestACallOfTheStoreThatHangs(t *testing.T) {
	for _, holder := range []string{"", "one"} {
		for at, hung := 1, true; hung && at < 100; at++ {
			bubble(t, func(t *testing.T, b *bench) {
				b.send("mia", "Go", "go")
				b.untilIdle()
				plain, began := b.store, time.Now()
				h := &hanging{}
				h.n.Store(int32(at))
				b.store = must(plain.Wrap(func(d driver.Driver) driver.Driver { h.Driver = d; return h }))
				n := 0
				a := b.agent(script(), realTime, func(o *settings) {
					o.Lease.Holder, o.Answer = holder, true
					o.Tools = []Tool{{Name: "work", Run: func(context.Context, Call) ([]quire.Part, error) { n++; return nil, nil }}}
				})
				a.chain[0].Model = modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
					if n == 0 {
						return &quire.Reply{Parts: []quire.Part{use("work", `{}`)}}, nil
					}
					return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
				})
				require.ErrorIs(t, a.Run(t.Context()), errCrash, "call %d, lease %q", at, holder)
				assert.LessOrEqual(t, time.Since(began), 2*time.Minute, "by the bubble's clock")
				b.store = plain
				if hung = h.n.Load() <= 0; !hung {
					assert.Greater(t, at, 10, "so many calls there are")
				}
				assert.Equal(t, 1, n, "call %d", at)
				assert.Len(t, b.inbox("mia"), 1, "call %d", at)
			})
		}
	}
}
