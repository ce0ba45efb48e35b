package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Unquote decodes a JSON string that a [Scanner] has checked, quotes included.
// It is not ok when raw is no string, or holds half of a surrogate pair, which
// no Go string can carry.
func Unquote(raw []byte) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	body := raw[1 : len(raw)-1]
	i := bytes.IndexByte(body, '\\')
	if i < 0 {
		return string(body), true
	}
	b := make([]byte, 0, len(body))
	for i >= 0 {
		b = append(b, body[:i]...)
		r, size := escaped(body[i:])
		if size == 0 {
			return "", false
		}
		b = utf8.AppendRune(b, r)
		body = body[i+size:]
		i = bytes.IndexByte(body, '\\')
	}
	return string(append(b, body...)), true
}

// escaped decodes the escape sequence that b begins with, a whole surrogate
// pair at once. Size 0 means half of one.
func escaped(b []byte) (r rune, size int) {
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(b[1]), 2
	}
	r, _ = hex4(b[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
		return 0, 0
	}
	low, _ := hex4(b[8:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads the four hexadecimal digits that b begins with.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
