package chaos

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Options say what world it is.
type Options struct {
	Seed   uint64
	Agents int            // 0: 20
	Storm  time.Duration  // how long everything fails; 0: 90 minutes
	Calm   time.Duration  // how long all is well then; 0: 4 hours
	Store  *mailbox.Store // made with Rules
	Fickle bool           // content that is refused every other time is so for ever
	// Trace, if it is set, hears what one agent does, whose name is Of.
	Trace func(format string, args ...any)
	Of    quire.Address
}

// The people. Of those who send jobs the last one never answers questions.
var people = []quire.Address{"p0", "p1", "p2", "p3", "p4", "p5"}

const (
	owner  = quire.Address("boss")
	eve    = quire.Address("eve") // sends what harms
	team   = quire.Address("team")
	closed = quire.Address("closed") // gets no mail
	lease  = 4 * time.Minute
)

// Rules are those that the store must have.
func Rules() mailbox.Rules {
	return mailbox.Rules{
		Persons: append([]quire.Address{owner, eve, closed}, people...),
		Groups:  map[quire.Address][]quire.Address{team: {"p0", "p1", "p5"}},
		Contact: func(_, to quire.Address) mailbox.Contact {
			if to == closed {
				return mailbox.ContactRefuse
			}
			return mailbox.ContactAllow
		},
	}
}

// job is mail that somebody waits for an answer to.
type job struct {
	n        int
	id       quire.MessageID
	from, to quire.Address
	kind     string
	last     bool // when all was well
}

type world struct {
	o       Options
	store   *mailbox.Store
	ctx     context.Context
	calm    atomic.Bool
	over    atomic.Bool
	release chan struct{} // what never returns does at the end
	hung    sync.WaitGroup

	mu    sync.Mutex
	dice  *dice // of the people
	rep   *Report
	boxes map[quire.Address]*box
	jobs  []job
	ran   map[string]int // how often what may not be repeated ran, by its key
	n     int
	up    map[quire.Address]int // processes that run
}

// Run lets a world live, and looks at what is left of it. It must be called in a bubble.
func Run(ctx context.Context, o Options) *Report {
	if o.Agents == 0 {
		o.Agents = 20
	}
	if o.Storm == 0 {
		o.Storm = 90 * time.Minute
	}
	if o.Calm == 0 {
		o.Calm = 4 * time.Hour
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &world{o: o, store: o.Store, ctx: ctx, release: make(chan struct{}), rep: newReport(&o), dice: newDice(o.Seed, "people"),
		boxes: map[quire.Address]*box{}, ran: map[string]int{}, up: map[quire.Address]int{}}
	var living sync.WaitGroup
	for i := range o.Agents {
		a := w.actor(i)
		living.Go(func() { w.live(a, "one", func() bool { return true }) })
		if a.leased && i%4 == 0 {
			living.Go(func() { w.live(a, "two", func() bool { return true }) })
		}
		if i%8 == 3 { // a rival without a lease
			living.Go(func() { w.live(a, "rival", func() bool { return !w.calm.Load() }) })
		}
	}
	living.Go(w.crowd)
	time.Sleep(o.Storm)
	w.calm.Store(true)
	time.Sleep(o.Calm / 4)
	w.final()
	time.Sleep(o.Calm / 2)
	w.verdict()
	w.over.Store(true)
	cancel()
	living.Wait()
	close(w.release)
	w.hung.Wait()
	return w.rep
}

// trace tells what an agent does.
func (w *world) trace(a quire.Address, format string, args ...any) {
	if w.o.Trace != nil && w.o.Of == a {
		w.o.Trace("%s %s: %s", time.Now().Format("15:04:05"), a, fmt.Sprintf(format, args...))
	}
}

// names lists the agents.
func (w *world) names() []quire.Address {
	var out []quire.Address
	for i := range w.o.Agents {
		out = append(out, name(i))
	}
	return out
}

func name(i int) quire.Address { return quire.Address(fmt.Sprintf("a%02d", i)) }

// next is a number that nothing else has.
func (w *world) next() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.n
}

// count adds to a figure of the report.
func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rep.Figures[what]++
}

// dice is a source of chance that several goroutines may use.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed uint64, of string) *dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(of))
	return &dice{r: rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// n is a number below max.
func (d *dice) n(max int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(max)
}

// chance is true so many times of 10,000.
func (d *dice) chance(of10000 int) bool { return d.n(10000) < of10000 }

// between is a time, down to the nanosecond: no two are the same.
func (d *dice) between(least, most time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return least + time.Duration(d.r.Int64N(int64(most-least)))
}

// pause sleeps, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
