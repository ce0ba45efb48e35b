package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/record"
	"github.com/quire-dev/quire/providers/scripted"
)

// noon is a clock that stands still.
func noon() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }

// serve lets the agent deal with one mail, and returns what the customer reads.
func serve(t *testing.T, model providers.Model, text string) string {
	t.Helper()
	store := memstore.New(&mailbox.Options{Clock: noon})
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	shop, err := newShop(store.Box("shop"), model, map[string]int{"lamp": 3}, noon)
	require.NoError(t, err)
	mia := store.Box("mia")
	_, err = mia.Send(t.Context(), mail("lamps-1", text))
	require.NoError(t, err)
	_, err = shop.Turn(t.Context())
	require.NoError(t, err)
	page, err := mia.Find(t.Context(), mailbox.Query{Incoming: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	items, err := mia.Read(t.Context(), page.Rows[0].UID)
	require.NoError(t, err)
	return quire.PlainText(items[0].Parts)
}

// CheckAs turns down each prompt that the provider would, so that the test fails where
// production would.
func TestTheModelReadsWhatTheToolSays(t *testing.T) {
	model := scripted.New(
		scripted.Call("stock", `{"item":"lamps"}`),
		scripted.Call("stock", `{"item":"lamp"}`),
		scripted.Text("We have 3."),
	).CheckAs(quire.APIAnthropic)
	assert.Equal(t, "We have 3.", serve(t, model, "How many lamps?"))

	prompts := model.Prompts()
	require.Len(t, prompts, 3)
	assert.Contains(t, prompts[0].System, "lamp shop")
	seen := prompts[2].Messages
	assert.Contains(t, quire.PlainText(seen[2].Parts), "in the singular")
	assert.Contains(t, quire.PlainText(seen[4].Parts), "3")
}

// A run is recorded once, with a real model, and kept in testdata; from then on the test
// plays it, and needs neither key nor network. Here the model that is recorded is a
// script, and the file a temporary one, so that all of it can be seen to work.
func TestARecordedRunIsPlayedBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lamps.jsonl")
	model := scripted.New(scripted.Call("stock", `{"item":"lamp"}`), scripted.Text("We have 3 lamps."))
	rec, err := record.Open(file, &record.Options{Mode: record.Record}) // go test -record, say
	require.NoError(t, err)
	recorded := serve(t, rec.Model(model), "How many lamps?")
	require.NoError(t, rec.Close())

	rec, err = record.Open(file, nil)
	require.NoError(t, err)
	assert.Equal(t, recorded, serve(t, rec.Model(nil), "How many lamps?"))
	assert.Empty(t, rec.Unused(), "the agent asked for all that was recorded")
	require.NoError(t, rec.Close())
}

// When the agent asks something else than it did, the recording says where.
func TestAChangedPromptIsFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lamps.jsonl")
	rec, err := record.Open(file, &record.Options{Mode: record.Record})
	require.NoError(t, err)
	serve(t, rec.Model(scripted.New(scripted.Text("We have 3 lamps."))), "How many lamps?")
	require.NoError(t, rec.Close())

	rec, err = record.Open(file, nil)
	require.NoError(t, err)
	_, err = rec.Model(nil).Generate(t.Context(), &quire.Prompt{System: "You sell chairs."})
	var unknown *record.UnknownError
	require.ErrorAs(t, err, &unknown)
	assert.NotEmpty(t, unknown.Diff)
	require.NoError(t, rec.Close())
}
