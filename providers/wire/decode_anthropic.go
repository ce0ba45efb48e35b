package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

type anthropicReply struct {
	Type    string            `json:"type"`
	ID      label             `json:"id"`
	Model   label             `json:"model"`
	Content []json.RawMessage `json:"content"`
	Stop    label             `json:"stop_reason"`
	Usage   json.RawMessage   `json:"usage"`
	Changed json.RawMessage   `json:"input_transformations"`
	Error   *struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

func decodeAnthropic(body []byte) (*quire.Reply, error) {
	var in anthropicReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if in.Error != nil {
		return nil, fmt.Errorf("%s: %s", in.Error.Type, in.Error.Message)
	}
	if in.Content == nil {
		return nil, errors.New("no content")
	}
	r := &quire.Reply{ID: string(in.ID), Model: string(in.Model), Usage: anthropicUsage(figuresOf(in.Usage)), Changed: inputChanges(in.Changed)}
	for _, raw := range in.Content {
		if err := anthropicPart(r, raw); err != nil {
			return nil, err
		}
	}
	r.Stop = stopFor(anthropicStop(string(in.Stop)), r.Parts)
	return r, nil
}

func anthropicPart(r *quire.Reply, raw json.RawMessage) error {
	var b struct {
		Type      string          `json:"type"`
		Text      string          `json:"text"`
		ID        string          `json:"id"`
		Name      string          `json:"name"`
		Input     json.RawMessage `json:"input"`
		Thinking  string          `json:"thinking"`
		Signature string          `json:"signature"`
		Data      string          `json:"data"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return err
	}
	switch b.Type {
	case "text":
		r.Parts = text(r.Parts, b.Text)
	case "tool_use":
		r.Parts = append(r.Parts, quire.ToolCall{ID: b.ID, Name: b.Name, Args: argsOf(b.Input)})
	case "thinking":
		r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Text: b.Thinking, Signature: b.Signature})
	case "redacted_thinking":
		r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Data: b.Data})
	default:
		r.Parts = append(r.Parts, carry(quire.APIAnthropic, b.Type, raw))
	}
	return nil
}

func anthropicStop(s string) quire.StopReason {
	switch s {
	case "end_turn", "stop_sequence":
		return quire.StopEnd
	case "tool_use":
		return quire.StopTools
	case "max_tokens", "model_context_window_exceeded":
		return quire.StopLength
	case "refusal":
		return quire.StopRefused
	case "pause_turn":
		return quire.StopPaused
	}
	return quire.StopOther
}

func anthropicUsage(u figures) quire.Usage {
	read, creation := u.num("cache_read_input_tokens"), u.num("cache_creation_input_tokens")
	return quire.Usage{
		Input: u.num("input_tokens") + read + creation, CachedInput: read, CacheWrite: creation,
		CacheWriteLong: min(u.in("cache_creation").num("ephemeral_1h_input_tokens"), creation),
		Output:         u.num("output_tokens"), Reasoning: u.in("output_tokens_details").num("thinking_tokens"),
	}
}

// inputChanges reads what the server did to the prompt: a list, or one alone. What can't be
// read is none: it must cost neither the answer nor what stands beside it.
func inputChanges(raw json.RawMessage) []quire.InputChange {
	list := []json.RawMessage{raw}
	if !isObject([]byte(raw)) && json.Unmarshal(orNull(raw), &list) != nil {
		return nil
	}
	var out []quire.InputChange
	for _, one := range list {
		var c struct {
			Type   label `json:"type"`
			Path   label `json:"path"`
			Reason label `json:"reason"`
		}
		if !isObject([]byte(one)) || json.Unmarshal(one, &c) != nil {
			continue
		}
		if change := (quire.InputChange{What: string(c.Type), Path: string(c.Path), Why: string(c.Reason)}); change != (quire.InputChange{}) {
			out = append(out, change)
		}
	}
	return out
}
