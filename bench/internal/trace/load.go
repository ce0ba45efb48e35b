package trace

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/transcript"
)

// longSession is how many calls a session has at least to be a trace of its own.
const longSession = 50

// Half is a part of the recorded runs: what is fitted on one half is judged by the
// other. Of the files in order, the runs at even places from 0 on are for the fit and
// the others held back; of the long sessions likewise.
type Half string

// The halves.
const (
	All  Half = "all"
	Fit  Half = "fit"
	Held Half = "held"
)

// has says whether the run at a place, from 0 on, is in a half.
func (h Half) has(place int) bool {
	return h == All || (h == Fit) == (place%2 == 0)
}

// Load reads the recorded runs below a folder, or a half of them: swebench-runs/*.json.gz
// as the traces swe-runs and swe-life, and each long session of claude-code-sessions.
// want says which traces are needed; what is not there is not an error.
func Load(ctx context.Context, dir string, half Half, counter tokenizer.Counter, want func(name string) bool, progress func(string)) ([]*Trace, error) {
	var out []*Trace
	if want("swe-runs") || want("swe-life") {
		traces, err := swe(ctx, dir, half, counter, want, progress)
		if err != nil {
			return nil, err
		}
		out = append(out, traces...)
	}
	sessions, err := long(ctx, dir, half, counter, want, progress)
	return append(out, sessions...), err
}

// long reads the long sessions. To know a session's place among them, of a half all
// files before it are read, wanted or not.
func long(ctx context.Context, dir string, half Half, counter tokenizer.Counter, want func(name string) bool, progress func(string)) ([]*Trace, error) {
	var out []*Trace
	files, err := list(dir, "claude-code-sessions/*.jsonl", "claude-code-sessions/*.jsonl.gz")
	if err != nil {
		return nil, err
	}
	place := 0
	for _, f := range files {
		base, _, _ := strings.Cut(filepath.Base(f), ".")
		name := "session-" + base[:min(8, len(base))]
		if half == All && !want(name) {
			continue
		}
		progress("reading " + f)
		rec, err := transcript.Open(ctx, f, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		for i := range rec.Sessions {
			if s := &rec.Sessions[i]; len(s.Calls) >= longSession && !s.Sidechain {
				if half.has(place) && want(name) {
					out = append(out, &Trace{Name: name, Budgets: []int{32_000, 64_000}, Lives: []*Life{lifeOf(s.ID, counter, s)}})
				}
				place++
				break
			}
		}
	}
	return out, nil
}

func list(dir string, patterns ...string) ([]string, error) {
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return files, nil
}

func swe(ctx context.Context, dir string, half Half, counter tokenizer.Counter, want func(string) bool, progress func(string)) ([]*Trace, error) {
	files, err := list(dir, "swebench-runs/*.json.gz", "swebench-runs/*.json")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	var sessions []*transcript.Session
	place := 0
	for i, f := range files {
		progress(fmt.Sprintf("reading run %d of %d", i+1, len(files)))
		rec, err := transcript.Open(ctx, f, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		for k := range rec.Sessions {
			if len(rec.Sessions[k].Calls) > 0 {
				if half.has(place) {
					sessions = append(sessions, &rec.Sessions[k])
				}
				place++
			}
		}
	}
	if len(sessions) == 0 {
		return nil, nil
	}
	var out []*Trace
	if want("swe-runs") {
		t := &Trace{Name: "swe-runs", Budgets: []int{16_000, 32_000}}
		for _, s := range sessions {
			t.Lives = append(t.Lives, lifeOf(s.ID, counter, s))
		}
		out = append(out, t)
	}
	if want("swe-life") {
		out = append(out, &Trace{Name: "swe-life", Budgets: []int{16_000, 32_000}, Lives: []*Life{lifeOf("swe-life", counter, sessions...)}})
	}
	return out, nil
}
