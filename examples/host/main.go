// Host runs the agents of ten thousand addresses in one process. While an agent sleeps it is
// a row in the store and nothing else: one wait for all of them says whose mail came, and
// a few are awake at a time.
//
//	go run ./examples/host -addresses 10000 -awake 20
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// host runs agents while something waits for them.
type host struct {
	store *mailbox.Store
	agent func(addr quire.Address) (*agent.Agent, error)
	hosts func(addr quire.Address) bool // which addresses are agents'
	most  int                           // awake at a time

	mu    sync.Mutex
	awake map[quire.Address]bool
	naps  map[quire.Address]nap
	freed chan struct{} // an agent went to sleep
}

// nap is the sleep of an agent for which something waits: it is parked, or its model can't
// be reached. It ends after a while or, if state says so, with a change in its mailbox.
type nap struct {
	state quire.State // of the mailbox as it was listed; "": whatever happens there
	until time.Time
}

const napTime = time.Minute

// run wakes agents until ctx ends.
func (h *host) run(ctx context.Context) error {
	h.awake, h.naps, h.freed = map[quire.Address]bool{}, map[quire.Address]nap{}, make(chan struct{}, 1)
	slots := make(chan struct{}, h.most)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		list, err := h.wait(ctx)
		if err != nil {
			return err
		}
		for i := range list {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			h.mark(list[i].Address, true)
			all.Add(1)
			go func() {
				defer all.Done()
				h.serve(ctx, &list[i])
				h.mark(list[i].Address, false)
				<-slots
				select {
				case h.freed <- struct{}{}:
				default:
				}
			}()
		}
	}
}

// wait lists the mailboxes whose agents are to be woken. It looks again when one went to
// sleep, since what came for it meanwhile was left out.
func (h *host) wait(ctx context.Context) ([]mailbox.Mailbox, error) {
	for {
		look, end := context.WithCancel(ctx)
		over := make(chan struct{})
		go func() {
			defer close(over)
			select {
			case <-h.freed:
				end()
			case <-look.Done():
			}
		}()
		list, err := h.store.WaitMailboxes(look, mailbox.MailboxQuery{Skip: h.skip, Limit: h.most})
		end()
		<-over
		if !errors.Is(err, context.Canceled) || ctx.Err() != nil {
			return list, err
		}
	}
}

func (h *host) skip(m *mailbox.Mailbox) bool {
	if !h.hosts(m.Address) {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n, naps := h.naps[m.Address]
	return h.awake[m.Address] || naps && (n.state == "" || n.state == m.State) && time.Now().Before(n.until)
}

func (h *host) mark(addr quire.Address, awake bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if awake {
		h.awake[addr] = true
		delete(h.naps, addr)
	} else {
		delete(h.awake, addr)
	}
}

// serve lets one agent work until nothing waits for it.
func (h *host) serve(ctx context.Context, m *mailbox.Mailbox) {
	a, err := h.agent(m.Address)
	for turns := 0; err == nil; turns++ {
		var turn agent.TurnResult
		if turn, err = a.Turn(ctx); err == nil && turn.Idle {
			if turn.Parked == "" && turns > 0 {
				return
			}
			break
		}
	}
	if ctx.Err() != nil {
		return
	}
	n := nap{m.State, time.Now().Add(napTime)}
	if err != nil {
		slog.Warn("an agent sleeps for a while", "agent", m.Address, "err", err)
		n.state = ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.naps[m.Address] = n
}

func main() {
	o := options{}
	flag.IntVar(&o.addresses, "addresses", 10_000, "how many `agents` there are")
	flag.IntVar(&o.awake, "awake", 20, "how many are awake at a time")
	flag.IntVar(&o.mails, "mails", 1000, "how many mails come, to agents at random")
	flag.DurationVar(&o.thinks, "thinks", 500*time.Millisecond, "how long the model of an agent takes to answer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := demo(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	addresses, awake, mails int
	thinks                  time.Duration
}

const prefix = "agent-"

func addressOf(n int) quire.Address { return quire.Address(fmt.Sprint(prefix, n)) }

// demo makes agents, lets them sleep, and writes to as many at a time as may be awake. It
// says how long it took from each mail to its agent's call.
func demo(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "quire-host-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := sqlitestore.Open(ctx, filepath.Join(dir, "host.db"), nil)
	if err != nil {
		return err
	}
	defer store.Close()
	w := &world{store: store.Store, sent: map[quire.Address]chan time.Time{}}
	h := newHost(store.Store, w, o.awake)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { defer stop(); ended <- h.run(ctx) }()
	defer func() { stop(); <-ended }()

	before := memory()
	if _, err := w.write(ctx, o.addresses, o.awake, func(n int) int { return n }); err != nil { // each is awake once
		return err
	}
	fmt.Printf("%d agents sleep: %.1f MB more than none\n", o.addresses, float64(int64(memory())-int64(before))/1e6)
	w.thinks = o.thinks
	slept, err := w.write(ctx, o.mails, o.awake, func(n int) int { return n * 7919 % o.addresses })
	if err != nil {
		return err
	}
	slices.Sort(slept)
	fmt.Printf("%d mails, %d at a time: from sending to the agent's call %s in the median, %s at the 99th percentile\n",
		o.mails, o.awake, slept[len(slept)/2].Round(10*time.Microsecond), slept[len(slept)*99/100].Round(10*time.Microsecond))
	return nil
}

func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// world is who writes to the agents, and the model that all of them have.
type world struct {
	store  *mailbox.Store
	thinks time.Duration

	mu   sync.Mutex
	sent map[quire.Address]chan time.Time // who waits for an agent's call
}

// Generate implements [providers.Model]. What the agent was asked says which one it is.
func (w *world) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	own, _, _ := strings.Cut(strings.TrimPrefix(p.System, system), "\n")
	addr := quire.Address(own)
	w.mu.Lock()
	called := w.sent[addr]
	delete(w.sent, addr)
	w.mu.Unlock()
	if called != nil {
		called <- time.Now()
	}
	select {
	case <-time.After(w.thinks):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	reply := scripted.Text("Read.")
	return &reply, nil
}

// write sends n mails, so many at a time, each to the agent of a number, and returns how long
// each of them slept on.
func (w *world) write(ctx context.Context, n, atOnce int, to func(n int) int) (slept []time.Duration, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range n {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var all sync.WaitGroup
	for range atOnce {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range next {
				d, e := w.wake(ctx, addressOf(to(i)), fmt.Sprint("Mail ", i))
				w.mu.Lock()
				if slept = append(slept, d); e != nil && err == nil {
					err = e
					stop()
				}
				w.mu.Unlock()
			}
		}()
	}
	all.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return slept, err
}

// wake writes to an agent, and waits until its model is called and has answered.
func (w *world) wake(ctx context.Context, addr quire.Address, text string) (time.Duration, error) {
	called := make(chan time.Time, 1)
	w.mu.Lock()
	w.sent[addr] = called
	w.mu.Unlock()
	began := time.Now()
	if _, err := w.store.Box("mia").Send(ctx, quire.Mail(addr, "Wake up", text)); err != nil {
		return 0, err
	}
	select {
	case at := <-called:
		time.Sleep(w.thinks)
		return at.Sub(began), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// system is what every agent is told, before its address.
const system = "You read what is sent to you. You are "

// newHost hosts agents that all have the same model.
func newHost(store *mailbox.Store, model providers.Model, most int) *host {
	return &host{
		store: store, most: most,
		hosts: func(addr quire.Address) bool { return strings.HasPrefix(string(addr), prefix) },
		agent: func(addr quire.Address) (*agent.Agent, error) {
			return agent.New(store.Box(addr), model, &agent.Options{System: system + string(addr), Budget: 8000, Owner: "mia"})
		},
	}
}
