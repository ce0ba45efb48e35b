package codec

import (
	"bytes"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// The member "kind" of an encoded part.
const (
	kindText       = "text"
	kindToolCall   = "toolCall"
	kindToolResult = "toolResult"
	kindImage      = "image"
	kindBlob       = "blob"
	kindRef        = "ref"
	kindReasoning  = "reasoning"
	kindOpaque     = "opaque" // the wrapping of an Opaque that can't stand as it is
)

// appendParts appends all parts, also after an error, so that a digest is total:
// what can't be encoded stands as null. The error is the first one.
func appendParts(b []byte, parts []quire.Part, nesting int) ([]byte, error) {
	var first error
	if len(parts) > MaxParts {
		first = ErrTooManyParts
	}
	b = append(b, '[')
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		next, err := appendPart(b, p, nesting)
		if err != nil && first == nil {
			first = fmt.Errorf("part %d: %w", i, err)
		}
		b = next
	}
	return append(b, ']'), first
}

// appendPart appends one part, its members in canonical order.
func appendPart(b []byte, p quire.Part, nesting int) ([]byte, error) {
	o := jsontext.Object{B: b}
	switch p := p.(type) {
	case quire.Text:
		o.String("kind", kindText)
		o.Opt("phase", p.Phase)
		o.String("text", p.Text)
	case quire.ToolCall:
		o.Opt("args", p.Args)
		o.Opt("id", p.ID)
		o.String("kind", kindToolCall)
		o.Opt("name", p.Name)
		o.Opt("signature", p.Signature)
	case quire.ToolResult:
		return appendToolResult(b, p, nesting)
	case quire.Image:
		o.Bytes("data", p.Data)
		o.Int("height", int64(p.Height))
		o.String("kind", kindImage)
		o.Opt("mediaType", p.MediaType)
		o.Opt("url", p.URL)
		o.Int("width", int64(p.Width))
	case quire.Blob:
		o.Opt("digest", p.Digest.String())
		o.Opt("head", p.Head)
		o.String("kind", kindBlob)
		o.Opt("mediaType", p.MediaType)
		o.Int("size", p.Size)
		o.Opt("tail", p.Tail)
	case quire.Ref:
		o.Opt("digest", p.Digest.String())
		o.Int("from", p.From)
		o.String("kind", kindRef)
		o.Opt("message", string(p.Message))
		o.Int("part", int64(p.Part))
		o.Int("to", p.To)
		o.Uint("uid", uint64(p.UID))
	case quire.Reasoning:
		o.Opt("asked", p.Asked)
		o.Opt("data", p.Data)
		o.Opt("id", p.ID)
		o.String("kind", kindReasoning)
		o.Opt("model", p.Model)
		o.Opt("signature", p.Signature)
		o.Opt("text", p.Text)
	case quire.Opaque:
		return appendOpaque(b, p, nesting), nil
	default:
		return append(b, "null"...), fmt.Errorf("%w: %T", ErrNoPart, p)
	}
	return o.End(), nil
}

func appendToolResult(b []byte, p quire.ToolResult, nesting int) ([]byte, error) {
	if nesting >= MaxNesting {
		return append(b, "null"...), fmt.Errorf("tool result inside tool results: %w", jsontext.ErrDepth)
	}
	o := jsontext.Object{B: b}
	o.Opt("callID", p.CallID)
	o.True("isError", p.IsError)
	o.String("kind", kindToolResult)
	o.Opt("name", p.Name)
	var err error
	if len(p.Parts) > 0 {
		o.Name("parts")
		o.B, err = appendParts(o.B, p.Parts, nesting+1)
	}
	return o.End(), err
}

// appendOpaque writes Raw as it is if it would be read back as this very part.
// If not (it looks like a kind that is known, its own kind is another one, it
// is no object, or no JSON at all) it is wrapped, as JSON or as bytes.
func appendOpaque(b []byte, p quire.Opaque, nesting int) []byte {
	depth := MaxDepth - partDepth(nesting)
	s := &jsontext.Scanner{Text: p.Raw, MaxDepth: depth}
	if len(p.Raw) > 0 && p.Raw[0] == '{' {
		got, err := scanPart(s, nesting)
		o, ok := got.(quire.Opaque)
		if err == nil && ok && o.Kind == p.Kind && bytes.Equal(o.Raw, p.Raw) {
			return append(b, p.Raw...)
		}
	}
	o := jsontext.Object{B: b}
	s = &jsontext.Scanner{Text: p.Raw, MaxDepth: depth - 1}
	raw, err := s.Value()
	if err == nil && len(raw) == len(p.Raw) {
		o.String("kind", kindOpaque)
		o.Opt("of", p.Kind)
		o.Raw("raw", p.Raw)
		return o.End()
	}
	o.Bytes("data", p.Raw)
	o.String("kind", kindOpaque)
	o.Opt("of", p.Kind)
	return o.End()
}

// partDepth is how many arrays and objects stand round a part's own object.
func partDepth(nesting int) int { return 1 + 2*nesting }
