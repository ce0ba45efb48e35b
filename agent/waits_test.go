package agent

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/waits"
)

// TestPlansKnowTheNextDeadline: how long the provider is to keep a prompt is chosen by
// when the agent wakes at the latest, and by the waits that it saw.
func TestPlansKnowTheNextDeadline(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script([]quire.Part{use("mail_send", reversible)}))
	var next []time.Time
	var last waits.Gaps
	a.o.OnPlan = func(p *compose.Plan) {
		r, err := p.Receipt().Encode()
		require.NoError(t, err)
		var in struct{ Taken struct{ Next time.Time } }
		require.NoError(t, json.Unmarshal(r, &in))
		next, last = append(next, in.Taken.Next), insidesOf(t, p.Next).Gaps
	}
	b.turn(a)
	require.Len(t, next, 2)
	assert.True(t, next[0].IsZero(), "nothing was asked yet")
	assert.Equal(t, day.Add(2*time.Hour), next[1], "the question's deadline")
	assert.Equal(t, 2, last.Step)

	b.now = b.now.Add(90 * time.Minute)
	b.send("mia", "And?", "well")
	b.turn(a)
	assert.Equal(t, 1, last.Step)
	assert.Equal(t, waits.Waits{}.Add(90*time.Minute), last.After)
	assert.Equal(t, waits.Waits{}.Add(0), last.Within)
}
