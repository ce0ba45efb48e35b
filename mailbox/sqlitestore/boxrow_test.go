package sqlitestore

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox/driver"
)

// An agent's state and the counters of its mailbox are one row, which is written once where
// both are put, and at the latest when it is read or the transaction ends.
func TestStateAndCountersAreWrittenAtOnce(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &Options{Readers: 1})
	require.NoError(t, err)
	defer s.Close()
	state := func(text string) *driver.AgentState { return &driver.AgentState{State: []byte(text), Through: 3} }
	update := func(f func(w driver.Write) error) {
		t.Helper()
		_, err := s.file.Update(t.Context(), driver.Update{}, f)
		require.NoError(t, err)
	}
	kept := func() (text string, b driver.Box) {
		t.Helper()
		require.NoError(t, s.file.View(t.Context(), func(r driver.Read) error {
			a, err := r.Agent("ada")
			require.NoError(t, err)
			b, err = r.Box("ada")
			text = string(a.State)
			return err
		}))
		return text, b
	}
	updates := func() (n int) {
		for query := range s.file.write.idle[0].statements {
			if strings.HasPrefix(query, "UPDATE box SET") {
				n++
			}
		}
		return n
	}

	update(func(w driver.Write) error {
		require.NoError(t, w.PutAgent("ada", state("one")))
		return w.PutBox("ada", driver.Box{NextUID: 5, Rev: 1, Agent: true})
	})
	text, b := kept()
	assert.Equal(t, "one", text)
	assert.Equal(t, driver.Box{NextUID: 5, Rev: 1, Agent: true}, b)
	assert.Equal(t, 1, updates())

	update(func(w driver.Write) error { return w.PutAgent("ada", state("alone")) })
	text, b = kept()
	assert.Equal(t, "alone", text)
	assert.Equal(t, uint64(1), b.Rev)

	update(func(w driver.Write) error {
		require.NoError(t, w.PutAgent("ada", state("read")))
		a, err := w.Agent("ada")
		require.NoError(t, err)
		assert.Equal(t, "read", string(a.State))
		require.NoError(t, w.PutAgent("ada", state("again")))
		require.NoError(t, w.PutAgent("ben", state("of another")))
		return w.PutBox("ada", driver.Box{NextUID: 6, Rev: 2, Agent: true})
	})
	text, b = kept()
	assert.Equal(t, "again", text)
	assert.Equal(t, uint64(2), b.Rev)
}

func TestTheConnectionThatWasUsedLastIsUsedNext(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), &Options{Readers: 3})
	require.NoError(t, err)
	defer s.Close()
	p := s.file.read
	one, err := p.take(t.Context())
	require.NoError(t, err)
	two, err := p.take(t.Context())
	require.NoError(t, err)
	p.give(two)
	p.give(one)
	for range 3 {
		c, err := p.take(t.Context())
		require.NoError(t, err)
		assert.Same(t, one, c)
		p.give(c)
	}
}
