package promptcheck

import (
	"encoding/json"
	"fmt"
)

type responsesItem struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Output    json.RawMessage `json:"output"`
	Encrypted string          `json:"encrypted_content"`
	ID        string          `json:"id"`
}

func parseResponses(r *request) error {
	if err := parseFunctions(r); err != nil {
		return err
	}
	var s string
	if json.Unmarshal(r.top["input"], &s) == nil && !isNull(r.top["input"]) {
		r.msgs = []message{{role: user, path: "input", str: true, blocks: []block{{kind: text, path: "input", text: s, raw: r.top["input"]}}}}
		return nil
	}
	var raws []json.RawMessage
	if err := unmarshal(r.top["input"], "input", &raws); err != nil {
		return err
	}
	for i, raw := range raws {
		m, err := responsesOne(raw, fmt.Sprintf("input[%d]", i))
		if err != nil {
			return err
		}
		r.msgs = append(r.msgs, m)
	}
	return nil
}

func responsesOne(raw json.RawMessage, path string) (message, error) {
	var in responsesItem
	if err := unmarshal(raw, path, &in); err != nil {
		return message{}, err
	}
	m := message{path: path}
	switch in.Type {
	case "", "message":
		m.role = in.Role
		if m.role == "developer" {
			m.role = system
		}
		blocks, str, err := chatContent(in.Content, path+".content")
		if err != nil {
			return message{}, err
		}
		m.blocks, m.str, m.null = blocks, str, isNull(in.Content)
	case "function_call", "custom_tool_call":
		m.role = assistant
		m.blocks = []block{{kind: call, path: path, id: in.CallID, name: in.Name, raw: raw}}
	case "function_call_output", "custom_tool_call_output":
		blocks, _, err := chatContent(in.Output, path+".output")
		if err != nil {
			return message{}, err
		}
		b := block{kind: result, path: path, id: in.CallID, inner: blocks, raw: raw}
		for _, t := range blocks {
			b.text += t.text
		}
		m.role, m.blocks = toolRole, []block{b}
	case "reasoning":
		m.role, m.reasoning = assistant, true
		m.blocks = []block{{kind: thinking, path: path, id: in.ID, proof: in.Encrypted, raw: raw}}
	case "compaction":
		m.blocks = []block{{kind: compaction, path: path, proof: in.Encrypted, raw: raw}}
	default:
		m.role = assistant
		m.blocks = []block{{kind: other, path: path, raw: raw}}
	}
	return m, nil
}
