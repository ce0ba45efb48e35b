package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The size of the terminal that quire top is shown in.
const columns, rows = 80, 24

// terminal runs quire top in a terminal of its own, and returns what stands on its screen.
func terminal(ctx context.Context, dir string) (screen string, err error) {
	program, config := filepath.Join(dir, "quire"), filepath.Join(dir, "tmux.conf")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/quire").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/quire: %w\n%s", err, out)
	}
	if err := os.WriteFile(config, []byte("set -g status off\n"), 0o600); err != nil {
		return "", err
	}
	tmux := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "tmux", append([]string{"-S", filepath.Join(dir, "tmux"), "-f", config}, args...)...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("tmux %s: %w %s", args[0], err, out)
		}
		return string(out), err
	}
	if _, err := tmux("new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "-e", "TZ=UTC", "-e", "QUIRE_DEMO_AT="+end.Format(time.RFC3339), program+" top --demo"); err != nil {
		return "", err
	}
	defer func() {
		_, stopped := tmux("kill-server")
		err = errors.Join(err, stopped)
	}()
	for {
		if screen, err = tmux("capture-pane", "-p"); err != nil || strings.Contains(screen, "AGENT") {
			return screen, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// asPage is a picture of a screen as a page in a browser, without the empty lines at its end.
func asPage(screen string) shot {
	page := `<!DOCTYPE html><meta charset="utf-8"><style>
html { background: #14161a; } body { margin: 0; background: #14161a; color: #e4e5e7; }
pre { margin: 0; padding: 14px 18px; font: 15px/20px "DejaVu Sans Mono", monospace; }
</style><pre>` + html.EscapeString(strings.TrimRight(screen, "\n")) + "</pre>"
	return shot{file: "top.png", page: "data:text/html;charset=utf-8," + url.PathEscape(page), width: 760, height: 28 + 20*rows, scale: 2, scheme: "dark"}
}
