package wire

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

// object writes one JSON object with its fields in the order of the calls. The
// zero value is an empty object.
type object struct{ b []byte }

// smallObject is what most objects take besides their texts, in bytes.
const smallObject = 64

func (o *object) key(k string) {
	if len(o.b) == 0 {
		o.b = append(slices.Grow(o.b, smallObject), '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = appendString(o.b, k)
	o.b = append(o.b, ':')
}

func (o *object) str(k, v string) *object {
	o.key(k)
	o.b = appendString(o.b, v)
	return o
}

// opt writes the field only when v is not empty.
func (o *object) opt(k, v string) *object {
	if v != "" {
		o.str(k, v)
	}
	return o
}

// raw embeds JSON as it is.
func (o *object) raw(k string, v []byte) *object {
	o.key(k)
	o.b = append(o.b, v...)
	return o
}

func (o *object) num(k string, v int) *object {
	o.key(k)
	o.b = strconv.AppendInt(o.b, int64(v), 10)
	return o
}

func (o *object) yes(k string) *object { return o.truth(k, true) }

func (o *object) truth(k string, v bool) *object {
	o.key(k)
	o.b = strconv.AppendBool(o.b, v)
	return o
}

// done closes the object and returns its bytes.
func (o *object) done() []byte {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	}
	return append(o.b, '}')
}

// quoted returns s as a JSON string.
func quoted(s string) []byte { return appendString(nil, s) }

func appendString(b []byte, s string) []byte {
	b = append(slices.Grow(b, escapedRoom(s)), '"')
	b = appendEscaped(b, s)
	return append(b, '"')
}

// escapedRoom is how many bytes a string likely takes with its quotes: most have few that
// are escaped.
func escapedRoom(s string) int { return len(s) + len(s)/32 + 4 }

const hexDigits = "0123456789abcdef"

// appendEscaped appends s as it stands inside a JSON string. Bytes that are not
// UTF-8 become U+FFFD, one each. Nothing is escaped that need not be, so that
// prompts stay readable in dumps.
func appendEscaped(b []byte, s string) []byte {
	for {
		i := firstEscaped(s, eachHigh)
		b = append(b, s[:i]...)
		switch {
		case i == len(s):
			return b
		case s[i] >= utf8.RuneSelf:
			return appendUnicode(b, s[i:])
		}
		b = appendControl(b, s[i])
		s = s[i+1:]
	}
}

// appendUnicode is appendEscaped of what is not all ASCII.
func appendUnicode(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		return appendGarbled(b, s)
	}
	for {
		i := firstEscaped(s, 0)
		b = append(b, s[:i]...)
		if i == len(s) {
			return b
		}
		b = appendControl(b, s[i])
		s = s[i+1:]
	}
}

// Every byte of a word is 1, or 128.
const (
	eachByte = 0x0101010101010101
	eachHigh = 0x8080808080808080
)

// firstEscaped is where the first byte stands that a JSON string can't hold as it is, or
// the length of s. It looks at eight bytes at a time: below, a byte's high bit is set when
// it is less than a space, or zero after the quote or the backslash was taken from it
// (Warren, Hacker's Delight, 6-1). The lowest such bit is always right. With odd being
// eachHigh, and not 0, it is where the first byte stands that is not ASCII, if that is before.
func firstEscaped(s string, odd uint64) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64([]byte(s[i : i+8]))
		quote, back := w^('"'*eachByte), w^('\\'*eachByte)
		found := ((w-' '*eachByte)&^w | (quote-eachByte)&^quote | (back-eachByte)&^back | w&odd) & eachHigh
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || uint64(c)&odd > 0 {
			return i
		}
	}
	return i
}

// appendGarbled is appendEscaped of what is not all UTF-8.
func appendGarbled(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				b = appendControl(b, c)
			} else {
				b = append(b, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return b
}

func appendControl(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// isObject says whether s is one JSON object and valid UTF-8, so that it can be
// embedded in a request as it is.
func isObject[T string | []byte](s T) bool {
	b := []byte(s)
	for _, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '{':
			return json.Valid(b) && utf8.Valid(b)
		}
		return false
	}
	return false
}
