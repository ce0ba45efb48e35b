package mailbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/storetest"
)

// plain is a store without a Wait of its own.
type plain struct{ mailbox.Store }

// polled waits by a handle, as a store that is no Waiter makes it do.
type polled struct{ plain }

func (p polled) Wait(ctx context.Context, addr quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	b, err := mailbox.NewBox(p.plain, addr, &mailbox.BoxOptions{Poll: 50 * time.Microsecond})
	if err != nil {
		return mailbox.Woken{}, err
	}
	return b.Wait(ctx, w)
}

func TestPollingHoldsTheContractOfWaiting(t *testing.T) {
	storetest.Run(t, func(*testing.T) mailbox.Store { return polled{plain{mailbox.NewMem()}} })
}

// counted counts what a wait asks of its store.
type counted struct {
	plain
	status, query int
	done          func()
}

func (c *counted) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	if c.status++; c.status == 20 {
		c.done()
	}
	return c.plain.Status(ctx, addr)
}

func (c *counted) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	c.query++
	return c.plain.Query(ctx, addr, q)
}

func TestPollingAsksForTheStatusOnlyWhileNothingHappens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &counted{plain: plain{mailbox.NewMem()}, done: cancel}
	b, err := mailbox.NewBox(c, "ada", &mailbox.BoxOptions{Poll: time.Microsecond})
	require.NoError(t, err)
	_, err = b.Wait(ctx, mailbox.Wait{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 2, c.query, "the first look: what matches, and what is put off")
	assert.GreaterOrEqual(t, c.status, 20)
}
