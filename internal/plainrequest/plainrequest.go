// Package plainrequest writes requests in one form for all that means the same to a provider,
// for tests that compare two of them. It is a reader of its own: none of it is wire's.
package plainrequest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// Plain returns a request with one way to say each thing: content as a list where the
// format has both, neighbours of one role as one message, null as nothing, and no cache
// marks, which a test compares by themselves.
func Plain(api quire.API, body []byte) (s string, err error) {
	defer func() {
		if r := recover(); r != nil { // what is no request of the format
			err = fmt.Errorf("%v", r)
		}
	}()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	var said []any
	switch api {
	case quire.APIAnthropic:
		said = plainAnthropic(v)
	case quire.APIOpenAIChat:
		said = plainChat(v)
	case quire.APIOpenAIResponses:
		said = plainResponses(v)
	case quire.APIGemini:
		said = plainGemini(v)
		if sys, ok := v["systemInstruction"].(map[string]any); ok {
			listed(sys)
		}
	}
	for _, name := range []string{"messages", "input", "contents"} {
		delete(v, name)
	}
	v["said"] = said
	b, err := json.MarshalIndent(without(v), "", " ")
	return string(b), err
}

// without drops null, and cache marks, which are compared by themselves.
func without(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil || k == "cache_control" || k == "prompt_cache_breakpoint" {
				delete(v, k)
				continue
			}
			v[k] = without(x)
		}
	case []any:
		for i, x := range v {
			v[i] = without(x)
		}
	}
	return v
}

func blocksOf(v any, typ string) []any {
	if s, ok := v.(string); ok {
		if s == "" {
			return []any{}
		}
		return []any{map[string]any{"type": typ, "text": s}}
	}
	list, _ := v.([]any)
	return list
}

func plainAnthropic(v map[string]any) (out []any) {
	if s, ok := v["system"]; ok {
		v["system"] = blocksOf(s, "text")
	}
	for _, m := range v["messages"].([]any) {
		m := m.(map[string]any)
		m["content"] = blocksOf(m["content"], "text")
		for _, b := range m["content"].([]any) {
			b := b.(map[string]any)
			if b["type"] == "tool_result" {
				b["content"] = blocksOf(b["content"], "text")
				if b["is_error"] == false {
					delete(b, "is_error")
				}
			}
		}
		if n := len(out); n > 0 && out[n-1].(map[string]any)["role"] == m["role"] {
			last := out[n-1].(map[string]any)
			last["content"] = append(last["content"].([]any), m["content"].([]any)...)
			continue
		}
		out = append(out, m)
	}
	return out
}

func plainChat(v map[string]any) (out []any) {
	for _, m := range v["messages"].([]any) {
		m := m.(map[string]any)
		parts := blocksOf(m["content"], "text")
		if m["role"] != "user" {
			var texts []string
			for _, p := range parts {
				texts = append(texts, p.(map[string]any)["text"].(string))
			}
			m["content"] = strings.Join(texts, "\n")
		} else {
			m["content"] = parts
		}
		out = append(out, m)
	}
	return out
}

func plainResponses(v map[string]any) (out []any) {
	if s, ok := v["input"].(string); ok {
		v["input"] = []any{map[string]any{"role": "user", "content": s}}
	}
	for _, m := range blocksOf(v["input"], "") {
		m := m.(map[string]any)
		if m["type"] == nil {
			m["type"] = "message"
		}
		for _, name := range []string{"content", "output"} {
			if c, ok := m[name]; ok && m["role"] != "assistant" {
				m[name] = blocksOf(c, "input_text")
			}
			for _, b := range blocksOf(m[name], "") {
				b := b.(map[string]any)
				if b["type"] == "input_image" && b["detail"] == nil {
					b["detail"] = "auto"
				}
				if b["type"] == "output_text" && b["annotations"] == nil {
					b["annotations"] = []any{}
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// listed makes a list of the parts of a content.
func listed(m map[string]any) {
	if one, ok := m["parts"].(map[string]any); ok {
		m["parts"] = []any{one}
	}
}

func plainGemini(v map[string]any) (out []any) {
	for _, m := range v["contents"].([]any) {
		m := m.(map[string]any)
		listed(m)
		if n := len(out); n > 0 && out[n-1].(map[string]any)["role"] == m["role"] {
			last := out[n-1].(map[string]any)
			last["parts"] = append(last["parts"].([]any), m["parts"].([]any)...)
			continue
		}
		out = append(out, m)
	}
	return out
}
