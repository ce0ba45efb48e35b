package jsontext

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string, quotes included, escaped as RFC 8785
// (section 3.2.2.2) has it: only what must be. Each byte that is not part of
// valid UTF-8 becomes U+FFFD.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[start:i]...)
			b = append(b, "\uFFFD"...)
			start = i + 1
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\t':
		return append(b, `\t`...)
	case '\n':
		return append(b, `\n`...)
	case '\f':
		return append(b, `\f`...)
	case '\r':
		return append(b, `\r`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// Object appends one JSON object to B, its members in the order of the calls.
// Call End once, after the last of them.
type Object struct {
	B       []byte
	started bool
}

// Name begins a member; its value is appended to B by the caller.
func (o *Object) Name(name string) {
	if o.started {
		o.B = append(o.B, ',')
	} else {
		o.B = append(o.B, '{')
		o.started = true
	}
	o.B = AppendString(o.B, name)
	o.B = append(o.B, ':')
}

// String adds a string.
func (o *Object) String(name, v string) {
	o.Name(name)
	o.B = AppendString(o.B, v)
}

// Opt adds a string unless it is empty.
func (o *Object) Opt(name, v string) {
	if v != "" {
		o.String(name, v)
	}
}

// Int adds a number unless it is 0.
func (o *Object) Int(name string, v int64) {
	if v != 0 {
		o.Name(name)
		o.B = strconv.AppendInt(o.B, v, 10)
	}
}

// Uint adds a number unless it is 0.
func (o *Object) Uint(name string, v uint64) {
	if v != 0 {
		o.Name(name)
		o.B = strconv.AppendUint(o.B, v, 10)
	}
}

// True adds true, or nothing.
func (o *Object) True(name string, v bool) {
	if v {
		o.Name(name)
		o.B = append(o.B, "true"...)
	}
}

// Bytes adds a string in base 64 unless v is empty.
func (o *Object) Bytes(name string, v []byte) {
	if len(v) > 0 {
		o.Name(name)
		o.B = append(o.B, '"')
		o.B = base64.StdEncoding.AppendEncode(o.B, v)
		o.B = append(o.B, '"')
	}
}

// Raw adds JSON as it stands.
func (o *Object) Raw(name string, v []byte) {
	o.Name(name)
	o.B = append(o.B, v...)
}

// End closes the object and returns B.
func (o *Object) End() []byte {
	if !o.started {
		o.B = append(o.B, '{')
	}
	o.B = append(o.B, '}')
	return o.B
}
