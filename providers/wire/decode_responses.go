package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

type responsesReply struct {
	ID         label             `json:"id"`
	Model      label             `json:"model"`
	Status     label             `json:"status"`
	Output     []json.RawMessage `json:"output"`
	Incomplete *struct {
		Reason label `json:"reason"`
	} `json:"incomplete_details"`
	Usage json.RawMessage `json:"usage"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func decodeResponses(body []byte) (*quire.Reply, error) {
	var in responsesReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.Error != nil:
		return nil, fmt.Errorf("%s: %s", in.Error.Code, in.Error.Message)
	case in.Status == "failed" || in.Status == "cancelled":
		return nil, fmt.Errorf("the response is %s", in.Status)
	case in.Output == nil:
		return nil, errors.New("no output")
	}
	r := &quire.Reply{ID: string(in.ID), Model: string(in.Model), Stop: quire.StopEnd, Usage: responsesUsage(figuresOf(in.Usage))}
	for _, raw := range in.Output {
		if err := responsesPart(r, raw); err != nil {
			return nil, err
		}
	}
	if in.Status == "incomplete" {
		r.Stop = quire.StopOther
		if in.Incomplete != nil {
			switch in.Incomplete.Reason {
			case "max_output_tokens":
				r.Stop = quire.StopLength
			case "content_filter":
				r.Stop = quire.StopRefused
			}
		}
	}
	r.Stop = stopFor(r.Stop, r.Parts)
	return r, nil
}

type responsesOutput struct {
	Type    string `json:"type"`
	ID      label  `json:"id"`
	Phase   label  `json:"phase"`
	Content []struct {
		Type    string `json:"type"`
		Text    string `json:"text"`
		Refusal string `json:"refusal"`
	} `json:"content"`
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Args      json.RawMessage `json:"arguments"`
	Encrypted string          `json:"encrypted_content"`
	Summary   []struct {
		Text string `json:"text"`
	} `json:"summary"`
}

func responsesPart(r *quire.Reply, raw json.RawMessage) error {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	switch head.Type {
	case "message", "function_call", "reasoning":
	default:
		r.Parts = append(r.Parts, carry(quire.APIOpenAIResponses, head.Type, raw))
		return nil
	}
	var it responsesOutput
	if err := json.Unmarshal(raw, &it); err != nil {
		return err
	}
	switch it.Type {
	case "message":
		for _, c := range it.Content {
			if c.Type == "refusal" {
				r.Parts, r.Stop = text(r.Parts, c.Refusal), quire.StopRefused
				continue
			}
			if c.Text != "" {
				r.Parts = append(r.Parts, quire.Text{Text: c.Text, Phase: string(it.Phase)})
			}
		}
	case "function_call":
		r.Parts = append(r.Parts, quire.ToolCall{ID: it.CallID, Name: it.Name, Args: argsOf(it.Args)})
	case "reasoning":
		var summary []string
		for _, s := range it.Summary {
			summary = append(summary, s.Text)
		}
		if len(summary) == 0 { // open models show what they think
			for _, c := range it.Content {
				summary = append(summary, c.Text)
			}
		}
		r.Parts = append(r.Parts, quire.Reasoning{
			Model: r.Model, ID: string(it.ID), Text: strings.Join(summary, "\n\n"), Data: it.Encrypted,
		})
	}
	return nil
}

func responsesUsage(u figures) quire.Usage {
	in := u.in("input_tokens_details")
	out := quire.Usage{
		Input: u.num("input_tokens"), CachedInput: in.num("cached_tokens"), CacheWrite: in.num("cache_write_tokens"),
		Output: u.num("output_tokens"), Reasoning: u.in("output_tokens_details").num("reasoning_tokens"),
	}
	out.Output = wholeOutput(out, u.num("total_tokens"))
	return out
}
