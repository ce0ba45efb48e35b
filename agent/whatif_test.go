package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// receipts are all that a store has of an agent's calls.
func (b *bench) receipts() []compose.Receipt {
	stored, err := b.store.Receipts(b.t.Context(), "ada", 1, 1<<62)
	require.NoError(b.t, err)
	var out []compose.Receipt
	for _, r := range stored {
		got, err := compose.DecodeReceipt(r.Data)
		require.NoError(b.t, err)
		out = append(out, got)
	}
	return out
}

// TestReceiptsKnowWhatFailedAndWhoStoodIn: from the file alone, without the system prompt
// and the tools, an agent's calls come out the same: digests, bills, failures.
func TestReceiptsKnowWhatFailedAndWhoStoodIn(t *testing.T) {
	p := newPair(t)
	a := p.agent(func(o *settings) { o.Limits.FallbackFor = 3 * time.Minute })
	for i := range 12 {
		p.down = nil
		if i%4 == 2 {
			p.down = unavailable(0)
		}
		p.send("mia", "Next", fmt.Sprintf("number %d: %s", i, strings.Repeat("words of mine ", 300)))
		p.turn(a)
		p.now = p.now.Add(2 * time.Minute)
	}
	list := p.receipts()
	require.Len(t, list, 12)
	failed := 0
	for _, r := range list {
		for _, f := range r.Failed {
			failed++
			assert.Equal(t, "claude-opus-5", f.Setup.Model)
			assert.Equal(t, "unavailable", f.Why)
			assert.Equal(t, 2, f.Tries)
			assert.Positive(t, f.Bill.Input())
		}
		assert.Positive(t, r.Usage.Input, "as reported")
		assert.Equal(t, 1, r.Tries)
	}
	require.Equal(t, 3, failed)

	again := compose.Replay{Composer: a.o.Composer, Input: compose.Input{Body: p.body}, Item: p.byUID,
		Aim: func(was compose.Setup, in *compose.Input) {
			in.Model = models.Profile{Name: was.Model, Dialect: models.FindOver(was.API, was.Model).Dialect}
			in.Model.Cache = was.Cost
		}}
	byModel := map[string]int{}
	n := 0
	for r, err := range again.Run(func(yield func(compose.Receipt, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}) {
		require.NoError(t, err)
		got := r.Plan.Receipt()
		assert.Equal(t, r.Was.Prompt, got.Prompt, "call %d", r.Was.Call)
		assert.Equal(t, r.Was.Bill, got.Bill, "call %d", r.Was.Call)
		assert.Equal(t, r.Was.Decisions, got.Decisions, "call %d", r.Was.Call)
		for i, plan := range r.Failed {
			require.NotNil(t, plan)
			assert.Equal(t, r.Was.Failed[i].Bill, plan.Bill, "before call %d", r.Was.Call)
		}
		byModel[r.Setup.Model]++
		n++
	}
	assert.Equal(t, len(list), n)
	assert.Len(t, byModel, 2, "the fallback's calls are its own")
}

// TestARefusedPromptIsInTheNextReceipt: also where the turn ended with it.
func TestARefusedPromptIsInTheNextReceipt(t *testing.T) {
	p := newPair(t)
	a := p.agent(func(o *settings) { o.Fallbacks = nil })
	p.send("mia", "One", "one")
	p.turn(a)
	p.down = &providers.Error{Provider: "test", Code: providers.CodeTooLong}
	p.send("mia", "Two", "two")
	_, err := a.Turn(t.Context())
	require.Error(t, err)
	p.down = nil
	p.send("mia", "Three", "three")
	p.turn(a)
	list := p.receipts()
	require.Len(t, list[len(list)-1].Failed, 1)
	assert.Equal(t, "too-long", list[len(list)-1].Failed[0].Why)
}

func (b *bench) byUID(uid quire.UID) (quire.Item, bool) {
	items, err := b.store.Get(b.t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{uid}})
	return append(items, quire.Item{})[0], err == nil && len(items) == 1
}

func (b *bench) body(id quire.MessageID) (quire.Item, bool) {
	items, err := b.store.Get(b.t.Context(), "ada", mailbox.Get{IDs: []quire.MessageID{id}})
	return append(items, quire.Item{})[0], err == nil && len(items) == 1
}
