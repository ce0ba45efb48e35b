package replies

import (
	"encoding/json"
	"fmt"
	"maps"
	"sort"
	"strconv"
)

// object is JSON's.
type object = map[string]any

func anthropicJoined(events []any) any {
	body := object{}
	blocks := map[int]object{}
	usage := object{}
	for _, e := range events {
		switch word(e, "type") {
		case "message_start":
			if m, ok := in(e, "message").(object); ok {
				body = maps.Clone(m)
			}
			raise(usage, in(e, "message", "usage"))
		case "content_block_start":
			if b, ok := in(e, "content_block").(object); ok {
				blocks[number(e, "index")] = maps.Clone(b)
			}
		case "content_block_delta":
			b := blocks[number(e, "index")]
			for key, from := range map[string]string{"text": "text", "thinking": "thinking", "signature": "signature", "partial": "partial_json"} {
				if d := word(e, "delta", from); d != "" && b != nil {
					b[key] = word(b, key) + d
				}
			}
		case "message_stop":
			body["content"], body["usage"] = made(blocks), usage
			return body // some files hold what came after it, too
		case "message_delta":
			if stop := word(e, "delta", "stop_reason"); stop != "" {
				body["stop_reason"] = stop
			}
			raise(usage, in(e, "usage"))
		}
	}
	return object{}
}

// made returns the blocks of a message, in order, as they would have come whole.
func made(blocks map[int]object) []any {
	var content []any
	for _, i := range sorted(blocks) {
		if partial := word(blocks[i], "partial"); partial != "" {
			blocks[i]["input"] = partial
		}
		content = append(content, blocks[i])
	}
	return content
}

// raise puts figures over earlier ones, unless they are smaller by being nothing.
func raise(into object, from any) {
	m, _ := from.(object)
	for k, v := range m {
		inner, isObject := v.(object)
		switch {
		case isObject:
			mine, _ := into[k].(object)
			if mine == nil {
				mine = object{}
			}
			raise(mine, inner)
			into[k] = mine
		case number(v) > 0 || into[k] == nil:
			into[k] = v
		}
	}
}

func sorted(m map[int]object) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	sort.Ints(keys)
	return keys
}

func chatJoined(events []any) any {
	message, usage := object{}, object{}
	calls := map[string]object{} // by index and id
	var order, content []any
	finish := ""
	for _, e := range events {
		raise(usage, in(e, "x_groq", "usage"))
		raise(usage, in(e, "usage"))
		for _, choice := range list(e, "choices") {
			raise(usage, in(choice, "usage"))
			if number(choice, "index") != 0 {
				continue
			}
			if f := word(choice, "finish_reason"); f != "" {
				finish = f
			}
			delta := in(choice, "delta")
			for _, key := range []string{"reasoning_content", "reasoning", "reasoning_text", "thinking", "refusal"} {
				if d := word(delta, key); d != "" {
					message[key] = word(message, key) + d
				}
			}
			for _, key := range []string{"reasoning_details", "thinking_blocks"} {
				if more := list(delta, key); more != nil {
					message[key] = append(list(message, key), more...)
				}
			}
			content = append(content, list(delta, "content")...)
			if d := word(delta, "content"); d != "" {
				content = append(content, object{"type": "text", "text": d})
			}
			for _, c := range list(delta, "tool_calls") {
				if at := addCall(calls, c); at != nil {
					order = append(order, at)
				}
			}
		}
	}
	message["content"] = content
	if len(order) > 0 {
		message["tool_calls"] = order
	}
	return object{"choices": []any{object{"message": message, "finish_reason": finish}}, "usage": usage}
}

// addCall adds a piece of a call, and returns the call if it is a new one.
func addCall(calls map[string]object, piece any) object {
	key := fmt.Sprint(in(piece, "index"))
	c := calls[key]
	fresh := c == nil || word(piece, "id") != "" && word(c, "id") != "" && word(piece, "id") != word(c, "id")
	if fresh {
		c = object{"id": word(piece, "id"), "function": object{"name": "", "arguments": ""}}
		calls[key] = c
	}
	f := in(c, "function").(object)
	if name := word(piece, "function", "name"); name != word(f, "name") {
		f["name"] = word(f, "name") + name
	}
	if args := in(piece, "function", "arguments"); args != nil {
		s, isString := args.(string)
		if !isString {
			s = jsonOf(args)
		}
		f["arguments"] = word(f, "arguments") + s
	}
	if !fresh {
		return nil
	}
	return c
}

func responsesJoined(events []any) any {
	var items []any
	for _, e := range events {
		switch word(e, "type") {
		case "response.output_item.done":
			items = append(items, in(e, "item"))
		case "response.completed", "response.incomplete":
			body, _ := in(e, "response").(object)
			if len(list(body, "output")) == 0 {
				body = maps.Clone(body)
				body["output"] = items
			}
			return body
		}
	}
	return object{}
}

func geminiJoined(events []any) any {
	var parts []any
	usage := object{}
	finish := ""
	for _, e := range events {
		parts = append(parts, list(e, "candidates", 0, "content", "parts")...)
		if f := label(e, "candidates", 0, "finishReason"); f != "" && f != "0" {
			finish = f
		}
		raise(usage, in(e, "usageMetadata"))
	}
	return object{
		"candidates":    []any{object{"content": object{"parts": parts}, "finishReason": finish}},
		"usageMetadata": usage,
	}
}

func ollamaJoined(events []any) any {
	var last any
	content, thinking := "", ""
	var calls []any
	for _, e := range events {
		content += word(e, "message", "content")
		thinking += word(e, "message", "thinking")
		calls = append(calls, list(e, "message", "tool_calls")...)
		last = e
	}
	return object{
		"message":           object{"content": content, "thinking": thinking, "tool_calls": calls},
		"done_reason":       word(last, "done_reason"),
		"prompt_eval_count": json.Number(strconv.Itoa(number(last, "prompt_eval_count"))),
		"eval_count":        json.Number(strconv.Itoa(number(last, "eval_count"))),
	}
}
