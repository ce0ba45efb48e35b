package agent

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// manyTurns lets so much mail come that all that may leave has left.
func manyTurns(b *bench, options ...func(*settings)) {
	for i := range 60 {
		b.send("ben", fmt.Sprint("News ", i), fmt.Sprint(i, strings.Repeat(" of this and that", 40)))
		b.turn(b.agent(script(), options...))
	}
}

// An instruction that a rule pins is there after all else of its time has left; without
// the rule it is gone, by design.
func TestARulePinsInstructions(t *testing.T) {
	small := func(o *settings) { o.Budget = 2000 }
	rule := func(o *settings) { o.Pin = func(it *quire.Item) bool { return it.Subject == "Rule" } }
	for _, pinned := range []bool{false, true} {
		b := newBench(t)
		options := []func(*settings){small}
		if pinned {
			options = append(options, rule)
		}
		b.send("mia", "Rule", "always answer in rhyme")
		b.turn(b.agent(script(), options...))
		manyTurns(b, options...)
		assert.Equal(t, pinned, strings.Contains(b.last(), "always answer in rhyme"))
	}
}

func TestAFlagPinsInstructions(t *testing.T) {
	b := newBench(t)
	small := func(o *settings) { o.Budget = 2000 }
	uid := b.send("mia", "Rule", "always answer in rhyme")
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: uid, Set: quire.FlagPinned}}, Now: b.now})
	assert.NoError(t, err)
	b.turn(b.agent(script(), small))
	manyTurns(b, small)
	assert.Contains(t, b.last(), "always answer in rhyme")
}

func TestAnInstructionThatIsReplacedIsUnpinned(t *testing.T) {
	b := newBench(t)
	rule := func(o *settings) {
		o.Budget, o.Pin = 2000, func(it *quire.Item) bool { return it.Subject == "Rule" }
	}
	b.send("mia", "Rule", "always answer in rhyme")
	b.turn(b.agent(script(), rule))
	old := b.item(1).ID
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Now: b.now, Sends: []quire.Draft{{ID: mailbox.NewID(), To: []quire.Address{"ada"},
		Subject: "Rule", Supersedes: []quire.MessageID{old}, Parts: []quire.Part{quire.Text{Text: "never answer in rhyme"}}}}})
	assert.NoError(t, err)
	b.turn(b.agent(script(), rule))
	manyTurns(b, rule)
	assert.Contains(t, b.last(), "never answer in rhyme")
	assert.NotContains(t, b.last(), "always answer in rhyme")
}

// What does not fit beside other pins is not pinned, and that is said.
func TestPinsByRuleHaveALimit(t *testing.T) {
	b := newBench(t)
	rule := func(o *settings) {
		o.Budget, o.Owner, o.Pin = 2000, "mia", func(it *quire.Item) bool { return it.Subject == "Rule" }
	}
	for i := range 6 {
		b.send("ben", "Rule", fmt.Sprint("rule ", i, strings.Repeat(" of many words", 70)))
		b.turn(b.agent(script(), rule))
	}
	page, err := b.store.Query(t.Context(), "mia", mailbox.Query{Kinds: []quire.Kind{quire.KindEvent}})
	assert.NoError(t, err)
	if assert.NotEmpty(t, page.Rows) {
		assert.Equal(t, "Not pinned", page.Rows[0].Subject)
		assert.Contains(t, page.Rows[0].Snippet, "40% of the budget at most")
	}
}
