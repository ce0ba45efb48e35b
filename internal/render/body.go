package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
)

// segment is a piece of a body. It begins on a line of its own.
type segment struct {
	text   string // valid UTF-8; what is shown
	left   int64  // more than 0: this many bytes stand here that are not shown, and text is ""
	joined bool   // goes on with the content of the segment before it, without a line break
	note   bool   // says what can't be shown; has no place in a byte range
}

// size is the bytes that a segment stands for.
func (s *segment) size() int64 { return int64(len(s.text)) + s.left }

// width is the bytes that it has in a byte range.
func (s *segment) width() int64 {
	if s.note {
		return 0
	}
	return s.size()
}

// cost is the most bytes that a segment takes when written, escaping aside.
func (s *segment) cost() int {
	if s.left > 0 {
		return maxGap
	}
	return len(s.text) + 1
}

func cost(segs []segment) int {
	n := 0
	for i := range segs {
		n += segs[i].cost()
	}
	return n
}

// body is what can be shown of a message: its readable segments, in the order of
// its parts, and its images apart.
type body struct {
	segs  []segment
	media []quire.Part
}

// collect adds parts. Texts are those of [quire.PlainText]; nested results, blobs
// and what an older program does not know become text.
func (b *body) collect(parts []quire.Part, nesting int) {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.text(p.Text)
		case quire.Blob:
			b.blob(p)
		case quire.Image:
			if len(p.Data) == 0 && p.URL == "" {
				b.note("(an image without content)")
				continue
			}
			b.media = append(b.media, p)
		case quire.ToolResult:
			if nesting >= codec.MaxNesting {
				b.note("(a result too deep inside results)")
				continue
			}
			b.collect(p.Parts, nesting+1)
		case quire.ToolCall:
			b.text(p.Name + " " + p.Args)
		case quire.Ref:
			b.note("(shows " + p.UID.String() + "; context_pull " + p.UID.String() + ")")
		case quire.Opaque:
			b.note(fmt.Sprintf("(a part of kind %s, %d bytes, that can't be shown)", word(p.Kind), len(p.Raw)))
		}
	}
}

func (b *body) text(s string) {
	if s != "" {
		b.segs = append(b.segs, segment{text: jsontext.Clean(s)})
	}
}

func (b *body) note(s string) { b.segs = append(b.segs, segment{text: s, note: true}) }

func (b *body) blob(p quire.Blob) { b.segs = append(b.segs, blobSegments(p)...) }

// maxBlob is the largest size that is believed of a blob; it keeps sums of them
// from overflowing.
const maxBlob = 1 << 48

// blobSegments is head, gap and tail; one text when nothing is missing.
func blobSegments(p quire.Blob) []segment {
	head, tail := jsontext.Clean(p.Head), jsontext.Clean(p.Tail)
	left := min(p.Size, maxBlob) - int64(len(p.Head)) - int64(len(p.Tail))
	if left <= 0 {
		return []segment{{text: head + tail}}
	}
	return []segment{{text: head}, {left: left, joined: true}, {text: tail, joined: true}}
}

// maxGap is at least the bytes of a gap with its line breaks, whatever its
// numbers.
const maxGap = 128

// omission makes the lines in place of content that is not shown.
type omission struct {
	uid     quire.UID // of the message
	waiting bool      // it was not answered yet
}

func (g *omission) line(left int64) string {
	out := " bytes left out"
	if g.uid == 0 { // there is no way to it
		return "[… " + strconv.FormatInt(left, 10) + out + " …]"
	}
	if g.waiting {
		out += " before it was answered"
	}
	return "[… " + strconv.FormatInt(left, 10) + out + "; context_pull " + g.uid.String() + " shows any range …]"
}

// write writes segments, each from the start of a line. foreign text is escaped;
// a model's own is not.
func write(b *strings.Builder, segs []segment, g omission, foreign bool) {
	from := b.Len()
	for _, s := range segs {
		if s.left == 0 && s.text == "" {
			continue
		}
		if b.Len() > from {
			endLine(b)
		}
		switch {
		case s.left > 0:
			b.WriteString(g.line(s.left))
		case foreign:
			writeEscaped(b, s.text)
		default:
			b.WriteString(s.text)
		}
	}
}

// endLine ends the last line, if it is not yet.
func endLine(b *strings.Builder) {
	if s := b.String(); s != "" && s[len(s)-1] != '\n' {
		b.WriteByte('\n')
	}
}
