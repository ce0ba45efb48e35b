package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report is what came of a world.
type Report struct {
	Seed    uint64
	Agents  int
	Figures map[string]int // how often what happened

	Down       int // agents that answer no more
	Unanswered int // mail
	Twice      int // answers to one message from one agent, beyond the first; mail that stands twice
	Untrue     int // reports of what did not happen, and errors that can't be
	Repeated   int // tools that may not be repeated and ran again
	Journal    int // entries that are left

	Faults []string
}

func newReport(o *Options) *Report {
	return &Report{Seed: o.Seed, Agents: o.Agents, Figures: map[string]int{}}
}

// OK says that nothing was wrong.
func (r *Report) OK() bool { return len(r.Faults) == 0 }

// String are the figures.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %d agents:", r.Seed, r.Agents)
	for _, k := range slices.Sorted(maps.Keys(r.Figures)) {
		fmt.Fprintf(&b, " %s %d,", k, r.Figures[k])
	}
	fmt.Fprintf(&b, " down %d, unanswered %d, answered twice %d, untrue %d, repeated %d, journal %d", r.Down, r.Unanswered, r.Twice, r.Untrue, r.Repeated, r.Journal)
	return b.String()
}

// fault notes what is wrong.
func (w *world) fault(figure *int, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*figure++
	if len(w.rep.Faults) < 40 {
		w.rep.Faults = append(w.rep.Faults, fmt.Sprintf("seed %d: ", w.o.Seed)+fmt.Sprintf(format, args...))
	}
}
