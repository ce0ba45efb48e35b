package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/loopcheck"
	"github.com/quire-dev/quire/providers/modeltest"
)

// The list grows far beyond the budget. Every request is valid and within it, and the
// signatures that the model wants back stand on the calls that they came with.
func TestTheLoopStaysWithinItsBudget(t *testing.T) {
	var in strings.Builder
	var script modeltest.Script
	for i := range 20 {
		fmt.Fprintf(&in, "How is the weather in city %d?\n", i)
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{
				quire.ToolCall{Name: "weather", Args: fmt.Sprintf(`{"city":"city %d"}`, i), Signature: "c2lnbmVk"},
				quire.ToolCall{Name: "weather", Args: `{"city":"next to it"}`},
			}}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: "It is mild."}}}, Want: []string{`"thoughtSignature":"c2lnbmVk"`}},
		)
	}
	server := modeltest.NewServer(t, quire.APIGemini, script)
	client, err := genai.NewClient(t.Context(), &genai.ClientConfig{APIKey: "key", Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: server.URL}})
	require.NoError(t, err)

	var out strings.Builder
	require.NoError(t, chat(t.Context(), client, strings.NewReader(in.String()), &out))

	assert.Equal(t, 20, strings.Count(out.String(), "It is mild."))
	var bodies [][]byte
	for _, r := range server.Requests() {
		bodies = append(bodies, r.Body)
	}
	require.Len(t, bodies, 40)
	largest, err := loopcheck.Largest(quire.APIGemini, model, bodies)
	require.NoError(t, err)
	assert.LessOrEqual(t, largest, budget)
	assert.Greater(t, largest, budget/2, "and it is used")
	last := string(bodies[39])
	assert.Contains(t, last, "earlier messages of this conversation are left out")
	assert.NotContains(t, last, "in city 0?")
	assert.Contains(t, last, "in city 19?")
}
