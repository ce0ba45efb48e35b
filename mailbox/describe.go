package mailbox

import (
	"errors"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/rank"
)

// blobReader reads a range of content, and its size. What is not there is ErrNotFound.
type blobReader func(d quire.Digest, from, to int64) (part []byte, size int64, err error)

// What a blob shows of its content, in bytes, as [detach] has it.
const (
	blobHead = 2 << 10
	blobTail = 1 << 10
)

// describe describes the blobs that an author wrote himself by what they stand for:
// size, head and tail are computed, and not believed. Content that the reader has not
// is ErrInvalid: knowing a digest gives nobody the content.
func (d *accepted) describe(who quire.Address, limit int64, read blobReader) error {
	own := func(digest quire.Digest, from, to int64) ([]byte, int64, error) {
		for _, b := range d.Blobs {
			if b.Digest == digest {
				size := int64(len(b.Data))
				if to <= 0 || to > size {
					to = size
				}
				return []byte(b.Data[min(from, to):to]), size, nil
			}
		}
		return read(digest, from, to)
	}
	parts, err := described(d.draft.Parts, who, own)
	if err != nil {
		return err
	}
	if err := d.content(parts, nil); err != nil {
		return err
	}
	if d.Bytes > limit {
		return bodyError(d.Bytes, limit)
	}
	sent := d.draft
	sent.Parts = parts
	digest := codec.DraftDigest(&sent)
	if d.Signature != nil && digest != d.Digest {
		return invalid("it is signed, and says of content that it refers to what is not so: send the part as it was read")
	}
	d.Digest = digest
	return nil
}

// authored says whether parts hold a Blob: stores make them of texts, so that one in a
// draft is its author's own.
func authored(parts []quire.Part) bool { return len(blobsOf(parts, nil)) > 0 }

// described is parts with each blob described by its content.
func described(parts []quire.Part, who quire.Address, read blobReader) ([]quire.Part, error) {
	list := make([]quire.Part, len(parts))
	for i, p := range parts {
		var err error
		switch p := p.(type) {
		case quire.Blob:
			list[i], err = describedBlob(p, who, read)
		case quire.ToolResult:
			p.Parts, err = described(p.Parts, who, read)
			list[i] = p
		default:
			list[i] = p
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

func describedBlob(b quire.Blob, who quire.Address, read blobReader) (quire.Blob, error) {
	head, size, err := read(b.Digest, 0, blobHead+utf8.UTFMax)
	var tail []byte
	if err == nil {
		tail, _, err = read(b.Digest, max(0, size-blobTail), 0)
	}
	if errors.Is(err, ErrNotFound) {
		return b, invalid("it refers to the content %s, which no message of %s has: send the text itself", b.Digest.Short(), who)
	}
	if err != nil {
		return b, err
	}
	b.Size, b.Head, b.Tail = size, jsontext.Clean(rank.Cut(string(head), blobHead)), jsontext.Clean(tailFrom(string(tail), size > blobTail))
	return b, nil
}

// tailFrom is s from its first rune on, when s was cut out of the middle.
func tailFrom(s string, cut bool) string {
	for cut && s != "" && s[0]&0xc0 == 0x80 {
		s = s[1:]
	}
	return s
}

// bodyError says that a body is too large.
func bodyError(size, limit int64) error {
	return &sizeError{field: "body", size: size, limit: limit, unit: bytesUnit, hint: "send it in several messages, or as a file that the message names"}
}
