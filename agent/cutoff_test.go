package agent

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// TestWhatBrokeOffIsNoAnswerAndDoesNotRun: a call that was cut off does not run, half an
// answer is not mailed and handles nothing, and the turn goes on from there.
func TestWhatBrokeOffIsNoAnswerAndDoesNotRun(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply quire.Reply
		says  string
		ran   int
	}{
		{"a call without arguments", quire.Reply{Parts: []quire.Part{text("I write."), use("write", `{}`)}, Stop: quire.StopLength}, "he call of write was not run", 0},
		{"half a call", quire.Reply{Parts: []quire.Part{use("write", `{"path":"a`)}, Stop: quire.StopLength}, "he call of write was not run", 0},
		{"a call after a whole one", quire.Reply{Parts: []quire.Part{use("write", `{"a":1}`), use("write", `{"a":`)}, Stop: quire.StopLength}, "he call of write was not run", 1},
		{"half an answer", quire.Reply{Parts: []quire.Part{text("The sum is 4")}, Stop: quire.StopLength}, "limit of its output", 0},
		{"an answer cut for another reason", quire.Reply{Parts: []quire.Part{text("The sum is 4")}, Stop: "content_filter_of_somebody"}, "stopped before its end", 0},
		{"a pause", quire.Reply{Parts: []quire.Part{text("I look it up.")}, Stop: quire.StopPaused}, "paused", 0},
		{"nothing at all", quire.Reply{Parts: []quire.Part{quire.Reasoning{Text: "hm"}}, Stop: quire.StopLength}, "limit of its output", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			ran, calls := 0, 0
			model := modelFunc(func(*quire.Prompt) (*quire.Reply, error) {
				if calls++; calls == 1 {
					r := c.reply
					return &r, nil
				}
				return &quire.Reply{Parts: []quire.Part{text("The sum is 42.")}, Stop: quire.StopEnd}, nil
			})
			a := b.agent(model, func(o *settings) {
				o.Answer = true
				o.Tools = []Tool{{Name: "write", Run: func(context.Context, Call) ([]quire.Part, error) { ran++; return nil, nil }}}
			})
			uid := b.send("mia", "Sum", "What is it?")
			res, err := a.Step(t.Context())
			require.NoError(t, err)
			require.False(t, res.Ended)
			require.False(t, b.item(uid).Flags.Has(quire.FlagHandled))
			require.Empty(t, b.inbox("mia"), "half an answer is mailed")
			require.Equal(t, c.ran, ran)
			b.turn(a)
			assert.Contains(t, b.last(), c.says, "the model is told")
			mail := b.inbox("mia")
			require.Len(t, mail, 1)
			assert.Equal(t, "The sum is 42.", quire.PlainText(mail[0].Parts))
			assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
		})
	}
}

// TestRepliesThatAlwaysBreakOffEndTheTurn: with the reason, and the owner is told.
func TestRepliesThatAlwaysBreakOffEndTheTurn(t *testing.T) {
	b := newBench(t)
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{text("And then")}, Stop: quire.StopLength}, nil
	}, func(o *settings) { o.Answer = true })
	uid := b.send("bo", "Go", "go")
	fails(t, a, limitCutOff)
	assert.Len(t, b.prompts, 3)
	assert.Empty(t, b.inbox("bo"))
	assert.False(t, b.item(uid).Flags.Has(quire.FlagHandled))
	require.NotEmpty(t, b.inbox("mia"))
}

// TestADeclinedMailIsOneMail: what the model declines to answer is found as what a server
// refuses, and what else waits is answered.
func TestADeclinedMailIsOneMail(t *testing.T) {
	b := newBench(t)
	a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		if contained(p, "forbidden") {
			return &quire.Reply{Parts: []quire.Part{text("I can't")}, Stop: quire.StopRefused, Usage: quire.Usage{Input: 1000, Output: 10}}, nil
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}, Stop: quire.StopEnd}, nil
	}, func(o *settings) { o.Answer = true })
	b.send("bo", "Odd", "something forbidden")
	plain := b.send("cy", "Plain", "something else")
	b.idle(a)
	assert.True(t, b.item(plain).Flags.Has(quire.FlagHandled))
	assert.Len(t, b.inbox("cy"), 1)
	mia := b.inbox("mia")
	require.NotEmpty(t, mia)
	assert.Contains(t, quire.PlainText(mia[0].Parts), "declined", "the owner is told")
	status, err := a.Status(t.Context())
	require.NoError(t, err)
	assert.Greater(t, status.Spending.All.Tokens, 1010, "what was declined was paid")
}

// idle takes turns until nothing waits.
func (b *bench) idle(a *Agent) {
	b.t.Helper()
	for range 40 {
		if b.turn(a).Idle {
			return
		}
	}
	b.t.Fatal("the agent takes turn after turn")
}

// contained says whether a prompt's mail holds the words.
func contained(p *quire.Prompt, words string) bool {
	for i := range p.Messages {
		for _, part := range p.Messages[i].Parts {
			if s := partText(part); len(s) > 0 && strings.Contains(s, words) {
				return true
			}
		}
	}
	return false
}

// TestAServerThatTakesNothingIsAnOutage: a server that takes no prompt at all is known for
// that after two refusals; the owner gets its words at once, and nothing is found guilty.
func TestAServerThatTakesNothingIsAnOutage(t *testing.T) {
	for _, code := range []providers.Code{providers.CodeInvalid, providers.CodeBadReply} {
		b := newBench(t)
		down, asked := true, 0
		a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
			if asked++; down {
				return nil, &providers.Error{Provider: "test", Code: code, Status: 400, Err: errText("Your credit balance is too low")}
			}
			return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
		})
		uid := b.send("bo", "Go", "go")
		_, err := a.Turn(t.Context())
		require.ErrorContains(t, err, "credit balance")
		assert.LessOrEqual(t, asked, 4, "two refusals, and one more for each reply that is tried again")
		status, err := a.Status(t.Context())
		require.NoError(t, err)
		require.Contains(t, status.Health.Reason, "credit balance")
		mia := b.inbox("mia")
		require.Len(t, mia, 1)
		require.Contains(t, quire.PlainText(mia[0].Parts), "credit balance")
		_, err = a.Turn(t.Context())
		require.Error(t, err)
		require.Len(t, b.inbox("mia"), 1)
		down = false
		b.idle(a)
		assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled), "nothing of it was found guilty")
		assert.Contains(t, b.last(), "\ngo\n")
		require.Len(t, b.inbox("mia"), 2, "and that it is over")
	}
}

// TestAnUnreadableReplyIsAskedForAgain: once it may have been the way; twice it is what
// the prompt holds.
func TestAnUnreadableReplyIsAskedForAgain(t *testing.T) {
	b := newBench(t)
	asked := 0
	a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		if asked++; asked == 1 || contained(p, "breaks the parser") {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeBadReply, Err: errText("unexpected end of JSON input")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	b.send("bo", "Go", "go")
	b.turn(a)
	assert.Equal(t, 2, asked)
	odd := b.send("bo", "Odd", "this breaks the parser")
	b.idle(a)
	assert.False(t, b.item(odd).Flags.Has(quire.FlagHandled), "it may have been a mistake")
	plain := b.send("cy", "Plain", "hello")
	before := asked
	b.idle(a)
	assert.True(t, b.item(plain).Flags.Has(quire.FlagHandled))
	assert.Equal(t, before+1, asked, "what was refused is not tried again so soon")
	b.now = b.now.Add(retrial)
	b.idle(a)
	assert.True(t, b.item(odd).Flags.Has(quire.FlagHandled), "it stands as a line that says so")
	before = asked
	b.now = b.now.Add(retrial)
	b.send("cy", "Plain", "hello again")
	b.idle(a)
	assert.Equal(t, before+1, asked, "what is known to be refused is not tried again")
}

// TestAMistakeOfTheServerCostsNobodyHisMail: what was refused once, and is taken when it
// is tried again, is answered.
func TestAMistakeOfTheServerCostsNobodyHisMail(t *testing.T) {
	b := newBench(t)
	wrong := true
	a := b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		if wrong && contained(p, "innocent") {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeInvalid, Status: 400, Err: errText("bad")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}, func(o *settings) { o.Answer = true })
	uid := b.send("bo", "Go", "an innocent question")
	b.idle(a)
	require.Empty(t, b.inbox("bo"))
	wrong = false
	b.now = b.now.Add(retrial)
	b.idle(a)
	require.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
	require.Len(t, b.inbox("bo"), 1)
	require.Contains(t, b.last(), "innocent")
}

// TestWhatIsHeldBackSurvivesACrash: it is known to the next process, and of one model only.
func TestWhatIsHeldBackSurvivesACrash(t *testing.T) {
	b := newBench(t)
	refused := 0
	model := modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
		if contained(p, "poison") {
			refused++
			return nil, &providers.Error{Provider: "test", Code: providers.CodeInvalid, Status: 400, Err: errText("bad")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	})
	b.send("bo", "Odd", "poison")
	b.idle(b.agent(model))
	b.now = b.now.Add(retrial)
	b.idle(b.agent(model)) // it is tried once more
	was := refused
	b.send("cy", "Plain", "hello")
	b.idle(b.agent(model)) // another process
	assert.Equal(t, was, refused)
	b.idle(b.agent(model, func(o *settings) { o.Profile.Name = "test-2" }))
	b.send("cy", "Plain", "hello again")
	b.idle(b.agent(func(p *quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
	}, func(o *settings) { o.Profile.Name = "test-2" }))
	assert.Contains(t, b.last(), "poison", "another model is shown it")
}
