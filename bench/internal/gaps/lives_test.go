package gaps

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// TestLivesAreWhatTheySay: seeds make lives, calls are in order, turns begin with mail,
// and waits are as the pattern says.
func TestLivesAreWhatTheySay(t *testing.T) {
	for _, p := range patterns() {
		l, same, other := p.generate(1, 300), p.generate(1, 300), p.generate(3, 300)
		require.Len(t, l.Calls, 300, p.name)
		assert.Equal(t, l.Items, same.Items, p.name)
		assert.Equal(t, l.Calls, same.Calls, p.name)
		assert.NotEqual(t, l.Items, other.Items, p.name)
		turns, upto := 0, 0
		for i, c := range l.Calls {
			arrived := l.Arrived(i)
			require.NotEmpty(t, arrived, p.name)
			require.Greater(t, c.Upto, upto)
			upto = c.Upto
			last := arrived[len(arrived)-1]
			require.Contains(t, []quire.Kind{quire.KindMail, quire.KindResult}, last.Kind)
			if last.Kind == quire.KindMail {
				turns++
			}
			if i > 0 {
				require.True(t, c.At.After(l.Calls[i-1].At), p.name)
			}
			if p.name == "office" && last.Kind == quire.KindMail {
				require.True(t, c.At.Hour() >= 9 && c.At.Hour() < 18 && c.At.Weekday() != time.Saturday && c.At.Weekday() != time.Sunday, "%s", c.At)
			}
		}
		assert.InDelta(t, p.steps, 300/float64(turns), p.steps/2, p.name)
		assert.Equal(t, p.told, l.next != nil, p.name)
	}
}

// TestAlarmsAreTheNextTurns: what the host is told is when the turn after a call's own
// begins, and nothing is known after the last.
func TestAlarmsAreTheNextTurns(t *testing.T) {
	l := patterns()[2].generate(1, 100) // poll-12m
	for i := range l.Calls {
		next := l.next[i]
		if next.IsZero() {
			continue
		}
		k := i + 1
		for l.Calls[k].At.Before(next) {
			require.Less(t, l.Calls[k].At.Sub(l.Calls[k-1].At), 12*time.Minute, "of the same turn")
			k++
		}
		assert.Equal(t, next, l.Calls[k].At)
		assert.GreaterOrEqual(t, next.Sub(l.Calls[k-1].At), 12*time.Minute)
	}
	assert.False(t, l.next[0].IsZero())
	assert.True(t, l.next[99].IsZero())
}

// TestTheClairvoyantKnowsOneGap: the next one, whatever ends with the call.
func TestTheClairvoyantKnowsOneGap(t *testing.T) {
	l := patterns()[2].generate(1, 100)
	p := player{l: l}
	for i := range 99 {
		g := p.foresee(i)
		gap := l.Calls[i+1].At.Sub(l.Calls[i].At)
		n := 0
		for k, w := range g.After {
			if w > 0 {
				n++
				assert.Equal(t, waitsOf(gap, 1)[k] > 0, true)
			}
		}
		assert.Equal(t, 1, n)
		assert.Equal(t, g.After, g.Within)
	}
	assert.Zero(t, p.foresee(99))
}
