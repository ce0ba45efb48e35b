package calibrate

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/textclass"
	"github.com/quire-dev/quire/tokenizer"
)

// Mix is the tokens of a prompt, or of a piece of one, by what they are tokens of,
// as counted here. A [Calibration] learns for each of these how far off the count
// is. It is a value; mixes add up.
type Mix struct {
	Prose      int `json:"prose,omitzero"`
	Code       int `json:"code,omitzero"`
	Structured int `json:"structured,omitzero"`
	Wide       int `json:"wide,omitzero"`
	Tools      int `json:"tools,omitzero"`   // names, descriptions and schemas of tools
	Images     int `json:"images,omitzero"`  // by the provider's formula
	Data       int `json:"data,omitzero"`    // signatures, sealed reasoning, opaque parts
	Framing    int `json:"framing,omitzero"` // what the format adds to messages, calls and results
	// New is how many of the tokens did not stand in the prompt before. Who does
	// not know leaves 0: what the prompt grew by is taken then.
	New int `json:"new,omitzero"`
}

// Total returns the tokens of all classes.
func (m Mix) Total() int {
	return m.Prose + m.Code + m.Structured + m.Wide + m.Tools + m.Images + m.Data + m.Framing
}

// Add returns the sum of two mixes.
func (m Mix) Add(o Mix) Mix {
	return Mix{m.Prose + o.Prose, m.Code + o.Code, m.Structured + o.Structured, m.Wide + o.Wide,
		m.Tools + o.Tools, m.Images + o.Images, m.Data + o.Data, m.Framing + o.Framing, m.New + o.New}
}

// classWindow is the bytes of text that are classed as one. A prompt mixes kinds
// within one text: a sentence, then the file that it is about.
const classWindow = 1024

// weights are bytes of text by class, and tokens of what is not text.
type weights struct {
	prose, code, structured, wide, data int // bytes
	images                              int // tokens
}

func (w *weights) text(s string) {
	for len(s) > 0 {
		n := min(len(s), classWindow)
		switch textclass.Of(s[:n]) {
		case textclass.Code:
			w.code += n
		case textclass.Structured:
			w.structured += n
		case textclass.Wide:
			w.wide += n
		default:
			w.prose += n
		}
		s = s[n:]
	}
}

func (w *weights) parts(r tokenizer.Rules, parts []quire.Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			w.text(p.Text)
		case quire.ToolCall:
			w.text(p.Name)
			w.text(p.Args)
		case quire.ToolResult:
			w.parts(r, p.Parts)
		case quire.Image:
			w.images += r.Image.Tokens(p.Width, p.Height)
		case quire.Blob:
			w.text(p.Head)
			w.text(p.Tail)
		case quire.Reasoning:
			w.text(p.Text)
			w.data += len(p.Signature) + len(p.Data)
		case quire.Opaque:
			w.data += len(p.Raw)
		}
	}
}

// MixOf says of what the tokens of a message are that [tokenizer.Framing.Message] counted:
// those of pictures and of the format are known, the others are shared out by
// bytes. It counts nothing anew, takes time in proportion to the text and
// allocates nothing; the sum is always tokens.
func MixOf(f tokenizer.Framing, tokens int, parts []quire.Part) Mix {
	var w weights
	w.parts(f.Rules, parts)
	t := Mix{Framing: min(around(f, parts), tokens)}
	left := tokens - t.Framing
	t.Images = min(w.images, left)
	left -= t.Images
	bytes := w.prose + w.code + w.structured + w.wide + w.data
	if bytes == 0 {
		t.Prose = left
		return t
	}
	share := func(n int) int { return int(int64(left) * int64(n) / int64(bytes)) }
	t.Code, t.Structured, t.Wide, t.Data = share(w.code), share(w.structured), share(w.wide), share(w.data)
	rest := left - t.Code - t.Structured - t.Wide - t.Data
	switch { // what rounding left over belongs to a class that is there
	case w.prose > 0:
		t.Prose = rest
	case w.code > 0:
		t.Code += rest
	case w.structured > 0:
		t.Structured += rest
	case w.wide > 0:
		t.Wide += rest
	default:
		t.Data += rest
	}
	return t
}

// around is what the format adds to a message with these parts.
func around(f tokenizer.Framing, parts []quire.Part) int {
	n := f.PerMessage + f.PerPart*max(0, len(parts)-1)
	for _, p := range parts {
		switch p.(type) {
		case quire.ToolCall:
			n += f.PerToolCall
		case quire.ToolResult:
			n += f.PerToolResult
		}
	}
	return n
}

// MixFixed says of what the tokens are that [tokenizer.Framing.Fixed] counted: fixed is
// its result, system the tokens of the system prompt's text.
func MixFixed(f tokenizer.Framing, fixed, system int, tools []quire.Tool) Mix {
	t := Mix{Framing: f.Reply, Prose: system}
	if system > 0 {
		t.Framing += f.System
	}
	if len(tools) > 0 {
		t.Framing += f.Tools + len(tools)*f.PerTool
	}
	t.Framing = min(t.Framing, fixed)
	t.Prose = min(t.Prose, fixed-t.Framing)
	t.Tools = fixed - t.Framing - t.Prose
	return t
}
