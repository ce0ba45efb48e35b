package promptcheck

import (
	"encoding/json"
	"fmt"
	"strings"
)

// chatMessage is a message of Chat Completions, of strict templates, and of
// Ollama, whose calls have no ids and whose results name their tool.
type chatMessage struct {
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	Refusal   string          `json:"refusal"` // stands in the place of content
	Reasoning string          `json:"reasoning_content"`
	Name      string          `json:"name"`
	ToolName  string          `json:"tool_name"`
	CallID    string          `json:"tool_call_id"`
	Images    []string        `json:"images"`
	Calls     []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

func parseChat(r *request) error {
	if err := parseFunctions(r); err != nil {
		return err
	}
	var raws []json.RawMessage
	if err := unmarshal(r.top["messages"], "messages", &raws); err != nil {
		return err
	}
	for i, raw := range raws {
		m, err := chatOne(raw, fmt.Sprintf("messages[%d]", i))
		if err != nil {
			return err
		}
		r.msgs = append(r.msgs, m)
	}
	return nil
}

// parseFunctions reads tools in the form of Chat Completions or Responses.
func parseFunctions(r *request) error {
	var raws []json.RawMessage
	if err := unmarshal(r.top["tools"], "tools", &raws); err != nil {
		return err
	}
	for i, raw := range raws {
		var in struct {
			mark
			Name     string `json:"name"`
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		}
		path := fmt.Sprintf("tools[%d]", i)
		if err := unmarshal(raw, path, &in); err != nil {
			return err
		}
		t := tool{name: in.Name + in.Function.Name, path: path, raw: raw}
		t.marked, t.ttl = in.on()
		r.tools = append(r.tools, t)
	}
	return nil
}

func chatOne(raw json.RawMessage, path string) (message, error) {
	var in chatMessage
	if err := unmarshal(raw, path, &in); err != nil {
		return message{}, err
	}
	m := message{role: in.Role, path: path, null: isNull(in.Content)}
	if err := unmarshal(raw, path, &m.fields); err != nil {
		return message{}, err
	}
	if m.role == "developer" {
		m.role = system
	}
	if in.Reasoning != "" {
		m.blocks = append(m.blocks, block{kind: thinking, path: path + ".reasoning_content", text: in.Reasoning})
	}
	blocks, str, err := chatContent(in.Content, path+".content")
	if err != nil {
		return message{}, err
	}
	m.str = str
	// A message of pictures or calls alone may come with an empty string.
	empty := len(blocks) == 1 && str && blocks[0].text == ""
	if empty && (len(in.Calls) > 0 || len(in.Images) > 0) {
		blocks = nil
	}
	if in.Role == toolRole {
		b := block{kind: result, path: path, id: in.CallID, name: in.Name + in.ToolName, inner: blocks, raw: raw}
		var all []string
		for _, t := range blocks {
			all = append(all, t.text)
		}
		b.text = strings.Join(all, "\n")
		m.blocks = append(m.blocks, b)
		return m, nil
	}
	m.blocks = append(m.blocks, blocks...)
	if in.Refusal != "" {
		m.blocks, m.null = append(m.blocks, block{kind: text, path: path + ".refusal", text: in.Refusal}), false
	}
	for i, data := range in.Images {
		m.blocks = append(m.blocks, block{kind: image, path: fmt.Sprintf("%s.images[%d]", path, i), data: data})
	}
	for i, c := range in.Calls {
		m.blocks = append(m.blocks, block{
			kind: call, path: fmt.Sprintf("%s.tool_calls[%d]", path, i), id: c.ID, name: c.Function.Name,
			raw: c.Function.Arguments,
		})
	}
	return m, nil
}

// chatContent reads null, a string, or a list of parts.
func chatContent(raw json.RawMessage, path string) (blocks []block, str bool, err error) {
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
		var in struct {
			mark
			Type string          `json:"type"`
			Text string          `json:"text"`
			URL  json.RawMessage `json:"image_url"`

			Thinking json.RawMessage `json:"thinking"`
		}
		b := block{path: fmt.Sprintf("%s[%d]", path, i), raw: raw}
		if err := unmarshal(raw, b.path, &in); err != nil {
			return nil, false, err
		}
		b.marked, b.ttl = in.on()
		switch in.Type {
		case "text", "input_text", "output_text":
			b.kind, b.text = text, in.Text
		case "thinking":
			b.kind, b.text = thinking, string(in.Thinking)
		case "image_url", "input_image":
			b.kind = image
			b.media, b.data = dataURL(in.URL)
		}
		blocks = append(blocks, b)
	}
	return blocks, false, nil
}

// dataURL splits the address of a picture, alone or in an object, that holds the
// picture itself; any other gives nothing.
func dataURL(raw json.RawMessage) (media, data string) {
	var in struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(raw, &in.URL) != nil && json.Unmarshal(raw, &in) != nil {
		return "", ""
	}
	rest, ok := strings.CutPrefix(in.URL, "data:")
	if !ok {
		return "", ""
	}
	media, data, _ = strings.Cut(rest, ";base64,")
	return media, data
}
