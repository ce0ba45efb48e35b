package compose_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// quotable is an agent after two calls; #1 has left, or not, by the budget.
func quotable(t *testing.T, budget int, words int) (compose.Input, quire.Part) {
	t.Helper()
	in := compose.Input{Budget: budget, Body: nil,
		Model: models.Profile{Cache: price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}}}
	byID := map[quire.MessageID]quire.Item{}
	item := func(uid quire.UID, text string) quire.Item {
		it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: quire.MessageID(uid.String()), Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: text}}}, Envelope: quire.Envelope{From: "mia"}},
			Delivery: quire.Delivery{UID: uid}}
		byID[it.ID] = it
		return it
	}
	in.Body = func(id quire.MessageID) (quire.Item, bool) { it, ok := byID[id]; return it, ok }
	wanted := item(99, strings.Repeat("wanted ", words))
	in.Arrived = []quire.Item{item(1, strings.Repeat("old ", 60)), item(2, strings.Repeat("older ", 60)), item(3, "now")}
	plan, err := compose.New(nil).Plan(in)
	require.NoError(t, err)
	in.State, in.Arrived = plan.Next, nil
	in.State.EndTurn()
	return in, quire.Ref{Message: wanted.ID, UID: 99, Part: -1}
}

func TestQuoteOfWhatFits(t *testing.T) {
	in, ref := quotable(t, 2000, 60)
	before := stored(t, in.State)
	q, err := compose.New(nil).Quote(in, ref)
	require.NoError(t, err)
	assert.True(t, q.Fits)
	assert.Empty(t, q.Leaves)
	assert.InDelta(t, 110, q.Tokens, 40)
	assert.Greater(t, q.Room, q.Tokens)
	assert.Positive(t, q.Cost)
	assert.Equal(t, before, stored(t, in.State))
}

func TestQuoteSaysWhatLeaves(t *testing.T) {
	in, ref := quotable(t, 320, 50)
	q, err := compose.New(nil).Quote(in, ref)
	require.NoError(t, err)
	assert.True(t, q.Fits)
	var left []quire.UID
	for _, d := range q.Leaves {
		left = append(left, d.UID)
	}
	assert.Subset(t, []quire.UID{1, 2}, left)
	assert.NotEmpty(t, left)
	assert.NotContains(t, left, quire.UID(3), "the newest stays")

	turn := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "t", Kind: quire.KindTurn, Parts: []quire.Part{quire.ToolCall{ID: "c", Name: "context_pull", Args: "{}"}}}}, Delivery: quire.Delivery{UID: 100, Self: true}}
	res := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "r", Kind: quire.KindResult, Parts: []quire.Part{quire.ToolResult{CallID: "c", Name: "context_pull", Parts: []quire.Part{ref}}}}}, Delivery: quire.Delivery{UID: 101, Self: true}}
	in.Arrived = []quire.Item{turn, res}
	plan, err := compose.New(nil).Plan(in)
	require.NoError(t, err)
	var gone []quire.UID
	for _, d := range plan.Decisions() {
		if d.Fate == compose.FateOut {
			gone = append(gone, d.UID)
		}
	}
	assert.Equal(t, gone, left, "as it was quoted")
}

func TestQuoteOfWhatNeverFits(t *testing.T) {
	in, ref := quotable(t, 400, 2000)
	q, err := compose.New(nil).Quote(in, ref)
	var large *compose.RoomError
	require.True(t, errors.As(err, &large) && large.Never)
	assert.False(t, q.Fits)
	assert.Greater(t, large.Tokens, 2000)
	assert.Less(t, large.Room, 400)
	assert.Contains(t, err.Error(), "#99")
	assert.Contains(t, err.Error(), "pull a part of it")
}

func TestWithoutABudgetTheErrorSaysWhatToSet(t *testing.T) {
	it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "m", Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: "hi"}}}, Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: 1}}
	_, err := compose.New(nil).Plan(compose.Input{Arrived: []quire.Item{it}})
	var budget *compose.BudgetError
	require.ErrorAs(t, err, &budget)
	assert.Contains(t, err.Error(), "set Input.Budget, or Model.Window")
}
