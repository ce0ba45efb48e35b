package compose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// longState is the state of an agent with so many messages in its context, half of them
// turns.
func longState(t testing.TB, n int) compose.State {
	var in compose.Input
	c := compose.New(nil)
	for i := range n {
		it := note(quire.MessageID(fmt.Sprintf("0198c0de-%04x-7%03x-8%03x-%012x", i, i*7%4096, i*13%4096, i*2654435761)), quire.UID(i+1), fmt.Sprintf("The build of part %d is done, see report_%d.", i, i))
		if it.Kind = quire.KindMail; i%2 == 1 {
			it.Kind, it.From, it.Self = quire.KindTurn, "ada", true
		}
		in.Arrived = append(in.Arrived, it)
		if i%10 != 8 { // then the last one is mail
			continue
		}
		in = plain(in)
		in.Budget, in.Now = 1<<30, time.Unix(int64(i), 0)
		bodies := in.Body
		known := in.Arrived
		in.Body = func(id quire.MessageID) (quire.Item, bool) {
			for k := range known {
				if known[k].ID == id {
					return known[k], true
				}
			}
			if bodies == nil {
				return quire.Item{}, false
			}
			return bodies(id)
		}
		plan, err := c.Plan(in)
		require.NoError(t, err)
		in.State, in.Arrived = plan.Next, nil
	}
	return in.State
}

// TestAStateIsSmall: of mail and turns 40 bytes an entry, with all that is beside them.
// Results of tools take more: they keep the id of their call.
func TestAStateIsSmall(t *testing.T) {
	st := longState(t, 500)
	b, err := st.MarshalBinary()
	require.NoError(t, err)
	require.Greater(t, len(st.Set().Log), 490)
	t.Logf("%d bytes", len(b))
	assert.LessOrEqual(t, len(b), 20_000)
	var again compose.State
	require.NoError(t, again.UnmarshalBinary(b))
	assert.Equal(t, *st.Set(), *again.Set())
	assert.Equal(t, st.Items(), again.Items())
	assert.Len(t, again.Items(), len(st.Set().Log))
}

// FuzzState: damaged bytes are an error, never a panic.
func FuzzState(f *testing.F) {
	st := longState(f, 20)
	b, err := st.MarshalBinary()
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(`{"v":2,"call":3}`))
	f.Add([]byte("\x01\x0a{\"rev\":1 }{\"v\":2}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var st compose.State
		if st.UnmarshalBinary(b) != nil {
			return
		}
		b, err := st.MarshalBinary()
		require.NoError(t, err)
		var again compose.State
		require.NoError(t, again.UnmarshalBinary(b))
		assert.Equal(t, st.Items(), again.Items())
		it := note("m9", 1<<40, "hello")
		in := plain(compose.Input{State: st, Arrived: []quire.Item{it}})
		in.Body = func(id quire.MessageID) (quire.Item, bool) { it.ID = id; return it, true }
		_, _ = compose.New(nil).Plan(in) // an error or a plan, and no panic
	})
}

// A state that was cut off anywhere is an error, and never one that has forgotten something.
func TestACutStateIsAnError(t *testing.T) {
	b, err := longState(t, 20).MarshalBinary()
	require.NoError(t, err)
	for n := 1; n < len(b); n++ {
		var st compose.State
		require.Error(t, st.UnmarshalBinary(b[:n]), "%d of %d bytes", n, len(b))
	}
}

// TestWhatIsKeptOfAStateIsOfItAlone: what was encoded of a state serves none that was
// changed since.
func TestWhatIsKeptOfAStateIsOfItAlone(t *testing.T) {
	st := longState(t, 20)
	before := stored(t, st)
	var again compose.State
	require.NoError(t, again.UnmarshalBinary([]byte(before)))
	changed := st
	for _, s := range []*compose.State{&changed, &again} {
		require.True(t, s.Drop(1, true))
		require.True(t, s.Pin(3, true))
	}
	assert.Equal(t, stored(t, again), stored(t, changed))
	assert.NotEqual(t, before, stored(t, changed))
	assert.Equal(t, before, stored(t, st))
}
