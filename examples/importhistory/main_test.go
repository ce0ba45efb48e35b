package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

func TestTheAgentFindsItsOldChat(t *testing.T) {
	store := memstore.New(nil)
	done, err := importFile(t.Context(), store, "history.json", "ada", "mia")
	require.NoError(t, err)
	require.Equal(t, 6, done.Added)

	model := scripted.New(scripted.Call("mail_find", `{"words":"hotel garden"}`), scripted.Text("Casa do Jardim.")).CheckAs(quire.APIAnthropic)
	ada, err := newAda(store, model)
	require.NoError(t, err)
	idle, err := ada.Turn(t.Context())
	require.NoError(t, err)
	require.True(t, idle.Idle, "old mail wakes nobody")

	_, err = store.Box("mia").Send(t.Context(), quire.Mail("ada", "Porto", "Shall we take a boat in Porto?"))
	require.NoError(t, err)
	turn, err := ada.Turn(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Casa do Jardim.", turn.Text)

	prompts := model.Prompts()
	assert.Contains(t, text(prompts[0]), "Tim gets seasick", "recalled as the turn began")
	assert.Contains(t, text(prompts[1]), "Casa do Jardim", "found by the tool")
}

func text(p *quire.Prompt) string {
	var b strings.Builder
	for _, m := range p.Messages {
		b.WriteString(quire.PlainText(m.Parts) + "\n")
	}
	return b.String()
}

func TestImportingAgainAddsNothing(t *testing.T) {
	store := memstore.New(nil)
	for i, want := range []mailbox.Imports{{Added: 6}, {Known: 6}} {
		done, err := importFile(t.Context(), store, "history.json", "ada", "mia")
		require.NoError(t, err)
		assert.Equal(t, want.Added, done.Added, "import %d", i)
		assert.Equal(t, want.Known, done.Known, "import %d", i)
	}
	page, err := store.Box("ada").Find(t.Context(), mailbox.Query{From: "mia", Oldest: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 2)
	assert.Equal(t, quire.TrustExternal, page.Rows[0].Trust, "a file only claims who wrote it")
	assert.Equal(t, "import", page.Rows[0].Via[0].Name)
}

func TestTheProgramRuns(t *testing.T) { require.NoError(t, run(t.Context(), "history.json")) }
