package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

type depth struct{}

// traced writes down what begins and ends, and how deep in each other.
type traced struct{ lines []string }

func (l *traced) around(ctx context.Context, w *Work) (context.Context, func()) {
	d, _ := ctx.Value(depth{}).(int)
	l.lines = append(l.lines, fmt.Sprintf("%d %s %s%d of %s begins", d, w.Kind, w.Tool, w.Turn, w.Agent))
	return context.WithValue(ctx, depth{}, d+1), func() {
		l.lines = append(l.lines, fmt.Sprintf("%d %s ends: found %d failed %v steps %d err %v", d, w.Kind, w.Found, w.Failed, w.Result.Steps, w.Err))
	}
}

func TestWorkIsSurrounded(t *testing.T) {
	b := newBench(t)
	b.past()
	inside := -1
	look := Tool{Name: "look", Repeatable: true, Run: func(ctx context.Context, _ Call) ([]quire.Part, error) {
		inside, _ = ctx.Value(depth{}).(int)
		return nil, errors.New("nothing is there")
	}}
	var l traced
	a := b.agent(script([]quire.Part{use("look", `{}`), use("mail_find", `{"words":"soup"}`), use("fly", `{}`)}), recalling(10), func(o *settings) {
		o.Around, o.Tools = l.around, []Tool{look}
	})
	b.turn(a)
	assert.Empty(t, l.lines, "to look for mail is no work")
	b.send("mia", "Port?", "On which port does the machine listen?")
	b.turn(a)
	b.turn(a)
	assert.Equal(t, []string{
		"0 turn 1 of ada begins",
		"1 recall 1 of ada begins",
		"1 recall ends: found 1 failed false steps 0 err <nil>",
		"1 tool look1 of ada begins",
		"1 tool ends: found 0 failed true steps 0 err <nil>",
		"1 tool mail_find1 of ada begins",
		"1 tool ends: found 0 failed false steps 0 err <nil>",
		"0 turn ends: found 0 failed false steps 2 err <nil>",
	}, l.lines, "a tool that is not there does nothing")
	assert.Equal(t, 2, inside, "the tool has the context of its work")
}

// A turn that fails ends, and its work is gone on with in another piece.
func TestWorkThatFailsEnds(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "good morning")
	var l traced
	ill := true
	a := b.agent(func(*quire.Prompt) (*quire.Reply, error) {
		if ill {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeAuth, Err: errors.New("no key")}
		}
		return &quire.Reply{Parts: []quire.Part{text("Good morning.")}}, nil
	}, func(o *settings) { o.Around = l.around })
	_, err := a.Turn(t.Context())
	require.Error(t, err)
	ill = false
	b.turn(a)
	require.Len(t, l.lines, 4)
	assert.Contains(t, l.lines[1], "no key")
	assert.Equal(t, "0 turn ends: found 0 failed false steps 1 err <nil>", l.lines[3])
}

// What returns nothing changes nothing.
func TestWorkSurroundedByNothing(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "good morning")
	a := b.agent(script([]quire.Part{use("mail_find", `{"words":"good"}`)}), func(o *settings) {
		o.Around = func(context.Context, *Work) (context.Context, func()) { return nil, nil }
	})
	b.turn(a)
	assert.Len(t, b.prompts, 2)
}
