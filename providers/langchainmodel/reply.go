package langchainmodel

import (
	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
)

// Reply returns what an answer of langchaingo's says, with its usage as far as the client
// tells it, which a session is told: [github.com/quire-dev/quire/compose.Session.Sent]. Of
// several choices it is the first; Anthropic's client makes one of each block, and there it
// is all of them. model is who answered; langchaingo does not say. Reasoning is text only.
func Reply(res *llms.ContentResponse, model string) (*quire.Reply, error) {
	if res == nil || len(res.Choices) == 0 || res.Choices[0] == nil {
		return nil, noPlace("ask again", "an answer without choices")
	}
	choices := res.Choices[:1]
	if _, byBlock := res.Choices[0].GenerationInfo["InputTokens"]; byBlock {
		choices = res.Choices
	}
	r := &quire.Reply{Model: model, Usage: usageOf(choices[0].GenerationInfo), Stop: quire.StopOther}
	for i, c := range choices {
		if c == nil {
			continue
		}
		if c.ReasoningContent != "" {
			r.Parts = append(r.Parts, quire.Reasoning{Model: model, Text: c.ReasoningContent})
		}
		if c.Content != "" {
			r.Parts = append(r.Parts, quire.Text{Text: c.Content})
		}
		for _, call := range c.ToolCalls {
			parts, err := callOf("an answer", call)
			if err != nil {
				return nil, err
			}
			r.Parts = append(r.Parts, parts...)
			r.Stop = quire.StopTools
		}
		if i == len(choices)-1 && (r.Stop != quire.StopTools || stopOf(c.StopReason) == quire.StopLength) {
			r.Stop = stopOf(c.StopReason)
		}
	}
	return r, nil
}

// contentResponse is a reply in langchaingo's types. What they have no field for is in
// GenerationInfo, under "Reply": the whole reply.
func contentResponse(r *quire.Reply, stops []string) *llms.ContentResponse {
	c := &llms.ContentChoice{GenerationInfo: map[string]any{
		"PromptTokens": r.Usage.Input, "CompletionTokens": r.Usage.Output, "TotalTokens": r.Usage.Input + r.Usage.Output,
		"ReasoningTokens": r.Usage.Reasoning, "PromptCachedTokens": r.Usage.CachedInput, "CacheCreationInputTokens": r.Usage.CacheWrite,
		"Reply": r,
	}}
	c.StopReason = map[quire.StopReason]string{
		quire.StopEnd: "stop", quire.StopTools: "tool_calls", quire.StopLength: "length", quire.StopRefused: "content_filter", quire.StopPaused: "pause_turn",
	}[r.Stop]
	whole := r.Whole() // half a call must not run
	for i, part := range r.Parts {
		switch part := part.(type) {
		case quire.Text:
			c.Content += part.Text
		case quire.Reasoning:
			c.ReasoningContent += part.Text
		case quire.ToolCall:
			if i >= whole {
				continue
			}
			call := llms.ToolCall{ID: part.ID, Type: "function", FunctionCall: &llms.FunctionCall{Name: part.Name, Arguments: part.Args}}
			if c.ToolCalls = append(c.ToolCalls, call); c.FuncCall == nil {
				c.FuncCall = call.FunctionCall
			}
		}
	}
	if short, found := cutAt(c.Content, stops); found {
		c.Content, c.StopReason = short, "stop"
		c.ToolCalls, c.FuncCall = nil, nil // the model would not have gone on to them
	}
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{c}}
}
