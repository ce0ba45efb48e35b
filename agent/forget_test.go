package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// What is forgotten stands in no later prompt: not as mail, not as what a pull or a search
// shows, whether the agent runs on or starts anew; the certificate says which calls saw it
// and where the agent's own words have it; and replays go on, and say what they lack.
func TestWhatIsForgottenStandsInNoLaterPrompt(t *testing.T) {
	b := newBench(t)
	b.send("eve", "Key", "the key is zebra-4711-lima")
	b.send("eve", "Door", "the door is yankee-4712-mike")
	b.handleAll()
	ask := script([]quire.Part{pulls("1")}, []quire.Part{use("mail_find", `{"text":"door"}`)}, []quire.Part{text("The key is zebra-4711-lima, I see.")})
	a := b.agent(ask)
	b.send("mia", "Which key?", "Which key is it?")
	b.turn(a)
	require.Contains(t, b.last(), "zebra-4711-lima")
	require.Contains(t, b.last(), "yankee-4712-mike")

	cert, err := b.store.Forget(t.Context(), mailbox.Forget{From: "eve"})
	require.NoError(t, err)
	assert.Len(t, cert.Messages, 2)
	require.Len(t, cert.Derived, 2, "the results of the search and of the pull, which has its subject")
	var saw []quire.UID
	for _, s := range cert.Calls {
		saw = append(saw, s.UID)
		assert.Equal(t, quire.Address("ada"), s.Agent)
	}
	assert.Contains(t, saw, cert.Derived[0].In[0].UID)
	var quotes []string
	for _, q := range cert.Quotes {
		it := b.item(q.UID)
		quotes = append(quotes, quire.PlainText(it.Parts[q.Part : q.Part+1])[q.Offset:q.Offset+q.Length])
		assert.Contains(t, []quire.Kind{quire.KindTurn, quire.KindMail}, it.Kind)
	}
	assert.Contains(t, quotes, "zebra-4711-lima")

	for _, agent := range []*Agent{a, b.agent(script([]quire.Part{pulls("1")}))} {
		b.send("mia", "And now?", "And now?")
		b.turn(agent)
		assert.NotContains(t, b.last(), "the key is zebra", "the mail")
		assert.NotContains(t, b.last(), "yankee-4712-mike", "what the search found")
		assert.Contains(t, b.last(), "This was forgotten")
		assert.Contains(t, b.last(), "The key is zebra-4711-lima, I see.", "the agent's own words are for a person to decide")
	}
	assert.Subset(t, forgottenIn(t, b, a), []quire.UID{cert.Derived[0].In[0].UID})
}

// A question that was forgotten is in its agent's state no more: it is neither passed on when its
// deadline comes, nor takes a default.
func TestAQuestionThatWasForgottenIsNotPassedOn(t *testing.T) {
	b := newBench(t)
	a := b.agent(script([]quire.Part{use("mail_send", escalated)}, []quire.Part{text("asked")}, []quire.Part{text("yes")}))
	b.send("mia", "Go", "Go on.")
	b.turn(a)
	question := b.inbox("mia")[0]
	require.Equal(t, quire.KindQuestion, question.Kind)
	cert, err := b.store.Forget(t.Context(), mailbox.Forget{Messages: []quire.MessageID{question.ID}})
	require.NoError(t, err)
	assert.Equal(t, 1, cert.States)
	snap, err := b.store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	assert.NotContains(t, string(snap.Agent.State), "Publish?")
	b.now = b.now.Add(3 * time.Hour)
	b.send("mia", "And?", "And now?")
	b.turn(a)
	assert.Empty(t, b.inbox("zoe"))
	assert.NotContains(t, b.last(), "Nobody answered")
}

// forgottenIn replays all calls, and says what they took in that was forgotten.
func forgottenIn(t *testing.T, b *bench, a *Agent) (uids []quire.UID) {
	items := b.inbox("ada")
	body := func(id quire.MessageID) (quire.Item, bool) {
		i := slices.IndexFunc(items, func(it quire.Item) bool { return it.ID == id })
		return append(items, quire.Item{})[max(i, 0)], i >= 0
	}
	item := func(uid quire.UID) (quire.Item, bool) {
		i := slices.IndexFunc(items, func(it quire.Item) bool { return it.UID == uid })
		return append(items, quire.Item{})[max(i, 0)], i >= 0
	}
	receipts := func(yield func(compose.Receipt, error) bool) {
		list, err := b.store.Receipts(t.Context(), "ada", 0, 1<<62)
		require.NoError(t, err)
		for _, r := range list {
			if !yield(compose.DecodeReceipt(r.Data)) {
				return
			}
		}
	}
	n := 0
	in := compose.Input{Model: a.model().Profile, System: a.system, Tools: a.shown, Body: body}
	for r, err := range (compose.Replay{Composer: a.o.Composer, Input: in, Item: item}).Run(receipts) {
		require.NoError(t, err)
		uids = append(uids, r.Forgotten...)
		n++
	}
	require.Equal(t, len(b.prompts), n)
	return uids
}
