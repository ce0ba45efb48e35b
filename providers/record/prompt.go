package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
)

// promptLine is a prompt without its tools and messages, which have lines of
// their own.
type promptLine struct {
	At        string     `json:"at"`
	Model     string     `json:"model"`
	System    string     `json:"system"`
	Notice    string     `json:"notice"`
	Marks     []markLine `json:"marks"`
	MaxOutput int        `json:"maxOutput"`
	CacheKey  string     `json:"cacheKey"`
	Thinking  int        `json:"thinking"`
}

type markLine struct {
	After int    `json:"after"`
	TTL   string `json:"ttl"`
}

type toolLine struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	bodyFields         // the schema
}

type messageLine struct {
	Role  string          `json:"role"`
	Parts json.RawMessage `json:"parts"`
	Seq   uint64          `json:"seq"`

	Notice string `json:"notice"`
}

// promptDoc writes a prompt as one JSON object, in the order in which providers
// see it: what is compared. Sequence numbers are not in it.
func promptDoc(p *quire.Prompt) ([]byte, error) {
	var o jsontext.Object
	appendPromptHead(&o, p)
	o.Name("tools")
	o.B = append(o.B, '[')
	for i := range p.Tools {
		o.B = appendTool(comma(o.B, i), &p.Tools[i])
	}
	o.B = append(o.B, ']')
	o.Name("messages")
	o.B = append(o.B, '[')
	var err error
	for i := range p.Messages {
		if o.B, err = appendMessage(comma(o.B, i), &p.Messages[i], false); err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
	}
	o.B = append(o.B, ']')
	o.Opt("notice", p.Notice)
	return o.End(), nil
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendPromptHead adds what is no list and no notice.
func appendPromptHead(o *jsontext.Object, p *quire.Prompt) {
	o.Opt("model", p.Model)
	o.Opt("system", p.System)
	appendMarks(o, p.Marks)
	o.Int("maxOutput", int64(p.MaxOutput))
	o.Opt("cacheKey", p.CacheKey)
	o.Int("thinking", int64(p.Thinking))
}

func appendMarks(o *jsontext.Object, marks []quire.CacheMark) {
	if len(marks) == 0 {
		return
	}
	o.Name("marks")
	o.B = append(o.B, '[')
	for i, m := range marks {
		one := jsontext.Object{B: comma(o.B, i)}
		one.Int("after", int64(m.After))
		if m.TTL != 0 {
			one.String("ttl", m.TTL.String())
		}
		o.B = one.End()
	}
	o.B = append(o.B, ']')
}

func readMarks(lines []markLine) ([]quire.CacheMark, error) {
	var out []quire.CacheMark
	for _, l := range lines {
		ttl, err := readDuration(l.TTL)
		if err != nil {
			return nil, err
		}
		out = append(out, quire.CacheMark{After: l.After, TTL: ttl})
	}
	return out, nil
}

func readDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	return time.ParseDuration(s)
}

func appendTool(b []byte, t *quire.Tool) []byte {
	o := jsontext.Object{B: b}
	o.Opt("name", t.Name)
	o.Opt("description", t.Description)
	appendBody(&o, t.Schema)
	return o.End()
}

func appendMessage(b []byte, m *quire.PromptMessage, seq bool) ([]byte, error) {
	o := jsontext.Object{B: b}
	o.Opt("role", string(m.Role))
	if err := appendParts(&o, m.Parts); err != nil {
		return b, err
	}
	o.Opt("notice", m.Notice)
	if seq {
		o.Uint("seq", m.Seq)
	}
	return o.End(), nil
}

func appendParts(o *jsontext.Object, parts []quire.Part) error {
	if len(parts) == 0 {
		return nil
	}
	b, err := codec.EncodeParts(parts)
	if err != nil {
		return err
	}
	o.Raw("parts", b)
	return nil
}

func readParts(raw json.RawMessage) ([]quire.Part, error) {
	if raw == nil {
		return nil, nil
	}
	return codec.DecodeParts(raw)
}

// prompt makes the prompt of a line, without its tools and messages.
func (l *promptLine) prompt() (*quire.Prompt, error) {
	marks, err := readMarks(l.Marks)
	return &quire.Prompt{
		Model: l.Model, System: l.System, Notice: l.Notice, Marks: marks,
		MaxOutput: l.MaxOutput, CacheKey: l.CacheKey, Thinking: l.Thinking,
	}, err
}

func (l *toolLine) tool() quire.Tool {
	return quire.Tool{Name: l.Name, Description: l.Description, Schema: l.bytes()}
}

func (l *messageLine) message() (quire.PromptMessage, error) {
	parts, err := readParts(l.Parts)
	return quire.PromptMessage{Role: quire.Role(l.Role), Parts: parts, Seq: l.Seq, Notice: l.Notice}, err
}

// promptName says in a few words which prompt it is.
func promptName(p *quire.Prompt) string {
	model := p.Model
	if model == "" {
		model = "a model without a name"
	}
	return fmt.Sprintf("prompt for %s, %d messages", model, len(p.Messages))
}
