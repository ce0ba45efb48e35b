package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/tokenizer"
)

// exact is a model whose provider takes a quarter more tokens than we count, and
// says so when it is asked.
type exact struct {
	modelFunc
	t     *testing.T
	asked []int
	seen  []string
	says  func(n int) (int, error)
}

var _ providers.TokenCounter = (*exact)(nil)

func (e *exact) CountTokens(_ context.Context, p *quire.Prompt) (int, error) {
	n := really(p)
	e.asked = append(e.asked, n)
	if e.t != nil {
		e.seen = append(e.seen, bytesOf(e.t, p))
	}
	if e.says != nil {
		return e.says(n)
	}
	return n, nil
}

func really(p *quire.Prompt) int {
	f := models.FindOver(quire.APIOpenAIChat, "").Framing
	return f.Prompt(tokenizer.Approx{}, p) * 5 / 4
}

// taking lets an agent take in mail until its budget is reached, and says at which
// messages something had left, and how large its prompts really were at most.
func taking(t *testing.T, e *exact, counter bool, change ...func(*settings)) (b *bench, cuts []int, most int) {
	b, e.t = newBench(t), t
	e.modelFunc = func(p *quire.Prompt) (*quire.Reply, error) {
		most = max(most, really(p))
		return &quire.Reply{Parts: []quire.Part{text("I see.")}, Usage: quire.Usage{Input: really(p), Output: 3}}, nil
	}
	a := b.agent(e.modelFunc, append([]func(*settings){func(o *settings) {
		o.Budget = 5000
		if counter {
			o.Model = e
		}
	}}, change...)...)
	for i := range 40 {
		b.send("mia", fmt.Sprintf("Part %d", i), strings.Repeat(fmt.Sprintf("thing%d is so. ", i), 20+i%17))
		b.turn(a)
		if b.plans[len(b.plans)-1].CutReason != "" {
			cuts = append(cuts, i)
		}
	}
	return b, cuts, most
}

func TestTheProviderCountsNearTheLimit(t *testing.T) {
	e, plain := &exact{}, &exact{}
	b, cuts, most := taking(t, e, true)
	_, without, bounded := taking(t, plain, false)
	require.NotEmpty(t, e.asked)
	assert.Less(t, len(e.asked), 40, "not far from it")
	for _, n := range e.asked {
		assert.Greater(t, n, 4000)
	}
	require.NotEmpty(t, without)
	require.NotEmpty(t, cuts)
	assert.GreaterOrEqual(t, cuts[0], without[0], "doubt alone takes nothing away")
	assert.Greater(t, most, bounded, "more of the budget is used")
	assert.LessOrEqual(t, most, 5000)
	told := 0
	for _, s := range b.steps {
		assert.NoError(t, s.CountErr)
		if s.Counted != 0 {
			told++
			assert.Positive(t, s.Counted)
		}
	}
	assert.Equal(t, len(e.asked), told)

	never := &exact{}
	taking(t, never, true, func(o *settings) { o.Limits.CountWithin = -1 })
	assert.Empty(t, never.asked)
}

func TestACountThatFailsLeavesTheBound(t *testing.T) {
	for name, says := range map[string]func(int) (int, error){
		"an error":   func(int) (int, error) { return 0, errors.New("no") },
		"no count":   func(int) (int, error) { return 0, nil },
		"a negative": func(int) (int, error) { return -5, nil },
	} {
		e, plain := &exact{says: says}, &exact{}
		b, cuts, most := taking(t, e, true)
		_, want, bounded := taking(t, plain, false)
		assert.NotEmpty(t, e.asked)
		assert.Equal(t, want, cuts, name)
		assert.Equal(t, bounded, most, name)
		failed := 0
		for _, s := range b.steps {
			assert.Zero(t, s.Counted)
			if s.CountErr != nil {
				failed++
			}
		}
		assert.Equal(t, len(e.asked), failed)
	}
}

func TestACountIsLearnedFromWithoutUsage(t *testing.T) {
	b := newBench(t)
	e := &exact{modelFunc: script()}
	b.send("mia", "First", "one")
	plan, err := b.agent(e.modelFunc).Preview(t.Context())
	require.NoError(t, err)
	near := func(o *settings) { o.Budget, o.Model, o.Owner = plan.Used+plan.Used/200, e, "" }
	b.turn(b.agent(e.modelFunc, near, func(o *settings) { e.says = func(int) (int, error) { return plan.Used, nil } }))
	require.Len(t, e.asked, 1)
	st := insidesOf(t, mustState(t, b))
	assert.Equal(t, 1, st.Calibration.N())
	assert.Equal(t, plan.Used, st.Learned[0].Tokens)
}

func TestACountOverTheBudgetIsHeeded(t *testing.T) {
	e := &exact{says: func(n int) (int, error) { return n * 3 / 2, nil }}
	b, _, _ := taking(t, e, true)
	require.NotEmpty(t, e.asked)
	over := 0
	for i := range e.asked {
		if e.asked[i]*3/2 <= 5000 {
			continue
		}
		over++
		for _, p := range b.plans {
			assert.NotEqual(t, e.seen[i], bytesOf(t, &p.Prompt), "it was said to be too long")
		}
	}
	assert.Positive(t, over)
	assert.Equal(t, 40+over, insidesOf(t, mustState(t, b)).Calibration.N(), "what it said is learned from")
	for i, p := range b.plans {
		assert.LessOrEqual(t, p.Bound, 5000, i)
	}
}

// TestACountAllowsWhatDoubtForbids: a prompt that can't be made smaller, and is over
// the budget at its bound only.
func TestACountAllowsWhatDoubtForbids(t *testing.T) {
	b := newBench(t)
	e := &exact{modelFunc: func(p *quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{text("I see.")}, Usage: quire.Usage{Input: really(p), Output: 3}}, nil
	}}
	large := func(o *settings) { o.Budget = 100_000 }
	b.send("mia", "First", "one")
	b.turn(b.agent(e.modelFunc, large))
	b.send("mia", "Second", "two")
	b.turn(b.agent(e.modelFunc, large))
	b.send("mia", "Third", "three")
	plan, err := b.agent(e.modelFunc, func(o *settings) { o.Budget = 60 }).Preview(t.Context())
	var budget *compose.BudgetError
	require.ErrorAs(t, err, &budget)
	require.Greater(t, plan.Bound, plan.Estimate+20)
	tight := func(o *settings) { o.Budget = (plan.Estimate + plan.Bound) / 2 }
	_, err = b.agent(e.modelFunc, tight).Preview(t.Context())
	require.ErrorAs(t, err, &budget, "nobody can say that it fits")
	b.turn(b.agent(e.modelFunc, tight, func(o *settings) { o.Model = e }))
	require.Len(t, e.asked, 1)
	assert.LessOrEqual(t, e.asked[0], (plan.Estimate+plan.Bound)/2)

	b.send("mia", "Fourth", "four")
	_, err = b.agent(e.modelFunc, func(o *settings) { o.Budget, o.Model = 60, e }).Turn(t.Context())
	require.ErrorAs(t, err, &budget)
	assert.Len(t, e.asked, 1, "what is far over it needs no count")
}
