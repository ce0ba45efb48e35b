package chaos

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// unruly is the store as one process has it: calls of it are killed, frozen, swallowed
// and fail, before or behind what they do.
type unruly struct {
	s Store
	p *process
}

// unrulyWaiter can wait, too.
type unrulyWaiter struct{ *unruly }

// What may become of a call, and how often of 10,000.
var harms = []struct {
	name string
	of   int
}{
	{"kill before", 15}, {"kill after", 15}, {"freeze before", 10}, {"freeze after", 10},
	{"hang before", 12}, {"hang after", 12}, {"fail before", 80}, {"fail after", 80},
}

func (p *process) harm() string {
	if p.w.calm.Load() {
		return ""
	}
	n := p.dice.n(10000)
	for _, h := range harms {
		if n -= h.of; n < 0 {
			p.w.count(h.name)
			return h.name
		}
	}
	return ""
}

// call lets one call through, or does it harm.
func call[T any](ctx context.Context, u *unruly, op string, f func(context.Context) (T, error)) (T, error) {
	p := u.p
	var none T
	failed := func(err error) error { return &mailbox.Error{Op: op, Address: p.a.name, Err: err} }
	p.alive()
	time.Sleep(p.dice.between(time.Millisecond, 4*time.Millisecond))
	p.alive()
	var v T
	var err error
	harm := p.harm()
	switch harm {
	case "kill after", "freeze after", "hang after", "fail after":
		v, err = f(context.WithoutCancel(ctx))
	}
	switch harm {
	case "kill before", "kill after":
		p.kill()
		p.alive()
	case "freeze before":
		time.Sleep(p.dice.between(time.Second, 8*time.Minute))
		p.alive()
		return f(context.WithoutCancel(ctx)) // it was on its way
	case "freeze after":
		time.Sleep(p.dice.between(time.Second, 8*time.Minute))
		p.alive()
		return v, err
	case "hang before", "hang after":
		<-ctx.Done()
		return none, failed(ctx.Err())
	case "fail before":
		return none, failed(mailbox.ErrUnavailable)
	case "fail after":
		return none, failed(fmt.Errorf("%w: the connection broke, and it may have happened", mailbox.ErrUnavailable))
	}
	return f(ctx)
}

// alive ends the goroutine of a process that was killed.
func (p *process) alive() {
	if p.dead.Load() {
		runtime.Goexit()
	}
}

func (p *process) kill() {
	p.dead.Store(true)
	p.cancel()
}

// tooOften is how often no process waits that has nothing to do.
const tooOften = 5000

type nothing struct{}

func (u *unruly) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	return call(ctx, u, "commit", func(ctx context.Context) (mailbox.Committed, error) { return u.s.Commit(ctx, c) })
}

func (u *unruly) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	return call(ctx, u, "snapshot", func(ctx context.Context) (mailbox.Snapshot, error) { return u.s.Snapshot(ctx, addr) })
}

func (u *unruly) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	return call(ctx, u, "status", func(ctx context.Context) (mailbox.Status, error) { return u.s.Status(ctx, addr) })
}

func (u *unruly) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	return call(ctx, u, "query", func(ctx context.Context) (mailbox.Page, error) { return u.s.Query(ctx, addr, q) })
}

func (u *unruly) Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error) {
	return call(ctx, u, "get", func(ctx context.Context) ([]quire.Item, error) { return u.s.Get(ctx, addr, g) })
}

func (u *unruly) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	return call(ctx, u, "content", func(ctx context.Context) ([]byte, error) { return u.s.Content(ctx, addr, d, from, to) })
}

func (u *unruly) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (mailbox.Changes, error) {
	return call(ctx, u, "changes", func(ctx context.Context) (mailbox.Changes, error) { return u.s.Changes(ctx, addr, since, max) })
}

func (u *unruly) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]mailbox.Receipt, error) {
	return call(ctx, u, "receipts", func(ctx context.Context) ([]mailbox.Receipt, error) { return u.s.Receipts(ctx, addr, from, to) })
}

// Close does nothing: the store is others' too.
func (u *unruly) Close() error { return nil }

func (u *unruly) OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (mailbox.StreamAttempt, error) {
	return call(ctx, u, "open stream", func(ctx context.Context) (mailbox.StreamAttempt, error) { return u.s.OpenStream(ctx, addr, o) })
}

func (u *unruly) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	_, err := call(ctx, u, "append", func(ctx context.Context) (nothing, error) { return nothing{}, u.s.AppendStream(ctx, addr, a) })
	return err
}

func (u *unruly) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	_, err := call(ctx, u, "end stream", func(ctx context.Context) (nothing, error) { return nothing{}, u.s.EndStream(ctx, addr, c) })
	return err
}

func (u *unruly) ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	return call(ctx, u, "read stream", func(ctx context.Context) (mailbox.StreamPage, error) { return u.s.ReadStream(ctx, addr, r) })
}

func (u *unruly) WaitStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	return call(ctx, u, "wait stream", func(ctx context.Context) (mailbox.StreamPage, error) { return u.s.WaitStream(ctx, addr, r) })
}

func (u *unrulyWaiter) Wait(ctx context.Context, addr quire.Address, f mailbox.Wait) (mailbox.Woken, error) {
	if n := u.p.waits.Add(1); n == tooOften {
		s, err := u.s.Status(context.Background(), addr)
		u.p.w.fault(&u.p.w.rep.Down, "%s spins: it waited %d times, at last since %s until %v; it is %v, %+v %v", addr, n, f.Since, f.Deadline, time.Now(), s, err)
	}
	return call(ctx, u.unruly, "wait", func(ctx context.Context) (mailbox.Woken, error) { return u.s.Wait(ctx, addr, f) })
}
