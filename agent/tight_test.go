package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// TestAnOverflowThatWasNoneLowersNoBudgetForGood: a server that once says of something
// else that a prompt is too long costs a while of smaller prompts, however often it does.
func TestAnOverflowThatWasNoneLowersNoBudgetForGood(t *testing.T) {
	b := newBench(t)
	wrong := 0
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if wrong--; wrong >= 0 && wrong%2 == 1 {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong, Status: 400, Err: errText("too long")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	long := strings.Repeat("some words ", 40)
	for i := range 30 {
		if wrong = 0; i == 10 || i == 20 {
			wrong = 2
		}
		b.send("mia", "Go", long)
		b.idle(a)
	}
	last := b.plans[len(b.plans)-1]
	assert.Less(t, last.Budget, a.budget(), "it is believed for a while")
	wrong = 0
	b.now = b.now.Add(tightMost)
	b.send("mia", "Go", long)
	b.idle(a)
	assert.Equal(t, a.budget(), b.plans[len(b.plans)-1].Budget)
}

// TestALimitThatIsSaidIsTaken: a provider that says how much it takes is believed, and is
// not asked in vain again and again.
func TestALimitThatIsSaidIsTaken(t *testing.T) {
	b := newBench(t)
	refused := 0
	a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		if used := b.plans[len(b.plans)-1].Used; used > 1500 {
			refused++
			return nil, &providers.Error{Provider: "test", Code: providers.CodeTooLong, Status: 400, Limit: 1500, Err: errText("too long")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	for range 40 {
		b.send("mia", "Go", strings.Repeat("some words ", 40))
		b.idle(a)
		b.now = b.now.Add(time.Minute)
	}
	assert.LessOrEqual(t, refused, 4, "in forty minutes")
}

// TestWhatIsParkedIsTriedAgain: though nobody writes, and ever more seldom.
func TestWhatIsParkedIsTriedAgain(t *testing.T) {
	b := newBench(t)
	asked, broken := 0, true
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if asked++; broken {
			return &quire.Reply{}, nil
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	uid := b.send("bo", "Go", "go")
	for range 20 {
		_, _ = a.Turn(t.Context())
	}
	require.Equal(t, 3, asked, "it is parked")
	require.Len(t, b.inbox("mia"), 3)
	for range 24 * 60 {
		b.now = b.now.Add(time.Minute)
		_, _ = a.Turn(t.Context())
	}
	assert.Greater(t, asked, 6)
	assert.Less(t, asked, 12, "in a day")
	assert.Less(t, len(b.inbox("mia")), 12)
	broken = false
	b.now = b.now.Add(parkMost)
	b.idle(a)
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
}
