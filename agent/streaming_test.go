package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/providers"
)

// speaker is a model that streams what a function yields.
type speaker struct {
	modelFunc
	stream func(p *quire.Prompt, yield func(quire.Delta, error) bool)
}

func (s speaker) Stream(_ context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) { s.stream(p, yield) }
}

// speaks says the parts of each reply in halves, and then the reply; after the last
// one it says "Done."
func speaks(replies ...[]quire.Part) speaker {
	whole := script(replies...)
	return speaker{whole, func(p *quire.Prompt, yield func(quire.Delta, error) bool) {
		r, _ := whole(p)
		for _, part := range r.Parts {
			switch part := part.(type) {
			case quire.Text:
				half := len(part.Text) / 2 // maybe in the middle of a character
				yield(quire.Delta{Text: part.Text[:half]}, nil)
				yield(quire.Delta{Text: part.Text[half:]}, nil)
			case quire.Reasoning:
				yield(quire.Delta{Reasoning: part.Text}, nil)
			case quire.ToolCall:
				yield(quire.Delta{ToolCall: &part}, nil)
			}
		}
		yield(quire.Delta{Reply: r}, nil)
	}}
}

// never is a ticker that never ticks: pieces are written when they are many, and at
// the end.
func never(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// streaming makes ada with a model whose replies can be followed.
func (b *bench) streaming(model speaker, change ...func(*settings)) *Agent {
	b.t.Helper()
	return b.agent(model.modelFunc, append([]func(*settings){func(o *settings) {
		o.Model = model
		o.Streaming = Streaming{On: true, Tick: never}
	}}, change...)...)
}

// heard is a stream as a reader sees it, in one line an attempt.
func (b *bench) heard(stream uint64) string {
	b.t.Helper()
	var out strings.Builder
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	for p, err := range b.store.Follow(ctx, "ada", mailbox.StreamRead{Stream: stream}) {
		require.NoError(b.t, err, "so far: %s", out.String())
		for _, c := range p.Chunks {
			var piece StreamPiece
			err := json.Unmarshal(c, &piece)
			require.NoError(b.t, err)
			switch {
			case piece.Run != nil:
				fmt.Fprintf(&out, "{%s ended=%v failed=%v}", piece.Run.Name, piece.Run.Ended, piece.Run.Failed)
			case piece.Call != nil:
				fmt.Fprintf(&out, "<%s %s>", piece.Call.Name, piece.Call.Args)
			case piece.Reasoning != "":
				fmt.Fprintf(&out, "(%s)", piece.Reasoning)
			default:
				fmt.Fprintf(&out, "%q", piece.Text)
			}
		}
		if e := p.Last; e != nil {
			fmt.Fprintf(&out, " %s #%d more=%v %s\n", e.Kind, e.UID, e.More, e.Reason)
			if e.Message != "" {
				assert.Equal(b.t, e.Message, b.item(e.UID).ID)
			}
		}
	}
	return out.String()
}

func noop(name string) Tool {
	return Tool{Name: name, Run: func(context.Context, Call) ([]quire.Part, error) { return say("ok"), nil }}
}

func TestATurnCanBeFollowed(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.streaming(speaks(
		[]quire.Part{quire.Reasoning{Text: "Hm."}, text("I'll buïld."), use("build", `{"n":1}`)},
		[]quire.Part{text("Built.")},
	), func(o *settings) { o.Tools = []Tool{noop("build")} })
	r := b.turn(a)
	assert.Equal(t, "Built.", r.Text)
	assert.Equal(t, `(Hm.)"I'll buïld."<build {"n":1}> done #2 more=true `+"\n"+`{build ended=false failed=false}{build ended=true failed=false} done #2 more=true `+"\n"+`"Built." done #4 more=false `+"\n", b.heard(1))
	about, err := decodeAbout(must(b.store.ReadStream(t.Context(), "ada", mailbox.StreamRead{})).About)
	require.NoError(t, err)
	assert.Equal(t, StreamAbout{Turn: 1, Call: 1, Model: "test-1", Mail: []quire.MessageID{b.item(1).ID}}, about)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A model that can't stream is heard all at once.
func TestAModelThatCanNotStreamIsHeardWhole(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{text("All at once.")}), func(o *settings) { o.Streaming = Streaming{On: true, Tick: never} })
	b.turn(a)
	assert.Equal(t, `"All at once." done #2 more=false `+"\n", b.heard(1))
}

func TestARetryIsAnotherAttempt(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	n := 0
	good := speaks([]quire.Part{text("Second.")})
	a := b.streaming(speaker{good.modelFunc, func(p *quire.Prompt, yield func(quire.Delta, error) bool) {
		if n++; n == 1 {
			yield(quire.Delta{Text: "Fir"}, nil)
			yield(quire.Delta{}, &providers.Error{Provider: "test", Code: providers.CodeUnavailable, Err: errors.New("reset")})
			return
		}
		good.stream(p, yield)
	}})
	b.turn(a)
	assert.Equal(t, `"Fir" failed #0 more=true test: unavailable: reset`+"\n"+`"Second." done #2 more=false `+"\n", b.heard(1))
}

func TestATurnThatEndsEarlyEndsItsStream(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.streaming(speaks([]quire.Part{use("build", `{}`)}, []quire.Part{use("build", `{}`)}), func(o *settings) {
		o.Tools = []Tool{noop("build")}
		o.Limits.Repeats = 2
	})
	_, err := a.Turn(t.Context())
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	lines := strings.Split(b.heard(1), "\n")
	assert.Equal(t, " failed #0 more=false "+limit.Error(), lines[4])
}

// A step of bookkeeping and text ends the turn with commit B.
func TestATurnThatEndsWithCommitBEndsItsStream(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	b.turn(b.streaming(speaks([]quire.Part{text("Done with it."), use("context_drop", `{"uids":[1]}`)})))
	assert.Equal(t, `"Done with it."<context_drop {"uids":[1]}> done #2 more=true `+"\n"+` done #2 more=false `+"\n", b.heard(1))
}

// crashing runs a step whose goroutine ends in the middle.
func crashing(a *Agent) {
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = a.Step(context.Background()) })
	wg.Wait()
}

func TestAProducerThatDiesIsInterrupted(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	crashing(b.streaming(speaker{script(), func(_ *quire.Prompt, yield func(quire.Delta, error) bool) {
		yield(quire.Delta{Text: "I was saying"}, nil)
		runtime.Goexit() // what the process had said is written by then; nothing else is
	}}))
	b.turn(b.streaming(speaks([]quire.Part{text("I say it again.")})))
	assert.Equal(t, `"I was saying" interrupted #0 more=true the program that made it stopped`+"\n"+`"I say it again." done #2 more=false `+"\n", b.heard(1))
}

// mute is a store whose streams fail.
type mute struct {
	mailStore
	open, append, end error
}

func (m *mute) OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (driver.StreamAttempt, error) {
	if m.open != nil {
		return driver.StreamAttempt{}, m.open
	}
	return m.mailStore.OpenStream(ctx, addr, o)
}

func (m *mute) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	if m.append != nil {
		return m.append
	}
	return m.mailStore.AppendStream(ctx, addr, a)
}

func (m *mute) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	if m.end != nil {
		return m.end
	}
	return m.mailStore.EndStream(ctx, addr, c)
}

func TestAStreamThatFailsDoesNotFailTheTurn(t *testing.T) {
	for _, m := range []*mute{{open: mailbox.ErrFull}, {append: mailbox.ErrFull}, {end: mailbox.ErrFull}} {
		b := newBench(t)
		b.put(&m.mailStore, m)
		b.send("mia", "Go", "go")
		var heard []error
		var w watched
		a := b.streaming(speaks([]quire.Part{text("Said.")}), w.on, func(o *settings) {
			o.Streaming.Failed = func(err error) { heard = append(heard, err) }
		})
		r, err := a.Step(t.Context())
		require.NoError(t, err)
		assert.True(t, r.Ended)
		assert.Equal(t, "Said.", r.Text)
		assert.ErrorIs(t, r.StreamErr, mailbox.ErrFull)
		assert.Len(t, w.lines(t, logStream), len(heard))
		assert.NotEmpty(t, heard)
		b.between = nil
		if m.end == nil {
			continue
		}
		// Whoever comes next says how it ended.
		r, err = b.streaming(speaks()).Step(t.Context())
		require.NoError(t, err)
		assert.True(t, r.Idle)
		require.NoError(t, r.StreamErr)
		assert.Equal(t, `"Said." done #2 more=false `+"\n", b.heard(1))
	}
}

// Whoever lost the address says no more, and its successor begins an attempt.
func TestASuccessorSpeaksInsteadOfAProcessThatLostTheAddress(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	own := func(holder string) uint64 {
		b.now = b.now.Add(time.Hour)
		return must(b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: holder}, Now: b.now})).Fence
	}
	second := b.streaming(speaks([]quire.Part{text("I am two.")}))
	first := b.streaming(speaker{script(), func(_ *quire.Prompt, yield func(quire.Delta, error) bool) {
		yield(quire.Delta{Text: strings.Repeat("I am one. ", 1000)}, nil)
		second.fence = own("two")
		b.turn(second)
		yield(quire.Delta{Text: "I am still here."}, nil)
		yield(quire.Delta{Reply: &quire.Reply{Parts: []quire.Part{text("One.")}}}, nil)
	}})
	first.fence = own("one")
	r, err := first.Step(t.Context())
	require.ErrorIs(t, err, mailbox.ErrLeaseLost)
	require.ErrorIs(t, r.StreamErr, mailbox.ErrLeaseLost)
	heard := b.heard(1)
	assert.Contains(t, heard, "interrupted #0 more=true")
	assert.Contains(t, heard, `"I am two." done #2 more=false `+"\n")
	assert.NotContains(t, heard, "still here")
}

// counted counts what is written to a stream.
type counted struct {
	mailStore
	wrote chan mailbox.StreamAppend
}

func (c *counted) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	err := c.mailStore.AppendStream(ctx, addr, a)
	c.wrote <- a
	return err
}

func TestPiecesAreGatheredByTimeAndBySize(t *testing.T) {
	b := newBench(t)
	store := &counted{wrote: make(chan mailbox.StreamAppend, 100)}
	b.put(&store.mailStore, store)
	b.send("mia", "Go", "go")
	ticks := make(chan time.Time)
	stopped := false
	wrote := func() string {
		var s []string
		select {
		case a := <-store.wrote:
			for _, c := range a.Chunks {
				s = append(s, string(c))
			}
		case <-time.After(20 * time.Second):
			assert.Fail(t, "nothing is written")
		}
		return strings.Join(s, "\n")
	}
	a := b.streaming(speaker{script(), func(_ *quire.Prompt, yield func(quire.Delta, error) bool) {
		say := func(s string) { yield(quire.Delta{Text: s}, nil) }
		for _, s := range []string{"a", "b", "c\xc3", "\xa9"} {
			say(s)
		}
		yield(quire.Delta{Reasoning: "r"}, nil)
		ticks <- day
		assert.Equal(t, `{"text":"abcé"}`+"\n"+`{"reasoning":"r"}`, wrote())
		ticks <- day
		ticks <- day // nothing waits: nothing is written, or what is written next would be behind it
		say(strings.Repeat("x", 99))
		say("y")
		assert.Equal(t, `{"text":"`+strings.Repeat("x", 99)+`y"}`, wrote(), "without a tick: enough waits")
		yield(quire.Delta{ToolCall: &quire.ToolCall{ID: "c", Name: "big", Args: strings.Repeat("z", 3*maxPiece)}}, nil)
		assert.Equal(t, `{"call":{"id":"c","name":"big","args":"`+strings.Repeat("z", maxPiece)+`","cut":true}}`, wrote())
		say("the end\xc3")
		yield(quire.Delta{Reply: &quire.Reply{Parts: []quire.Part{text("The end.")}}}, nil)
	}}, func(o *settings) {
		o.Streaming.Bytes = 100
		o.Streaming.Tick = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() { stopped = true } }
	})
	b.turn(a)
	assert.Equal(t, `{"text":"the end�"}`, wrote(), "the rest, at the end")
	assert.Empty(t, store.wrote)
	assert.True(t, stopped, "the ticker is stopped when the turn is over")
}
