package modeltest

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func responsesVendor() vendor {
	return vendor{
		paths: []string{"/responses"}, whole: responsesWhole, stream: responsesStream, fail: openAIFail,
		failed: responsesFailed, counts: "/responses/input_tokens",
		count:   func(n int) []byte { return encode(obj{"object": "response.input_tokens", "input_tokens": n}) },
		usage:   func(u quire.Usage) quire.Usage { u.CacheWriteLong = 0; return u },
		stops:   []quire.StopReason{quire.StopRefused},
		thinker: "gpt-6",
		thinks:  []quire.Part{quire.Reasoning{ID: "rs_1", Text: "First the path.", Data: "ZW5jcnlwdGVkKy8="}},
		proofs:  []string{"rs_1", "ZW5jcnlwdGVkKy8="},
	}
}

// responsesFailed is the event of a response that fails after it had begun.
func responsesFailed(s Step) []byte {
	code := "server_error"
	if s.Fail == providers.CodeRateLimited {
		code = "rate_limit_exceeded"
	}
	r := response(&quire.Reply{ID: "r1"}, "failed", []obj{})
	r["error"] = obj{"code": code, "message": s.message()}
	return event("response.failed", encode(obj{"type": "response.failed", "sequence_number": 99, "response": r}))
}

func responsesItems(r *quire.Reply) []obj {
	items := []obj{}
	for i, p := range r.Parts {
		id := fmt.Sprintf("item_%d", i)
		switch p := p.(type) {
		case quire.Text:
			items = append(items, obj{
				"type": "message", "id": id, "role": "assistant", "status": "completed",
				"content": []obj{{"type": "output_text", "text": p.Text, "annotations": []obj{}, "logprobs": []obj{}}},
			})
		case quire.ToolCall:
			items = append(items, obj{
				"type": "function_call", "id": id, "call_id": p.ID, "name": p.Name,
				"arguments": p.Args, "status": "completed",
			})
		case quire.Reasoning:
			summary := []obj{}
			if p.Text != "" {
				summary = append(summary, obj{"type": "summary_text", "text": p.Text})
			}
			items = append(items, obj{"type": "reasoning", "id": p.ID, "summary": summary, "encrypted_content": p.Data})
		}
	}
	return items
}

func response(r *quire.Reply, status string, items []obj) obj {
	out := obj{
		"id": r.ID, "object": "response", "created_at": 1, "status": status, "model": r.Model,
		"output": items, "error": nil, "incomplete_details": nil, "parallel_tool_calls": true,
		"tool_choice": "auto", "tools": []obj{}, "instructions": nil, "metadata": obj{}, "temperature": 1, "top_p": 1,
	}
	if status == "in_progress" {
		return out
	}
	out["usage"] = obj{
		"input_tokens":          r.Usage.Input,
		"input_tokens_details":  obj{"cached_tokens": r.Usage.CachedInput, "cache_write_tokens": r.Usage.CacheWrite},
		"output_tokens":         r.Usage.Output,
		"output_tokens_details": obj{"reasoning_tokens": r.Usage.Reasoning},
		"total_tokens":          r.Usage.Input + r.Usage.Output,
	}
	switch r.Stop {
	case quire.StopLength:
		out["status"], out["incomplete_details"] = "incomplete", obj{"reason": "max_output_tokens"}
	case quire.StopRefused:
		out["status"], out["incomplete_details"] = "incomplete", obj{"reason": "content_filter"}
	}
	return out
}

func responsesWhole(r *quire.Reply) []byte {
	return encode(response(r, "completed", responsesItems(r)))
}

func responsesStream(w *streamWriter, r *quire.Reply) {
	seq := 0
	send := func(typ string, fields obj) {
		fields["type"], fields["sequence_number"] = typ, seq
		seq++
		w.event(typ, fields)
	}
	send("response.created", obj{"response": response(r, "in_progress", []obj{})})
	items := responsesItems(r)
	for i, it := range items {
		added := obj{}
		for k, v := range it {
			added[k] = v
		}
		var deltas []string
		typ := ""
		switch it["type"] {
		case "message":
			text := it["content"].([]obj)[0]["text"].(string)
			added["content"], added["status"] = []obj{}, "in_progress"
			typ, deltas = "response.output_text.delta", pieces(text)
		case "function_call":
			typ, deltas = "response.function_call_arguments.delta", pieces(it["arguments"].(string))
			added["arguments"], added["status"] = "", "in_progress"
		}
		send("response.output_item.added", obj{"output_index": i, "item": added})
		for _, d := range deltas {
			fields := obj{"item_id": it["id"], "output_index": i, "delta": d}
			if it["type"] == "message" {
				fields["content_index"], fields["logprobs"] = 0, []obj{}
			}
			send(typ, fields)
		}
		send("response.output_item.done", obj{"output_index": i, "item": it})
	}
	final := response(r, "completed", items)
	send("response."+final["status"].(string), obj{"response": final})
}
