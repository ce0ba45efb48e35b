package render

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
)

// Shorten returns parts with about keep bytes of text among them, those in results
// included: the long texts are cut to the same size, each to its beginning and its
// end with a line between them, which gap makes of how many bytes it stands for.
// Arguments of calls are cut too, and JSON stays JSON. What is not cut is as it
// was, byte for byte; images, reasoning and what has no text stay. There are no
// handles and no fences, and nothing is escaped. keep 0 or less is all.
func Shorten(parts []quire.Part, keep int, gap func(left int64) string) []quire.Part {
	if keep <= 0 {
		return parts
	}
	return shorten(parts, share(textSizes(nil, parts, 0), keep), gap, 0)
}

// shorten cuts each text to at most so many bytes; 0 is no limit.
func shorten(parts []quire.Part, most int, gap func(left int64) string, nesting int) []quire.Part {
	if most <= 0 || nesting > codec.MaxNesting {
		return parts
	}
	out := make([]quire.Part, len(parts))
	for i, p := range parts {
		switch q := p.(type) {
		case quire.Text:
			p = cut([]segment{{text: q.Text}}, p, most, gap)
			if t, ok := p.(quire.Text); ok {
				t.Phase = q.Phase
				p = t
			}
		case quire.Blob:
			p = cut(blobSegments(q), p, most, gap)
		case quire.ToolCall:
			q.Args = shortArgs(q.Args, 0, most)
			p = q
		case quire.ToolResult:
			q.Parts = shorten(q.Parts, most, gap, nesting+1)
			p = q
		}
		out[i] = p
	}
	return out
}

// cut returns the segments as one text, or the part that they are of if it need not
// be cut.
func cut(segs []segment, whole quire.Part, most int, gap func(left int64) string) quire.Part {
	if cost(segs) <= most {
		return whole
	}
	for i := range segs {
		segs[i].text = jsontext.Clean(segs[i].text)
	}
	var b strings.Builder
	for _, s := range excerpt(segs, most) {
		if s.left == 0 && s.text == "" {
			continue
		}
		endLine(&b)
		if s.left > 0 {
			b.WriteString(gap(s.left))
		} else {
			b.WriteString(s.text)
		}
	}
	return quire.Text{Text: b.String()}
}

// textSizes appends the bytes of what can be cut.
func textSizes(sizes []int, parts []quire.Part, nesting int) []int {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			sizes = append(sizes, len(p.Text)+1)
		case quire.Blob:
			sizes = append(sizes, cost(blobSegments(p)))
		case quire.ToolCall:
			sizes = append(sizes, len(p.Args))
		case quire.ToolResult:
			if nesting < codec.MaxNesting {
				sizes = textSizes(sizes, p.Parts, nesting+1)
			}
		}
	}
	return sizes
}
