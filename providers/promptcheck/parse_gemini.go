package promptcheck

import (
	"encoding/json"
	"fmt"
	"strings"
)

type geminiPart struct {
	Text         *string `json:"text"`
	Thought      bool    `json:"thought"`
	Signature    string  `json:"thoughtSignature"`
	FunctionCall *struct {
		ID   string          `json:"id"`
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
	} `json:"functionCall"`
	FunctionResponse *struct {
		ID       string          `json:"id"`
		Name     string          `json:"name"`
		Response json.RawMessage `json:"response"`
	} `json:"functionResponse"`
	InlineData *struct {
		Media string `json:"mimeType"`
		Data  string `json:"data"`
	} `json:"inlineData"`
}

type geminiContent struct {
	Role  string            `json:"role"`
	Parts []json.RawMessage `json:"parts"`
}

func parseGemini(r *request) error {
	var tools []struct {
		Functions []json.RawMessage `json:"functionDeclarations"`
	}
	if err := unmarshal(r.top["tools"], "tools", &tools); err != nil {
		return err
	}
	for i, t := range tools {
		for j, raw := range t.Functions {
			var in struct {
				Name string `json:"name"`
			}
			path := fmt.Sprintf("tools[%d].functionDeclarations[%d]", i, j)
			if err := unmarshal(raw, path, &in); err != nil {
				return err
			}
			r.tools = append(r.tools, tool{name: in.Name, path: path, raw: raw})
		}
	}
	var sys geminiContent
	if err := unmarshal(r.top["systemInstruction"], "systemInstruction", &sys); err != nil {
		return err
	}
	for i, raw := range sys.Parts {
		b, err := geminiOne(raw, fmt.Sprintf("systemInstruction.parts[%d]", i))
		if err != nil {
			return err
		}
		r.system = append(r.system, b)
	}
	var contents []geminiContent
	if err := unmarshal(r.top["contents"], "contents", &contents); err != nil {
		return err
	}
	for i, c := range contents {
		m := message{role: c.Role, path: fmt.Sprintf("contents[%d]", i), null: len(c.Parts) == 0}
		switch c.Role {
		case "model":
			m.role = assistant
		case "", "function":
			m.role = user
		}
		for j, raw := range c.Parts {
			b, err := geminiOne(raw, fmt.Sprintf("%s.parts[%d]", m.path, j))
			if err != nil {
				return err
			}
			m.blocks = append(m.blocks, b)
		}
		r.msgs = append(r.msgs, m)
	}
	return nil
}

func geminiOne(raw json.RawMessage, path string) (block, error) {
	var in geminiPart
	if err := unmarshal(raw, path, &in); err != nil {
		return block{}, err
	}
	b := block{path: path, proof: in.Signature, raw: raw}
	switch {
	case in.FunctionCall != nil:
		b.kind, b.id, b.name = call, in.FunctionCall.ID, in.FunctionCall.Name
	case in.FunctionResponse != nil:
		b.kind, b.id, b.name = result, in.FunctionResponse.ID, in.FunctionResponse.Name
		b.text = string(in.FunctionResponse.Response)
		if isNull(in.FunctionResponse.Response) || b.text == "{}" {
			b.text = ""
		}
	case in.InlineData != nil && (in.InlineData.Media == "" || strings.HasPrefix(in.InlineData.Media, "image/")):
		b.kind, b.data, b.media = image, in.InlineData.Data, in.InlineData.Media
	case in.Text != nil && (in.Thought || *in.Text == "" && in.Signature != ""):
		b.kind, b.text = thinking, *in.Text
	case in.Text != nil:
		b.kind, b.text = text, *in.Text
	}
	return b, nil
}
