package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/transcript"
)

//go:embed sample.jsonl
var sample []byte

// replay does what o asks for. ok is false when a prompt broke a rule or the
// budget, or when a file could not be read.
func replay(ctx context.Context, o *options, stdout, stderr io.Writer) (ok bool, err error) {
	p := newProgress(stderr)
	var results []*replaying.Result
	ok = true
	files := o.files
	if len(files) == 0 {
		files = []string{""}
	}
	unread := 0
	for i, name := range files {
		p.file = fmt.Sprintf("file %d of %d", i+1, len(files))
		list, err := o.one(ctx, name, p)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			p.say("replay: %v", err)
			ok = false
			unread++
		}
		results = append(results, list...)
	}
	p.end()
	if len(results) == 0 && unread == len(files) {
		return false, nil // all was said
	}
	if len(results) == 0 {
		return false, fmt.Errorf("no model calls in what was read")
	}
	sum := replaying.Sum(results...)
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", " ")
		err = e.Encode(results)
	} else {
		err = o.print(stdout, results, sum)
	}
	return ok && sum.Failed == 0, err
}

// one replays the sessions of one file, for each API. With an error come the
// sessions before it.
func (o *options) one(ctx context.Context, name string, p *progress) ([]*replaying.Result, error) {
	rec, err := open(ctx, name)
	if err != nil {
		return nil, err
	}
	if n := len(rec.Problems) + rec.Omitted; n > 0 {
		p.say("%s: %d things could not be read or don't fit together%s", title(name), n, o.hint(" (-v shows them)"))
		for _, q := range rec.Problems {
			if o.verbose {
				p.say("  %s", q)
			}
		}
	}
	var results []*replaying.Result
	for s := range rec.Sessions {
		for _, api := range o.apis {
			r, err := o.session(ctx, &rec.Sessions[s], api, p)
			if err != nil {
				return results, err
			}
			if r != nil {
				results = append(results, r)
			}
		}
	}
	return results, nil
}

// open reads a record; no name is the sample.
func open(ctx context.Context, name string) (*transcript.Record, error) {
	if name == "" {
		return transcript.Read(ctx, bytes.NewReader(sample), "sample.jsonl", nil)
	}
	return transcript.Open(ctx, name, nil)
}

func title(name string) string {
	if name == "" {
		return "the sample"
	}
	return name
}

// session replays one session for one API; one without calls is nil.
func (o *options) session(ctx context.Context, s *transcript.Session, api quire.API, p *progress) (*replaying.Result, error) {
	if len(s.Calls) == 0 {
		return nil, nil
	}
	return replaying.Run(ctx, s, replaying.Options{
		Budget: o.budget, Counter: o.counter, Policy: o.policy, Schedule: o.schedule,
		Cost: o.costs[api], API: api, Model: o.model,
		Progress: func(n, of int) { p.tick("%s, %s: call %d of %d", p.file, s.ID, n, of) },
	})
}

// progress tells on a terminal how far things are, once they take longer than two
// seconds; elsewhere it only says what has to be said.
type progress struct {
	w     io.Writer
	live  bool // w is a terminal
	start time.Time
	last  time.Time
	file  string
	shown bool
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, live: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

func (p *progress) tick(format string, args ...any) {
	now := time.Now()
	if !p.live || now.Sub(p.start) < 2*time.Second || now.Sub(p.last) < 200*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

func (p *progress) say(format string, args ...any) {
	p.end()
	fmt.Fprintf(p.w, format+"\n", args...)
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
