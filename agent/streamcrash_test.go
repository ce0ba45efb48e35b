package agent

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// dying is a store that a process loses at its nth write, before or after it is done,
// and for good.
type dying struct {
	mailStore
	at    int
	after bool
	n     int
}

func (d *dying) write(f func() error) error {
	d.n++
	if d.n > d.at || d.n == d.at && !d.after {
		return errCrash
	}
	err := f()
	if d.n == d.at {
		return errCrash
	}
	return err
}

func (d *dying) Commit(ctx context.Context, c mailbox.Commit) (done mailbox.Committed, err error) {
	err = d.write(func() error { done, err = d.mailStore.Commit(ctx, c); return err })
	return done, err
}

func (d *dying) OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (a driver.StreamAttempt, err error) {
	err = d.write(func() error { a, err = d.mailStore.OpenStream(ctx, addr, o); return err })
	return a, err
}

func (d *dying) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	return d.write(func() error { return d.mailStore.AppendStream(ctx, addr, a) })
}

func (d *dying) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	return d.write(func() error { return d.mailStore.EndStream(ctx, addr, c) })
}

// Wherever a process dies, the next one brings the turn and its stream to their end, and
// what the stream calls done is what the mailbox has.
func TestWhereverAProducerDiesTheStreamTellsTheTruth(t *testing.T) {
	tool := noop("build")
	tool.Repeatable = true
	run := func(store *mailbox.Store, d *dying) error {
		b := &bench{t: t, store: store, now: day}
		if d != nil {
			b.put(&d.mailStore, d)
		}
		model := speaks()
		model.stream = func(p *quire.Prompt, yield func(quire.Delta, error) bool) {
			reply := &quire.Reply{Parts: []quire.Part{text("I build."), quire.ToolCall{ID: "c1", Name: "build", Args: "{}"}}}
			if strings.Contains(flat(p), "call build") {
				reply = &quire.Reply{Parts: []quire.Part{text("It is built.")}}
			}
			speaks(reply.Parts).stream(p, yield)
		}
		_, err := b.streaming(model, func(o *settings) { o.Tools = []Tool{tool} }).Turn(t.Context())
		return err
	}
	for _, after := range []bool{false, true} {
		for at, died := 1, true; died; at++ {
			b := newBench(t)
			b.send("mia", "Go", "go")
			d := &dying{at: at, after: after}
			_ = run(b.store, d) // what it returns nobody hears
			died = d.n >= d.at
			require.NoError(t, run(b.store, nil), "after a crash at write %d", at)
			require.NoError(t, run(b.store, nil), "nothing waits any more")
			what := fmt.Sprintf("a crash at write %d (after it: %v)", at, after)
			truthful(t, b, what)
			require.Less(t, at, 40, "the story does not end")
		}
	}
}

// What tools did before the process died counts only once it is committed.
func TestToolsWhoseProcessDiesAreInterrupted(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	d := &dying{at: 1 << 30}
	build := func(die bool) Tool {
		tool := noop("build")
		tool.Repeatable = true
		tool.Run = func(context.Context, Call) ([]quire.Part, error) {
			if die {
				d.at = d.n
			}
			return say("ok"), nil
		}
		return tool
	}
	b.put(&d.mailStore, d)
	_, err := b.streaming(speaks([]quire.Part{use("build", `{}`)}), func(o *settings) { o.Tools = []Tool{build(true)} }).Turn(t.Context())
	require.ErrorIs(t, err, errCrash)
	b.between = nil
	b.turn(b.streaming(speaks(), func(o *settings) { o.Tools = []Tool{build(false)} }))
	assert.Equal(t, "<build {}> done #2 more=true \n"+
		" interrupted #0 more=true the program that made it stopped\n"+
		"{build ended=false failed=false}{build ended=true failed=false} done #2 more=true \n"+
		`"Done." done #4 more=false `+"\n", b.heard(1))
}

// truthful compares a stream with the mailbox.
func truthful(t *testing.T, b *bench, what string) {
	t.Helper()
	said, last := "", ""
	heard := b.heard(1)
	for line := range strings.Lines(heard) {
		text, end, _ := strings.Cut(line, " done #")
		if end == "" {
			assert.Contains(t, line, "more=true", what)
			continue
		}
		if strings.Contains(text, `"`) {
			said += text + "|"
		}
		last = end
	}
	want := ""
	for _, it := range b.inbox("ada") {
		if it.Kind == quire.KindTurn {
			want = it.UID.String()
		}
	}
	require.NotEmpty(t, want, what)
	assert.Equal(t, strings.TrimPrefix(want, "#")+" more=false ", strings.TrimSuffix(last, "\n"), "%s: the last end\n%s", what, heard)
	// What a process lost before it was written is missing, but never other words.
	for part := range strings.SplitSeq(strings.Trim(said, "|"), "|") {
		if part != "" {
			assert.True(t, strings.HasPrefix(`"I build."<build {}>`, part) || strings.HasPrefix(`"It is built."`, part), "%s: %s", what, heard)
		}
	}
}
