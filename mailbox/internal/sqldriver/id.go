package sqldriver

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// IDOf is how the id of a message is kept.
func (r *Reader) IDOf(id quire.MessageID) any {
	if r.Short {
		if b := uuid(string(id)); b != nil {
			return b
		}
	}
	return string(id)
}

// ScanID is where an id is scanned to.
func (r *Reader) ScanID(id *quire.MessageID) any {
	if r.Short {
		return shortID{id}
	}
	return id
}

// LongIDs is, in SQLite, a condition on a column of ids of formats before 10: that it has
// an id that IDOf keeps as 16 bytes.
func LongIDs(column string) string {
	d := strings.Repeat("[0-9a-f]", 4)
	return column + " GLOB '" + d + d + strings.Repeat("-"+d, 4) + d + d + "'"
}

// uuid is what a UUID as it is usually written stands for; nil when it is something else.
func uuid(s string) []byte {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil
	}
	b := make([]byte, 0, 16)
	for i := 0; i < 36; i += 2 {
		if s[i] == '-' {
			i++
		}
		high, low := digit(s[i]), digit(s[i+1])
		if high > 15 || low > 15 {
			return nil
		}
		b = append(b, high<<4|low)
	}
	return b
}

// digit is 255 for what is none, capital letters among it: they would not come back.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// shortID scans what IDOf made.
type shortID struct{ id *quire.MessageID }

// Scan implements [database/sql.Scanner].
func (s shortID) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*s.id = quire.MessageID(v)
		return nil
	case []byte:
		if len(v) == 16 {
			var b [36]byte
			hex.Encode(b[:8], v[:4])
			hex.Encode(b[9:13], v[4:6])
			hex.Encode(b[14:18], v[6:8])
			hex.Encode(b[19:23], v[8:10])
			hex.Encode(b[24:], v[10:])
			b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
			*s.id = quire.MessageID(b[:])
			return nil
		}
	}
	return fmt.Errorf("%w: an id is %T", mailbox.ErrCorrupt, v)
}
