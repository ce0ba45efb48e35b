package work

import (
	"context"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/quire-dev/quire/bench/internal/report"
)

// Least is the smallest room, beside the system prompt and the tools, at which a strategy
// gets enough jobs of a family right.
type Least struct {
	Family   string  `json:"family"`
	Strategy string  `json:"strategy"`
	Tools    bool    `json:"tools"`
	Recall   bool    `json:"recall"`
	Jobs     int     `json:"jobs"`
	Right    int     `json:"right"`
	Fixed    int     `json:"fixed"` // tokens of system prompt and tools
	Room     int     `json:"room"`  // tokens; 0: none up to the largest that is tried
	Of       float64 `json:"of_best,omitzero"`
}

// enough is the part of jobs that have to be right, in percent.
const enough = 99

// rooms are the sizes that are tried: from 200 tokens to 25,600, four to each doubling.
func rooms() []int {
	var out []int
	for k := range 29 {
		out = append(out, int(math.Round(200*math.Pow(2, float64(k)/4))))
	}
	return out
}

// Smallest looks for the smallest room by halves: it takes for granted that more room
// does no harm.
func (c *Cell) Smallest(ctx context.Context) (Least, error) {
	l := Least{Family: c.Spec.Name, Strategy: c.Strategy.Name, Tools: c.Strategy.Tools, Recall: c.Setting.Recall}
	one := *c
	one.Jobs, one.Setting.Budget, one.Setting.Keep = 1, Unlimited, true
	row, err := one.Run(ctx)
	if err != nil {
		return l, err
	}
	l.Fixed = row.Fixed
	sizes := rooms()
	sort.Search(len(sizes), func(i int) bool {
		if err != nil {
			return true
		}
		try := *c
		try.Setting.Budget = l.Fixed + sizes[i]
		var row Row
		row, err = try.Run(ctx)
		ok := row.Right*100 >= row.Jobs*enough
		if ok {
			l.Room, l.Jobs, l.Right = sizes[i], row.Jobs, row.Right
		}
		return ok
	})
	return l, err
}

// smallest prints the smallest rooms of a family's cells. That of quire has its part of
// the best other with tools, without the one that knows what will be asked.
func smallest(ctx context.Context, o *Options, list []Cell, t *table) error {
	rows := make([]Least, len(list))
	best := 0
	for i := range list {
		var err error
		if rows[i], err = list[i].Smallest(ctx); err != nil {
			return err
		}
		r := &rows[i]
		if other := r.Strategy != "quire" && r.Tools && !strings.Contains(r.Strategy, "oracle"); other && r.Room > 0 && (best == 0 || r.Room < best) {
			best = r.Room
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Strategy == "quire" {
			r.Of = ratio(int64(r.Room), int64(best))
		}
		var err error
		if o.JSON {
			err = report.JSON(t.w, r)
		} else {
			err = t.least(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// least prints a smallest room for people.
func (t *table) least(r *Least) error {
	if !t.begun {
		t.begun = true
		if _, err := fmt.Fprintf(t.w, "rules %d of the reader; the smallest room above the fixed part at which %d%% are right\n\n%-16s %-16s %-6s %6s %6s %6s %8s\n",
			Rules, enough, "family", "strategy", "recall", "jobs", "fixed", "room", "of best"); err != nil {
			return err
		}
	}
	room, of, recall := "none", "", "off"
	if r.Room > 0 {
		room = itoa(r.Room)
	}
	if r.Of > 0 {
		of = fmt.Sprintf("%.2f", r.Of)
	}
	if r.Recall {
		recall = "on"
	}
	_, err := io.WriteString(t.w, strings.TrimRight(fmt.Sprintf("%-16s %-16s %-6s %6d %6d %6s %8s", r.Family, r.Strategy, recall, r.Jobs, r.Fixed, room, of), " ")+"\n")
	return err
}
