package report

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// patience is how long nothing is said, and pause how often something is.
const (
	patience = 2 * time.Second
	pause    = 200 * time.Millisecond
)

// Progress tells whoever sits at a terminal how far things are, in one line that
// overwrites itself, once they take longer than two seconds. What is written anywhere
// else, to a file or a pipe, has no progress in it. It is safe for concurrent use.
type Progress struct {
	w    io.Writer
	live bool // somebody looks
	mu   sync.Mutex
	// start and last are times on this machine's clock: progress is for people.
	start, last time.Time
	shown       bool
}

// NewProgress returns a progress line on w, which is silent unless that is a terminal.
func NewProgress(w io.Writer) *Progress {
	return &Progress{w: w, live: terminal(w), start: time.Now()}
}

// terminal says whether w is a terminal, or another device that keeps nothing.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}

// Say shows a line, if it is time for one.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.live || now.Sub(p.start) < patience || now.Sub(p.last) < pause {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

// Clear takes the line away, so that something else can be printed.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
