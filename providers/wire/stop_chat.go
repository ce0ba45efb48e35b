package wire

import (
	"fmt"

	"github.com/quire-dev/quire"
)

// chatStops are the finish reasons of servers that speak the chat format: OpenAI's
// own, what vLLM, Mistral (docs.mistral.ai/api), DeepSeek (api-docs.deepseek.com),
// Zhipu (docs.z.ai) and OpenRouter (openrouter.ai/docs) add, and those of other
// formats that gateways let through. Read 2026-11-28.
func chatStops() map[string]quire.StopReason {
	return map[string]quire.StopReason{
		"": quire.StopEnd, "stop": quire.StopEnd, "eos": quire.StopEnd, "end_turn": quire.StopEnd, "stop_sequence": quire.StopEnd, "STOP": quire.StopEnd,
		"tool_calls": quire.StopTools, "function_call": quire.StopTools, "tool_use": quire.StopTools,
		"length": quire.StopLength, "max_tokens": quire.StopLength, "model_length": quire.StopLength, "MAX_TOKENS": quire.StopLength,
		"model_context_window_exceeded": quire.StopLength,
		"content_filter":                quire.StopRefused, "sensitive": quire.StopRefused, "refusal": quire.StopRefused, "SAFETY": quire.StopRefused,
		"pause_turn": quire.StopPaused,
	}
}

func chatStop(finish string) quire.StopReason {
	if s, ok := chatStops()[finish]; ok {
		return s
	}
	return quire.StopOther
}

// chatBroken is the failure of a reply whose server gave it up on the way: it says so
// as the reason why it ended, or beside it.
func chatBroken(finish string, said []byte) error {
	if isSet(said) {
		return reported(new(object).raw("error", said).done())
	}
	switch finish {
	case "error", "network_error", "insufficient_system_resource", "abort":
		return reported(new(object).str("error", fmt.Sprintf("the server gave the reply up: %s", finish)).done())
	}
	return nil
}
