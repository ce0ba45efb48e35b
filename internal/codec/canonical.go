package codec

import "github.com/quire-dev/quire/internal/jsontext"

// CanonicalJSON returns the one spelling of the JSON value v: names sorted by
// their UTF-16 code units, no white space, strings escaped only where they must
// be. It is RFC 8785 but for numbers, which stay as they are written: rounding
// them to what a double can hold would make different big integers equal. So 1
// and 1.0 stay different.
//
// It fails with a *[DecodeError] on what has no single meaning: malformed JSON,
// a name that stands twice in an object, invalid UTF-8, half of a surrogate
// pair; and on more than [MaxDepth] arrays and objects inside each other.
func CanonicalJSON(v []byte) ([]byte, error) {
	s := &jsontext.Scanner{Text: v, MaxDepth: MaxDepth}
	b, err := s.AppendCanonical(make([]byte, 0, len(v)))
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return nil, decodeError("canonical JSON", err)
	}
	return b, nil
}
