package wire

import (
	"bytes"
)

// mended returns JSON with every half of a surrogate pair that is escaped in it
// replaced by U+FFFD. Half a pair is valid JSON and no text: servers refuse the whole
// request for it. JSON without one is returned as it is.
func mended(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u`)) {
		return raw
	}
	out := raw
	for i := 0; i+1 < len(raw); {
		if raw[i] != '\\' {
			i++
			continue
		}
		r := escape(raw[i:])
		switch {
		case r < 0xD800 || r > 0xDFFF:
			i += 2 // the backslash and what it escapes; digits follow harmlessly
			continue
		case r < 0xDC00 && isLow(escape(raw[i+6:])):
			i += 12
			continue
		}
		if &out[0] == &raw[0] {
			out = bytes.Clone(raw)
		}
		copy(out[i:], `\ufffd`)
		i += 6
	}
	return out
}

// escape returns what \uXXXX at the beginning of b stands for, or -1.
func escape(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		d := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if d < 0 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

func isLow(r rune) bool { return 0xDC00 <= r && r <= 0xDFFF }
