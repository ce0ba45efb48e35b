package modeltest

import (
	"strings"

	"github.com/quire-dev/quire"
)

func chatVendor() vendor {
	return vendor{
		paths: []string{"/chat/completions"}, whole: chatWhole, stream: chatStream, fail: openAIFail,
		failed: func(s Step) []byte { return event("", openAIFail(s)) },
		usage: func(u quire.Usage) quire.Usage {
			return quire.Usage{Input: u.Input, CachedInput: u.CachedInput, Output: u.Output, Reasoning: u.Reasoning}
		},
		stops:   []quire.StopReason{quire.StopRefused},
		thinker: "deepseek-v4",
		thinks:  []quire.Part{quire.Reasoning{Text: "First the <path> & \"then\"."}},
		proofs:  []string{`First the <path> & \"then\".`},
	}
}

// strictVendor is the chat format without a way back for reasoning.
func strictVendor() vendor {
	v := chatVendor()
	v.thinker, v.thinks, v.proofs = "", nil, nil
	return v
}

func chatUsage(u quire.Usage) obj {
	return obj{
		"prompt_tokens": u.Input, "completion_tokens": u.Output, "total_tokens": u.Input + u.Output,
		"prompt_tokens_details":     obj{"cached_tokens": u.CachedInput},
		"completion_tokens_details": obj{"reasoning_tokens": u.Reasoning},
	}
}

func chatStop(s quire.StopReason) string {
	switch s {
	case quire.StopTools:
		return "tool_calls"
	case quire.StopLength:
		return "length"
	case quire.StopRefused:
		return "content_filter"
	}
	return "stop"
}

// said splits a reply into what the chat formats have fields for.
func said(r *quire.Reply) (text, thinking string, calls []quire.ToolCall) {
	var t, th strings.Builder
	for _, p := range r.Parts {
		switch p := p.(type) {
		case quire.Text:
			t.WriteString(p.Text)
		case quire.Reasoning:
			th.WriteString(p.Text)
		case quire.ToolCall:
			calls = append(calls, p)
		}
	}
	return t.String(), th.String(), calls
}

func chatCall(i int, c quire.ToolCall, arguments string) obj {
	return obj{
		"index": i, "id": c.ID, "type": "function",
		"function": obj{"name": c.Name, "arguments": arguments},
	}
}

func chatWhole(r *quire.Reply) []byte {
	text, thinking, calls := said(r)
	msg := obj{"role": "assistant", "content": text, "refusal": nil}
	if text == "" {
		msg["content"] = nil
	}
	if thinking != "" {
		msg["reasoning_content"] = thinking
	}
	var list []obj
	for i, c := range calls {
		one := chatCall(i, c, c.Args)
		delete(one, "index")
		list = append(list, one)
	}
	if len(list) > 0 {
		msg["tool_calls"] = list
	}
	return encode(obj{
		"id": r.ID, "object": "chat.completion", "created": 1, "model": r.Model,
		"choices": []obj{{"index": 0, "message": msg, "logprobs": nil, "finish_reason": chatStop(r.Stop)}},
		"usage":   chatUsage(r.Usage),
	})
}

func chatStream(w *streamWriter, r *quire.Reply) {
	chunk := func(delta obj, finish, usage any) {
		choices := []obj{}
		if delta != nil {
			choices = append(choices, obj{"index": 0, "delta": delta, "finish_reason": finish})
		}
		w.event("", obj{
			"id": r.ID, "object": "chat.completion.chunk", "created": 1, "model": r.Model,
			"choices": choices, "usage": usage,
		})
	}
	text, thinking, calls := said(r)
	chunk(obj{"role": "assistant", "content": ""}, nil, nil)
	if thinking != "" {
		for _, s := range pieces(thinking) {
			chunk(obj{"reasoning_content": s}, nil, nil)
		}
	}
	if text != "" {
		for _, s := range pieces(text) {
			chunk(obj{"content": s}, nil, nil)
		}
	}
	// Side by side, as servers may send them: all beginnings, then all ends.
	ends := make([]string, len(calls))
	for i, c := range calls {
		chunk(obj{"tool_calls": []obj{chatCall(i, c, "")}}, nil, nil)
		halves := pieces(c.Args)
		chunk(obj{"tool_calls": []obj{{"index": i, "function": obj{"arguments": halves[0]}}}}, nil, nil)
		ends[i] = strings.Join(halves[1:], "")
	}
	for i, end := range ends {
		chunk(obj{"tool_calls": []obj{{"index": i, "function": obj{"arguments": end}}}}, nil, nil)
	}
	chunk(obj{}, chatStop(r.Stop), nil)
	chunk(nil, nil, chatUsage(r.Usage))
	w.event("", raw("[DONE]"))
}
