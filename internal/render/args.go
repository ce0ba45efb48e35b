package render

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// minArgs is the least that a call's arguments are cut to, in bytes: room for a
// gap as a member of an object.
const minArgs = 128

// maxArgsDepth is how deep inside arguments something is cut to a piece of
// itself; what is deeper is left out as a whole.
const maxArgsDepth = 8

// shortArgs shortens a call's arguments to at most max(keep, minArgs) bytes. JSON
// stays JSON of the same type: long strings are cut inside, members and elements
// that don't fit are left out with a word on it, and what stays keeps its order
// and its bytes. What is no JSON is cut as text. keep 0 or less is all.
func shortArgs(args string, uid quire.UID, keep int) string {
	args = jsontext.Clean(args)
	if keep <= 0 || len(args) <= max(keep, minArgs) {
		return args
	}
	keep = max(keep, minArgs)
	if !json.Valid([]byte(args)) {
		return written([]segment{{text: args}}, uid, max(keep-maxGap, 1))
	}
	s := argsShortener{uid: uid}
	s.value(strings.Trim(args, jsonSpace), keep, 0)
	return s.b.String()
}

const jsonSpace = " \t\r\n"

type argsShortener struct {
	b   strings.Builder
	uid quire.UID
}

// value writes the JSON value v in at most room bytes, of which there are
// minArgs at least if v is longer.
func (s *argsShortener) value(v string, room, depth int) {
	switch {
	case len(v) <= room:
		s.b.WriteString(v)
	case v[0] == '"':
		s.text(v[1:len(v)-1], room)
	case v[0] == '{' || v[0] == '[':
		s.nested(v, room, depth)
	default: // a number: whole or not at all
		s.b.WriteString(`"` + s.gap(len(v)) + `"`)
	}
}

// gap never takes more than 81 bytes, and none that JSON would escape.
func (s *argsShortener) gap(left int) string {
	if s.uid == 0 {
		return (&omission{}).line(int64(left))
	}
	return "[… " + strconv.Itoa(left) + " bytes left out; context_pull " + s.uid.String() + " …]"
}

// text writes the inside of a string, cut at the ends of runes and of escapes.
func (s *argsShortener) text(v string, room int) {
	room -= len(s.gap(len(v))) + 2
	head, tail := room-room/3, len(v)-room/3
	from, to := 0, -1
	for i := 0; i < len(v) && to < 0; {
		n := jsonRune(v[i:])
		if i >= tail {
			to = i
		}
		if i += n; i <= head {
			from = i
		}
	}
	if to < 0 {
		to = len(v)
	}
	s.b.WriteString(`"` + v[:from] + s.gap(to-from) + v[to:] + `"`)
}

// jsonRune is the bytes of the first rune inside of a JSON string: a surrogate
// pair of escapes is one.
func jsonRune(v string) int {
	switch {
	case v[0] != '\\':
		_, n := utf8.DecodeRuneInString(v)
		return n
	case v[1] != 'u':
		return 2
	case len(v) >= 12 && (v[2] == 'd' || v[2] == 'D') && strings.ContainsRune("89aAbB", rune(v[3])) && v[6:8] == `\u`:
		return 12
	}
	return 6
}

// member is an element of an array, or of an object with its name as it stands.
type member struct{ name, value string }

// nested writes an object or an array.
func (s *argsShortener) nested(v string, room, depth int) {
	var all []member
	if depth < maxArgsDepth {
		all = members(v)
	}
	room -= 2 // brackets
	kept, lens, left := choose(all, v, room)
	if left > 0 {
		room -= minArgs - 32 // a gap with its name
		kept, lens, left = choose(all, v, room)
	}
	for _, m := range kept {
		room -= len(m.name) + 2
	}
	most := share(lens, max(room, 1))
	s.b.WriteByte(v[0])
	for i, m := range kept {
		if i > 0 {
			s.b.WriteByte(',')
		}
		if v[0] == '{' {
			s.b.WriteString(m.name + ":")
		}
		if most == 0 {
			s.b.WriteString(m.value)
		} else {
			s.value(m.value, max(most, minArgs), depth+1)
		}
	}
	if left > 0 {
		if len(kept) > 0 {
			s.b.WriteByte(',')
		}
		if v[0] == '{' {
			s.b.WriteString(`"…":`)
		}
		s.b.WriteString(`"` + s.gap(left) + `"`)
	}
	s.b.WriteByte(v[0] + 2) // ] is [ + 2, } is { + 2
}

// choose returns the members that fit at their smallest, the lengths of their
// values, and how many bytes the others have. Of an array it takes the first
// ones; of an object it passes over what is too large.
func choose(all []member, v string, room int) (kept []member, lens []int, left int) {
	least := 0
	left = len(v) - 2
	for _, m := range all {
		n := len(m.name) + 2 + min(len(m.value), minArgs)
		if least+n > room {
			if v[0] == '[' {
				break
			}
			continue
		}
		least += n
		left -= len(m.name) + 2 + len(m.value)
		kept, lens = append(kept, m), append(lens, len(m.value))
	}
	if len(kept) == len(all) && len(all) > 0 {
		left = 0
	}
	return kept, lens, max(left, 0)
}

// members splits an object or array that is known to be valid. What it returns
// is part of v.
func members(v string) []member {
	var all []member
	for i := skipSpace(v, 1); i < len(v)-1; i = skipSpace(v, i) {
		var m member
		if v[0] == '{' {
			from := i
			i = skipString(v, i)
			m.name = v[from:i]
			i = skipSpace(v, i)
		}
		from := i
		i = skipValue(v, i)
		m.value = v[from:i]
		all = append(all, m)
	}
	return all
}

// skipSpace also passes over what stands between names and values.
func skipSpace(v string, i int) int {
	for i < len(v) && strings.IndexByte(jsonSpace+",:", v[i]) >= 0 {
		i++
	}
	return i
}

func skipString(v string, i int) int {
	for i++; v[i] != '"'; i++ {
		if v[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipValue(v string, i int) int {
	for depth := 0; ; {
		switch v[i] {
		case '"':
			i = skipString(v, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default: // a number or a word inside, or what stands between values
			for i < len(v) && strings.IndexByte(`"{}[],:`+jsonSpace, v[i]) < 0 {
				i++
			}
			if depth > 0 {
				i = skipSpace(v, i)
			}
		}
		if depth == 0 {
			return i
		}
	}
}
