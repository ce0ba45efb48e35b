package overhead

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/quire-dev/quire/bench/internal/report"
)

// Run measures and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	p := printer{o: o, stdout: stdout}
	for _, r := range rivals() {
		if o.Only != nil && !slices.Contains(o.Only, r.name) {
			continue
		}
		row, err := measure(ctx, o, r, func(done int) { progress.Say("%s: %d of %d calls", r.name, done, o.N) })
		progress.Clear()
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if err := p.row(row); err != nil {
			return err
		}
	}
	return nil
}

// round is how many calls are measured on one copy of the agent's life, so that its
// prompt does not grow far beyond what was asked for; warm is how many go before.
const (
	round = 40
	warm  = 3
)

// measure runs one adapter beside its bare client.
func measure(ctx context.Context, o *Options, r rival, progress func(int)) (Row, error) {
	dir, err := os.MkdirTemp("", "quire-overhead-")
	if err != nil {
		return Row{}, err
	}
	defer os.RemoveAll(dir)
	srv := newServer(r.reply)
	defer srv.Close()
	past := filepath.Join(dir, "past.db")
	if err := writePast(ctx, past, r, o); err != nil {
		return Row{}, err
	}
	var all []spent
	row := Row{Adapter: r.name}
	for len(all) < o.N {
		one, prompt, err := live(ctx, past, filepath.Join(dir, "now.db"), r, o, srv, min(round, o.N-len(all)))
		if err != nil {
			return Row{}, err
		}
		all = append(all, one...)
		row.Tokens = prompt
		progress(len(all))
	}
	row.fill(all)
	row.Bytes = len(srv.last())
	return row, nil
}

// live takes a copy of the agent's past and lets it answer n messages, with a bare
// call of the same bytes after each step. It returns the size of the last prompt.
func live(ctx context.Context, past, file string, r rival, o *Options, srv *server, n int) (out []spent, prompt int, err error) {
	if err := copyFile(past, file); err != nil {
		return nil, 0, err
	}
	clock := &clock{next: &http.Transport{}}
	defer clock.next.(*http.Transport).CloseIdleConnections()
	a, err := openAgent(ctx, file, r, o, srv.URL, &http.Client{Transport: clock})
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()
	own := &http.Transport{}
	defer own.CloseIdleConnections()
	bare, err := r.bare(srv.URL, &http.Client{Transport: own})
	if err != nil {
		return nil, 0, err
	}
	for i := range n + warm {
		s, err := a.step(ctx, clock)
		if err != nil {
			return nil, 0, err
		}
		body := srv.last()
		start := time.Now()
		if err := bare(ctx, body); err != nil {
			return nil, 0, fmt.Errorf("bare: %w", err)
		}
		s.bare = time.Since(start)
		if string(srv.last()) != string(body) {
			return nil, 0, errors.New("the bare client sent other bytes")
		}
		if i >= warm {
			out = append(out, s)
		}
	}
	return out, a.prompt, nil
}

func copyFile(from, to string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(to + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// Row is one adapter's line. Times are in milliseconds.
type Row struct {
	Adapter  string  `json:"adapter"`
	Tokens   int     `json:"tokens"` // of the last prompt, as quire counts
	Bytes    int     `json:"bytes"`  // of its request
	Calls    int     `json:"calls"`
	Bare50   float64 `json:"bare_p50"`
	Bare99   float64 `json:"bare_p99"`
	Quire50  float64 `json:"quire_p50"`
	Quire99  float64 `json:"quire_p99"`
	Added50  float64 `json:"added_p50"`
	Added99  float64 `json:"added_p99"`
	Read     float64 `json:"read_p50"`
	Compose  float64 `json:"compose_p50"`
	HTTP     float64 `json:"http_p50"`
	Commit   float64 `json:"commit_p50"`
	Commit99 float64 `json:"commit_p99"`
	Rest     float64 `json:"rest_p50"`
}

func (r *Row) fill(all []spent) {
	of := func(share float64, f func(spent) time.Duration) float64 {
		var list []time.Duration
		for _, s := range all {
			list = append(list, f(s))
		}
		return float64(quantile(list, share)) / float64(time.Millisecond)
	}
	whole := func(s spent) time.Duration { return s.all }
	bare := func(s spent) time.Duration { return s.bare }
	commit := func(s spent) time.Duration { return s.commit }
	r.Calls = len(all)
	r.Bare50, r.Bare99 = of(0.5, bare), of(0.99, bare)
	r.Quire50, r.Quire99 = of(0.5, whole), of(0.99, whole)
	r.Added50, r.Added99 = r.Quire50-r.Bare50, r.Quire99-r.Bare99
	r.Read = of(0.5, func(s spent) time.Duration { return s.read })
	r.Compose = of(0.5, func(s spent) time.Duration { return s.compose })
	r.HTTP = of(0.5, func(s spent) time.Duration { return s.http })
	r.Commit, r.Commit99 = of(0.5, commit), of(0.99, commit)
	r.Rest = of(0.5, func(s spent) time.Duration { return s.all - s.read - s.compose - s.http - s.commit })
}

type printer struct {
	o      *Options
	stdout io.Writer
	begun  bool
}

func (p *printer) row(r Row) error {
	if p.o.JSON {
		return report.JSON(p.stdout, r)
	}
	if !p.begun {
		p.begun = true
		if _, err := fmt.Fprintf(p.stdout, "%s/%s, %d processors, %s; milliseconds\n%-18s %6s %8s %6s %13s %13s %13s %6s %8s %6s %7s %6s\n%35s %6s %6s %6s %6s %6s %6s\n",
			runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(),
			"adapter", "tokens", "bytes", "", "bare", "quire", "added", "read", "compose", "http", "commit", "rest",
			"", "p50", "p99", "p50", "p99", "p50", "p99"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(p.stdout, "%-18s %6d %8d %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f %8.2f %6.2f %7.2f %6.2f\n",
		r.Adapter, r.Tokens, r.Bytes, r.Bare50, r.Bare99, r.Quire50, r.Quire99, r.Added50, r.Added99, r.Read, r.Compose, r.HTTP, r.Commit, r.Rest)
	return err
}
