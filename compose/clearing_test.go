package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// bound is a life of an agent whose model's thinking is bound to what stands before it.
type bound struct {
	t      *testing.T
	state  compose.State
	items  map[quire.MessageID]quire.Item
	uid    quire.UID
	bodies [][]byte
}

func (b *bound) item(from quire.Address, kind quire.Kind, parts ...quire.Part) quire.Item {
	b.uid++
	it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: quire.MessageID(fmt.Sprint("m", b.uid)), Kind: kind, Parts: parts}, Envelope: quire.Envelope{From: from}},
		Delivery: quire.Delivery{UID: b.uid, Self: kind == quire.KindTurn || kind == quire.KindResult}}
	b.items[it.ID] = it
	return it
}

// call plans, encodes and stores the state as a restart would read it.
func (b *bound) call(profile models.Profile, pending int, arrived ...quire.Item) *compose.Plan {
	b.t.Helper()
	in := compose.Input{State: b.state, Now: time.Date(2026, 11, 29, 9, 0, int(b.uid), 0, time.UTC), Arrived: arrived, Model: profile, System: "You are Ada.", Budget: 20_000,
		Tools: []quire.Tool{{Name: "find"}}, Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := b.items[id]; return it, ok }}
	if pending > 0 {
		in.Notice = &quire.Notice{Pending: pending, Tokens: 100 * pending}
	}
	plan, err := compose.New(nil).Plan(in)
	require.NoError(b.t, err)
	body, err := wire.Encode(profile.Dialect.API, &plan.Prompt, nil)
	require.NoError(b.t, err)
	assert.Empty(b.t, promptcheck.Check(profile.Dialect.API, body), "%s", body)
	b.bodies = append(b.bodies, body)
	stored, err := plan.Next.MarshalBinary()
	require.NoError(b.t, err)
	b.state = compose.State{}
	require.NoError(b.t, b.state.UnmarshalBinary(stored))
	return plan
}

func thought(model string, n int) []quire.Part {
	return []quire.Part{quire.Reasoning{Model: model, Text: fmt.Sprint("thought ", n), Signature: "c2ln"}, quire.ToolCall{ID: fmt.Sprint("c", n), Name: "find", Args: "{}"}}
}

// messagesOf is what a body has of messages, without the bracket at their end and without
// cache marks, which are not compared.
func messagesOf(t *testing.T, body []byte) string {
	t.Helper()
	_, after, ok := strings.Cut(string(body), `"messages":[`)
	require.True(t, ok)
	return strings.TrimSuffix(strings.ReplaceAll(after, `,"cache_control":{"type":"ephemeral"}`, ""), "]}")
}

// TestNothingBeforeBoundThinkingChanges: the notice of a call that was answered with
// thinking stays where it was, so that each request begins with the one before, also
// through a store, inside of a loop, and after another vendor's model stood in.
func TestNothingBeforeBoundThinkingChanges(t *testing.T) {
	fable, _ := models.Find("claude-fable-5-1")
	gpt, _ := models.Find("gpt-5.6")
	require.True(t, fable.Dialect.NoticeClears && fable.Dialect.ReasoningBound)
	b := &bound{t: t, items: map[quire.MessageID]quire.Item{}}
	b.call(fable, 2, b.item("mia", quire.KindMail, quire.Text{Text: "Find it."}))
	for n := 1; n <= 3; n++ {
		turn := b.item("ada", quire.KindTurn, thought("claude-fable-5-1", n)...)
		result := b.item("ada", quire.KindResult, quire.ToolResult{CallID: fmt.Sprint("c", n), Name: "find", Parts: []quire.Part{quire.Text{Text: "here"}}})
		plan := b.call(fable, n%2*(n+2), turn, result) // each other call without a notice
		assert.True(t, strings.HasPrefix(messagesOf(t, b.bodies[n]), messagesOf(t, b.bodies[n-1])), "%s\n%s", b.bodies[n-1], b.bodies[n])
		headers := wire.Headers(quire.APIAnthropic, &plan.Prompt, nil)
		assert.Contains(t, headers[1].Value, "mid-conversation-system-clear-at-2026-08-21")
		assert.Contains(t, headers[1].Value, "thinking-binding-controls-2026-08-01")
	}
	assert.Equal(t, 3, strings.Count(string(b.bodies[3]), `"role":"system","clear_at":"next_user_message"`), "%s", b.bodies[3])
	assert.Equal(t, 3, strings.Count(string(b.bodies[3]), `"thinking":"thought `))
	last := messagesOf(t, b.bodies[3])

	// Another model stands in for a call: it is shown none of it.
	turn := b.item("ada", quire.KindTurn, append(thought("claude-fable-5-1", 4)[:1], quire.Text{Text: "Found."})...)
	b.call(gpt, 1, turn, b.item("mia", quire.KindMail, quire.Text{Text: "And this?"}))
	assert.NotContains(t, string(b.bodies[4]), "clear_at")
	assert.NotContains(t, string(b.bodies[4]), "thought ")
	b.call(fable, 0, b.item("ada", quire.KindTurn, quire.Text{Text: "Here."}), b.item("mia", quire.KindMail, quire.Text{Text: "Thanks."}))
	assert.True(t, strings.HasPrefix(messagesOf(t, b.bodies[5]), last), "%s", b.bodies[5])
	assert.Contains(t, string(b.bodies[5]), "thought 4")
}

// TestANoticeWithoutThoughtGoes: where no thinking came behind it nothing binds it.
func TestANoticeWithoutThoughtGoes(t *testing.T) {
	fable, _ := models.Find("claude-fable-5-1")
	b := &bound{t: t, items: map[quire.MessageID]quire.Item{}}
	b.call(fable, 2, b.item("mia", quire.KindMail, quire.Text{Text: "Find it."}))
	assert.Contains(t, string(b.bodies[0]), "clear_at")
	b.call(fable, 0, b.item("ada", quire.KindTurn, quire.Text{Text: "No."}), b.item("mia", quire.KindMail, quire.Text{Text: "Why?"}))
	assert.NotContains(t, string(b.bodies[1]), "clear_at")
	opus, _ := models.Find("claude-opus-5")
	b.call(opus, 2)
	assert.NotContains(t, string(b.bodies[2]), "clear_at")
}
