package quire

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxInline is the largest text, in bytes, that stays inside its message; what
// is larger is stored as a [Blob] in chunks.
const MaxInline = 64 << 10

// ChunkSize is the size of a blob's chunks in bytes; the last may be shorter.
const ChunkSize = 256 << 10

// What a blob shows of its text, in bytes: enough to tell what it is, and for
// the end of a log or of a stack trace. Both together are far below MaxInline.
const (
	blobHead = 2 << 10
	blobTail = 1 << 10
)

// BlobContent is the content that a [Blob] stands for.
type BlobContent struct {
	Digest Digest
	Data   string
}

// Detach moves texts of more than [MaxInline] bytes, also those in tool results,
// out of parts: in their place stand Blobs, and what they stand for comes in the
// order of first use, each content once. It changes nothing of what it is given;
// when there is nothing to move, inline is parts itself. Content is cleaned as by
// [Clean], since that is how it would have been written inline, and measured so.
func Detach(parts []Part) (inline []Part, blobs []BlobContent) {
	inline = detach(parts, &blobs)
	return inline, blobs
}

func detach(parts []Part, blobs *[]BlobContent) []Part {
	inline, copied := parts, false
	set := func(i int, p Part) {
		if !copied {
			inline, copied = append([]Part(nil), parts...), true
		}
		inline[i] = p
	}
	for i, p := range parts {
		switch p := p.(type) {
		case Text:
			if text := Clean(p.Text); len(text) > MaxInline {
				set(i, detachText(text, blobs))
			}
		case ToolResult:
			if inner := detach(p.Parts, blobs); changed(p.Parts, inner) {
				p.Parts = inner
				set(i, p)
			}
		}
	}
	return inline
}

// changed says whether detach made a copy of a.
func changed(a, b []Part) bool { return len(a) > 0 && &a[0] != &b[0] }

func detachText(text string, blobs *[]BlobContent) Blob {
	b := Blob{
		Digest:    DigestOf([]byte(text)),
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
	*blobs = append(*blobs, BlobContent{Digest: b.Digest, Data: text})
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

// SplitChunks cuts content into chunks of [ChunkSize] bytes, as stores keep it.
// The last one may be shorter; no content has no chunk. The chunks are part of
// content, not copies, and may be cut inside a rune.
func SplitChunks(content string) []string {
	if content == "" {
		return nil
	}
	chunks := make([]string, 0, (len(content)+ChunkSize-1)/ChunkSize)
	for len(content) > ChunkSize {
		chunks = append(chunks, content[:ChunkSize])
		content = content[ChunkSize:]
	}
	return append(chunks, content)
}

// JoinChunks puts content together again and checks it. What it returns has the
// digest d; if the chunks do not make it, the error is a *[CorruptError].
func JoinChunks(d Digest, chunks []string) (string, error) {
	content := strings.Join(chunks, "")
	if got := DigestOf([]byte(content)); got != d {
		return "", &CorruptError{Want: d, Got: got, Size: int64(len(content))}
	}
	return content, nil
}

// ChunkRange says which chunks hold the bytes [from, to) of content of the given
// size: those with the indexes [first, last), where the range begins skip bytes
// into the first. To 0 means the end of the content. A range that is out of
// bounds is cut to them; an empty one has first == last.
func ChunkRange(size, from, to int64) (first, last int, skip, length int64) {
	if to <= 0 || to > size {
		to = size
	}
	if from = max(from, 0); from >= to {
		return 0, 0, 0, 0
	}
	return int(from / ChunkSize), int((to + ChunkSize - 1) / ChunkSize), from % ChunkSize, to - from
}

// CorruptError says that stored content is not what its digest names.
type CorruptError struct {
	Want Digest
	Got  Digest
	Size int64 // bytes found
}

// Error puts it in one line.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("quire: content %s is corrupt: %d bytes with digest %s", e.Want.Short(), e.Size, e.Got.Short())
}
