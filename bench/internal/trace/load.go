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

// Load reads the recorded runs below a folder: swebench-runs/*.json.gz as the
// traces swe-runs and swe-life, and each long session of claude-code-sessions.
// want says which traces are needed; what is not there is not an error.
func Load(ctx context.Context, dir string, counter tokenizer.Counter, want func(name string) bool, progress func(string)) ([]*Trace, error) {
	var out []*Trace
	if want("swe-runs") || want("swe-life") {
		traces, err := swe(ctx, dir, counter, want, progress)
		if err != nil {
			return nil, err
		}
		out = append(out, traces...)
	}
	files, err := list(dir, "claude-code-sessions/*.jsonl", "claude-code-sessions/*.jsonl.gz")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		base, _, _ := strings.Cut(filepath.Base(f), ".")
		name := "session-" + base[:min(8, len(base))]
		if !want(name) {
			continue
		}
		progress("reading " + f)
		rec, err := transcript.Open(ctx, f, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		for i := range rec.Sessions {
			if s := &rec.Sessions[i]; len(s.Calls) >= longSession && !s.Sidechain {
				out = append(out, &Trace{Name: name, Budgets: []int{32_000, 64_000}, Lives: []*Life{lifeOf(s.ID, counter, s)}})
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

func swe(ctx context.Context, dir string, counter tokenizer.Counter, want func(string) bool, progress func(string)) ([]*Trace, error) {
	files, err := list(dir, "swebench-runs/*.json.gz", "swebench-runs/*.json")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	var sessions []*transcript.Session
	for i, f := range files {
		progress(fmt.Sprintf("reading run %d of %d", i+1, len(files)))
		rec, err := transcript.Open(ctx, f, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		for k := range rec.Sessions {
			if len(rec.Sessions[k].Calls) > 0 {
				sessions = append(sessions, &rec.Sessions[k])
			}
		}
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
