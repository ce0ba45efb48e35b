package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire/agent"
)

// window is how many turns the comparison looks at.
const window = 1000

// stats measures a run: is turn 10,000 as cheap as turn 1,000?
type stats struct {
	db      string
	start   time.Time
	turns   int
	calls   int
	plans   []time.Duration // of the turns since the last multiple of window
	early   sample          // around turn 1,000
	late    sample          // of the last 1,000 turns
	used    int
	kept    int
	cost    float64
	largest int
}

// sample is how things stood at the end of a window.
type sample struct {
	turn   int
	median time.Duration // of composing one prompt
	p99    time.Duration
	memory uint64 // of the process, in bytes
	file   int64
}

func (s *stats) begin(db string) { s.db, s.start = db, time.Now() }

func (s *stats) step(i agent.StepInfo) {
	s.calls++
	s.used += i.Plan.Used
	s.kept += i.Plan.Kept
	s.cost += i.Plan.Bill.Cost
	s.largest = max(s.largest, i.Plan.Used)
	s.plans = append(s.plans, i.Planned)
}

// turn counts a turn and, at the end of a window, looks at how things stand.
func (s *stats) turn(n int) error {
	s.turns = n
	if n%window != 0 {
		return nil
	}
	return s.sample()
}

func (s *stats) sample() error {
	if len(s.plans) == 0 {
		return nil
	}
	slices.Sort(s.plans)
	size := int64(0)
	for _, end := range []string{"", "-wal"} {
		info, err := os.Stat(s.db + end)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			size += info.Size()
		}
	}
	s.late = sample{turn: s.turns, median: s.plans[len(s.plans)/2], p99: s.plans[len(s.plans)*99/100], memory: resident(), file: size}
	if s.early.turn == 0 {
		s.early = s.late
	}
	s.plans = s.plans[:0]
	return nil
}

// resident is the memory of the process in bytes: SQLite's is not on Go's heap.
// Where the system does not say, what Go took from it.
func resident() uint64 {
	runtime.GC()
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			if pages, err := strconv.ParseUint(f[1], 10, 64); err == nil {
				return pages * uint64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

// report prints what a run cost.
func (w *world) report() error {
	s := &w.stats
	if err := s.sample(); err != nil {
		return err
	}
	took := time.Since(s.start)
	fmt.Fprintf(w.out, "%d turns, %d model calls in %s", s.turns, s.calls, took.Round(time.Millisecond))
	if s.calls > 0 {
		fmt.Fprintf(w.out, " (%s a call with its commits)\n", (took / time.Duration(s.calls)).Round(time.Microsecond))
		fmt.Fprintf(w.out, "largest prompt %d of %d tokens; %d%% of all tokens kept their bytes; price %.0f for %d\n",
			s.largest, w.o.budget, percent(s.kept, s.used), s.cost, s.used)
	} else {
		fmt.Fprintln(w.out)
	}
	if w.o.check {
		fmt.Fprintf(w.out, "%d prompts checked in 5 wire formats\n", w.checks.prompts)
	}
	fmt.Fprintf(w.out, "%-10s %16s %12s %10s %12s\n", "at turn", "composing: half", "99 of 100", "memory", "file")
	rows := []sample{s.early, s.late}
	if s.early.turn == s.late.turn {
		rows = rows[1:]
	}
	for _, r := range rows {
		fmt.Fprintf(w.out, "%-10d %16s %12s %9.1fM %11.1fM\n", r.turn, r.median.Round(time.Microsecond), r.p99.Round(time.Microsecond), float64(r.memory)/1e6, float64(r.file)/1e6)
	}
	return nil
}
