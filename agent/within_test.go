package agent

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// bubble runs f with a bench whose clock is the bubble's.
func bubble(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.now = time.Now()
		f(t, b)
		assert.NoError(t, b.store.Close())
	})
}

func realTime(o *settings) { o.Now, o.Sleep = nil, nil }

// stubborn is a model whose first calls end when free does, whatever their context says.
type stubborn struct {
	hang  int32
	heeds bool
	calls atomic.Int32
	free  chan struct{}
	seen  atomic.Int64
}

func (s *stubborn) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if s.calls.Add(1) <= s.hang {
		if s.heeds {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		<-s.free
		for _, m := range p.Messages { // it still may
			s.seen.Add(int64(len(m.Parts)))
		}
		return &quire.Reply{Parts: []quire.Part{text("Too late.")}}, nil
	}
	return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
}

// Stream says something and then hangs as Generate does.
func (s *stubborn) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		if !yield(quire.Delta{Text: "Well,"}, nil) {
			return
		}
		r, err := s.Generate(ctx, p)
		if err == nil && !yield(quire.Delta{Text: " late"}, nil) {
			return
		}
		yield(quire.Delta{Reply: r}, err)
	}
}

func TestAModelThatNeverReturns(t *testing.T) {
	for _, heeds := range []bool{false, true} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("heeds %v, streams %v", heeds, streams), func(t *testing.T) {
				bubble(t, func(t *testing.T, b *bench) {
					uid := b.send("mia", "Go", "go")
					b.untilIdle()
					model := &stubborn{hang: 3, heeds: heeds, free: make(chan struct{})}
					var w watched
					a := b.agent(script(), w.on, realTime, func(o *settings) { o.Model, o.Streaming.On = model, streams })
					a.o.Model, a.chain[0].Model = model, model
					require.ErrorIs(t, a.Run(t.Context()), errCrash)
					assert.EqualValues(t, 4, model.calls.Load())
					var failure *providers.Error
					require.ErrorAs(t, w.errs[0], &failure)
					assert.Equal(t, providers.CodeUnavailable, failure.Code)
					assert.ErrorIs(t, failure, context.DeadlineExceeded)
					assert.ErrorContains(t, failure, "did not end within 10m0s")
					assert.Equal(t, []string{"Model unavailable", "Model available again"}, b.subjects("mia"))
					assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
					left := 3
					if heeds {
						left = 0
					}
					assert.Equal(t, left, mustStatus(t, a).Abandoned)
					assert.Len(t, w.lines(t, logHung), left)
					close(model.free)
					synctest.Wait()
					assert.Zero(t, mustStatus(t, a).Abandoned)
					assert.Len(t, w.lines(t, logLate), left)
					for _, it := range b.inbox("ada") {
						assert.NotContains(t, quire.PlainText(it.Parts), "Too late")
					}
				})
			})
		}
	}
}

func TestAToolThatNeverReturns(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		b.send("mia", "Go", "go")
		b.untilIdle()
		free := make(chan struct{})
		var ran atomic.Int32
		deaf := Tool{Name: "deaf", Run: func(context.Context, Call) ([]quire.Part, error) {
			ran.Add(1)
			<-free
			return []quire.Part{text("too late")}, nil
		}}
		heeds := Tool{Name: "heeds", Run: func(ctx context.Context, _ Call) ([]quire.Part, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		quick := Tool{Name: "quick", Run: func(context.Context, Call) ([]quire.Part, error) { return []quire.Part{text("quick ran")}, nil }}
		var w watched
		a := b.agent(script([]quire.Part{use("deaf", `{}`), use("heeds", `{}`), use("quick", `{}`)}), w.on, realTime,
			func(o *settings) { o.Tools = []Tool{deaf, heeds, quick} })
		require.ErrorIs(t, a.Run(t.Context()), errCrash)
		assert.EqualValues(t, 1, ran.Load())
		assert.Contains(t, b.last(), "The tool deaf did not end within 10m0s; outcome unknown")
		assert.Contains(t, b.last(), "The tool heeds did not end within 10m0s; outcome unknown")
		assert.Contains(t, b.last(), "quick ran")
		assert.Equal(t, []string{"A tool does not end"}, b.subjects("mia"), "told once")
		assert.Len(t, w.lines(t, logTool), 2)
		assert.Equal(t, 1, mustStatus(t, a).Abandoned)
		before := len(b.inbox("ada"))
		close(free)
		synctest.Wait()
		assert.Zero(t, mustStatus(t, a).Abandoned)
		assert.Len(t, b.inbox("ada"), before)
	})
}

// TestAbandonedCallsAreFew: a model that never returns does not fill the memory.
func TestAbandonedCallsAreFew(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		b.send("mia", "Go", "go")
		model := &stubborn{hang: 1 << 30, free: make(chan struct{})}
		ctx, stop := context.WithTimeout(t.Context(), 48*time.Hour)
		defer stop()
		a := b.agent(script(), realTime)
		a.chain[0].Model = model
		require.ErrorIs(t, a.Run(ctx), context.DeadlineExceeded)
		assert.EqualValues(t, maxLeft, model.calls.Load())
		assert.Contains(t, mustStatus(t, a).Health.Reason, "was not called: 64 calls before it never ended")
		close(model.free)
	})
}

// TestRunEndsThoughAModelDoesNot: its context is not heeded.
func TestRunEndsThoughAModelDoesNot(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		b.send("mia", "Go", "go")
		model := &stubborn{hang: 1, free: make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		a := b.agent(script(), realTime)
		a.chain[0].Model = model
		over := make(chan error)
		go func() { over <- a.Run(ctx) }()
		synctest.Wait()
		stop()
		assert.ErrorIs(t, <-over, context.Canceled)
		close(model.free)
	})
}

// TestAPanicInAModelIsAFailure: it does not end the process.
func TestAPanicInAModelIsAFailure(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	b.untilIdle()
	n := 0
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if n++; n == 1 {
			panic("no luck")
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	var w watched
	w.on(&a.o)
	require.ErrorIs(t, a.Run(t.Context()), errCrash)
	require.NotEmpty(t, w.errs)
	assert.ErrorContains(t, w.errs[0], "the model test-1 panicked: no luck")
	assert.Equal(t, 2, n)
}
