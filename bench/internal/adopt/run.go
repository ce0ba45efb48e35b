package adopt

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/bench/internal/report"
)

// Row is what one program's conversation took.
type Row struct {
	Client    string  `json:"client"`
	Model     string  `json:"model"`
	Way       string  `json:"way"`
	Calls     int     `json:"calls"`
	Input     int     `json:"input"`     // tokens of all calls
	Most      int     `json:"most"`      // of the largest
	Read      float64 `json:"read"`      // percent of the input that was read from the cache
	Dollars   float64 `json:"dollars"`   // of all calls, answers included
	Unchanged int     `json:"unchanged"` // requests that the transport passed as they were
	OverWhole float64 `json:"over_whole"`
}

// ways are what stands between a program and its vendor.
var ways = []string{"whole list", "sliding window", "adopt"}

// Run plays all conversations. ok is false when the transport left a request unchanged.
func Run(ctx context.Context, o *Options, stdout, _ io.Writer) (ok bool, err error) {
	ok = true
	if !o.JSON {
		fmt.Fprintf(stdout, "%d turns, a budget of %d tokens, %d min between turns\n\n%-17s %-18s %-15s %6s %10s %8s %6s %9s %6s\n", o.Turns, o.Budget, o.Pause,
			"client", "model", "way", "calls", "input", "largest", "read", "dollars", "ratio")
	}
	for _, p := range programs() {
		whole := 0.0
		for _, way := range ways {
			row, err := play(ctx, o, &p, way)
			if err != nil {
				return false, fmt.Errorf("%s, %s: %w", p.name, way, err)
			}
			if whole == 0 {
				whole = row.Dollars
			}
			row.OverWhole = row.Dollars / whole
			ok = ok && row.Unchanged == 0
			if o.JSON {
				err = report.JSON(stdout, row)
			} else {
				_, err = fmt.Fprintf(stdout, "%-17s %-18s %-15s %6d %10d %8d %5.1f%% %9.4f %6.3f\n", row.Client, row.Model, row.Way, row.Calls, row.Input, row.Most, row.Read, row.Dollars, row.OverWhole)
			}
			if err != nil {
				return false, err
			}
		}
	}
	return ok, nil
}

// play lets a program have its conversation.
func play(ctx context.Context, o *Options, p *program, way string) (*Row, error) {
	s := newServer(p.api, p.model)
	row := &Row{Client: p.name, Model: p.model, Way: way}
	client := &http.Client{Transport: s}
	switch way {
	case "sliding window":
		client.Transport = &window{o.Budget, s}
	case "adopt":
		client.Transport = adopt.New(o.Budget, &adopt.Options{Base: s, Now: func() time.Time { return s.now }, OnCall: func(c adopt.Call) {
			if c.Unchanged != nil {
				row.Unchanged++
			}
		}})
	}
	turn, err := p.start(client)
	if err != nil {
		return nil, err
	}
	for s.turn = range o.Turns {
		s.now = s.now.Add(time.Duration(o.Pause) * time.Minute)
		if err := turn(ctx, s.turn); err != nil {
			return nil, fmt.Errorf("turn %d: %w", s.turn, err)
		}
	}
	if s.unsure {
		return nil, fmt.Errorf("the catalogue does not know all prices of %s", p.model)
	}
	row.Calls, row.Input, row.Most = s.calls, s.used.Input, s.most
	row.Read = 100 * float64(s.used.CachedInput) / float64(max(1, s.used.Input))
	row.Dollars = float64(s.cost) / 1e6
	return row, nil
}
