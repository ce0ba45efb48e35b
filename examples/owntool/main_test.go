package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

func ask(t *testing.T) quire.Draft {
	t.Helper()
	return quire.Mail("clerk", "A-17", "5.00 back, please.")
}

func TestTheProgramPays(t *testing.T) { require.NoError(t, run(t.Context())) }

// What does not fit the struct never reaches the function: the model reads why, and
// does better.
func TestArgumentsThatDoNotFitAreAResult(t *testing.T) {
	store, bank := memstore.New(nil), &Bank{}
	model := scripted.New(
		scripted.Call("refund", `{"order":"A-17","cents":"five"}`),
		scripted.Call("refund", `{"order":"A-17","cents":50000}`),
		scripted.Call("refund", `{"order":"A-17","cents":500}`),
		scripted.Text("Done."))
	clerk, err := newClerk(store.Box("clerk"), model, bank)
	require.NoError(t, err)
	_, err = store.Box("mia").Send(t.Context(), ask(t))
	require.NoError(t, err)
	turn, err := clerk.Turn(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, turn.Steps)
	assert.Equal(t, map[string]int{"A-17": 500}, bank.paid)

	prompts := model.Prompts()
	last := prompts[3].Messages
	assert.Contains(t, quire.PlainText(last[2].Parts), "cents")
	assert.Contains(t, quire.PlainText(last[4].Parts), "from 1 to 10000")
	assert.Contains(t, quire.PlainText(last[6].Parts), `"totalCents":500`)
}

// mortal is a driver that writes nothing more once the bank has paid: what a process
// that dies just then leaves behind.
type mortal struct {
	driver.Driver
	bank *Bank
}

var errKilled = errors.New("killed")

func (m mortal) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	m.bank.mu.Lock()
	dead := len(m.bank.done) > 0
	m.bank.mu.Unlock()
	if dead {
		return false, errKilled
	}
	return m.Driver.Update(ctx, u, fn)
}

// The process dies when the bank has paid and the result is not stored. The next one
// runs the call again, under the same key, and the money goes out once.
func TestACrashPaysOnce(t *testing.T) {
	store, bank := memstore.New(nil), &Bank{}
	_, err := store.Box("mia").Send(t.Context(), ask(t))
	require.NoError(t, err)
	model := scripted.New(scripted.Call("refund", `{"order":"A-17","cents":500}`), scripted.Text("Done."))

	dying, err := store.Wrap(func(d driver.Driver) driver.Driver { return mortal{d, bank} })
	require.NoError(t, err)
	clerk, err := newClerk(dying.Box("clerk"), model, bank)
	require.NoError(t, err)
	_, err = clerk.Turn(t.Context())
	require.ErrorIs(t, err, errKilled)
	assert.Equal(t, map[string]int{"A-17": 500}, bank.paid)

	clerk, err = newClerk(store.Box("clerk"), model, bank)
	require.NoError(t, err)
	turn, err := clerk.Turn(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, turn.Resumed)
	assert.Equal(t, "Done.", turn.Text)
	assert.Equal(t, map[string]int{"A-17": 500}, bank.paid)
}
