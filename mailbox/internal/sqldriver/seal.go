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
		return nil, fmt.Errorf("%w: its checksum is not that of what stands there", mailbox.ErrCorrupt)
	}
	return b[sealBytes:], nil
}

// ofHead is what the seal of a message's head covers besides: all that a row shows.
func ofHead(s *driver.Message) string {
	return string(s.ID) + "\n" + string(s.From) + "\n" + s.Snippet
}

// unseal takes the seals off a message that was read.
func unseal(s *driver.Message) (err error) {
	if s.Head, err = unsealed(ofHead(s), s.Head); err == nil {
		s.Parts, err = unsealed(string(s.ID), s.Parts)
	}
	if err != nil {
		return fmt.Errorf("message %.80s: %w", s.ID, err)
	}
	return nil
}

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
