package langchainmodel

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/quire-dev/quire"
)

// chatRequest is what wire makes for strict templates.
type chatRequest struct {
	Model     string          `json:"model"`
	MaxTokens int             `json:"max_tokens"`
	Stream    bool            `json:"stream"`
	Tools     json.RawMessage `json:"tools"`
	Messages  []struct {
		Role    string          `json:"role"`
		Content string          `json:"content"`
		Name    string          `json:"name"`
		CallID  string          `json:"tool_call_id"`
		Calls   []chatReplyCall `json:"tool_calls"`
	} `json:"messages"`
}

// The body of /api/chat, in the order in which it is written.
type (
	ollamaChat struct {
		Model  string `json:"model"`
		Stream bool   `json:"stream"`
		Think  *bool  `json:"think,omitempty"`
		// A prompt that does not fit is refused; by default Ollama drops its
		// oldest messages and says nothing.
		Truncate bool            `json:"truncate"`
		Shift    bool            `json:"shift"` // the same, while it answers
		Options  ollamaOptions   `json:"options"`
		Tools    json.RawMessage `json:"tools,omitempty"`
		Messages []ollamaMessage `json:"messages"`
	}
	ollamaOptions struct {
		Window    int `json:"num_ctx,omitempty"`
		MaxOutput int `json:"num_predict,omitempty"`
	}
	ollamaMessage struct {
		Role     string       `json:"role"`
		Content  string       `json:"content"`
		Thinking string       `json:"thinking,omitempty"`
		Calls    []ollamaCall `json:"tool_calls,omitempty"`
		ToolName string       `json:"tool_name,omitempty"`
		CallID   string       `json:"tool_call_id,omitempty"`
	}
	ollamaCall struct {
		ID       string `json:"id,omitempty"`
		Function struct {
			Name string          `json:"name"`
			Args json.RawMessage `json:"arguments"`
		} `json:"function"`
	}
)

// ollamaRequest makes the body of /api/chat from that for strict templates. The
// two differ in the envelope and in arguments, which are an object here.
func ollamaRequest(body []byte, p *quire.Prompt, o *Options) ([]byte, error) {
	var in chatRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := ollamaChat{
		Model: in.Model, Stream: in.Stream, Tools: in.Tools,
		Options: ollamaOptions{Window: o.Window, MaxOutput: in.MaxTokens},
	}
	if p.Thinking > 0 {
		think := true
		out.Think = &think
	}
	for _, m := range in.Messages {
		msg := ollamaMessage{Role: m.Role, Content: m.Content, ToolName: m.Name, CallID: m.CallID}
		for _, c := range m.Calls {
			call := ollamaCall{ID: c.ID}
			call.Function.Name, call.Function.Args = c.Function.Name, json.RawMessage(c.Function.Args)
			msg.Calls = append(msg.Calls, call)
		}
		out.Messages = append(out.Messages, msg)
	}
	return encodeJSON(out)
}

// What a whole reply of the chat format looks like.
type (
	chatReply struct {
		Model   string         `json:"model,omitempty"`
		Choices []chatChoice   `json:"choices"`
		Usage   map[string]int `json:"usage"`
	}
	chatChoice struct {
		Message chatMessage `json:"message"`
		Finish  string      `json:"finish_reason"`
	}
	chatMessage struct {
		Content   string          `json:"content"`
		Reasoning string          `json:"reasoning_content,omitempty"`
		Calls     []chatReplyCall `json:"tool_calls,omitempty"`
	}
	chatReplyCall struct {
		ID       string           `json:"id"`
		Type     string           `json:"type"`
		Function chatCallFunction `json:"function"`
	}
	chatCallFunction struct {
		Name string `json:"name"`
		Args string `json:"arguments"`
	}
)

// ollamaAnswer is a reply, or one line of a streamed one.
type ollamaAnswer struct {
	Model   string        `json:"model"`
	Message ollamaMessage `json:"message"`
	Done    bool          `json:"done"`
	Reason  string        `json:"done_reason"`
	Input   int           `json:"prompt_eval_count"`
	Output  int           `json:"eval_count"`
}

// ollamaReply makes a reply of the chat format. Calls without an id get one
// that depends on the request, so that no two calls of a conversation share it.
func ollamaReply(body, request []byte) ([]byte, error) {
	var in ollamaAnswer
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if !in.Done {
		return nil, errors.New("the reply is not done")
	}
	m := chatMessage{Content: in.Message.Content, Reasoning: in.Message.Thinking}
	for i, c := range in.Message.Calls {
		if c.ID == "" {
			c.ID = ollamaID(request, i)
		}
		m.Calls = append(m.Calls, chatReplyCall{
			ID: c.ID, Type: "function", Function: chatCallFunction{Name: c.Function.Name, Args: argsText(c.Function.Args)},
		})
	}
	usage := map[string]int{"prompt_tokens": in.Input, "completion_tokens": in.Output}
	return encodeJSON(chatReply{Model: in.Model, Choices: []chatChoice{{Message: m, Finish: in.Reason}}, Usage: usage})
}

// argsText returns arguments as the server wrote them; some write a string.
func argsText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// ollamaID makes an id of nine letters and digits, which every template takes.
// The body differs between streamed and whole requests in a flag, which must
// not change the id.
func ollamaID(request []byte, i int) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	request = bytes.Replace(request, []byte(`"stream":true`), []byte(`"stream":false`), 1)
	sum := sha256.Sum256(strconv.AppendInt(bytes.Clone(request), int64(i), 10))
	b := make([]byte, 9)
	for k := range b {
		b[k] = alphabet[int(sum[k])%len(alphabet)]
	}
	return string(b)
}

// ollamaStream assembles the lines of a streamed reply.
type ollamaStream struct{ all ollamaAnswer }

// line takes one line and returns what of it can be shown at once. done says
// that it was the last one.
func (s *ollamaStream) line(data []byte) (d quire.Delta, done bool, err error) {
	var in ollamaAnswer
	if err := json.Unmarshal(data, &in); err != nil {
		return d, false, err
	}
	m := &s.all.Message
	m.Content += in.Message.Content
	m.Thinking += in.Message.Thinking
	m.Calls = append(m.Calls, in.Message.Calls...)
	if in.Model != "" {
		s.all.Model = in.Model
	}
	if in.Done {
		s.all.Done, s.all.Reason, s.all.Input, s.all.Output = true, in.Reason, in.Input, in.Output
	}
	return quire.Delta{Text: in.Message.Content, Reasoning: in.Message.Thinking}, in.Done, nil
}

// body returns the reply as it would have come whole.
func (s *ollamaStream) body() ([]byte, error) {
	for i, c := range s.all.Message.Calls {
		// As text, so that encoding leaves the bytes alone.
		text, err := encodeJSON(argsText(c.Function.Args))
		if err != nil {
			return nil, err
		}
		s.all.Message.Calls[i].Function.Args = text
	}
	return encodeJSON(s.all)
}

// encodeJSON is json.Marshal without its escapes for HTML.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
