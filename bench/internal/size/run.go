package size

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire/bench/internal/report"
)

// Row is one program's line.
type Row struct {
	Program  string  `json:"program"`
	Modules  int     `json:"modules"`
	Packages int     `json:"packages"`
	Bytes    int64   `json:"bytes"`
	Stripped int64   `json:"stripped"`
	Again    float64 `json:"again_seconds"`
	Cold     float64 `json:"cold_seconds,omitempty"`
}

// Run builds and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	root, err := output(ctx, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}", quireModule)
	if err != nil {
		return fmt.Errorf("run it inside quire's repository: %w", err)
	}
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	begun := false
	for _, p := range programs() {
		if o.Only != nil && !slices.Contains(o.Only, p.name) {
			continue
		}
		progress.Say("building %s", p.name)
		row, err := measure(ctx, p, root, o.Cold)
		progress.Clear()
		if errors.Is(err, os.ErrNotExist) && p.folder != "" {
			fmt.Fprintf(stderr, "bench size: %s is not there\n", p.folder)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if !o.JSON && !begun {
			begun = true
			fmt.Fprintf(stdout, "%s/%s, %d processors, %s\n%-16s %8s %9s %8s %9s %8s %8s\n", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(),
				"program", "modules", "packages", "MB", "stripped", "again s", "cold s")
		}
		if err := print(stdout, o, row); err != nil {
			return err
		}
	}
	return nil
}

func print(w io.Writer, o *Options, r Row) error {
	if o.JSON {
		return report.JSON(w, r)
	}
	cold := "-"
	if r.Cold > 0 {
		cold = fmt.Sprintf("%.0f", r.Cold)
	}
	_, err := fmt.Fprintf(w, "%-16s %8d %9d %8.1f %9.1f %8.1f %8s\n", r.Program, r.Modules, r.Packages, mega(r.Bytes), mega(r.Stripped), r.Again, cold)
	return err
}

func mega(n int64) float64 { return float64(n) / 1e6 }

// measure builds one program in a folder of its own.
func measure(ctx context.Context, p program, root string, cold bool) (Row, error) {
	dir, err := os.MkdirTemp("", "quire-size-")
	if err != nil {
		return Row{}, err
	}
	defer os.RemoveAll(dir)
	if err := lay(p, root, dir); err != nil {
		return Row{}, err
	}
	row := Row{Program: p.name}
	if row.Modules, row.Packages, err = linked(ctx, dir); err != nil {
		return row, err
	}
	out := filepath.Join(dir, "small")
	if err := build(ctx, dir, nil, "-o", out); err != nil { // fills the cache
		return row, err
	}
	for change := 1; change <= 3; change++ {
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(p.source(change)), 0o600); err != nil {
			return row, err
		}
		start := time.Now()
		if err := build(ctx, dir, nil, "-o", out); err != nil {
			return row, err
		}
		if took := time.Since(start).Seconds(); row.Again == 0 || took < row.Again {
			row.Again = took
		}
	}
	if row.Bytes, err = sizeOf(out); err != nil {
		return row, err
	}
	if err := build(ctx, dir, nil, "-ldflags", "-s -w", "-o", out); err != nil {
		return row, err
	}
	if row.Stripped, err = sizeOf(out); err != nil {
		return row, err
	}
	if cold {
		start := time.Now()
		if err := build(ctx, dir, []string{"GOCACHE=" + filepath.Join(dir, "cache")}, "-o", out); err != nil {
			return row, err
		}
		row.Cold = time.Since(start).Seconds()
	}
	return row, nil
}

// lay writes the program's module.
func lay(p program, root, dir string) error {
	mod, err := os.ReadFile(filepath.Join(root, p.folder, "go.mod"))
	if err != nil {
		return err
	}
	var sums []byte
	for _, folder := range []string{"", p.folder} {
		b, err := os.ReadFile(filepath.Join(root, folder, "go.sum"))
		if err != nil {
			return err
		}
		sums = append(sums, b...)
	}
	for name, text := range map[string]string{"go.mod": p.goMod(string(mod), root), "go.sum": string(sums), "main.go": p.source(0)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// linked counts the modules and packages of a program, without the standard library.
func linked(ctx context.Context, dir string) (modules, packages int, err error) {
	list, err := output(ctx, dir, environment(nil), "go", "list", "-mod=mod", "-deps", "-f", "{{if .Module}}{{.Module.Path}} {{.ImportPath}}{{end}}", ".")
	if err != nil {
		return 0, 0, err
	}
	seen := map[string]bool{}
	for line := range strings.Lines(list) {
		if module, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			seen[module] = true
			packages++
		}
	}
	return len(seen) - 1, packages - 1, nil // but for the program itself
}

func build(ctx context.Context, dir string, env []string, args ...string) error {
	_, err := output(ctx, dir, environment(env), "go", append([]string{"build", "-mod=mod"}, args...)...)
	return err
}

// environment keeps a workspace, and flags of the user, out of a build.
func environment(more []string) []string {
	return append(append(os.Environ(), "GOWORK=off", "GOFLAGS="), more...)
}

func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, env
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

func sizeOf(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
