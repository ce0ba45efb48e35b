package agent

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// poisoned is a model whose server refuses whatever says "poison".
func poisoned(then func() []quire.Part) modelFunc {
	return func(p *quire.Prompt) (*quire.Reply, error) {
		if contained(p, "poison") {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeInvalid, Status: 400, Err: errText("bad")}
		}
		if then != nil {
			if parts := then(); parts != nil {
				return &quire.Reply{Parts: parts}, nil
			}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}
}

func talks(o *settings) { o.Answer = true }

// TestTwoThingsThatAreRefusedTogether: the later one leaves, and mail is answered.
func TestTwoThingsThatAreRefusedTogether(t *testing.T) {
	b := newBench(t)
	a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		if contained(p, "left half") && contained(p, "right half") {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeInvalid, Status: 400, Err: errText("bad")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}, talks)
	for i, what := range []string{"left half", "right half", "hello"} {
		from := quire.Address(fmt.Sprint("p", i))
		b.send(from, "Mail", what)
		b.idle(a)
		b.now = b.now.Add(retrial)
		b.idle(a)
		assert.Len(t, b.inbox(from), 1, what)
	}
	assert.Contains(t, b.last(), "left half")
}

// TestMailThatIsTakenBackWhileItIsHeld: nothing of it is left to be tried.
func TestMailThatIsTakenBackWhileItIsHeld(t *testing.T) {
	b := newBench(t)
	a := b.agent(poisoned(nil), talks)
	var ids []quire.MessageID
	for i := range 6 {
		words := fmt.Sprint("thing ", i)
		if i == 2 {
			words = "poison"
		}
		ids = append(ids, b.item(b.send("bo", "Thing", words)).ID)
	}
	_, err := a.Step(t.Context())
	require.NoError(t, err)
	_, err = b.store.Commit(t.Context(), mailbox.Commit{Address: "bo", Retract: ids, Now: b.now})
	require.NoError(t, err)
	b.idle(a)
	b.send("cy", "Plain", "hello again")
	b.idle(a)
	assert.Len(t, b.inbox("cy"), 1)
}

// TestRefusedMailIsPinnedPulledAndFound: none of that brings it back.
func TestRefusedMailIsPinnedPulledAndFound(t *testing.T) {
	b := newBench(t)
	n := 0
	a := b.agent(poisoned(func() []quire.Part {
		switch n++; n {
		case 2:
			return []quire.Part{use(toolPull, `{"uids":[1]}`)}
		case 3:
			return []quire.Part{use(toolFind, `{"words":"always"}`)}
		}
		return nil
	}), talks, func(o *settings) { o.Pin = func(it *quire.Item) bool { return it.From == "bo" } })
	b.send("bo", "Odd", "always poison")
	b.idle(a)
	for _, from := range []quire.Address{"cy", "di"} {
		b.send(from, "Plain", "hello")
		b.idle(a)
		assert.Len(t, b.inbox(from), 1)
	}
}

// TestACrashInASearchLosesNothing: at each commit, before it or behind it, with two that
// are guilty and one that is taken back meanwhile.
func TestACrashInASearchLosesNothing(t *testing.T) {
	for at := range 18 {
		if raced.On && at%6 != 0 {
			continue
		}
		for _, behind := range []bool{false, true} {
			b := newBench(t)
			s := &crashAt{at: at, behind: behind}
			b.put(&s.mailStore, s)
			agent := func() *Agent { return b.agent(poisoned(nil), talks, func(o *settings) { o.Limits.Wake = 9 }) }
			a := agent()
			for i := range 12 {
				words := fmt.Sprint("mail ", i)
				if i == 3 || i == 4 {
					words += " poison"
				}
				uid := b.send(quire.Address(fmt.Sprint("p", i)), "Mail", words)
				if i == 9 {
					_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "p8", Retract: []quire.MessageID{b.item(uid - 1).ID}, Now: b.now})
					require.True(t, err == nil || errors.Is(err, mailbox.ErrNotFound), err)
				}
				for range 6 {
					r, err := a.Turn(t.Context())
					if errors.Is(err, errCut) {
						a = agent()
					} else if require.NoError(t, err); r.Idle {
						break
					}
					b.now = b.now.Add(time.Second)
				}
			}
			for range 8 { // what was refused once is tried again
				b.now = b.now.Add(retrial)
				if _, err := a.Turn(t.Context()); errors.Is(err, errCut) {
					a = agent()
				}
			}
			for i := range 12 {
				if mail := b.inbox(quire.Address(fmt.Sprint("p", i))); i != 8 {
					assert.Len(t, mail, 1, "crash at %d, behind %v: p%d", at, behind, i)
				}
			}
		}
	}
}
