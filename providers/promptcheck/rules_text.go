package promptcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// checkCharacters looks for halves of surrogate pairs, which JSON can hold and text
// can't. In the arguments of calls, where JSON stands in a string, they count too.
func checkCharacters(r *request) []finding {
	var out []finding
	for name, raw := range r.top {
		if at := halfPair(raw); at >= 0 {
			out = append(out, finding{name, "half of a surrogate pair at byte " + strconv.Itoa(at)})
		}
	}
	r.blocks(func(_ *message, b *block) {
		var args string
		if b.kind != call || json.Unmarshal(b.raw, &args) != nil {
			return
		}
		if at := halfPair([]byte(args)); at >= 0 && json.Valid([]byte(args)) {
			out = append(out, finding{b.path, fmt.Sprintf("half of a surrogate pair at byte %d of the arguments", at)})
		}
	})
	slices.SortFunc(out, func(a, b finding) int { return bytes.Compare([]byte(a.path), []byte(b.path)) })
	return out
}

// halfPair returns where the first half of a pair stands that has no other half, or -1.
func halfPair(b []byte) int {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if i+6 > len(b) || b[i+1] != 'u' {
			i++
			continue
		}
		r, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
		switch {
		case err != nil || r < 0xD800 || r > 0xDFFF:
			i += 5
		case r >= 0xDC00 || i+12 > len(b) || string(b[i+6:i+8]) != `\u`:
			return i
		default:
			low, err := strconv.ParseUint(string(b[i+8:i+12]), 16, 16)
			if err != nil || low < 0xDC00 || low > 0xDFFF {
				return i
			}
			i += 11
		}
	}
	return -1
}
