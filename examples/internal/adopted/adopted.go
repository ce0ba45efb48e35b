// Package adopted holds services that adopted a transport to what the transport promises, for
// the tests of examples.
package adopted

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/loopcheck"
	"github.com/quire-dev/quire/providers/modeltest"
)

// Turns is how many questions [Ask] asks.
const Turns = 20

// Script is what the model says to them: it looks, and answers.
func Script() modeltest.Script {
	var script modeltest.Script
	for i := range Turns {
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{quire.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: "weather", Args: fmt.Sprintf(`{"city":"city %d"}`, i)}}}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("In city %d it is mild.", i)}}}},
		)
	}
	return script
}

// Ask asks a service, and holds what the model's server got: each request is valid and within
// the budget, and what is old left. The error says what is not so.
func Ask(service http.Handler, api quire.API, model string, budget int, requests func() []modeltest.Request) error {
	for i := range Turns {
		res := httptest.NewRecorder()
		question := fmt.Sprintf("How is the weather in city %d? %s", i, strings.Repeat("I ask since I want to go there soon. ", 20))
		service.ServeHTTP(res, httptest.NewRequest(http.MethodPost, "/mia", strings.NewReader(question)))
		if want := fmt.Sprintf("In city %d it is mild.", i); res.Code != http.StatusOK || res.Body.String() != want {
			return fmt.Errorf("turn %d: %d %q, want %q", i, res.Code, res.Body, want)
		}
	}
	var bodies [][]byte
	for _, r := range requests() {
		bodies = append(bodies, r.Body)
	}
	largest, err := loopcheck.Largest(api, model, bodies)
	last := string(bodies[len(bodies)-1])
	switch {
	case err != nil:
		return err
	case len(bodies) != 2*Turns:
		return fmt.Errorf("%d requests, want %d", len(bodies), 2*Turns)
	case largest > budget:
		return fmt.Errorf("a request has %d tokens, more than %d", largest, budget)
	case strings.Contains(last, "in city 0?") || !strings.Contains(last, fmt.Sprintf("in city %d?", Turns-1)):
		return fmt.Errorf("the last request has not what is newest alone: %.300s", last)
	}
	return nil
}
