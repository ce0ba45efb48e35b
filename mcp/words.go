package mcp

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"

	"github.com/quire-dev/quire/internal/jsontext"
)

// maxLine is how much of a line that a server writes is kept and logged, in bytes.
const maxLine = 500

// lastWords is what a server's program writes to its standard error: logged line by line,
// and the last lines kept, since they say best why it ended.
type lastWords struct {
	log *slog.Logger

	mu    sync.Mutex
	open  []byte
	lines []string
}

const keptLines = 3

// Write never fails: a server must not stall on what it says.
func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		w.open = append(w.open, line[:min(len(line), maxLine-min(len(w.open), maxLine))]...)
		if rest = after; ended {
			w.end()
		}
	}
	return len(p), nil
}

func (w *lastWords) end() {
	if line := oneLine(string(w.open), maxLine); line != "" {
		w.log.Debug(logSays, "line", line)
		if w.lines = append(w.lines, line); len(w.lines) > keptLines {
			w.lines = w.lines[1:]
		}
	}
	w.open = w.open[:0]
}

// take returns the last lines, and forgets them.
func (w *lastWords) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end()
	s := strings.Join(w.lines, " / ")
	w.lines = nil
	return s
}

// oneLine makes a text of others safe to stand in a line of ours, within quotes or not, in
// at most n characters.
func oneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '[' || r == '<':
			return '('
		case r == ']' || r == '>':
			return ')'
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff:
			return ' '
		}
		return r
	}, jsontext.Clean(s))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// printable shows characters that a terminal would obey, or that turn the direction of
// writing, as a blank.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, jsontext.Clean(s))
}
