package vendor

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
)

// Path is that of the requests of an API.
func Path(api quire.API) string {
	if api == quire.APIAnthropic {
		return "/v1/messages"
	}
	return "/v1/chat/completions"
}

// Reply is the body of an answer: of Anthropic's Messages, or OpenAI's Chat Completions.
func Reply(api quire.API, r *quire.Reply) ([]byte, error) {
	switch api {
	case quire.APIAnthropic:
		return json.Marshal(messages(r))
	case quire.APIOpenAIChat:
		return json.Marshal(chat(r))
	}
	return nil, fmt.Errorf("vendor: %q is not spoken here", api)
}

type object = map[string]any

func messages(r *quire.Reply) object {
	content, stop := []object{}, "end_turn"
	for _, part := range r.Parts {
		switch part := part.(type) {
		case quire.Text:
			content = append(content, object{"type": "text", "text": part.Text})
		case quire.ToolCall:
			content, stop = append(content, object{"type": "tool_use", "id": part.ID, "name": part.Name, "input": json.RawMessage(part.Args)}), "tool_use"
		}
	}
	u := r.Usage
	return object{
		"id": "msg_1", "type": "message", "role": "assistant", "model": r.Model, "content": content, "stop_reason": stop, "stop_sequence": nil,
		"usage": object{"input_tokens": u.Input - u.CachedInput - u.CacheWrite, "cache_read_input_tokens": u.CachedInput,
			"cache_creation_input_tokens": u.CacheWrite, "output_tokens": u.Output,
			"cache_creation": object{"ephemeral_5m_input_tokens": u.CacheWrite - u.CacheWriteLong, "ephemeral_1h_input_tokens": u.CacheWriteLong}},
	}
}

func chat(r *quire.Reply) object {
	message, stop := object{"role": "assistant", "content": nil}, "stop"
	var calls []object
	for _, part := range r.Parts {
		switch part := part.(type) {
		case quire.Text:
			message["content"] = part.Text
		case quire.ToolCall:
			calls, stop = append(calls, object{"id": part.ID, "type": "function", "function": object{"name": part.Name, "arguments": part.Args}}), "tool_calls"
		}
	}
	if len(calls) > 0 {
		message["tool_calls"] = calls
	}
	u := r.Usage
	return object{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": r.Model,
		"choices": []object{{"index": 0, "message": message, "finish_reason": stop}},
		"usage": object{"prompt_tokens": u.Input, "completion_tokens": u.Output, "total_tokens": u.Input + u.Output,
			"prompt_tokens_details": object{"cached_tokens": u.CachedInput}},
	}
}
