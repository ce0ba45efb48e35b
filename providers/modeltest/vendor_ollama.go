package modeltest

import (
	"encoding/json"
	"net/http"

	"github.com/quire-dev/quire"
)

func ollamaVendor() vendor {
	return vendor{
		paths: []string{"/api/chat"}, whole: ollamaWhole, stream: ollamaStream, fail: ollamaFail,
		failed: func(s Step) []byte { return append(ollamaFail(s), '\n') },
		ndjson: true, streams: ollamaStreams,
		usage:   func(u quire.Usage) quire.Usage { return quire.Usage{Input: u.Input, Output: u.Output} },
		thinker: "qwen3:8b", thinks: []quire.Part{quire.Reasoning{Text: "First the path."}},
		proofs: []string{`"thinking":"First the path."`},
	}
}

func ollamaMessage(r *quire.Reply, text, thinking string, calls []quire.ToolCall, done bool) obj {
	msg := obj{"role": "assistant", "content": text}
	if thinking != "" {
		msg["thinking"] = thinking
	}
	var list []obj
	for _, c := range calls {
		call := obj{"function": obj{"name": c.Name, "arguments": args(c)}}
		if c.ID != "" { // older servers give none
			call["id"] = c.ID
		}
		list = append(list, call)
	}
	if len(list) > 0 {
		msg["tool_calls"] = list
	}
	out := obj{"model": r.Model, "created_at": "2026-01-01T00:00:00Z", "message": msg, "done": done}
	if done {
		out["done_reason"] = "stop"
		if r.Stop == quire.StopLength {
			out["done_reason"] = "length"
		}
		out["prompt_eval_count"], out["eval_count"] = r.Usage.Input, r.Usage.Output
		out["total_duration"], out["load_duration"] = 1, 1
	}
	return out
}

func ollamaWhole(r *quire.Reply) []byte {
	text, thinking, calls := said(r)
	return encode(ollamaMessage(r, text, thinking, calls, true))
}

func ollamaStream(w *streamWriter, r *quire.Reply) {
	text, thinking, calls := said(r)
	if thinking != "" {
		w.line(ollamaMessage(r, "", thinking, nil, false))
	}
	for _, s := range pieces(text) {
		w.line(ollamaMessage(r, s, "", nil, false))
	}
	for _, c := range calls {
		w.line(ollamaMessage(r, "", "", []quire.ToolCall{c}, false))
	}
	w.line(ollamaMessage(r, "", "", nil, true))
}

func ollamaFail(s Step) []byte { return encode(obj{"error": s.message()}) }

// ollamaStreams: Ollama streams unless told not to.
func ollamaStreams(_ *http.Request, body []byte) bool {
	var in struct {
		Stream *bool `json:"stream"`
	}
	return json.Unmarshal(body, &in) == nil && (in.Stream == nil || *in.Stream)
}
