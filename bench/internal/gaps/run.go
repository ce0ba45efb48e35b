package gaps

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// row is what one strategy made of one life; of a mean, the calls are those of all lives
// and the costs are left out.
type row struct {
	Trace           string  `json:"trace"`
	Set             string  `json:"set"`
	Budget          int     `json:"budget,omitzero"`
	Strategy        string  `json:"strategy"`
	Calls           int     `json:"calls"`
	CostACall       float64 `json:"cost_per_call,omitzero"`
	OverFixed       float64 `json:"over_fixed"`
	OverClairvoyant float64 `json:"over_clairvoyant"`
	Layered         float64 `json:"layered_over_fixed"`
	Written         float64 `json:"written_per_call,omitzero"`
	Hour            float64 `json:"hour_share,omitzero"`
	Cold            int     `json:"cold"`
	Wrong           int     `json:"wrong"`
}

// Run prints the rows. ok is false when a bill was wrong.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) (ok bool, err error) {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	lives, err := load(ctx, o, progress)
	if err != nil {
		return false, err
	}
	p := printer{w: stdout, json: o.JSON}
	ok = true
	for _, l := range lives {
		rows, err := compare(ctx, l, progress)
		if err != nil {
			return false, err
		}
		progress.Clear()
		for i := range rows {
			ok = ok && rows[i].Wrong == 0
		}
		if err := p.print(rows); err != nil {
			return false, err
		}
	}
	return ok, p.means()
}

// load makes the generated lives and reads the recorded ones.
func load(ctx context.Context, o *Options, progress *report.Progress) ([]*life, error) {
	var out []*life
	for _, p := range patterns() {
		if o.wants(p.name) {
			out = append(out, p.generate(o.Seed, o.Calls))
		}
	}
	if o.Data != "" {
		sessions := func(name string) bool { return strings.HasPrefix(name, "session-") && o.wants(name) }
		traces, err := trace.Load(ctx, o.Data, trace.All, trace.NewRemembering(tiktoken.O200k()), sessions, func(s string) { progress.Say("%s", s) })
		if err != nil {
			return nil, err
		}
		for _, t := range traces {
			for _, budget := range t.Budgets {
				out = append(out, &life{name: t.Name, set: "recorded", budget: budget, Life: t.Lives[0].Head(o.Calls)})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no life: is -data %q the folder, and -trace %q one of the lives?", o.Data, strings.Join(o.Traces, ","))
	}
	return out, nil
}

// compare plays a life under every strategy.
func compare(ctx context.Context, l *life, progress *report.Progress) ([]row, error) {
	var rows []row
	outs := map[string]*outcome{}
	for _, s := range strategies() {
		progress.Say("%s, budget %d, %s", l.name, l.budget, s.name)
		out, err := play(ctx, l, &s)
		if err != nil {
			return nil, err
		}
		outs[s.name] = out
		calls := float64(out.calls)
		rows = append(rows, row{Trace: l.name, Set: l.set, Budget: l.budget, Strategy: s.name, Calls: out.calls, CostACall: out.cost[alone] / calls,
			Written: float64(out.written) / calls, Hour: float64(out.long) / float64(max(1, out.written)), Cold: out.cold, Wrong: out.wrong})
	}
	short, long := outs[fiveMinutes], outs[anHour]
	for i := range rows {
		out := outs[rows[i].Strategy]
		over := func(cache int) float64 { return out.cost[cache] / min(short.cost[cache], long.cost[cache]) }
		rows[i].OverFixed, rows[i].Layered = over(alone), over(layered)
		rows[i].OverClairvoyant = out.cost[alone] / outs[clairvoyant].cost[alone]
	}
	return rows, nil
}

// printer prints rows and keeps them for the means.
type printer struct {
	w    io.Writer
	json bool
	all  []row
}

func (p *printer) print(rows []row) error {
	p.all = append(p.all, rows...)
	if !p.json {
		r := &rows[0]
		about := fmt.Sprintf("%s, %s, %d calls", r.Trace, r.Set, r.Calls)
		if r.Budget > 0 {
			about += fmt.Sprintf(", budget %d", r.Budget)
		}
		if _, err := fmt.Fprintf(p.w, "\n%s\n%-15s %9s %8s %8s %8s %8s %5s %5s %5s\n", about,
			"strategy", "cost", "/fixed", "/clairv", "layered", "written", "1h", "cold", "wrong"); err != nil {
			return err
		}
	}
	for i := range rows {
		if err := p.line(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) line(r *row) error {
	if p.json {
		return report.JSON(p.w, r)
	}
	_, err := fmt.Fprintf(p.w, "%-15s %9.0f %8.3f %8.3f %8.3f %8.0f %4.0f%% %5d %5d\n",
		r.Strategy, r.CostACall, r.OverFixed, r.OverClairvoyant, r.Layered, r.Written, 100*r.Hour, r.Cold, r.Wrong)
	return err
}

// means prints, for each kind of lives, the means of the ratios.
func (p *printer) means() error {
	all := p.all
	p.all = nil
	for _, set := range []string{"generated", "recorded"} {
		var rows []row
		for _, s := range strategies() {
			of := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.Set != set || r.Strategy != s.name })
			if len(of) > 0 {
				rows = append(rows, mean(set, s.name, of))
			}
		}
		if len(rows) > 0 {
			if err := p.print(rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func mean(set, name string, of []row) row {
	m := row{Trace: "mean", Set: set, Strategy: name}
	n := float64(len(of))
	for _, r := range of {
		m.Calls += r.Calls
		m.OverFixed += r.OverFixed / n
		m.OverClairvoyant += r.OverClairvoyant / n
		m.Layered += r.Layered / n
		m.Cold += r.Cold
		m.Wrong += r.Wrong
	}
	return m
}
