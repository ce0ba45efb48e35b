package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/quire-dev/quire/internal/jsontext"
)

// difference describes the first place where two bodies differ, as a path where
// both are JSON.
func difference(recorded, now []byte) string {
	if json.Valid(recorded) && json.Valid(now) {
		if d := diffValue("", recorded, now); d != "" {
			return d
		}
		at := commonPrefix(recorded, now)
		return fmt.Sprintf("byte %d: the same JSON, written otherwise: recorded %s, now %s", at, around(recorded, at), around(now, at))
	}
	at := commonPrefix(recorded, now)
	return fmt.Sprintf("byte %d: recorded %s, now %s", at, around(recorded, at), around(now, at))
}

// diffValue returns where and how two JSON values differ, or "".
func diffValue(path string, a, b json.RawMessage) string {
	a, b = bytes.TrimSpace(a), bytes.TrimSpace(b)
	switch {
	case bytes.Equal(a, b):
		return ""
	case a[0] != b[0] || a[0] != '{' && a[0] != '[' && a[0] != '"':
		return fmt.Sprintf("%s: recorded %s, now %s", orTop(path), begin(a), begin(b))
	case a[0] == '"':
		return diffString(path, a, b)
	}
	return diffList(path, members(path, a), members(path, b))
}

func orTop(path string) string {
	if path == "" {
		return "the top"
	}
	return path
}

// member is a member of an object, or an element of an array.
type member struct {
	path  string
	value json.RawMessage
}

// members lists what an object or array holds, in its order.
func members(path string, raw []byte) []member {
	d := json.NewDecoder(bytes.NewReader(raw))
	_, _ = d.Token() // valid: it was checked
	var out []member
	for d.More() {
		m := member{path: path + "[" + strconv.Itoa(len(out)) + "]"}
		if raw[0] == '{' {
			name, _ := d.Token()
			if m.path, _ = name.(string); path != "" {
				m.path = path + "." + m.path
			}
		}
		if d.Decode(&m.value) != nil {
			break
		}
		out = append(out, m)
	}
	return out
}

func diffList(path string, a, b []member) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("%s: not recorded, now %s", b[i].path, begin(b[i].value))
		case i >= len(b):
			return fmt.Sprintf("%s: recorded %s, now missing", a[i].path, begin(a[i].value))
		case a[i].path != b[i].path:
			return fmt.Sprintf("%s: recorded the member %s, now %s", orTop(path), a[i].path, b[i].path)
		}
		if d := diffValue(a[i].path, a[i].value, b[i].value); d != "" {
			return d
		}
	}
	return ""
}

// diffString shows where two texts part.
func diffString(path string, a, b []byte) string {
	s, okA := jsontext.Unquote(a)
	t, okB := jsontext.Unquote(b)
	if !okA || !okB {
		return fmt.Sprintf("%s: recorded %s, now %s", orTop(path), begin(a), begin(b))
	}
	if s == t {
		return ""
	}
	at := commonPrefix([]byte(s), []byte(t))
	for at > 0 && (at < len(s) && !utf8.RuneStart(s[at]) || at < len(t) && !utf8.RuneStart(t[at])) {
		at--
	}
	return fmt.Sprintf("%s, character %d: recorded %s, now %s",
		orTop(path), utf8.RuneCountInString(s[:at]), around([]byte(s), at), around([]byte(t), at))
}

// How much of a text is shown around a difference, in bytes.
const (
	showBefore = 20
	showAfter  = 50
)

// begin shows how a JSON value begins.
func begin(b []byte) string {
	if len(b) <= showAfter {
		return string(b)
	}
	to := showAfter
	for !utf8.RuneStart(b[to]) {
		to--
	}
	return string(b[:to]) + "…"
}

// around shows b at a place, quoted, with … where it goes on.
func around(b []byte, at int) string {
	from, to := max(0, at-showBefore), min(len(b), at+showAfter)
	for from > 0 && !utf8.RuneStart(b[from]) {
		from--
	}
	for to < len(b) && !utf8.RuneStart(b[to]) {
		to++
	}
	s := strconv.Quote(string(b[from:to]))
	if from > 0 {
		s = "…" + s
	}
	if to < len(b) {
		s += "…"
	}
	return s
}
