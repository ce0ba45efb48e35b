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
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
)

// rewriterFunc is a Rewriter.
type rewriterFunc func(items []quire.Item, keep int) (string, quire.Usage, error)

func (f rewriterFunc) Rewrite(_ context.Context, items []quire.Item, keep int) (string, quire.Usage, error) {
	return f(items, keep)
}

// filled lets an agent take in long mail until something leaves, and returns what
// its steps told.
func filled(t *testing.T, b *bench, by Rewriter, change ...func(*settings)) []*Rewrote {
	t.Helper()
	var told []*Rewrote
	a := b.agent(script(), append([]func(*settings){func(o *settings) {
		o.Budget, o.Profile.Cache.Read, o.Profile.Cache.Write, o.Profile.Cache.Uncached = 6000, 0.1, 1.25, 1
		o.Rewrite = Rewriting{By: by, Least: 500, Keep: 200}
		o.OnStep = func(s StepInfo) {
			if s.Rewrote != nil {
				told = append(told, s.Rewrote)
			}
		}
	}}, change...)...)
	for i := range 40 {
		b.send("mia", fmt.Sprintf("Part %d", i), strings.Repeat(fmt.Sprintf("fact%d ", i), 300))
		b.turn(a)
	}
	return told
}

func TestWhatLeavesIsNoted(t *testing.T) {
	b := newBench(t)
	var seen [][]quire.Item
	told := filled(t, b, rewriterFunc(func(items []quire.Item, keep int) (string, quire.Usage, error) {
		seen = append(seen, items)
		assert.Positive(t, keep)
		assert.Less(t, keep, 200, "the numbers take some")
		return "mia told facts.", quire.Usage{Input: 1000, CachedInput: 400, Output: 10}, nil
	}))
	require.NotEmpty(t, told)
	r := told[0]
	require.NoError(t, r.Err)
	assert.Positive(t, r.Note)
	assert.GreaterOrEqual(t, r.Tokens, 500)
	assert.InDelta(t, 400*0.1+600+5*10, r.Cost, 1e-9, "output counts five times where its price is not known")
	var uids []quire.UID
	for _, it := range seen[0] {
		uids = append(uids, it.UID)
		assert.NotEmpty(t, quire.PlainText(it.Parts), "whole messages")
	}
	assert.Equal(t, r.UIDs, uids)

	var note quire.Item
	for _, it := range b.inbox("ada") {
		if it.Kind == quire.KindNote {
			note = it
			break
		}
	}
	got := quire.PlainText(note.Parts)
	assert.Contains(t, got, "mia told facts.")
	for _, uid := range uids {
		assert.Contains(t, got, uid.String(), "the way back")
	}
	stands := 0
	for _, p := range b.prompts {
		stands += strings.Count(flat(p), "mia told facts.")
	}
	assert.Positive(t, stands, "the model reads it")
}

// TestTokensOfANote: a result of which a line stays left with all but that line.
func TestTokensOfANote(t *testing.T) {
	b := newBench(t)
	tool := Tool{Name: "read", Run: func(context.Context, Call) ([]quire.Part, error) {
		return []quire.Part{text(strings.Repeat("line ", 900))}, nil
	}}
	var calls [][]quire.Part
	for i := range 12 {
		calls = append(calls, []quire.Part{use("read", fmt.Sprintf(`{"line":%d}`, i))})
	}
	a := b.agent(script(calls...), func(o *settings) {
		o.Budget, o.Tools = 6000, []Tool{tool}
		o.Rewrite = Rewriting{Least: 500, Keep: 200, By: rewriterFunc(func([]quire.Item, int) (string, quire.Usage, error) {
			return "Lines.", quire.Usage{}, nil
		})}
	})
	b.send("mia", "Read", "Read it.")
	b.turn(a)
	told := 0
	for _, s := range b.steps {
		if s.Rewrote == nil {
			continue
		}
		told++
		assert.Greater(t, s.Rewrote.Tokens, 300*len(s.Rewrote.UIDs), "%v", s.Rewrote.UIDs)
	}
	assert.Positive(t, told)
}

func TestANoteThatCannotBeKeptIsNotWritten(t *testing.T) {
	broken := errors.New("broken")
	for name, f := range map[string]rewriterFunc{
		"error": func([]quire.Item, int) (string, quire.Usage, error) { return "half", quire.Usage{Output: 3}, broken },
		"empty": func([]quire.Item, int) (string, quire.Usage, error) { return " \n", quire.Usage{Output: 3}, nil },
		"long": func(_ []quire.Item, keep int) (string, quire.Usage, error) {
			return strings.Repeat("word ", 2*keep), quire.Usage{Output: 3}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			told := filled(t, b, f)
			require.NotEmpty(t, told)
			for _, r := range told {
				require.Error(t, r.Err)
				assert.True(t, errors.Is(r.Err, errNoNote) || errors.Is(r.Err, broken))
				assert.InDelta(t, 15, r.Cost, 1e-9, "it is paid all the same")
				assert.Zero(t, r.Note)
			}
			for _, it := range b.inbox("ada") {
				assert.NotEqual(t, quire.KindNote, it.Kind)
			}
		})
	}
}

func TestNoNoteIsWrittenUnlessItIsAskedForAndWorthIt(t *testing.T) {
	b := newBench(t)
	assert.Empty(t, filled(t, b, nil))
	never := rewriterFunc(func([]quire.Item, int) (string, quire.Usage, error) {
		t.Error("it was asked")
		return "", quire.Usage{}, nil
	})
	assert.Empty(t, filled(t, newBench(t), never, func(o *settings) { o.Rewrite.Least = 100_000 }))
}

// What the agent dropped itself needs no note.
func TestNoNoteIsWrittenAboutWhatWasDropped(t *testing.T) {
	b := newBench(t)
	a := b.agent(script([]quire.Part{use("context_drop", `{"uids":[1]}`)}), func(o *settings) {
		o.Budget = 6000
		o.Rewrite = Rewriting{Least: 1, By: rewriterFunc(func(items []quire.Item, _ int) (string, quire.Usage, error) {
			for _, it := range items {
				assert.NotEqual(t, quire.UID(1), it.UID)
			}
			return "x", quire.Usage{}, nil
		})}
	})
	for i := range 8 {
		b.send("mia", fmt.Sprintf("Part %d", i), strings.Repeat(fmt.Sprintf("fact%d ", i), 300))
		b.turn(a)
	}
}

func TestSummarizerAsksItsModel(t *testing.T) {
	item := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "m", Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: "The port is 8443."}}},
		Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: 7}}
	var asked *quire.Prompt
	reply := &quire.Reply{Parts: []quire.Part{quire.Text{Text: "#7: port 8443"}}, Stop: quire.StopEnd, Usage: quire.Usage{Input: 50, Output: 5}}
	s := &Summarizer{Profile: models.Profile{Name: "small", MaxOutput: 100}, Model: scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		asked = p
		return reply, nil
	})}
	text, used, err := s.Rewrite(t.Context(), []quire.Item{item}, 30)
	require.NoError(t, err)
	assert.Equal(t, "#7: port 8443", text)
	assert.Equal(t, reply.Usage, used)
	assert.Equal(t, "small", asked.Model)
	assert.Contains(t, flat(asked), "#7 mail from mia\nThe port is 8443.")

	reply.Stop = quire.StopLength
	_, used, err = s.Rewrite(t.Context(), []quire.Item{item}, 30)
	require.ErrorIs(t, err, errNoNote, "half a note says something else")
	assert.Equal(t, reply.Usage, used)
}
