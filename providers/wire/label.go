package wire

import "encoding/json"

// label is a word that a reply has beside what it says: an id, a model's name, the reason
// why it ended. What is none must never cost the answer: a number is its digits, and
// anything else counts as not said.
type label string

// UnmarshalJSON implements [json.Unmarshaler]. It never fails.
func (l *label) UnmarshalJSON(raw []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(raw, &s) == nil:
		*l = label(s)
	case json.Unmarshal(raw, &n) == nil:
		*l = label(n)
	}
	return nil
}
