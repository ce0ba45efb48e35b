package sqldriver

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// What a message says is kept under a seal since format 6: a zero byte, and a checksum
// of what it belongs to and of the bytes behind it. A disk that changes a letter of a
// text leaves it valid JSON; the seal says that it is another one. What was written
// before has none: it is JSON, which never begins with a zero byte.
const sealBytes = 5

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(of string, data []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(of), castagnoli), castagnoli, data)
}

// sealed is data under a seal; no data has none.
func sealed(of string, data []byte) []byte {
	if data == nil {
		return nil
	}
	b := make([]byte, sealBytes, sealBytes+len(data))
	binary.BigEndian.PutUint32(b[1:], checksum(of, data))
	return append(b, data...)
}

// unsealed takes the seal off, and checks it if there is one.
func unsealed(of string, b []byte) ([]byte, error) {
	if len(b) == 0 || b[0] != 0 {
		return b, nil
	}
	if len(b) < sealBytes || binary.BigEndian.Uint32(b[1:]) != checksum(of, b[sealBytes:]) {
		return nil, errSeal
	}
	return b[sealBytes:], nil
}

// ofHead is what the seal of a message's head covers besides: all that a row shows.
func ofHead(s *driver.Message) string {
	return string(s.ID) + "\n" + string(s.From) + "\n" + s.Snippet
}

// What a message says is kept shrunk since SQLite's format 10 and PostgreSQL's format 9, if
// that makes it smaller: a byte that says so, the seal's checksum, how long it is, and what
// it was shrunk to. A head is kept so with the snippet behind it, and the length of both;
// what stands before it is the message's id, and before its parts all of these.
const sealShrunk = 1

// kept is how a message's head, snippet and parts are kept.
func (w *Writer) kept(m *driver.Message) (head []byte, snippet string, parts []byte) {
	id := string(m.ID)
	if head = shrunk(ofHead(m), m.Head, &m.Snippet, id); head == nil {
		snippet = m.Snippet
	}
	parts = shrunk(id, m.Parts, nil, id, string(m.Head), m.Snippet)
	if head == nil {
		if head = m.Head; w.Reader.Sealed {
			head = sealed(ofHead(m), m.Head)
		}
	}
	if parts == nil {
		if parts = m.Parts; w.Reader.Sealed {
			parts = sealed(id, m.Parts)
		}
	}
	return head, snippet, parts
}

// shrunk is how data is kept under the checksum of what it belongs to and itself, with a
// text behind it. It is nil if it would not be smaller.
func shrunk(of string, data []byte, with *string, before ...string) []byte {
	if data == nil {
		return nil
	}
	b := make([]byte, sealBytes, sealBytes+8+len(data)/2)
	b[0] = sealShrunk
	binary.BigEndian.PutUint32(b[1:], checksum(of, data))
	b = binary.AppendUvarint(b, uint64(len(data)))
	if with != nil {
		b = binary.AppendUvarint(b, uint64(len(*with)))
		data = append(data[:len(data):len(data)], *with...)
	}
	if b, ok := messages.shrink(b, data, len(data)-len(b), before...); ok {
		return b
	}
	return nil
}

// headLength is how long a head is, by how it begins and how many bytes are kept of it.
func (r *Reader) headLength(begin []byte, kept int64) int64 {
	if len(begin) > 0 && begin[0] == sealShrunk {
		n, _ := binary.Uvarint(begin[min(sealBytes, len(begin)):])
		return int64(min(n, maxShrunk))
	}
	if r.Sealed {
		kept = max(kept-sealBytes, 0)
	}
	return kept
}

// headBegin is how much of a head headLength has to know.
const headBegin = "8"

// unseal takes the seals off a message that was read, as it was kept.
func unseal(s *driver.Message) (err error) {
	if s.Head, s.Snippet, err = openHead(s); err == nil {
		s.Parts, err = openParts(s)
	}
	if err != nil {
		return fmt.Errorf("message %.80s: %w", s.ID, err)
	}
	return nil
}

var errShrunk = fmt.Errorf("%w: what is shrunk can't be read", mailbox.ErrCorrupt)

func openHead(s *driver.Message) (head []byte, snippet string, err error) {
	b := s.Head
	if len(b) == 0 || b[0] != sealShrunk {
		head, err = unsealed(ofHead(s), b)
		return head, s.Snippet, err
	}
	b = b[min(sealBytes, len(b)):]
	size, n := binary.Uvarint(b)
	with, k := binary.Uvarint(b[max(n, 0):])
	if n <= 0 || k <= 0 || size > maxShrunk || with > maxShrunk {
		return nil, "", errShrunk
	}
	data := messages.grow(b[n+k:], int(size+with), string(s.ID))
	if data == nil {
		return nil, "", errShrunk
	}
	s.Snippet = string(data[size:])
	head = data[:size:size]
	return head, s.Snippet, checked(ofHead(s), s.Head, head)
}

func openParts(s *driver.Message) ([]byte, error) {
	b := s.Parts
	if len(b) == 0 || b[0] != sealShrunk {
		return unsealed(string(s.ID), b)
	}
	b = b[min(sealBytes, len(b)):]
	size, n := binary.Uvarint(b)
	if n <= 0 || size > maxShrunk {
		return nil, errShrunk
	}
	data := messages.grow(b[n:], int(size), string(s.ID), string(s.Head), s.Snippet)
	if data == nil {
		return nil, errShrunk
	}
	return data, checked(string(s.ID), s.Parts, data)
}

// checked compares data with the checksum of what it was kept as.
func checked(of string, kept, data []byte) error {
	if binary.BigEndian.Uint32(kept[1:]) != checksum(of, data) {
		return errSeal
	}
	return nil
}

var errSeal = fmt.Errorf("%w: its checksum is not that of what stands there", mailbox.ErrCorrupt)

// openChunk takes the seal off the n-th chunk of content of a size. Content may begin
// with anything: that there is a seal is seen by the chunk's length.
func openChunk(d quire.Digest, n int, size int64, b []byte) ([]byte, error) {
	whole := min(size-int64(n)*ChunkSize, ChunkSize)
	if int64(len(b)) != whole+sealBytes {
		return b, nil // of before, or of a wrong length, which is noticed
	}
	data, err := unsealed(ofChunk(d, n), b)
	if err == nil && len(data) == len(b) {
		err = fmt.Errorf("%w: its seal is gone", mailbox.ErrCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("content %s: %w", d.Short(), err)
	}
	return data, nil
}

func ofChunk(d quire.Digest, n int) string { return fmt.Sprintf("%s %d", d, n) }
