package agent_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

// named is a tool that says its name.
func named(name string) agent.Tool {
	return agent.Func(name, "Says its name.", func(context.Context, struct{}) (string, error) { return "I am " + name, nil })
}

// offered are the tools of a prompt that are no mail tools.
func offered(p *quire.Prompt) string {
	var names []string
	for _, t := range p.Tools {
		if !strings.HasPrefix(t.Name, "mail_") && !strings.HasPrefix(t.Name, "context_") {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, " ")
}

// Tools that come and go are those of the turn's beginning, all through the turn.
func TestMoreToolsAreThoseOfTheTurn(t *testing.T) {
	store := memstore.New(nil)
	now := []agent.Tool{named("b")}
	var seen []string
	model := scripted.Func(func(_ context.Context, call int, p *quire.Prompt) (*quire.Reply, error) {
		seen = append(seen, offered(p))
		now = []agent.Tool{named("c")} // meanwhile
		r := scripted.Text("Done.")
		if call == 0 {
			r = scripted.Call("b", "{}")
		}
		return &r, nil
	})
	a, err := agent.New(store.Box("ada"), model, &agent.Options{Budget: 4000, Tools: []agent.Tool{named("a")}, MoreTools: func() []agent.Tool { return now }})
	require.NoError(t, err)
	for range 2 {
		_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "Go", "on"))
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"a b", "a b", "a c"}, seen)
	page, err := store.Box("ada").Find(t.Context(), mailbox.Query{Kinds: []quire.Kind{quire.KindResult}})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Contains(t, page.Rows[0].Snippet, "I am b")
}

// What can't stand beside the others is left out, logged once, and takes nobody down.
func TestMoreToolsThatCantBeUsedAreLeftOut(t *testing.T) {
	store := memstore.New(nil)
	var log bytes.Buffer
	var seen []string
	model := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		seen = append(seen, offered(p))
		r := scripted.Text("Done.")
		return &r, nil
	})
	more := []agent.Tool{named("a"), named("b"), named("b"), named("mail_find"), named("no good"), {Name: "x"}}
	a, err := agent.New(store.Box("ada"), model, &agent.Options{Budget: 4000, Tools: []agent.Tool{named("a")},
		MoreTools: func() []agent.Tool { return more }, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	for range 2 {
		_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "Go", "on"))
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"a b", "a b"}, seen)
	assert.Equal(t, 5, strings.Count(log.String(), "tool left out"), log.String())
}
