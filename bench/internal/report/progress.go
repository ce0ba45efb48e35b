package report

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long nothing is said, and pause how often something is.
const (
	patience = 2 * time.Second
	pause    = 200 * time.Millisecond
)

// Progress tells how far things are, in one line that overwrites itself, once
// they take longer than two seconds. It is safe for concurrent use.
type Progress struct {
	w  io.Writer
	mu sync.Mutex
	// start and last are times on this machine's clock: progress is for people.
	start, last time.Time
	shown       bool
}

// NewProgress returns a progress line on w.
func NewProgress(w io.Writer) *Progress { return &Progress{w: w, start: time.Now()} }

// Say shows a line, if it is time for one.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.start) < patience || now.Sub(p.last) < pause {
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
