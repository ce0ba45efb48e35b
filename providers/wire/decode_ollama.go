package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

// ollamaReply is a whole reply, or one line of a streamed one.
type ollamaReply struct {
	Model   label `json:"model"`
	Created label `json:"created_at"`
	Message struct {
		Content  string            `json:"content"`
		Thinking string            `json:"thinking"`
		Calls    []json.RawMessage `json:"tool_calls"`
	} `json:"message"`
	Done   bool            `json:"done"`
	Reason label           `json:"done_reason"`
	Input  count           `json:"prompt_eval_count"`
	Output count           `json:"eval_count"`
	Error  json.RawMessage `json:"error"`
}

func decodeOllama(body []byte) (*quire.Reply, error) {
	var in ollamaReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch {
	case len(in.Error) > 0 && string(in.Error) != "null":
		return nil, fmt.Errorf("the server reports %.200s", in.Error)
	case !in.Done:
		return nil, errors.New("the reply is not done")
	}
	r := &quire.Reply{Model: string(in.Model), Usage: quire.Usage{Input: int(in.Input), Output: int(in.Output)}}
	if in.Message.Thinking != "" {
		r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Text: in.Message.Thinking})
	}
	r.Parts = text(r.Parts, in.Message.Content)
	for _, raw := range in.Message.Calls {
		if err := chatReplyCall(r, raw); err != nil {
			return nil, err
		}
	}
	r.Stop = stopFor(ollamaStop(string(in.Reason)), r.Parts)
	return r, nil
}

func ollamaStop(s string) quire.StopReason {
	switch s {
	case "stop", "":
		return quire.StopEnd
	case "length":
		return quire.StopLength
	}
	return quire.StopOther
}
