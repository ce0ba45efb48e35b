package jsontext

import (
	"slices"
)

// AppendCanonical reads one value and appends its canonical form: names sorted
// by their UTF-16 code units, no white space, strings escaped as AppendString
// does, numbers as they stand.
func (s *Scanner) AppendCanonical(b []byte) ([]byte, error) {
	switch s.Peek() {
	case '{':
		return s.canonicalObject(b)
	case '[':
		return s.canonicalArray(b)
	case '"':
		return s.canonicalString(b)
	}
	raw, err := s.Value()
	return append(b, raw...), err
}

func (s *Scanner) canonicalString(b []byte) ([]byte, error) {
	start := s.Pos
	raw, err := s.Value()
	if err != nil {
		return b, err
	}
	v, ok := Unquote(raw)
	if !ok {
		return b, &Error{Offset: int64(start), Err: ErrSurrogate}
	}
	return AppendString(b, v), nil
}

func (s *Scanner) canonicalArray(b []byte) ([]byte, error) {
	b = append(b, '[')
	first := true
	err := s.Array(func() (err error) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b, err = s.AppendCanonical(b)
		return err
	})
	return append(b, ']'), err
}

// span is where one member stands in the output.
type span struct {
	name       string
	start, end int
}

// canonicalObject writes the members in the order in which they come, and puts
// them right afterwards when that was not the canonical one, so that canonical
// input is copied once only.
func (s *Scanner) canonicalObject(b []byte) ([]byte, error) {
	b = append(b, '{')
	body := len(b)
	var members []span
	err := s.Object(func(name string, raw []byte) (err error) {
		if name == "" && len(raw) != 2 {
			return s.Fail(ErrSurrogate)
		}
		if len(members) > 0 {
			b = append(b, ',')
		}
		start := len(b)
		b = append(AppendString(b, name), ':')
		b, err = s.AppendCanonical(b)
		members = append(members, span{name, start, len(b)})
		return err
	})
	if err != nil {
		return b, err
	}
	byName := func(x, y span) int { return CompareUTF16(x.name, y.name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortFunc(members, byName)
		old := slices.Clone(b[body:])
		b = b[:body]
		for i, m := range members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, old[m.start-body:m.end-body]...)
		}
	}
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			return b, s.Fail(ErrDuplicate)
		}
	}
	return append(b, '}'), nil
}

// CompareUTF16 compares strings by their UTF-16 code units, as RFC 8785 sorts
// names. It differs from comparing bytes only where one string has a character
// above U+FFFF and the other one between U+E000 and U+FFFF.
func CompareUTF16(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	// In UTF-8, 0xEE and 0xEF begin U+E000 to U+FFFF, 0xF0 and up what is
	// above; whole characters differ from where their first bytes do.
	x, y := a[i], b[i]
	if (x >= 0xF0) != (y >= 0xF0) && min(x, y) >= 0xEE {
		return int(y) - int(x)
	}
	return int(x) - int(y)
}
