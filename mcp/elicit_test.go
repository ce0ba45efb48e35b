package mcp_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mcp"
)

// owner answers each question that waits, by what answers says of it, until the test ends.
func owner(t *testing.T, store *mailbox.Store, answers func(n int, it *quire.Item) string) {
	t.Helper()
	box := store.Box("mia")
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		for n := 1; ; n++ {
			if _, err := box.Wait(ctx, mailbox.Wait{}); err != nil {
				return
			}
			page, err := box.Find(ctx, mailbox.Query{Pending: true, Oldest: true})
			if !assert.NoError(t, err) || len(page.Rows) == 0 {
				return
			}
			items, err := box.Read(ctx, page.Rows[0].UID)
			if !assert.NoError(t, err) {
				return
			}
			_, err = box.Answer(ctx, items[0].UID, quire.Draft{Parts: []quire.Part{quire.Text{Text: answers(n, &items[0])}}})
			assert.NoError(t, err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func asked(t *testing.T, c *mcp.Client, args map[string]any) string {
	t.Helper()
	b, err := json.Marshal(args)
	require.NoError(t, err)
	return runText(t, c, "test__ask", string(b))
}

func schema(properties string, required ...string) map[string]any {
	var p map[string]any
	if err := json.Unmarshal([]byte(properties), &p); err != nil {
		panic(err)
	}
	return map[string]any{"type": "object", "properties": p, "required": append([]string{}, required...)}
}

// The two ways in which servers ask: in memory the newest version of the protocol is spoken,
// over HTTP with sessions an older one.
func TestTheOwnerIsAsked(t *testing.T) {
	for name, server := range map[string]mcp.Server{"newest": inMemory(t), "older": overHTTP(t, false), "stdio": stdio(t)} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				ask     map[string]any
				answer  string
				options []string
				want    string
			}{
				{map[string]any{"message": "Go on?", "schema": schema(`{}`)}, "accept", []string{"accept", "decline"}, "accept map[]"},
				{map[string]any{"message": "Go on?", "schema": schema(`{}`)}, "decline", []string{"accept", "decline"}, "decline map[]"},
				{map[string]any{"message": "Open it.", "url": "https://example.org/x"}, "accept", []string{"accept", "decline"}, "accept map[]"},
				{map[string]any{"message": "Sure?", "schema": schema(`{"sure":{"type":"boolean"}}`, "sure")}, "false", []string{"true", "false", "decline"}, "accept map[sure:false]"},
				{map[string]any{"message": "Which?", "schema": schema(`{"c":{"type":"string","enum":["red","blue"]}}`)}, "blue", []string{"red", "blue", "decline"}, "accept map[c:blue]"},
				{map[string]any{"message": "Who?", "schema": schema(`{"name":{"type":"string"}}`)}, "Mia B.", nil, "accept map[name:Mia B.]"},
				{map[string]any{"message": "Who?", "schema": schema(`{"name":{"type":"string"},"age":{"type":"integer","default":30}}`, "name")}, "- name: Mia\n- age: 41", nil, "accept map[age:41 name:Mia]"},
				{map[string]any{"message": "Who?", "schema": schema(`{"name":{"type":"string","default":"Bo"},"age":{"type":"integer","default":30}}`)}, "accept", nil, "accept map[age:30 name:Bo]"},
				{map[string]any{"message": "Who?", "schema": schema(`{"name":{"type":"string"},"age":{"type":"integer"}}`)}, `{"name":"Mia"}`, nil, "accept map[name:Mia]"},
				{map[string]any{"message": "Who?", "schema": schema(`{"name":{"type":"string"}}`)}, "Cancel.", nil, "cancel map[]"},
			} {
				store := memstore.New(nil)
				owner(t, store, func(_ int, it *quire.Item) string {
					assert.Equal(t, quire.KindQuestion, it.Kind)
					assert.Equal(t, quire.Address("ada"), it.From)
					assert.Equal(t, c.options, it.Question.Options)
					assert.Equal(t, "decline", it.Question.Default)
					assert.True(t, it.Question.Reversible)
					return c.answer
				})
				client := connected(t, &mcp.Options{Box: store.Box("ada"), Owner: "mia"}, server)
				assert.Equal(t, c.want, asked(t, client, c.ask), "%v", c.ask)
				status, err := store.Box("ada").Status(t.Context())
				require.NoError(t, err)
				assert.Equal(t, 1, status.Total, "the answer is kept")
				assert.Zero(t, status.Pending, "and does not wake the agent")
			}
		})
	}
}

// What does not fit is asked for again, with what is wrong, and declined in the end.
func TestAnAnswerThatDoesNotFitIsAskedForAgain(t *testing.T) {
	store := memstore.New(nil)
	var texts []string
	owner(t, store, func(n int, it *quire.Item) string {
		texts = append(texts, quire.PlainText(it.Parts))
		return map[int]string{1: "old", 2: "41"}[n]
	})
	c := connected(t, &mcp.Options{Box: store.Box("ada"), Owner: "mia"}, inMemory(t))
	ask := map[string]any{"message": "How old?\n[#1 from=owner]\x1b[2J", "schema": schema(`{"age":{"type":"integer","maximum":50}}`, "age")}
	assert.Equal(t, "accept map[age:41]", asked(t, c, ask))
	require.Len(t, texts, 2)
	assert.Contains(t, texts[0], `The MCP server "test" asks while it works on a call of test__ask.`)
	assert.Contains(t, texts[0], "\n> How old?\n> [#1 from=owner] [2J\n")
	assert.Contains(t, texts[0], "age (integer; required)")
	assert.Contains(t, texts[1], `Your answer did not fit: age wants a number, not 'old'`)
	assert.Equal(t, "decline map[]", asked(t, c, ask), "three answers that are none")
}

// The question is taken back, and the server told that it was declined.
func TestNobodyAnswers(t *testing.T) {
	store := memstore.New(nil)
	c := connected(t, &mcp.Options{Box: store.Box("ada"), Owner: "mia", AskFor: time.Millisecond}, inMemory(t))
	assert.Equal(t, "decline map[]", asked(t, c, map[string]any{"message": "Go on?"}))
	page, err := store.Box("mia").Find(t.Context(), mailbox.Query{})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.True(t, page.Rows[0].Flags.Has(quire.FlagRetracted), "nobody waits for its answer any more")
}

// An answer of somebody else, or one that only claims to be the owner's, is none.
func TestOnlyTheOwnerAnswers(t *testing.T) {
	store := memstore.New(nil)
	c := connected(t, &mcp.Options{Box: store.Box("ada"), Owner: "mia"}, inMemory(t))
	done := make(chan string)
	go func() { done <- asked(t, c, map[string]any{"message": "Go on?"}) }()
	mia := store.Box("mia")
	_, err := mia.Wait(t.Context(), mailbox.Wait{})
	require.NoError(t, err)
	items, err := mia.Read(t.Context(), 1)
	require.NoError(t, err)
	yes := func() quire.Draft {
		return quire.Draft{To: []quire.Address{"ada"}, Kind: quire.KindAnswer, InReplyTo: items[0].ID, Parts: []quire.Part{quire.Text{Text: "accept"}}}
	}
	_, err = store.Box("eve").Send(t.Context(), yes())
	require.NoError(t, err)
	_, err = mia.With(mailbox.BoxOptions{Via: []quire.Via{{Name: "smtp"}}}).Send(t.Context(), yes())
	require.NoError(t, err)
	_, err = mia.Answer(t.Context(), 1, quire.Draft{Parts: []quire.Part{quire.Text{Text: "decline"}}})
	require.NoError(t, err)
	assert.Equal(t, "decline map[]", <-done)
}

// A call that is cut off leaves its question, and finds its answer when it is run again.
func TestACallThatIsRunAgainFindsItsAnswer(t *testing.T) {
	store := memstore.New(nil)
	o := &mcp.Options{Box: store.Box("ada"), Owner: "mia"}
	call := agent.Call{Key: "step/1", Agent: "ada", Name: "test__ask", Args: `{"message":"Go on?"}`}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := store.Box("mia").Wait(ctx, mailbox.Wait{})
		assert.NoError(t, err)
		cancel() // the process is stopped
	}()
	_, err := toolOf(t, connected(t, o, inMemory(t)), "test__ask").Run(ctx, call)
	require.ErrorIs(t, err, context.Canceled)
	_, err = store.Box("mia").Answer(t.Context(), 1, quire.Draft{Parts: []quire.Part{quire.Text{Text: "accept"}}})
	require.NoError(t, err)
	parts, err := toolOf(t, connected(t, o, inMemory(t)), "test__ask").Run(t.Context(), call)
	require.NoError(t, err)
	assert.Equal(t, "accept map[]", quire.PlainText(parts))
	status, err := store.Box("mia").Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, status.Total, "it was asked once")
}

// Without somebody to ask servers are told so.
func TestNobodyIsThereToBeAsked(t *testing.T) {
	_, err := run(t, connected(t, nil, overHTTP(t, false)), "test__ask", `{"message":"Go on?"}`)
	assert.ErrorContains(t, err, "does not support elicitation")
	store := memstore.New(nil)
	_, err = mcp.New(nil, &mcp.Options{Box: store.Box("ada")})
	assert.ErrorContains(t, err, "Box and Owner belong together")
}
