package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/loopcheck"
	"github.com/quire-dev/quire/providers/modeltest"
)

// The list grows far beyond the budget. Every request is valid and within it, and thinking
// stands where it stood.
func TestTheLoopStaysWithinItsBudget(t *testing.T) {
	var in strings.Builder
	var script modeltest.Script
	for i := range 20 {
		fmt.Fprintf(&in, "How is the weather in city %d?\n", i)
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{
				quire.Reasoning{Text: "I have to look.", Signature: fmt.Sprintf("sig%d", i)}, quire.Text{Text: "Let me look."},
				quire.ToolCall{ID: fmt.Sprintf("toolu_%d_a", i), Name: "weather", Args: fmt.Sprintf(`{"city":"city %d"}`, i)},
				quire.ToolCall{ID: fmt.Sprintf("toolu_%d_b", i), Name: "weather", Args: `{"city":"next to it"}`},
			}}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "It is mild."}}}, Want: []string{fmt.Sprintf(`"signature":"sig%d"`, i)}},
		)
	}
	server := modeltest.NewServer(t, quire.APIAnthropic, script)
	client := anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithAPIKey("key"), option.WithBaseURL(server.URL))

	var out strings.Builder
	require.NoError(t, chat(t.Context(), &client, strings.NewReader(in.String()), &out))

	assert.Equal(t, 20, strings.Count(out.String(), "It is mild."))
	var bodies [][]byte
	for _, r := range server.Requests() {
		bodies = append(bodies, r.Body)
	}
	require.Len(t, bodies, 40)
	largest, err := loopcheck.Largest(quire.APIAnthropic, model, bodies)
	require.NoError(t, err)
	assert.LessOrEqual(t, largest, budget)
	assert.Greater(t, largest, budget/2, "and it is used")
	last := string(bodies[39])
	assert.Contains(t, last, "earlier messages of this conversation are left out")
	assert.NotContains(t, last, "in city 0?")
	assert.Contains(t, last, "in city 19?")
	assert.Contains(t, last, `"cache_control"`, "the session places the marks")
}
