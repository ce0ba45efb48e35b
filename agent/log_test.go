package agent

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// astray is a policy that names what is not there, another thing each time.
type astray struct{}

func (astray) Name() string { return "astray" }

// Victims implements [policy.Policy].
func (astray) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) { yield(policy.Victim{Unit: len(v.Units) + 7, Dead: true}) }
}

// A policy that fails is dealt with, and somebody hears of it: once, and not at each call.
func TestProblemsOfAPlanAreLoggedOnce(t *testing.T) {
	b := newBench(t)
	var w watched
	a := b.agent(script(), w.on, func(o *settings) { o.Composer, o.Budget = compose.New(&compose.Options{Policy: astray{}}), 1800 })
	for range 12 {
		b.send("mia", "Read", strings.Repeat("some words to read ", 60))
		b.turn(a)
	}
	problems := 0
	for _, p := range b.plans {
		if len(p.Problems) > 0 {
			problems++
		}
	}
	require.Greater(t, problems, 1)
	assert.Len(t, w.lines(t, logProblem), 1)
}

func TestANoteThatFailsIsLogged(t *testing.T) {
	b := newBench(t)
	var w watched
	a := b.agent(script(), w.on, func(o *settings) {
		o.Budget = 1500
		o.Rewrite = Rewriting{By: rewriterFunc(func([]quire.Item, int) (string, quire.Usage, error) { return "", quire.Usage{}, errors.New("broken") }), Least: 1, Keep: 400}
	})
	for range 14 {
		b.send("mia", "Read", strings.Repeat("some words to read ", 60))
		b.turn(a)
	}
	assert.NotEmpty(t, w.lines(t, logNote))
}
