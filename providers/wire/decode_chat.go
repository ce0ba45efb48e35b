package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

type chatReply struct {
	ID      string `json:"id"`
	Model   string `json:"model"`
	Choices []struct {
		Message chatReplyMessage `json:"message"`
		Finish  string           `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		Input   int `json:"prompt_tokens"`
		Output  int `json:"completion_tokens"`
		Hit     int `json:"prompt_cache_hit_tokens"` // DeepSeek
		Details struct {
			Cached int `json:"cached_tokens"`
			Write  int `json:"cache_write_tokens"`
		} `json:"prompt_tokens_details"`
		OutputDetails struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type chatReplyMessage struct {
	Content          json.RawMessage   `json:"content"`
	ReasoningContent string            `json:"reasoning_content"`
	Reasoning        string            `json:"reasoning"` // vLLM, OpenRouter
	Refusal          string            `json:"refusal"`
	Calls            []json.RawMessage `json:"tool_calls"`
}

func decodeChat(body []byte) (*quire.Reply, error) {
	var in chatReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if len(in.Error) > 0 && string(in.Error) != "null" {
		return nil, fmt.Errorf("the server reports %.200s", in.Error)
	}
	if len(in.Choices) == 0 {
		return nil, errors.New("no choices")
	}
	u := in.Usage
	r := &quire.Reply{ID: in.ID, Model: in.Model, Usage: quire.Usage{
		Input: u.Input, CachedInput: max(u.Details.Cached, u.Hit), CacheWrite: u.Details.Write,
		Output: u.Output, Reasoning: u.OutputDetails.Reasoning,
	}}
	m := in.Choices[0].Message
	think := m.ReasoningContent
	if think == "" {
		think = m.Reasoning
	}
	if think != "" {
		r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Text: think})
	}
	if err := chatReplyContent(r, m.Content); err != nil {
		return nil, err
	}
	r.Parts = text(r.Parts, m.Refusal)
	for _, raw := range m.Calls {
		if err := chatReplyCall(r, raw); err != nil {
			return nil, err
		}
	}
	r.Stop = stopFor(chatStop(in.Choices[0].Finish), r.Parts)
	if m.Refusal != "" {
		r.Stop = quire.StopRefused
	}
	return r, nil
}

// chatReplyContent reads a string, null, or a list of parts.
func chatReplyContent(r *quire.Reply, raw json.RawMessage) error {
	var s *string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil {
		if s != nil {
			r.Parts = text(r.Parts, *s)
		}
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	for _, raw := range parts {
		var p struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		if p.Type == "text" {
			r.Parts = text(r.Parts, p.Text)
		} else {
			r.Parts = append(r.Parts, carry(quire.APIOpenAIChat, p.Type, raw))
		}
	}
	return nil
}

func chatReplyCall(r *quire.Reply, raw json.RawMessage) error {
	var c struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Function *struct {
			Name string          `json:"name"`
			Args json.RawMessage `json:"arguments"`
		} `json:"function"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.Function == nil {
		r.Parts = append(r.Parts, carry(quire.APIOpenAIChat, c.Type, raw))
		return nil
	}
	r.Parts = append(r.Parts, quire.ToolCall{ID: c.ID, Name: c.Function.Name, Args: argsOf(c.Function.Args)})
	return nil
}

func chatStop(s string) quire.StopReason {
	switch s {
	case "stop", "":
		return quire.StopEnd
	case "tool_calls", "function_call":
		return quire.StopTools
	case "length":
		return quire.StopLength
	case "content_filter":
		return quire.StopRefused
	}
	return quire.StopOther
}
