package agent

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// measured counts what a system of metrics would, and knows nothing of what it passes on.
type measured struct {
	driver.Driver
	views, updates, watches atomic.Int32
}

func (m *measured) View(ctx context.Context, fn func(driver.Read) error) error {
	m.views.Add(1)
	return m.Driver.View(ctx, fn)
}

func (m *measured) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	m.updates.Add(1)
	return m.Driver.Update(ctx, u, fn)
}

func (m *measured) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	m.watches.Add(1)
	return m.Driver.Watch(ctx, streams)
}

// TestAStoreThatIsWrappedLosesNothing: an agent on it sleeps without looking all the time,
// wakes at once when mail comes, and can be followed.
func TestAStoreThatIsWrappedLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &measured{}
		store := must(memstore.New(nil).Wrap(func(d driver.Driver) driver.Driver { m.Driver = d; return m }))
		defer store.Close()
		b := &bench{t: t, store: store}
		a := b.streaming(speaks([]quire.Part{text("I woke up.")}, []quire.Part{text("I woke up again.")}), realTime)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- a.Run(ctx) }()
		for i, want := range []string{`"I woke up." done #2 more=false `, `"I woke up again." done #4 more=false `} {
			synctest.Wait()
			views := m.views.Load()
			time.Sleep(time.Hour)
			synctest.Wait()
			assert.Len(t, b.plans, i, "it sleeps")
			assert.LessOrEqual(t, m.views.Load()-views, int32(65), "and looks once a minute, for the case that the clock was set")

			turn, followed := uint64(i+1), make(chan mailbox.StreamPage, 1)
			go func() {
				p, err := b.store.WaitStream(ctx, "ada", mailbox.StreamRead{Stream: turn})
				assert.NoError(t, err)
				followed <- p
			}()
			synctest.Wait()
			b.now = time.Now()
			uid := b.send("mia", "Go", fmt.Sprint("go ", i))
			synctest.Wait() // no time passes
			assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled), "it was woken")
			assert.Equal(t, turn, (<-followed).Stream)
			assert.Equal(t, want+"\n", b.heard(turn))
		}
		stop()
		assert.ErrorIs(t, <-over, context.Canceled)
		assert.GreaterOrEqual(t, m.updates.Load(), int32(2+2*4), "two mails, and of each turn two commits and a stream")
		assert.GreaterOrEqual(t, m.watches.Load(), int32(3+2), "waits of the agent, and of who follows it")
	})
}
