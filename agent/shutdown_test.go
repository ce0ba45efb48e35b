package agent

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// slow takes a minute for each call, and needs three of them for a turn.
func slow(b *bench, heeds bool) providersModel {
	return func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
		b.prompts = append(b.prompts, p)
		if heeds {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
			}
		} else {
			time.Sleep(time.Minute)
		}
		if len(b.prompts)%3 == 0 {
			return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
		}
		return &quire.Reply{Parts: []quire.Part{use("work", `{}`)}}, nil
	}
}

type providersModel func(context.Context, *quire.Prompt) (*quire.Reply, error)

func (f providersModel) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	return f(ctx, p)
}

func (b *bench) running(model providersModel) (*Agent, chan error) {
	work := Tool{Name: "work", Run: func(context.Context, Call) ([]quire.Part, error) {
		time.Sleep(10 * time.Second)
		return []quire.Part{text("worked")}, nil
	}}
	a := b.agent(script(), realTime, func(o *settings) {
		o.Tools, o.Lease = []Tool{work}, Lease{Holder: "one"}
	})
	a.chain[0].Model = model
	over := make(chan error, 1)
	go func() { over <- a.Run(b.t.Context()) }()
	synctest.Wait()
	return a, over
}

// free says whether nobody owns ada.
func (b *bench) free() bool {
	_, err := b.store.Commit(b.t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "two"}})
	return !errors.Is(err, mailbox.ErrLeaseHeld)
}

func TestShutdownLetsThePaidCallEnd(t *testing.T) {
	for name, after := range map[string]time.Duration{"in the call": 30 * time.Second, "in its tool": 65 * time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, b *bench) {
				b.send("mia", "Go", "go")
				a, over := b.running(slow(b, true))
				time.Sleep(after)
				require.NoError(t, a.Shutdown(t.Context()))
				assert.ErrorIs(t, <-over, ErrShutdown)
				assert.Len(t, b.prompts, 1, "no other call began")
				s := mustStatus(t, b.agent(script()))
				assert.EqualValues(t, 1, s.Calls, "it is committed")
				assert.Zero(t, s.Interrupted, "with what its tool did")
				assert.True(t, s.Open)
				assert.True(t, b.free())
				require.NoError(t, a.Shutdown(t.Context()), "again")
				assert.ErrorIs(t, a.Run(t.Context()), ErrShutdown, "it makes no calls any more")
				_, err := a.Step(t.Context())
				assert.ErrorIs(t, err, ErrShutdown)
				assert.Equal(t, "Done.", b.turn(b.agent(script(), realTime)).Text, "the next process goes on")
			})
		})
	}
}

func TestShutdownThatCantWait(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		b.send("mia", "Go", "go")
		a, over := b.running(slow(b, true))
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		assert.ErrorIs(t, a.Shutdown(ctx), context.DeadlineExceeded)
		assert.ErrorIs(t, <-over, ErrShutdown)
		assert.True(t, b.free())
		assert.Zero(t, mustStatus(t, b.agent(script())).Calls)
		assert.True(t, mustStatus(t, b.agent(script())).Health.OK)
	})
}

func TestShutdownOfAnAgentThatWaits(t *testing.T) {
	for name, begin := range map[string]func(b *bench) (*Agent, chan error){
		"for mail": func(b *bench) (*Agent, chan error) { return b.running(slow(b, true)) },
		"for the lease": func(b *bench) (*Agent, chan error) {
			require.True(b.t, b.free())
			b.send("mia", "Go", "go")
			return b.running(slow(b, true))
		},
		"for a model": func(b *bench) (*Agent, chan error) {
			b.send("mia", "Go", "go")
			a, over := b.running(func(context.Context, *quire.Prompt) (*quire.Reply, error) { return nil, overloaded() })
			time.Sleep(time.Hour)
			return a, over
		},
		"to try again": func(b *bench) (*Agent, chan error) {
			b.send("mia", "Go", "go")
			return b.running(func(context.Context, *quire.Prompt) (*quire.Reply, error) { return nil, overloaded() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, b *bench) {
				a, over := begin(b)
				at := time.Now()
				require.NoError(t, a.Shutdown(t.Context()))
				assert.ErrorIs(t, <-over, ErrShutdown)
				assert.Equal(t, at, time.Now(), "at once")
			})
		})
	}
}

func TestShutdownBeforeRun(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script())
	require.NoError(t, a.Shutdown(t.Context()))
	assert.ErrorIs(t, a.Run(t.Context()), ErrShutdown)
	assert.Empty(t, b.prompts)
}

func TestShutdownFromManySides(t *testing.T) {
	bubble(t, func(t *testing.T, b *bench) {
		b.send("mia", "Go", "go")
		a, over := b.running(slow(b, false))
		done := make(chan error, 5)
		for range 5 {
			go func() { done <- a.Shutdown(t.Context()) }()
		}
		for range 5 {
			assert.NoError(t, <-done)
		}
		assert.ErrorIs(t, <-over, ErrShutdown)
		assert.Len(t, b.prompts, 1)
	})
}
