package replies

import (
	"strings"

	"github.com/quire-dev/quire"
)

// reader reads one format in this package's own way.
type reader struct {
	whole  func(body any) said
	joined func(events []any) any // the body that a stream's events add up to
}

func readers() map[quire.API]reader {
	return map[quire.API]reader{
		quire.APIAnthropic:       {anthropicSaid, anthropicJoined},
		quire.APIOpenAIChat:      {chatSaid, chatJoined},
		quire.APIOpenAIResponses: {responsesSaid, responsesJoined},
		quire.APIGemini:          {geminiSaid, geminiJoined},
		quire.APIOllama:          {ollamaSaid, ollamaJoined},
	}
}

// stopped sets the reason why a reply ended, by the words of its format.
func (s *said) stopped(reason string, words map[quire.StopReason]string) {
	s.stopUnknown = true
	for stop, list := range words {
		for w := range strings.FieldsSeq(list) {
			if w == reason {
				s.stop, s.stopUnknown = stop, false
			}
		}
	}
	if s.stop == quire.StopEnd && len(s.calls) > 0 {
		s.stop = quire.StopTools
	}
}

func anthropicSaid(body any) said {
	var s said
	for _, b := range list(body, "content") {
		switch word(b, "type") {
		case "text":
			s.text += word(b, "text")
		case "thinking":
			s.thought += word(b, "thinking")
		case "redacted_thinking":
		case "tool_use":
			s.calls = append(s.calls, call{word(b, "name"), arguments(in(b, "input"))})
		default:
			s.others++
		}
	}
	s.stopped(word(body, "stop_reason"), map[quire.StopReason]string{
		quire.StopEnd: "end_turn stop_sequence", quire.StopTools: "tool_use", quire.StopLength: "max_tokens model_context_window_exceeded",
		quire.StopRefused: "refusal", quire.StopPaused: "pause_turn",
	})
	u := in(body, "usage")
	s.usage.CachedInput, s.usage.CacheWrite = number(u, "cache_read_input_tokens"), number(u, "cache_creation_input_tokens")
	s.usage.Input = number(u, "input_tokens") + s.usage.CachedInput + s.usage.CacheWrite
	s.usage.CacheWriteLong = number(u, "cache_creation", "ephemeral_1h_input_tokens")
	s.usage.Output, s.usage.Reasoning = number(u, "output_tokens"), number(u, "output_tokens_details", "thinking_tokens")
	return s
}

func chatSaid(body any) said {
	var s said
	m := in(body, "choices", 0, "message")
	if m == nil {
		m = in(body, "choices", 0, "delta")
	}
	s.thought = chatThought(m)
	s.text = word(m, "content")
	if o, ok := in(m, "content").(object); ok { // what a schema asked for
		s.text = jsonOf(o)
	}
	for _, p := range list(m, "content") {
		switch word(p, "type") {
		case "text":
			s.text += word(p, "text")
		case "thinking":
			before := s.thought
			s.thought += word(p, "thinking")
			for _, t := range list(p, "thinking") {
				s.thought += word(t, "text")
			}
			if s.thought == before { // nothing to read
				s.others++
			}
		default:
			s.others++
		}
	}
	s.text += word(m, "refusal")
	for _, c := range list(m, "tool_calls") {
		if in(c, "function") == nil {
			s.others++
			continue
		}
		s.calls = append(s.calls, call{word(c, "function", "name"), arguments(in(c, "function", "arguments"))})
	}
	if f := in(m, "function_call"); word(f, "name") != "" {
		s.calls = append(s.calls, call{word(f, "name"), arguments(in(f, "arguments"))})
	}
	s.stopped(word(body, "choices", 0, "finish_reason"), map[quire.StopReason]string{
		quire.StopEnd: "stop eos", quire.StopTools: "tool_calls function_call", quire.StopLength: "length", quire.StopRefused: "content_filter",
	})
	if word(m, "refusal") != "" {
		s.stop = quire.StopRefused
	}
	s.usage = chatFigures(in(body, "usage"))
	return s
}

// chatThought finds the reasoning of a message under the names that servers have for it.
func chatThought(m any) string {
	for _, name := range []string{"reasoning_content", "reasoning", "reasoning_text", "thinking"} {
		if t := word(m, name); t != "" {
			return t
		}
	}
	var text string
	for _, name := range []string{"reasoning_details", "thinking_blocks"} {
		for _, d := range list(m, name) {
			text += word(d, "text") + word(d, "summary") + word(d, "thinking")
		}
		if text != "" {
			break
		}
	}
	return text
}

// chatFigures reads usage in the words of all who speak the format. Some leave reasoning
// out of the completion; the total has it.
func chatFigures(u any) quire.Usage {
	out := quire.Usage{Input: number(u, "prompt_tokens"), Output: number(u, "completion_tokens")}
	out.Reasoning = number(u, "completion_tokens_details", "reasoning_tokens")
	out.Output = max(out.Output, number(u, "total_tokens")-out.Input)
	if out.Reasoning > out.Output {
		out.Output += out.Reasoning
	}
	for _, path := range [][]any{
		{"prompt_tokens_details", "cached_tokens"}, {"prompt_cache_hit_tokens"}, {"cached_tokens"}, {"num_cached_tokens"},
		{"prompt_tokens_details", "num_cached_tokens"},
	} {
		out.CachedInput = max(out.CachedInput, number(u, path...))
	}
	out.CachedInput = min(out.CachedInput, out.Input) // no part is more than the whole
	out.CacheWrite = min(number(u, "prompt_tokens_details", "cache_write_tokens"), out.Input-out.CachedInput)
	return out
}

func responsesSaid(body any) said {
	var s said
	refused := false
	for _, item := range list(body, "output") {
		switch word(item, "type") {
		case "message":
			for _, p := range list(item, "content") {
				s.text += word(p, "text") + word(p, "refusal")
				refused = refused || word(p, "type") == "refusal"
			}
		case "function_call":
			s.calls = append(s.calls, call{word(item, "name"), arguments(in(item, "arguments"))})
		case "reasoning":
			from := list(item, "summary")
			if len(from) == 0 {
				from = list(item, "content")
			}
			for _, p := range from {
				s.thought += word(p, "text")
			}
		default:
			s.others++
		}
	}
	reason := word(body, "status")
	if reason == "incomplete" {
		reason = word(body, "incomplete_details", "reason")
	}
	s.stopped(reason, map[quire.StopReason]string{quire.StopEnd: "completed", quire.StopLength: "max_output_tokens", quire.StopRefused: "content_filter"})
	if refused {
		s.stop = quire.StopRefused
	}
	u := in(body, "usage")
	s.usage = quire.Usage{
		Input: number(u, "input_tokens"), Output: number(u, "output_tokens"),
		CachedInput: number(u, "input_tokens_details", "cached_tokens"), CacheWrite: number(u, "input_tokens_details", "cache_write_tokens"),
		Reasoning: number(u, "output_tokens_details", "reasoning_tokens"),
	}
	return s
}

func geminiSaid(body any) said {
	var s said
	for _, p := range list(body, "candidates", 0, "content", "parts") {
		thought, _ := in(p, "thought").(bool)
		switch {
		case in(p, "functionCall") != nil:
			s.calls = append(s.calls, call{word(p, "functionCall", "name"), arguments(in(p, "functionCall", "args"))})
		case in(p, "text") != nil && thought:
			s.thought += word(p, "text")
		case in(p, "text") != nil:
			s.text += word(p, "text")
		default:
			s.others++
		}
	}
	s.stopped(label(body, "candidates", 0, "finishReason"), map[quire.StopReason]string{
		quire.StopEnd: "STOP 1", quire.StopLength: "MAX_TOKENS 2", quire.StopRefused: "SAFETY 3 4 RECITATION PROHIBITED_CONTENT BLOCKLIST SPII",
	})
	u := in(body, "usageMetadata")
	s.usage = quire.Usage{
		Input: number(u, "promptTokenCount") + number(u, "toolUsePromptTokenCount"), CachedInput: number(u, "cachedContentTokenCount"),
		Output: number(u, "candidatesTokenCount") + number(u, "thoughtsTokenCount"), Reasoning: number(u, "thoughtsTokenCount"),
	}
	return s
}

func ollamaSaid(body any) said {
	m := in(body, "message")
	s := said{text: word(m, "content"), thought: word(m, "thinking")}
	for _, c := range list(m, "tool_calls") {
		s.calls = append(s.calls, call{word(c, "function", "name"), arguments(in(c, "function", "arguments"))})
	}
	s.stopped(word(body, "done_reason"), map[quire.StopReason]string{quire.StopEnd: "stop", quire.StopLength: "length"})
	s.usage = quire.Usage{Input: number(body, "prompt_eval_count"), Output: number(body, "eval_count")}
	return s
}
