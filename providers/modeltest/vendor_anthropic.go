package modeltest

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func anthropicVendor() vendor {
	return vendor{
		paths: []string{"/messages"}, whole: anthropicWhole, stream: anthropicStream, fail: anthropicFail,
		failed:  func(s Step) []byte { return event("error", anthropicFail(s)) },
		counts:  "/messages/count_tokens",
		count:   func(n int) []byte { return encode(obj{"input_tokens": n}) },
		usage:   func(u quire.Usage) quire.Usage { return u },
		stops:   []quire.StopReason{quire.StopRefused, quire.StopPaused},
		thinker: "claude-opus-5",
		thinks: []quire.Part{
			quire.Reasoning{Text: "First the <path> & \"then\".", Signature: "c2lnbmF0dXJlKy8="},
			quire.Reasoning{Data: "cmVkYWN0ZWQrLw=="},
		},
		proofs: []string{`First the <path> & \"then\".`, "c2lnbmF0dXJlKy8=", "cmVkYWN0ZWQrLw=="},
	}
}

func anthropicUsage(u quire.Usage) obj {
	return obj{
		"input_tokens":                u.Input - u.CachedInput - u.CacheWrite,
		"cache_read_input_tokens":     u.CachedInput,
		"cache_creation_input_tokens": u.CacheWrite,
		"cache_creation": obj{
			"ephemeral_5m_input_tokens": u.CacheWrite - u.CacheWriteLong,
			"ephemeral_1h_input_tokens": u.CacheWriteLong,
		},
		"output_tokens":         u.Output,
		"output_tokens_details": obj{"thinking_tokens": u.Reasoning},
	}
}

func anthropicStop(s quire.StopReason) string {
	switch s {
	case quire.StopTools:
		return "tool_use"
	case quire.StopLength:
		return "max_tokens"
	case quire.StopRefused:
		return "refusal"
	case quire.StopPaused:
		return "pause_turn"
	case quire.StopOther:
		return "of_another_kind"
	}
	return "end_turn"
}

func anthropicBlock(p quire.Part) (obj, bool) {
	switch p := p.(type) {
	case quire.Text:
		return obj{"type": "text", "text": p.Text}, true
	case quire.ToolCall:
		return obj{"type": "tool_use", "id": p.ID, "name": p.Name, "input": args(p)}, true
	case quire.Reasoning:
		if p.Signature == "" {
			return obj{"type": "redacted_thinking", "data": p.Data}, true
		}
		return obj{"type": "thinking", "thinking": p.Text, "signature": p.Signature}, true
	}
	return nil, false
}

func anthropicMessage(r *quire.Reply, content []obj) obj {
	return obj{
		"id": r.ID, "type": "message", "role": "assistant", "model": r.Model, "content": content,
		"stop_reason": anthropicStop(r.Stop), "stop_sequence": nil, "usage": anthropicUsage(r.Usage),
	}
}

func anthropicWhole(r *quire.Reply) []byte {
	content := []obj{}
	for _, p := range r.Parts {
		if b, ok := anthropicBlock(p); ok {
			content = append(content, b)
		}
	}
	return encode(anthropicMessage(r, content))
}

func anthropicStream(w *streamWriter, r *quire.Reply) {
	start := anthropicMessage(r, []obj{})
	start["stop_reason"] = nil
	first := anthropicUsage(r.Usage)
	first["output_tokens"] = 1
	delete(first, "output_tokens_details")
	start["usage"] = first
	w.event("message_start", obj{"type": "message_start", "message": start})
	w.event("ping", obj{"type": "ping"})
	i := 0
	for _, p := range r.Parts {
		b, ok := anthropicBlock(p)
		if !ok {
			continue
		}
		var deltas []obj
		switch p := p.(type) {
		case quire.Text:
			b["text"] = ""
			for _, s := range pieces(p.Text) {
				deltas = append(deltas, obj{"type": "text_delta", "text": s})
			}
		case quire.ToolCall:
			b["input"] = obj{}
			for _, s := range pieces(p.Args) {
				deltas = append(deltas, obj{"type": "input_json_delta", "partial_json": s})
			}
		case quire.Reasoning:
			if p.Signature != "" {
				b["thinking"], b["signature"] = "", ""
				for _, s := range pieces(p.Text) {
					deltas = append(deltas, obj{"type": "thinking_delta", "thinking": s})
				}
				deltas = append(deltas, obj{"type": "signature_delta", "signature": p.Signature})
			}
		}
		w.event("content_block_start", obj{"type": "content_block_start", "index": i, "content_block": b})
		for _, d := range deltas {
			w.event("content_block_delta", obj{"type": "content_block_delta", "index": i, "delta": d})
		}
		w.event("content_block_stop", obj{"type": "content_block_stop", "index": i})
		i++
	}
	w.event("message_delta", obj{
		"type": "message_delta", "delta": obj{"stop_reason": anthropicStop(r.Stop), "stop_sequence": nil},
		"usage": obj{
			"output_tokens":         r.Usage.Output,
			"output_tokens_details": obj{"thinking_tokens": r.Usage.Reasoning},
		},
	})
	w.event("message_stop", obj{"type": "message_stop"})
}

func anthropicFail(s Step) []byte {
	typ := map[providers.Code]string{
		providers.CodeRateLimited: "rate_limit_error", providers.CodeAuth: "authentication_error",
		providers.CodeTooLong: "invalid_request_error", providers.CodeInvalid: "invalid_request_error",
		providers.CodeRefused: "invalid_request_error",
	}[s.Fail]
	if typ == "" {
		typ = "api_error"
	}
	if s.status() == 529 {
		typ = "overloaded_error"
	}
	return encode(obj{"type": "error", "error": obj{"type": typ, "message": s.message()}})
}
