package record

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// redactText applies the user's function, if there is one.
func (r *Recording) redactText(b []byte) []byte {
	if r.opts.Redact == nil || len(b) == 0 {
		return b
	}
	return r.opts.Redact(bytes.Clone(b))
}

// redactJSON goes over the strings of a JSON text, but for names of members. What
// it does not change keeps its bytes.
func (r *Recording) redactJSON(b []byte) ([]byte, error) {
	if r.opts.Redact == nil {
		return b, nil
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		start := bytes.IndexByte(b, '"')
		if start < 0 {
			break
		}
		end := start + stringEnd(b[start:])
		out = append(out, b[:start]...)
		raw := b[start:end]
		b = b[end:]
		text, ok := jsontext.Unquote(raw)
		if !ok || isName(b) {
			out = append(out, raw...)
			continue
		}
		if clean := string(r.redactText([]byte(text))); clean != text {
			out = jsontext.AppendString(out, clean)
		} else {
			out = append(out, raw...)
		}
	}
	out = append(out, b...)
	if !json.Valid(out) {
		return nil, errors.New("redacting made a line that is no JSON")
	}
	return out, nil
}

// stringEnd returns the length of the JSON string that b begins with.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// isName says whether the string before b was the name of a member.
func isName(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && b[0] == ':'
}

// redactPieces redacts what the pieces add up to, since a secret may stand across
// two of them, and cuts the result where the pieces were cut, as far as that is
// still to be told: all that changed is in one piece. There are as many pieces as
// before; some may be empty.
func (r *Recording) redactPieces(pieces [][]byte) [][]byte {
	whole := bytes.Join(pieces, nil)
	clean := r.redactText(whole)
	if bytes.Equal(whole, clean) {
		return pieces
	}
	same := commonPrefix(whole, clean)
	tail := commonSuffix(whole[same:], clean[same:])
	out := make([][]byte, len(pieces))
	from, at := 0, 0
	for i, p := range pieces {
		at += len(p)
		to := at
		switch {
		case at == len(whole):
			to = len(clean)
		case at > same && at >= len(whole)-tail:
			to = at + len(clean) - len(whole)
		case at > same:
			to = same
		}
		out[i] = clean[from:to]
		from = to
	}
	return out
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}

// redactDeltas redacts the texts and the reasoning of a stream, each as a whole.
func (r *Recording) redactDeltas(deltas []quire.Delta) []quire.Delta {
	if r.opts.Redact == nil {
		return deltas
	}
	texts := make([][]byte, len(deltas))
	thoughts := make([][]byte, len(deltas))
	for i, d := range deltas {
		texts[i], thoughts[i] = []byte(d.Text), []byte(d.Reasoning)
	}
	texts, thoughts = r.redactPieces(texts), r.redactPieces(thoughts)
	out := make([]quire.Delta, len(deltas))
	for i, d := range deltas {
		d.Text, d.Reasoning = string(texts[i]), string(thoughts[i])
		out[i] = d
	}
	return out
}
