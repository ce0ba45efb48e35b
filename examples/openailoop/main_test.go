package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/loopcheck"
	"github.com/quire-dev/quire/providers/modeltest"
)

func TestChatStaysWithinItsBudget(t *testing.T) {
	last := within(t, quire.APIOpenAIChat, chat, nil, nil)
	assert.True(t, strings.Contains(last, `{"content":"You know the weather of every city.","role":"developer"}`), "%s", last)
}

// Reasoning goes back with the items that it led to.
func TestRespondStaysWithinItsBudget(t *testing.T) {
	thought := []quire.Part{quire.Reasoning{ID: "rs_1", Data: "encrypted"}}
	last := within(t, quire.APIOpenAIResponses, respond, thought, []string{`"encrypted_content":"encrypted"`, `"id":"rs_1"`})
	assert.Contains(t, last, `"instructions":"You know the weather of every city."`)
	assert.Contains(t, last, `"store":false`)
}

// within runs a loop whose list grows far beyond the budget, and returns its last request.
// Every request is valid and within the budget.
func within(t *testing.T, api quire.API, talk func(context.Context, *openai.Client, io.Reader, io.Writer) error, thought []quire.Part, want []string) string {
	var in strings.Builder
	var script modeltest.Script
	for i := range 20 {
		fmt.Fprintf(&in, "How is the weather in city %d?\n", i)
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: append(thought[:len(thought):len(thought)],
				quire.ToolCall{ID: fmt.Sprintf("call_%d_a", i), Name: "weather", Args: fmt.Sprintf(`{"city":"city %d"}`, i)},
				quire.ToolCall{ID: fmt.Sprintf("call_%d_b", i), Name: "weather", Args: `{"city":"next to it"}`},
			)}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "It is mild."}}}, Want: want},
		)
	}
	server := modeltest.NewServer(t, api, script)
	client := openai.NewClient(option.WithAPIKey("key"), option.WithBaseURL(server.URL+"/v1"))

	var out strings.Builder
	require.NoError(t, talk(t.Context(), &client, strings.NewReader(in.String()), &out))

	assert.Equal(t, 20, strings.Count(out.String(), "It is mild."))
	var bodies [][]byte
	for _, r := range server.Requests() {
		bodies = append(bodies, r.Body)
	}
	require.Len(t, bodies, 40)
	largest, err := loopcheck.Largest(api, model, bodies)
	require.NoError(t, err)
	assert.LessOrEqual(t, largest, budget)
	assert.Greater(t, largest, budget/2, "and it is used")
	last := string(bodies[39])
	assert.Contains(t, last, "earlier messages of this conversation are left out")
	assert.NotContains(t, last, "in city 0?")
	assert.Contains(t, last, "in city 19?")
	return last
}
