package wire

import (
	"encoding/json"
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
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size != 1 {
				i += size
				continue
			}
			b = append(b, s[start:i]...)
			b = append(b, "\uFFFD"...)
			i++
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		b = appendControl(b, c)
		i++
		start = i
	}
	return append(b, s[start:]...)
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
