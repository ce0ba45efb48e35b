package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// request is what stands in a request's bytes, whichever of two formats they are in.
type request struct {
	system   string
	tools    map[string]bool
	messages []message
}

// message is one message of a request.
type message struct {
	role    string // user or assistant; results of tools stand in messages of the user
	texts   []string
	calls   []call
	results []result
}

// call is a call of a tool, as the model wrote it.
type call struct {
	id, name, args string
}

// result is what a tool returned.
type result struct {
	id, text string
}

var errRequest = errors.New("work: the request can't be read")

// wireRequest has the fields of both formats.
type wireRequest struct {
	System json.RawMessage `json:"system"`
	Tools  []struct {
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	} `json:"tools"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		Calls   []struct {
			ID       string `json:"id"`
			Function struct {
				Name string `json:"name"`
				Args string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
		CallID string `json:"tool_call_id"`
	} `json:"messages"`
}

// wireBlock is one block of a message's content, in either format.
type wireBlock struct {
	Type    string          `json:"type"`
	Text    string          `json:"text"`
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Input   json.RawMessage `json:"input"`
	UseID   string          `json:"tool_use_id"`
	Content json.RawMessage `json:"content"`
}

// readRequest reads the body of a request in the format of OpenAI's Chat
// Completions or of Anthropic's Messages.
func readRequest(body []byte) (*request, error) {
	var in wireRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%w: %w", errRequest, err)
	}
	r := &request{tools: map[string]bool{}}
	for _, t := range in.Tools {
		r.tools[t.Name+t.Function.Name] = true
	}
	blocks, err := readContent(in.System)
	if err != nil {
		return nil, err
	}
	r.system = joined(blocks)
	for i := range in.Messages {
		m := &in.Messages[i]
		if blocks, err = readContent(m.Content); err != nil {
			return nil, err
		}
		switch m.Role {
		case "system", "developer":
			r.system += joined(blocks)
			continue
		case "tool":
			r.messages = append(r.messages, message{role: "user", results: []result{{m.CallID, joined(blocks)}}})
			continue
		}
		out := message{role: m.Role}
		if err := out.add(blocks); err != nil {
			return nil, err
		}
		for _, c := range m.Calls {
			out.calls = append(out.calls, call{c.ID, c.Function.Name, c.Function.Args})
		}
		r.messages = append(r.messages, out)
	}
	return r, nil
}

// add sorts blocks into texts, calls and results.
func (m *message) add(blocks []wireBlock) error {
	for i := range blocks {
		switch b := &blocks[i]; b.Type {
		case "text":
			m.texts = append(m.texts, b.Text)
		case "tool_use":
			m.calls = append(m.calls, call{b.ID, b.Name, string(b.Input)})
		case "tool_result":
			inner, err := readContent(b.Content)
			if err != nil {
				return err
			}
			m.results = append(m.results, result{b.UseID, joined(inner)})
		}
	}
	return nil
}

// readContent reads what is a string, a list of blocks, or absent.
func readContent(raw json.RawMessage) ([]wireBlock, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return []wireBlock{{Type: "text", Text: s}}, err
	}
	var blocks []wireBlock
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return nil, fmt.Errorf("%w: content: %w", errRequest, err)
	}
	return blocks, nil
}

// joined is the text of blocks, each on lines of its own.
func joined(blocks []wireBlock) string {
	texts := make([]string, 0, len(blocks))
	for i := range blocks {
		if blocks[i].Type == "text" {
			texts = append(texts, blocks[i].Text)
		}
	}
	return strings.Join(texts, "\n")
}
