package work

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
)

// threshold is what a family has to reach under quire's defaults, with few jobs.
type threshold struct {
	family  string
	budget  int
	jobs    int
	right   float64 // at least this part of the jobs that the reader's own mistakes allow
	limited float64 // at most this part
}

// thresholds is the place to raise what holds: a row for each cell that a change of
// policies is to keep.
func thresholds() []threshold {
	return []threshold{
		{"old-fact", 4000, 10, 1, 0},
		{"namesakes", 4000, 10, 1, 0},
		{"forged", 4000, 10, 1, 0},
		{"hand-over", 4000, 10, 1, 0},
		{"rule-pinned", 2000, 30, 1, 0},
	}
}

// family finds a built-in one.
func family(t *testing.T, name string) Spec {
	t.Helper()
	for _, s := range Families() {
		if s.Name == name {
			return s
		}
	}
	require.Fail(t, "no family "+name)
	return Spec{}
}

func cell(t *testing.T, name string, budget, jobs int) Cell {
	t.Helper()
	return Cell{Spec: family(t, name), Strategy: Strategies()[0], Seed: 1, Jobs: jobs, Setting: Setting{Budget: budget, API: quire.APIOpenAIChat}}
}

// TestThresholds: what holds today still does.
func TestThresholds(t *testing.T) {
	raced.Skip(t)
	for _, th := range thresholds() {
		c := cell(t, th.family, th.budget, th.jobs)
		r, err := c.Run(t.Context())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, float64(r.Right), th.right*float64(r.Jobs), "%s at %d: right: %+v", th.family, th.budget, r)
		assert.LessOrEqual(t, float64(r.Limited), th.limited*float64(r.Jobs), "%s at %d: limited: %+v", th.family, th.budget, r)
	}
}

// TestUnlimitedIsRight: with all in the prompt every job is right but for the reader's
// own mistakes. Where one is not, the reader or the family is wrong.
func TestUnlimitedIsRight(t *testing.T) {
	for _, s := range Families() {
		const jobs = 3
		c := cell(t, s.Name, Unlimited, jobs)
		c.Setting.Keep = true
		c.Spec.PerLife, c.Spec.Before, c.Spec.Wait = jobs, [2]int{4, 9}, min(s.Wait, 20)
		r, err := c.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, r.Jobs, r.Right, "%s: %+v", s.Name, r)
		assert.Equal(t, jobs, r.Jobs+r.Own, s.Name)
	}
}

// TestSameSeedSameRows: nothing but the cell decides what comes of it.
func TestSameSeedSameRows(t *testing.T) {
	raced.Skip(t)
	c := cell(t, "at-once", 2000, 20)
	one, err := c.Run(t.Context())
	require.NoError(t, err)
	two, err := c.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, one, two)
	c.Seed = 2
	other, err := c.Run(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, one.Tokens, other.Tokens)
}

// TestBothFormats: the reader gets as far behind Anthropic's format.
func TestBothFormats(t *testing.T) {
	raced.Skip(t)
	for _, name := range []string{"old-fact", "tool-loop", "rule-pinned"} {
		c := cell(t, name, 8000, 5)
		c.Spec.PerLife = 5
		c.Setting.API = quire.APIAnthropic
		r, err := c.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, r.Jobs, r.Right, "%s: %+v", name, r)
	}
}

// TestBareLoopsKnowNothing: without a mailbox what left is gone; a summary that keeps
// what will be asked is enough.
func TestBareLoopsKnowNothing(t *testing.T) {
	raced.Skip(t)
	for _, s := range Strategies() {
		c := cell(t, "old-fact", 2000, 4)
		c.Spec.PerLife = 4
		c.Strategy, c.Setting.Careful = s, true
		r, err := c.Run(t.Context())
		require.NoError(t, err, s.Name)
		switch s.Name {
		case "slide-bare", "append-reset-bare", "watermark-bare", "summarise-bare", "session-bare":
			assert.Equal(t, r.Jobs, r.Unknown, "%s: %+v", s.Name, r)
		case "summarise-oracle", "summarise-oracle-bare", "watermark", "slide", "recompose", "session":
			assert.Equal(t, r.Jobs, r.Right, "%s: %+v", s.Name, r)
		}
	}
}
