package chaos

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// unruly is what keeps the mail as one process has it: calls of it are killed, frozen,
// swallowed and fail, before or behind what they do.
type unruly struct {
	driver.Driver
	p *process
}

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
func call[T any](ctx context.Context, u *unruly, f func(context.Context) (T, error)) (T, error) {
	p := u.p
	var none T
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
		return none, ctx.Err()
	case "fail before":
		return none, mailbox.ErrUnavailable
	case "fail after":
		return none, fmt.Errorf("%w: the connection broke, and it may have happened", mailbox.ErrUnavailable)
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

// View implements [driver.Driver].
func (u *unruly) View(ctx context.Context, fn func(driver.Read) error) error {
	_, err := call(ctx, u, func(ctx context.Context) (bool, error) { return false, u.Driver.View(ctx, fn) })
	return err
}

// Update implements [driver.Driver].
func (u *unruly) Update(ctx context.Context, o driver.Update, fn func(driver.Write) error) (bool, error) {
	return call(ctx, u, func(ctx context.Context) (bool, error) { return u.Driver.Update(ctx, o, fn) })
}

// Watch implements [driver.Driver].
func (u *unruly) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	if n := u.p.waits.Add(1); !streams && n == tooOften {
		s, err := u.p.w.store.Status(context.Background(), u.p.a.name)
		u.p.w.fault(&u.p.w.rep.Down, "%s spins: it waited %d times, until %v: %+v %v", u.p.a.name, n, time.Now(), s, err)
	}
	return call(ctx, u, func(ctx context.Context) (driver.Watch, error) { return u.Driver.Watch(ctx, streams) })
}

// Close does nothing: the store is others' too.
func (u *unruly) Close() error { return nil }
