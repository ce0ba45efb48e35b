package strategy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
)

// TestBodyTokens: a message counts once a call however many names were taken from it,
// with its tokens; the agent's own only where there is no other; an excerpt is not it.
func TestBodyTokens(t *testing.T) {
	c := named([]trace.Name{inNone, in0, in0, in1or2, inOlder})
	c.Life.Items[3].Kind = quire.KindTurn // so that old_name is taken from item 0
	out := &Outcome{}
	stands := only(0)
	stands.excerpts = "both_name"
	recalled(c, 0, stands, out)
	assert.Equal(t, Outcome{Named: 5, Name: 5, Body: 5, NamedTokens: 50 + 300, BodyTokens: 50}, *out)

	own := named([]trace.Name{inOlder}, []trace.Name{inOlder})
	own.Life.Items[0].Kind, own.Life.Items[3].Kind = quire.KindTurn, quire.KindTurn
	out = &Outcome{}
	recalled(own, 0, only(0), out)
	assert.Equal(t, Outcome{Named: 1, Name: 1, Body: 1, NamedTokens: 700}, *out, "the newest of its own, which does not stand")
	recalled(own, 1, only(3), out)
	assert.Equal(t, Outcome{Named: 2, Name: 2, Body: 2, NamedTokens: 1400, BodyTokens: 700}, *out, "in another call it counts again")
}

// TestNamesAreNotBodies: what stands in no message that was kept may still be named.
func TestNamesAreNotBodies(t *testing.T) {
	c := named([]trace.Name{in0, in1})
	out := &Outcome{}
	stands := only()
	stands.all = func() string { return "a list: zero_name" }
	recalled(c, 0, stands, out)
	assert.Equal(t, Outcome{Named: 2, Name: 1, NamedTokens: 150}, *out)
}

// TestExcerptsOfSimpleComposers: taken for the message they have all its names, but not
// its tokens; counted by what they show they have what is to be read there.
func TestExcerptsOfSimpleComposers(t *testing.T) {
	c := named([]trace.Name{in0, in1, in1or2})
	c.Sizes.Excerpts = map[int]string{0: "…", 1: "… one_name …", 3: "both_name, which left"}
	s := &simple{c: c, limit: slide, shown: []bool{true, true, false, false}}
	out := &Outcome{}
	recalled(c, 0, s.stands(), out)
	assert.Equal(t, Outcome{Named: 3, Name: 3, Body: 3, NamedTokens: 450}, *out)
	c.Shown = true
	out = &Outcome{}
	recalled(c, 0, s.stands(), out)
	assert.Equal(t, Outcome{Named: 3, Name: 1, Body: 1, NamedTokens: 450}, *out)
	s.limit = appendOnly // which sends no excerpts
	out = &Outcome{}
	recalled(c, 0, s.stands(), out)
	assert.Equal(t, Outcome{Named: 3, Name: 3, Body: 3, NamedTokens: 450, BodyTokens: 150}, *out)
}

// TestMeasureKeepsExcerpts: of what is too large for the budget, as the composer cuts it.
func TestMeasureKeepsExcerpts(t *testing.T) {
	life := trace.Synthetic(func(n string) bool { return n == "synth-iid-32k" })[0].Lives[0].Head(3)
	life.Items = append([]quire.Item(nil), life.Items...)
	life.Items[1].Parts = []quire.Part{quire.Text{Text: "begins_here " + strings.Repeat("much ", 12_000) + " ends_here"}}
	rules, err := Rules()
	require.NoError(t, err)
	sizes, err := Measure(t.Context(), life, &Setting{Rule: rules[0], Budget: 16_000, Deaths: Default})
	require.NoError(t, err)
	require.Len(t, sizes.Excerpts, 1)
	assert.Contains(t, sizes.Excerpts[1], "begins_here")
	assert.Contains(t, sizes.Excerpts[1], "ends_here")
	assert.Less(t, sizes.Tokens[1], sizes.Whole[1]/3)
}
