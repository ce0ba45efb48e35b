package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// sayingPatience is how long one write to the stream may take. Nothing waits for it
// but the stream.
const sayingPatience = 10 * time.Second

// saying is one attempt at the stream: what the model says goes in, and a goroutine
// of its own writes it to the store, so that a slow store does not slow the reply.
type saying struct {
	s    mailStore
	addr quire.Address
	at   driver.StreamAttempt
	ctx  context.Context

	mu    sync.Mutex
	wait  []StreamPiece // not written yet; neighbours of a kind are one
	size  int           // bytes of it
	limit int
	half  string // the beginning of a character whose rest comes with the next piece
	kind  bool   // half is of reasoning
	any   bool   // something was said
	shut  bool   // what is said now comes too late
	next  uint64
	err   error // the first failure: nothing is written after it

	full    chan struct{} // enough waits
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

// newSaying starts to write. rest ends that.
func newSaying(ctx context.Context, s mailStore, addr quire.Address, at driver.StreamAttempt, o *Streaming) *saying {
	w := &saying{s: s, addr: addr, at: at, ctx: context.WithoutCancel(ctx), limit: o.Bytes,
		full: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	ticks, done := o.Tick(o.Every)
	go func() {
		defer close(w.stopped)
		defer done()
		for {
			select {
			case <-w.stop:
				w.flush()
				return
			case <-ticks:
			case <-w.full:
			}
			w.flush()
		}
	}()
	return w
}

// rest writes what is left, and ends the goroutine. It may be called twice.
func (w *saying) rest() {
	w.once.Do(func() {
		w.mu.Lock()
		w.complete()
		w.shut = true
		w.mu.Unlock()
		close(w.stop)
	})
	<-w.stopped
}

// add takes what the model said. A reply that came without deltas is said as a whole.
func (w *saying) add(d *quire.Delta) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut {
		return
	}
	w.words(d.Text, false)
	w.words(d.Reasoning, true)
	if d.ToolCall != nil {
		w.call(d.ToolCall)
	}
	if d.Reply == nil || w.any {
		return
	}
	for _, p := range d.Reply.Parts {
		switch p := p.(type) {
		case quire.Text:
			w.words(p.Text, false)
		case quire.Reasoning:
			w.words(p.Text, true)
		case quire.ToolCall:
			w.call(&p)
		}
	}
}

// words takes a piece of text, which may end in the middle of a character.
func (w *saying) words(text string, reasoning bool) {
	if text == "" {
		return
	}
	if w.half != "" && w.kind != reasoning {
		w.complete()
	}
	text = w.half + text
	w.half, w.kind = "", reasoning
	if n := cutRune(text); n < len(text) {
		w.half, text = text[n:], text[:n]
	}
	w.put(jsontext.Clean(text), reasoning)
}

// cutRune is where an unfinished character at the end of a text begins.
func cutRune(s string) int {
	for i := len(s) - 1; i >= 0 && i >= len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return i
			}
			break
		}
	}
	return len(s)
}

// complete gives up waiting for the rest of a character.
func (w *saying) complete() {
	half := w.half
	w.half = ""
	w.put(jsontext.Clean(half), w.kind)
}

func (w *saying) put(text string, reasoning bool) {
	for text != "" {
		n := min(len(text), maxPiece)
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		w.piece(text[:n], reasoning)
		text = text[n:]
	}
}

// piece adds to the last piece, or begins another one.
func (w *saying) piece(text string, reasoning bool) {
	if n := len(w.wait); n > 0 {
		last := &w.wait[n-1]
		field := &last.Text
		if reasoning {
			field = &last.Reasoning
		}
		if *field != "" && len(*field)+len(text) <= maxPiece {
			*field += text
			w.grow(len(text))
			return
		}
	}
	p := StreamPiece{Text: text}
	if reasoning {
		p = StreamPiece{Reasoning: text}
	}
	w.wait = append(w.wait, p)
	w.grow(len(text))
}

func (w *saying) call(c *quire.ToolCall) {
	if w.half != "" {
		w.complete()
	}
	p := StreamCall{ID: short(jsontext.Clean(c.ID), 256), Name: short(jsontext.Clean(c.Name), 256), Args: jsontext.Clean(c.Args)}
	if len(p.Args) > maxPiece {
		n := maxPiece
		for !utf8.RuneStart(p.Args[n]) {
			n--
		}
		p.Args, p.Cut = strings.Clone(p.Args[:n]), true
	}
	w.wait = append(w.wait, StreamPiece{Call: &p})
	w.grow(len(p.Name) + len(p.Args))
}

func (w *saying) grow(n int) {
	w.any = true
	if w.size += n; w.size >= w.limit {
		select {
		case w.full <- struct{}{}:
		default:
		}
	}
}

// flush writes what waits. Only one goroutine calls it.
func (w *saying) flush() {
	w.mu.Lock()
	list, failed := w.wait, w.err != nil
	w.wait, w.size = nil, 0
	w.mu.Unlock()
	for len(list) > 0 && !failed {
		n := min(len(list), 500)
		failed = !w.write(list[:n])
		list = list[n:]
	}
}

func (w *saying) write(list []StreamPiece) bool {
	add := mailbox.StreamAppend{Stream: w.at.Stream, Attempt: w.at.Attempt, Fence: w.at.Fence, Offset: w.next}
	var err error
	for i := range list {
		var chunk []byte
		if chunk, err = json.Marshal(&list[i]); err != nil {
			break
		}
		add.Chunks = append(add.Chunks, chunk)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(w.ctx, sayingPatience)
		err = w.s.AppendStream(ctx, w.addr, add)
		cancel()
	}
	if err == nil {
		w.next += uint64(len(add.Chunks))
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = fmt.Errorf("turn %d, attempt %d: what the model says is not written to the stream any more: %w", w.at.Stream, w.at.Attempt, err)
	return false
}

// end writes what is left and how it ended. What went wrong on the way is in the error.
func (w *saying) end(e driver.StreamEnd) error {
	w.rest()
	if err := endStream(w.ctx, w.s, w.addr, w.at, e); err != nil && w.err == nil {
		return err
	}
	return w.err
}

// endStream ends an attempt.
func endStream(ctx context.Context, s mailStore, addr quire.Address, at driver.StreamAttempt, e driver.StreamEnd) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sayingPatience)
	defer cancel()
	e.Reason = oneLine(e.Reason, 1000)
	err := s.EndStream(ctx, addr, mailbox.StreamClose{Stream: at.Stream, Attempt: at.Attempt, Fence: at.Fence, End: e})
	if err != nil {
		return fmt.Errorf("turn %d, attempt %d: the stream's end is not written: %w", at.Stream, at.Attempt, err)
	}
	return nil
}
