package transcript

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
)

// deriveID makes the id of the nth message of a session: a UUID of version 7
// whose time is the recorded one (or n milliseconds, when there is none), and
// whose random bits are a digest of the session, the place and the content.
func deriveID(seed string, n int, at time.Time, from quire.Address, d *quire.Draft) quire.MessageID {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %q %q ", seed, n, from, d.Kind)
	digest := codec.PartsDigest(d.Parts)
	h.Write(digest[:])
	ms := int64(n)
	if !at.IsZero() && at.UnixMilli() > 0 {
		ms = at.UnixMilli()
	}
	return uuid7(ms, h.Sum(nil))
}

// holds is a digest of what a message holds and who wrote it, without what a
// model thought: programs leave that out when they send a message again.
func holds(e *entry) quire.Digest {
	kept := make([]quire.Part, 0, len(e.parts))
	for _, p := range e.parts {
		if _, thought := p.(quire.Reasoning); !thought {
			kept = append(kept, p)
		}
	}
	d := codec.PartsDigest(kept)
	return quire.DigestOf(append(d[:], e.role...))
}

// mailID maps the Message-ID of a mail to a message id: the same for every
// mention of it, in whatever file.
func mailID(id string) quire.MessageID {
	sum := sha256.Sum256([]byte("mail " + id))
	return uuid7(0, sum[:])
}

// uuid7 formats a UUID of version 7 from a time in milliseconds and at least
// ten bytes of digest.
func uuid7(ms int64, sum []byte) quire.MessageID {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16)
	copy(u[6:], sum)
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u[:])
	return quire.MessageID(s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:])
}

// addressOf makes an address of a name that a record uses, or returns other
// when nothing is left of it.
func addressOf(name string, other quire.Address) quire.Address {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(name)) {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)), strings.ContainsRune("._@/", r):
			b.WriteRune(r)
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 64 {
			break
		}
	}
	a := quire.Address(strings.Trim(b.String(), "-"))
	if a.Valid() != nil {
		return other
	}
	return a
}
