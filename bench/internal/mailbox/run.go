package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// Row is one call's figures.
type Row struct {
	Op     string   `json:"op"`
	Store  string   `json:"store"`
	N      int      `json:"n"`
	P50    float64  `json:"p50_us"`
	P99    float64  `json:"p99_us"`
	PerS   float64  `json:"per_s"`
	CPU    float64  `json:"cpu_us"`       // of this process, the mean; 0: the system does not say
	Driver *float64 `json:"driver_per_s"` // null: not compared
}

// place is where a store keeps its mail.
type place interface {
	// open opens the store; quick is for filling it, and may lose what a power cut
	// interrupts.
	open(ctx context.Context, quick bool) (*mailbox.Store, error)
	// driver is the bare driver at the same tables; nil when there is none.
	driver(ctx context.Context) (driver, error)
	// remove removes all of it.
	remove() error
}

// Run measures and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) (err error) {
	p, err := placeOf(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.remove()) }()
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	b := &bench{o: o, past: past{o.N}, place: p, progress: progress, rnd: rand.New(rand.NewPCG(1, 1))}
	if err := b.fill(ctx); err != nil {
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	progress.Clear()
	return b.print(stdout)
}

func placeOf(o *Options) (place, error) {
	switch o.Store {
	case "sqlite":
		return newSQLite(o.Keep)
	case "postgres":
		return newPostgres(o.DSN, o.Keep)
	}
	return &memory{}, nil
}

// bench is one run.
type bench struct {
	o        *Options
	past     past
	place    place
	store    *mailbox.Store
	progress *report.Progress
	rnd      *rand.Rand
	again    *recall.Recaller
	rows     []Row
}

func (b *bench) fill(ctx context.Context) error {
	s, err := b.place.open(ctx, true)
	if err != nil {
		return err
	}
	if there, err := s.Status(ctx, owner); err == nil && there.Total >= b.o.N {
		return s.Close()
	}
	err = b.past.fill(ctx, s, func(done int) { b.progress.Say("%s: %d of %d messages written", b.o.Store, done, b.o.N) })
	return errors.Join(err, s.Close())
}

func (b *bench) measure(ctx context.Context) error {
	if err := b.opening(ctx); err != nil {
		return err
	}
	defer b.store.Close()
	stop, err := profile(b.o.Profile)
	if err != nil {
		return err
	}
	defer func() { stop() }()
	for _, op := range b.calls() {
		if !b.wants(op.name) {
			continue
		}
		b.progress.Say("%s: %s", b.o.Store, op.name)
		if err := b.time(op.name, op.times, func() error { return op.call(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
	}
	if stop(); !b.wants("send") {
		return nil
	}
	return b.sending(ctx)
}

func (b *bench) wants(call string) bool {
	return len(b.o.Only) == 0 || slices.Contains(b.o.Only, call)
}

// profile writes a profile of what is done until stop, if it has a file.
func profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return sync.OnceFunc(func() { pprof.StopCPUProfile(); f.Close() }), nil
}

// opening opens the store a few times; the last one stays open.
func (b *bench) opening(ctx context.Context) error {
	return b.time("open", 5, func() (err error) {
		if b.store != nil {
			if err := b.store.Close(); err != nil {
				return err
			}
		}
		b.store, err = b.place.open(ctx, false)
		return err
	})
}

type call struct {
	name  string
	times int
	call  func(ctx context.Context) error
}

// calls are what an agent does, at each turn or now and then.
func (b *bench) calls() []call {
	any := func() quire.UID { return quire.UID(1 + b.rnd.IntN(b.o.N)) }
	query := func(q func() mailbox.Query) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := b.store.Query(ctx, owner, q())
			return err
		}
	}
	return []call{
		{"status", 500, func(ctx context.Context) error {
			_, err := b.store.Status(ctx, owner)
			return err
		}},
		{"list", 500, query(func() mailbox.Query { return mailbox.Query{} })},
		{"pending", 500, query(func() mailbox.Query { return mailbox.Query{Pending: true} })},
		{"get", 500, func(ctx context.Context) error {
			items, err := b.store.Get(ctx, owner, mailbox.Get{UIDs: []quire.UID{any()}})
			if err == nil && len(items) != 1 {
				err = fmt.Errorf("%d messages for a number", len(items))
			}
			return err
		}},
		{"thread", 500, query(func() mailbox.Query {
			i := int(any()) - 1
			return mailbox.Query{Thread: id(i - i%inThread)}
		})},
		{"changes", 200, b.changes},
		{"snapshot", 100, func(ctx context.Context) error {
			_, err := b.store.Snapshot(ctx, owner)
			return err
		}},
		{"search-common", 200, query(func() mailbox.Query { return mailbox.Query{Text: word(b.rnd.IntN(5))} })},
		{"search-3", 500, query(func() mailbox.Query { return mailbox.Query{Text: b.past.words(b.rnd)} })},
		{"recall-first", 5, func(ctx context.Context) error { return b.recall(ctx, b.recaller()) }},
		{"recall", 300, func(ctx context.Context) error { return b.recall(ctx, b.again) }},
		{"recall-agent", 100, func(ctx context.Context) error { return b.ask(ctx, b.again, b.asAgent()) }},
	}
}

// recaller is one that knows nothing yet; the one that knows something is kept.
func (b *bench) recaller() *recall.Recaller {
	b.again = &recall.Recaller{Store: b.store, Address: owner, Count: tiktoken.O200k().CountText}
	return b.again
}

// recall asks with three words of a message at random for a sheet of 4,000 tokens.
func (b *bench) recall(ctx context.Context, r *recall.Recaller) error {
	return b.ask(ctx, r, recall.Query{Text: b.past.words(b.rnd), Budget: 4000})
}

// asAgent is what an agent asks that a message woke: with all of its text.
func (b *bench) asAgent() recall.Query {
	return recall.Query{Text: b.past.text(b.rnd.IntN(b.past.n)), Budget: 4000, Least: 0.3, Since: 3, Asker: sender(1)}
}

func (b *bench) ask(ctx context.Context, r *recall.Recaller, q recall.Query) error {
	if r == nil {
		r = b.recaller()
	}
	found, err := r.Recall(ctx, q)
	if err == nil && len(found.UIDs) == 0 {
		err = errors.New("nothing was found")
	}
	return err
}

// changes reads the last 100 of them.
func (b *bench) changes(ctx context.Context) error {
	st, err := b.store.Status(ctx, owner)
	if err != nil {
		return err
	}
	since, err := before(st.State, 100)
	if err == nil {
		_, err = b.store.Changes(ctx, owner, since, 0)
	}
	return err
}

// sends are measured in turns with as many of the bare driver's, so that what else the
// machine does slows down both.
const (
	sends  = 2000
	inTurn = 100
)

// sending sends messages one by one; the bare driver writes each turn's once more.
func (b *bench) sending(ctx context.Context) (err error) {
	b.progress.Say("%s: send", b.o.Store)
	d, err := b.place.driver(ctx)
	if err != nil {
		return err
	}
	if d != nil {
		defer func() { err = errors.Join(err, d.close(context.WithoutCancel(ctx))) }()
	}
	var ours, bare []time.Duration
	for i := b.o.N; len(ours) < min(sends, b.o.N); {
		for range inTurn {
			i++
			c := mailbox.Commit{Address: sender(i), Sends: []quire.Draft{b.past.draft(i)}}
			start := time.Now()
			if _, err := b.store.Commit(ctx, c); err != nil {
				return fmt.Errorf("send: %w", err)
			}
			ours = append(ours, time.Since(start))
		}
		if d != nil {
			took, err := d.again(ctx, inTurn)
			if err != nil {
				return fmt.Errorf("the bare driver: %w", err)
			}
			bare = append(bare, took...)
		}
	}
	b.row("send", ours)
	if d != nil {
		perS := rate(bare)
		b.rows[len(b.rows)-1].Driver = &perS
	}
	return nil
}

// time calls f so many times.
func (b *bench) time(op string, times int, f func() error) error {
	took := make([]time.Duration, times)
	before := cpuTime()
	for i := range took {
		start := time.Now()
		if err := f(); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	cpu := cpuTime() - before
	b.row(op, took)
	b.rows[len(b.rows)-1].CPU = float64(cpu.Nanoseconds()) / 1000 / float64(times)
	return nil
}

// row keeps a call's figures.
func (b *bench) row(op string, took []time.Duration) {
	slices.Sort(took)
	at := func(part int) float64 { return float64(took[(len(took)-1)*part/100].Nanoseconds()) / 1000 }
	b.rows = append(b.rows, Row{Op: op, Store: b.o.Store, N: b.o.N, P50: at(50), P99: at(99), PerS: rate(took)})
}

func rate(took []time.Duration) float64 {
	sum := time.Duration(0)
	for _, d := range took {
		sum += d
	}
	return float64(len(took)) / max(sum.Seconds(), 1e-9)
}

func (b *bench) print(w io.Writer) error {
	if b.o.JSON {
		for _, r := range b.rows {
			if err := report.JSON(w, r); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s, %d messages\n%-14s %12s %12s %12s %10s %12s\n", b.o.Store, b.o.N, "", "p50 µs", "p99 µs", "CPU µs", "a second", "bare driver"); err != nil {
		return err
	}
	for _, r := range b.rows {
		driver := ""
		if r.Driver != nil {
			driver = fmt.Sprintf("%12.0f", *r.Driver)
		}
		if _, err := fmt.Fprintf(w, "%-14s %12.0f %12.0f %12.0f %10.0f %s\n", r.Op, r.P50, r.P99, r.CPU, r.PerS, driver); err != nil {
			return err
		}
	}
	return nil
}
