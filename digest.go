package quire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256. The zero value means none.
type Digest [sha256.Size]byte

// String returns the digest in lower-case hexadecimal, or "" for none.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// Short returns the first 12 hexadecimal digits, for people.
func (d Digest) Short() string {
	s := d.String()
	return s[:min(12, len(s))]
}

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(b []byte) error {
	*d = Digest{}
	if len(b) == 0 {
		return nil
	}
	if len(b) != 2*sha256.Size {
		return fmt.Errorf("quire: digest of %d characters: want %d", len(b), 2*sha256.Size)
	}
	if _, err := hex.Decode(d[:], b); err != nil {
		*d = Digest{}
		return fmt.Errorf("quire: digest: %w", err)
	}
	return nil
}

// DigestOf returns the digest of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }
