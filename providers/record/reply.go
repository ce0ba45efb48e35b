package record

import (
	"encoding/json"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers"
)

type replyLine struct {
	ID    string          `json:"id"`
	Model string          `json:"model"`
	Parts json.RawMessage `json:"parts"`
	Stop  string          `json:"stop"`
	Usage quire.Usage     `json:"usage"`
	Marks []markLine      `json:"marks"`

	Changed []quire.InputChange `json:"changed"`
}

type deltaLine struct {
	Text      string          `json:"text"`
	Reasoning string          `json:"reasoning"`
	ToolCall  json.RawMessage `json:"toolCall"` // as a list of one part
	Reply     *replyLine      `json:"reply"`
}

// errorLine is an error of a model. One without a code was not a typed one.
type errorLine struct {
	Provider   string  `json:"provider"`
	Code       *string `json:"code"`
	Status     int     `json:"status"`
	RetryAfter string  `json:"retryAfter"`
	Text       string  `json:"text"`
}

func appendReply(b []byte, r *quire.Reply) ([]byte, error) {
	o := jsontext.Object{B: b}
	o.Opt("id", r.ID)
	o.Opt("model", r.Model)
	if err := appendParts(&o, r.Parts); err != nil {
		return b, err
	}
	o.Opt("stop", string(r.Stop))
	usage, err := json.Marshal(r.Usage)
	if err != nil {
		return b, err
	}
	o.Raw("usage", usage)
	appendMarks(&o, r.Marks)
	if len(r.Changed) > 0 {
		changed, err := json.Marshal(r.Changed)
		if err != nil {
			return b, err
		}
		o.Raw("changed", changed)
	}
	return o.End(), nil
}

func (l *replyLine) reply() (*quire.Reply, error) {
	parts, err := readParts(l.Parts)
	if err != nil {
		return nil, err
	}
	marks, err := readMarks(l.Marks)
	return &quire.Reply{
		ID: l.ID, Model: l.Model, Parts: parts, Stop: quire.StopReason(l.Stop), Usage: l.Usage, Marks: marks, Changed: l.Changed,
	}, err
}

// appendDelta redacts the call and the reply; text and reasoning were redacted
// with those of the other deltas.
func (r *Recording) appendDelta(b []byte, d *quire.Delta) ([]byte, error) {
	o := jsontext.Object{B: b}
	o.Opt("text", d.Text)
	o.Opt("reasoning", d.Reasoning)
	if d.ToolCall != nil {
		call, err := codec.EncodeParts([]quire.Part{*d.ToolCall})
		if err == nil {
			call, err = r.redactJSON(call)
		}
		if err != nil {
			return b, err
		}
		o.Raw("toolCall", call)
	}
	if d.Reply != nil {
		reply, err := appendReply(nil, d.Reply)
		if err == nil {
			reply, err = r.redactJSON(reply)
		}
		if err != nil {
			return b, err
		}
		o.Raw("reply", reply)
	}
	return o.End(), nil
}

func (l *deltaLine) delta() (quire.Delta, error) {
	d := quire.Delta{Text: l.Text, Reasoning: l.Reasoning}
	parts, err := readParts(l.ToolCall)
	if err != nil {
		return d, err
	}
	if l.ToolCall != nil {
		call, ok := one(parts)
		if !ok {
			return d, errors.New("toolCall is not a list of one call")
		}
		d.ToolCall = &call
	}
	if l.Reply != nil {
		d.Reply, err = l.Reply.reply()
	}
	return d, err
}

func one(parts []quire.Part) (quire.ToolCall, bool) {
	if len(parts) != 1 {
		return quire.ToolCall{}, false
	}
	call, ok := parts[0].(quire.ToolCall)
	return call, ok
}

func (r *Recording) appendError(b []byte, err error) []byte {
	o := jsontext.Object{B: b}
	var e *providers.Error
	if !errors.As(err, &e) {
		o.String("text", r.cleanURLs(err.Error()))
		return o.End()
	}
	o.Opt("provider", e.Provider)
	o.String("code", string(e.Code))
	o.Int("status", int64(e.Status))
	if e.RetryAfter != 0 {
		o.String("retryAfter", e.RetryAfter.String())
	}
	if e.Err != nil {
		o.Opt("text", r.cleanURLs(e.Err.Error()))
	}
	return o.End()
}

func (l *errorLine) error() (error, error) {
	wait, err := readDuration(l.RetryAfter)
	if err != nil {
		return nil, err
	}
	var cause error
	if l.Text != "" || l.Code == nil {
		cause = errors.New(l.Text)
	}
	if l.Code == nil {
		return cause, nil
	}
	return &providers.Error{
		Provider: l.Provider, Code: providers.Code(*l.Code), Status: l.Status, RetryAfter: wait, Err: cause,
	}, nil
}
