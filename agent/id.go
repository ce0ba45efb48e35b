package agent

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
)

// messageID makes the id of a message that the loop writes: a UUID version 7
// whose random bits are a digest of what the message is for. The same step
// gives the same ids, so that committing it twice stores it once.
func messageID(now time.Time, seed ...string) quire.MessageID {
	var u [16]byte
	copy(u[6:], hashOf(seed...))
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u[:])
	return quire.MessageID(s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:])
}

// hashOf is a digest of a list of strings that no other list has.
func hashOf(list ...string) []byte {
	h := sha256.New()
	for _, s := range list {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}

// contentOf is a digest of drafts: a commit with other ones is another commit.
func contentOf(drafts []quire.Draft) string {
	var seed []string
	for i := range drafts {
		seed = append(seed, string(drafts[i].ID), codec.PartsDigest(drafts[i].Parts).String())
	}
	return hex.EncodeToString(hashOf(seed...)[:8])
}
