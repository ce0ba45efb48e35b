package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/loopcheck"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

// within runs a loop against a server that speaks OpenAI's format, and returns its last
// request. Every request is valid and within the budget.
func within(t *testing.T, script modeltest.Script, loop func(model *langchainmodel.Model) error) string {
	server := modeltest.NewServer(t, quire.APIOpenAIChat, script)
	model, err := langchainmodel.Open("openai:"+name, &langchainmodel.OpenOptions{BaseURL: server.URL + "/v1", Key: "key"})
	require.NoError(t, err)
	require.NoError(t, loop(model))
	var bodies [][]byte
	for _, r := range server.Requests() {
		bodies = append(bodies, r.Body)
	}
	require.Len(t, bodies, len(script))
	largest, err := loopcheck.Largest(quire.APIOpenAIChat, name, bodies)
	require.NoError(t, err)
	assert.LessOrEqual(t, largest, budget)
	assert.Greater(t, largest, budget/3, "and it is used")
	return string(bodies[len(bodies)-1])
}

func TestTheLoopStaysWithinItsBudget(t *testing.T) {
	var in, out strings.Builder
	var script modeltest.Script
	for i := range 20 {
		fmt.Fprintf(&in, "How is the weather in city %d?\n", i)
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{
				quire.ToolCall{ID: fmt.Sprintf("call_%d_a", i), Name: "weather", Args: fmt.Sprintf(`{"city":"city %d"}`, i)},
				quire.ToolCall{ID: fmt.Sprintf("call_%d_b", i), Name: "weather", Args: `{"city":"next to it"}`},
			}}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "It is mild."}}}},
		)
	}
	last := within(t, script, func(model *langchainmodel.Model) error {
		return chat(t.Context(), composing(model), strings.NewReader(in.String()), &out)
	})
	assert.Equal(t, 20, strings.Count(out.String(), "It is mild."))
	assert.Contains(t, last, "earlier messages of this conversation are left out")
	assert.NotContains(t, last, "in city 0?")
	assert.Contains(t, last, "in city 19?")
}

func TestTheMemoryStaysWithinItsBudget(t *testing.T) {
	var in, out strings.Builder
	var script modeltest.Script
	for i := range 30 {
		fmt.Fprintf(&in, "Line %d. %s\n", i, strings.Repeat("It goes on. ", 20))
		script = append(script, modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "Noted."}}}})
	}
	last := within(t, script, func(model *langchainmodel.Model) error {
		return converse(t.Context(), composing(model), remembering(budget/2), strings.NewReader(in.String()), &out)
	})
	assert.Equal(t, 30, strings.Count(out.String(), "Noted."))
	assert.Contains(t, last, "earlier messages of this conversation are left out")
	assert.NotContains(t, last, "Line 0.")
	assert.Contains(t, last, "Line 28.")
	assert.Contains(t, last, "Line 29.")
}
