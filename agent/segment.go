package agent

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
)

// segment is one readable piece of a message.
type segment struct {
	text string
	blob *quire.Blob
}

func (s segment) size() int64 {
	if s.blob != nil {
		return s.blob.Size
	}
	return int64(len(s.text))
}

func isBlob(p quire.Part) bool {
	switch p := p.(type) {
	case quire.Blob:
		return true
	case quire.ToolResult:
		return slices.ContainsFunc(p.Parts, isBlob)
	}
	return false
}

// segments lists the readable pieces, in order; a newline stands between two.
func segments(parts []quire.Part) []segment {
	var out []segment
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			out = append(out, segment{text: p.Text})
		case quire.Blob:
			out = append(out, segment{blob: &p})
		case quire.ToolResult:
			out = append(out, segments(p.Parts)...)
		}
	}
	return out
}

// cutOut copies bytes [from, to) of a message that holds stored blobs: a
// reference can't show what is not inside its message, so they stand beside it.
func (d *desk) cutOut(it *quire.Item, from, to int64) ([]quire.Part, error) {
	var b strings.Builder
	at := int64(0)
	for _, s := range segments(it.Parts) {
		lo, hi := max(from-at, 0), min(to-at, s.size())
		if lo < hi {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			if s.blob == nil {
				b.WriteString(s.text[lo:hi])
			} else {
				chunk, err := d.a.mail.Content(d.ctx, d.a.o.Address, s.blob.Digest, lo, hi)
				if err != nil {
					d.err = err
					return nil, err
				}
				b.Write(chunk)
			}
		}
		at += s.size() + 1
	}
	return []quire.Part{quire.Ref{Message: it.ID, UID: it.UID, Part: quire.PartBeside, From: from, To: to, Digest: codec.PartsDigest(it.Parts)},
		quire.Text{Text: strings.ToValidUTF8(b.String(), "")}}, nil
}
