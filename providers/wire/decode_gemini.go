package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

type geminiReply struct {
	ID         label `json:"responseId"`
	Model      label `json:"modelVersion"`
	Candidates []struct {
		Content struct {
			Parts []json.RawMessage `json:"parts"`
		} `json:"content"`
		Finish  geminiFinish `json:"finishReason"`
		Message label        `json:"finishMessage"`
	} `json:"candidates"`
	Feedback struct {
		Block string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage json.RawMessage `json:"usageMetadata"`
	Error *struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"error"`
}

func decodeGemini(body []byte) (*quire.Reply, error) {
	var in geminiReply
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	r := &quire.Reply{ID: string(in.ID), Model: string(in.Model), Usage: geminiUsage(figuresOf(in.Usage))}
	switch {
	case in.Error != nil:
		return nil, fmt.Errorf("%s: %s", in.Error.Status, in.Error.Message)
	case in.Feedback.Block != "":
		return nil, fmt.Errorf("the prompt was blocked: %s", in.Feedback.Block)
	case len(in.Candidates) == 0:
		return nil, errors.New("no candidates")
	}
	for _, raw := range in.Candidates[0].Content.Parts {
		if err := geminiPart(r, raw); err != nil {
			return nil, err
		}
	}
	c := in.Candidates[0]
	if len(r.Parts) == 0 && brokenCall(c.Finish) {
		return nil, fmt.Errorf("the model made a call that can't be read: %s %.300s", c.Finish, c.Message)
	}
	r.Stop = stopFor(geminiStop(c.Finish), r.Parts)
	return r, nil
}

func geminiPart(r *quire.Reply, raw json.RawMessage) error {
	var p struct {
		Text      *string `json:"text"`
		Thought   bool    `json:"thought"`
		Signature string  `json:"thoughtSignature"`
		Call      *struct {
			ID   string          `json:"id"`
			Name string          `json:"name"`
			Args json.RawMessage `json:"args"`
		} `json:"functionCall"`
		Inline *struct {
			MIMEType string `json:"mimeType"`
			Data     []byte `json:"data"`
		} `json:"inlineData"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	switch {
	case p.Call != nil:
		r.Parts = append(r.Parts, quire.ToolCall{ID: p.Call.ID, Name: p.Call.Name, Args: argsOf(p.Call.Args), Signature: p.Signature})
	case p.Text != nil && p.Thought:
		r.Parts = append(r.Parts, quire.Reasoning{Model: r.Model, Text: *p.Text, Signature: p.Signature})
	case p.Text != nil:
		r.Parts = signed(text(r.Parts, *p.Text), r.Model, p.Signature)
	case p.Inline != nil:
		img := quire.Image{MediaType: p.Inline.MIMEType, Data: p.Inline.Data}
		r.Parts = signed(append(r.Parts, img), r.Model, p.Signature)
	default:
		typ := "part"
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) == nil && len(fields) == 1 {
			for k := range fields {
				typ = k
			}
		}
		r.Parts = append(r.Parts, carry(quire.APIGemini, typ, raw))
	}
	return nil
}

// signed appends the signature that came with the last of parts. It goes back
// as a part of its own, with an empty text, as the API writes it in streams.
func signed(parts []quire.Part, model, signature string) []quire.Part {
	if signature == "" {
		return parts
	}
	return append(parts, quire.Reasoning{Model: model, Signature: signature})
}

// geminiFinish is why a candidate ended, by name or, where the server was asked for numbers
// in place of names, by its number in Google's description. Up to 4 the Gemini API and
// Vertex AI number alike; beyond they do not, so that a larger one says nothing
// (Google's client libraries, read 2026-11-29).
type geminiFinish label

// UnmarshalJSON implements [json.Unmarshaler]. It never fails.
func (f *geminiFinish) UnmarshalJSON(raw []byte) error {
	var l label
	_ = l.UnmarshalJSON(raw)
	switch l {
	case "0":
		l = ""
	case "1":
		l = "STOP"
	case "2":
		l = "MAX_TOKENS"
	case "3":
		l = "SAFETY"
	case "4":
		l = "RECITATION"
	}
	*f = geminiFinish(l)
	return nil
}

func geminiStop(s geminiFinish) quire.StopReason {
	switch s {
	case "STOP", "":
		return quire.StopEnd
	case "MAX_TOKENS", "CONTINUATION": // the latter could be gone on with, at the same prompt
		return quire.StopLength
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
		return quire.StopRefused
	}
	return quire.StopOther
}

// brokenCall says whether a reply ended because the server could not read what
// the model wrote. Of such a reply it sends nothing: to try again helps.
func brokenCall(finish geminiFinish) bool {
	return finish == "MALFORMED_FUNCTION_CALL" || finish == "UNEXPECTED_TOOL_CALL"
}

func geminiUsage(u figures) quire.Usage {
	thoughts := u.num("thoughtsTokenCount")
	out := quire.Usage{
		Input: u.num("promptTokenCount") + u.num("toolUsePromptTokenCount"), CachedInput: u.num("cachedContentTokenCount"),
		Output: u.num("candidatesTokenCount") + thoughts, Reasoning: thoughts,
	}
	out.Output = wholeOutput(out, u.num("totalTokenCount"))
	return out
}
