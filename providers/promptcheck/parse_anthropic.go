package promptcheck

import (
	"encoding/json"
	"fmt"
)

type anthropicBlock struct {
	mark
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	Thinking  string          `json:"thinking"`
	Signature string          `json:"signature"`
	Data      string          `json:"data"`
	Source    json.RawMessage `json:"source"` // of a picture; of a search result it is a text
}

func parseAnthropic(r *request) error {
	var tools []struct {
		mark
		Name string `json:"name"`
	}
	if err := unmarshal(r.top["tools"], "tools", &tools); err != nil {
		return err
	}
	var raws []json.RawMessage
	_ = unmarshal(r.top["tools"], "tools", &raws) // the same bytes parsed above
	for i, t := range tools {
		marked, ttl := t.on()
		r.tools = append(r.tools, tool{name: t.Name, path: fmt.Sprintf("tools[%d]", i), raw: raws[i], marked: marked, ttl: ttl})
	}
	var err error
	if r.system, _, err = anthropicContent(r.top["system"], "system"); err != nil {
		return err
	}
	var msgs []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		Output  json.RawMessage `json:"output_config"`
	}
	if err := unmarshal(r.top["messages"], "messages", &msgs); err != nil {
		return err
	}
	set := false
	for i, m := range msgs {
		path := fmt.Sprintf("messages[%d]", i)
		blocks, str, err := anthropicContent(m.Content, path+".content")
		if err != nil {
			return err
		}
		if m.Role == system && len(blocks) == 0 && !isNull(m.Output) && r.dialect().NoticeClears {
			set = true // it says nothing, and may stand anywhere
			continue
		}
		r.msgs = append(r.msgs, message{role: m.Role, path: path, blocks: blocks, str: str, null: isNull(m.Content), set: set})
		set = false
	}
	return nil
}

// anthropicContent reads a string or a list of blocks.
func anthropicContent(raw json.RawMessage, path string) (blocks []block, str bool, err error) {
	if isNull(raw) {
		return nil, false, nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []block{{kind: text, path: path, text: s, raw: raw}}, true, nil
	}
	var raws []json.RawMessage
	if err := unmarshal(raw, path, &raws); err != nil {
		return nil, false, err
	}
	for i, raw := range raws {
		b, err := anthropicOne(raw, fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			return nil, false, err
		}
		blocks = append(blocks, b)
	}
	return blocks, false, nil
}

func anthropicOne(raw json.RawMessage, path string) (block, error) {
	var in anthropicBlock
	if err := unmarshal(raw, path, &in); err != nil {
		return block{}, err
	}
	b := block{path: path, raw: raw}
	b.marked, b.ttl = in.on()
	switch in.Type {
	case "text":
		b.kind, b.text = text, in.Text
	case "image":
		var source struct {
			Media string `json:"media_type"`
			Data  string `json:"data"`
		}
		if err := unmarshal(in.Source, path+".source", &source); err != nil {
			return block{}, err
		}
		b.kind, b.data, b.media = image, source.Data, source.Media
	case "tool_use":
		b.kind, b.id, b.name = call, in.ID, in.Name
	case "thinking":
		b.kind, b.text, b.proof = thinking, in.Thinking, in.Signature
	case "redacted_thinking":
		b.kind, b.proof = thinking, in.Data
	case "tool_result":
		b.kind, b.id = result, in.ToolUseID
		inner, _, err := anthropicContent(in.Content, path+".content")
		if err != nil {
			return block{}, err
		}
		b.inner = inner
		for _, in := range inner {
			b.text += in.text
		}
	}
	return b, nil
}
