package replies

import (
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
)

// said is what a reply says, as far as formats have it in common.
type said struct {
	text, thought string
	calls         []call
	others        int // blocks that are none of these
	stop          quire.StopReason
	usage         quire.Usage
	stopUnknown   bool // the reason is a word that this package does not know
}

type call struct {
	name string
	args string // JSON with its keys in order, or what there was
}

// ofReply is what package wire's reply says.
func ofReply(r *quire.Reply) said {
	s := said{stop: r.Stop, usage: r.Usage}
	for _, p := range r.Parts {
		switch p := p.(type) {
		case quire.Text:
			s.text += p.Text
		case quire.Reasoning:
			s.thought += p.Text
		case quire.ToolCall:
			s.calls = append(s.calls, call{p.Name, ordered(p.Args)})
		default:
			s.others++
		}
	}
	return s
}

// ordered brings arguments into one form.
func ordered(args string) string {
	v, err := parse([]byte(args))
	if s, ok := v.(string); ok && err == nil { // JSON in a string
		return ordered(s)
	}
	if err != nil {
		if strings.TrimSpace(args) == "" {
			return "{}"
		}
		return args
	}
	if v == nil {
		return "{}"
	}
	return jsonOf(v)
}

// arguments returns arguments that stand as a value or as a string.
func arguments(v any) string {
	switch v := v.(type) {
	case nil:
		return "{}"
	case string:
		return ordered(v)
	}
	return jsonOf(v)
}

// difference names what two readings do not have in common; "" for nothing.
func (s said) difference(other said) (field, a, b string) {
	squeeze := func(t string) string { return strings.Join(strings.Fields(t), "") }
	switch {
	case s.text != other.text && ordered(s.text) != ordered(other.text): // an object to a schema may stand as one
		return "text", s.text, other.text
	case jsonOf(names(s.calls)) != jsonOf(names(other.calls)):
		return "calls", jsonOf(names(s.calls)), jsonOf(names(other.calls))
	case squeeze(s.thought) != squeeze(other.thought): // summaries are joined by lines
		return "reasoning", s.thought, other.thought
	case s.others != other.others:
		return "blocks", jsonOf(s.others), jsonOf(other.others)
	case !s.stopUnknown && !other.stopUnknown && s.stop != other.stop:
		return "stop", string(s.stop), string(other.stop)
	case s.usage != other.usage:
		return "usage", figures(s.usage), figures(other.usage)
	}
	return "", "", ""
}

func names(calls []call) [][2]string {
	out := [][2]string{}
	for _, c := range calls {
		out = append(out, [2]string{c.name, c.args})
	}
	return out
}

func figures(u quire.Usage) string {
	raw, err := json.Marshal(u)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
