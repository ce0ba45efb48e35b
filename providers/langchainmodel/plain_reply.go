package langchainmodel

import (
	"errors"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// plainReply makes a reply of langchaingo's: one choice for each content block
// at Anthropic, one choice in all elsewhere.
func (m *Model) plainReply(p *quire.Prompt, res *llms.ContentResponse) (*quire.Reply, error) {
	if res == nil || len(res.Choices) == 0 {
		return nil, m.badReply(errors.New("no choices"))
	}
	choices := res.Choices
	if m.opts.Provider != Anthropic {
		choices = choices[:1]
	}
	r := &quire.Reply{Model: p.Model}
	for _, c := range choices {
		if c == nil {
			return nil, m.badReply(errors.New("a choice that is nil"))
		}
		if c.ReasoningContent != "" {
			r.Parts = append(r.Parts, quire.Reasoning{Model: p.Model, Text: c.ReasoningContent})
		}
		if c.Content != "" {
			r.Parts = append(r.Parts, quire.Text{Text: c.Content})
		}
		if err := m.plainCalls(r, c.ToolCalls); err != nil {
			return nil, err
		}
	}
	r.Usage = usageOf(choices[0].GenerationInfo)
	if err := m.plainStop(r, p, choices[len(choices)-1].StopReason); err != nil {
		return nil, err
	}
	return r, nil
}

func (m *Model) plainCalls(r *quire.Reply, calls []llms.ToolCall) error {
	for _, c := range calls {
		if c.FunctionCall == nil || c.ID == "" || c.FunctionCall.Name == "" {
			return m.badReply(errors.New("a call without id or name"))
		}
		if n := pastFloats(c.FunctionCall.Arguments); n != "" && m.opts.Provider == Anthropic {
			return m.lost(providers.CodeBadReply, "the number %s in the arguments of a call to %s: it was rounded", n, c.FunctionCall.Name)
		}
		r.Parts = append(r.Parts, quire.ToolCall{ID: c.ID, Name: c.FunctionCall.Name, Args: c.FunctionCall.Arguments})
	}
	return nil
}

var errEndedEarly = errors.New("the stream ended before the reply did")

// plainStop sets why the model stopped, and refuses what was cut off silently:
// langchaingo takes the end of a connection, or of its buffer, for the end of a
// stream.
func (m *Model) plainStop(r *quire.Reply, p *quire.Prompt, reason string) error {
	r.Stop = stopOf(reason)
	switch {
	case reason == "" && (m.opts.Provider == OpenAI || m.opts.Provider == Anthropic):
		return m.badReply(errEndedEarly)
	case reason == "" && m.opts.Provider == Ollama && len(r.Parts) == 0 && r.Usage == (quire.Usage{}):
		return m.badReply(errEndedEarly)
	case reason == "" && p.MaxOutput > 0 && r.Usage.Output >= p.MaxOutput:
		r.Stop = quire.StopLength // Ollama's client does not tell
	case reason == "":
		r.Stop = quire.StopEnd
	}
	for _, part := range r.Parts {
		if _, ok := part.(quire.ToolCall); ok && r.Stop == quire.StopEnd {
			r.Stop = quire.StopTools
		}
	}
	return nil
}

// stopOf reads why a model stopped, in the words of any vendor.
func stopOf(reason string) quire.StopReason {
	switch reason {
	case "end_turn", "stop_sequence", "stop", "STOP":
		return quire.StopEnd
	case "tool_use", "tool_calls", "function_call":
		return quire.StopTools
	case "max_tokens", "length":
		return quire.StopLength
	case "refusal", "content_filter":
		return quire.StopRefused
	case "pause_turn":
		return quire.StopPaused
	}
	return quire.StopOther
}

// usageOf reads the counts, whose names differ between langchaingo's clients.
// Anthropic's input leaves out what came from the cache.
func usageOf(info map[string]any) quire.Usage {
	n := func(key string) int {
		switch v := info[key].(type) {
		case int:
			return v
		case int64:
			return int(v)
		case int32:
			return int(v)
		case float64:
			return int(v)
		}
		return 0
	}
	read, write := n("CacheReadInputTokens"), n("CacheCreationInputTokens")
	return quire.Usage{
		Input:       max(n("PromptTokens"), n("InputTokens")+read+write, n("input_tokens")),
		CachedInput: max(n("PromptCachedTokens"), read),
		CacheWrite:  write,
		Output:      max(n("CompletionTokens"), n("OutputTokens"), n("output_tokens")),
		Reasoning:   n("ReasoningTokens"),
	}
}
