package strategy

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
