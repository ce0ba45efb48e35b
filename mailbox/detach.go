package mailbox

import (
	"strings"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox/driver"
)

// maxInline is the largest text, in bytes, that stays inside its message; what
// is larger is stored as a [quire.Blob] in chunks.
const maxInline = 64 << 10

// detach moves texts of more than maxInline bytes, also those in tool results,
// out of parts: in their place stand Blobs, and what they stand for comes in the
// order of first use, each content once. It changes nothing of what it is given;
// when there is nothing to move, inline is parts itself. Content is cleaned as by
// [jsontext.Clean], since that is how it would have been written inline, and measured so.
func detach(parts []quire.Part) (inline []quire.Part, blobs []driver.BlobContent) {
	inline = detachInto(&blobs, parts)
	return inline, blobs
}

func detachInto(blobs *[]driver.BlobContent, parts []quire.Part) []quire.Part {
	inline, copied := parts, false
	set := func(i int, p quire.Part) {
		if !copied {
			inline, copied = append([]quire.Part(nil), parts...), true
		}
		inline[i] = p
	}
	for i, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			if text := jsontext.Clean(p.Text); len(text) > maxInline {
				set(i, detachText(text, blobs))
			}
		case quire.ToolResult:
			if inner := detachInto(blobs, p.Parts); changed(p.Parts, inner) {
				p.Parts = inner
				set(i, p)
			}
		}
	}
	return inline
}

// changed says whether detachInto made a copy of a.
func changed(a, b []quire.Part) bool { return len(a) > 0 && &a[0] != &b[0] }

func detachText(text string, blobs *[]driver.BlobContent) quire.Blob {
	b := quire.Blob{
		Digest:    quire.DigestOf([]byte(text)),
		Size:      int64(len(text)),
		MediaType: "text/plain; charset=utf-8",
		Head:      headOf(text, blobHead),
		Tail:      tailOf(text, blobTail),
	}
	for _, c := range *blobs {
		if c.Digest == b.Digest {
			return b
		}
	}
	*blobs = append(*blobs, driver.BlobContent{Digest: b.Digest, Data: text})
	return b
}

// headOf returns the longest beginning of s of at most n bytes that ends at a
// rune's end, as a copy that does not hold on to s.
func headOf(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

// tailOf returns the longest end of s of at most n bytes that starts at a
// rune's start, as a copy that does not hold on to s.
func tailOf(s string, n int) string {
	i := len(s) - n
	if i <= 0 {
		return s
	}
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return strings.Clone(s[i:])
}
