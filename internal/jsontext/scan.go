package jsontext

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Error says where a text stops being JSON that is accepted here.
type Error struct {
	Offset int64 // bytes from the start of the text
	Err    error
}

// Error puts it in one line.
func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// What is wrong with a text. All but ErrSyntax are valid by the letter of RFC
// 8259, or cost too much to read.
var (
	ErrSyntax    = errors.New("not valid JSON")
	ErrUTF8      = errors.New("not valid UTF-8")
	ErrDepth     = errors.New("nested too deep")
	ErrSurrogate = errors.New("half of a surrogate pair")
	ErrDuplicate = errors.New("a name stands twice in one object")
)

// Scanner walks over one JSON text. It never recurses deeper than MaxDepth.
type Scanner struct {
	Text     []byte
	Pos      int
	MaxDepth int // of arrays and objects inside each other
	depth    int
}

// Fail returns an *Error at the present position.
func (s *Scanner) Fail(err error) error { return &Error{Offset: int64(s.Pos), Err: err} }

// Space skips white space.
func (s *Scanner) Space() {
	for s.Pos < len(s.Text) {
		switch s.Text[s.Pos] {
		case ' ', '\t', '\n', '\r':
			s.Pos++
		default:
			return
		}
	}
}

// Peek returns the next byte that is not white space, or 0 at the end.
func (s *Scanner) Peek() byte {
	s.Space()
	if s.Pos == len(s.Text) {
		return 0
	}
	return s.Text[s.Pos]
}

// End reports an error when anything but white space follows.
func (s *Scanner) End() error {
	if s.Space(); s.Pos < len(s.Text) {
		return s.Fail(ErrSyntax)
	}
	return nil
}

// Value skips one value, checking all of it, and returns its bytes without the
// white space round it. They are part of Text.
func (s *Scanner) Value() ([]byte, error) {
	c := s.Peek()
	start := s.Pos
	var err error
	switch {
	case c == '{':
		err = s.members(func([]byte) error { _, err := s.Value(); return err })
	case c == '[':
		err = s.Array(func() error { _, err := s.Value(); return err })
	case c == '"':
		err = s.skipString()
	case c == '-' || c >= '0' && c <= '9':
		err = s.skipNumber()
	case c == 't':
		err = s.skipWord("true")
	case c == 'f':
		err = s.skipWord("false")
	case c == 'n':
		err = s.skipWord("null")
	default:
		err = s.Fail(ErrSyntax)
	}
	if err != nil {
		return nil, err
	}
	return s.Text[start:s.Pos], nil
}

// Array walks over an array. For each element, value is called with Pos before
// it and must leave Pos behind it.
func (s *Scanner) Array(value func() error) error {
	if err := s.open('['); err != nil {
		return err
	}
	defer s.leave()
	if s.Peek() == ']' {
		s.Pos++
		return nil
	}
	for {
		if err := value(); err != nil {
			return err
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// Object walks over an object. For each member, value is called with Pos before
// its value and must leave Pos behind it. The name comes decoded, and raw as it
// stands, with its quotes; a name with half a surrogate pair decodes to "".
func (s *Scanner) Object(value func(name string, raw []byte) error) error {
	return s.members(func(raw []byte) error {
		name, _ := Unquote(raw)
		return value(name, raw)
	})
}

// members is Object without decoding names: they come as they stand.
func (s *Scanner) members(value func(raw []byte) error) error {
	if err := s.open('{'); err != nil {
		return err
	}
	defer s.leave()
	if s.Peek() == '}' {
		s.Pos++
		return nil
	}
	for {
		if s.Peek() != '"' {
			return s.Fail(ErrSyntax)
		}
		start := s.Pos
		if err := s.skipString(); err != nil {
			return err
		}
		raw := s.Text[start:s.Pos]
		if s.Peek() != ':' {
			return s.Fail(ErrSyntax)
		}
		s.Pos++
		if err := value(raw); err != nil {
			return err
		}
		if done, err := s.next('}'); done || err != nil {
			return err
		}
	}
}

func (s *Scanner) open(c byte) error {
	if s.Peek() != c {
		return s.Fail(ErrSyntax)
	}
	if s.depth >= s.MaxDepth {
		return s.Fail(ErrDepth)
	}
	s.depth++
	s.Pos++
	return nil
}

func (s *Scanner) leave() { s.depth-- }

// next skips a comma, or the closing byte, which is the end.
func (s *Scanner) next(closing byte) (done bool, err error) {
	switch s.Peek() {
	case ',':
		s.Pos++
		return false, nil
	case closing:
		s.Pos++
		return true, nil
	}
	return false, s.Fail(ErrSyntax)
}

func (s *Scanner) skipWord(w string) error {
	if len(s.Text)-s.Pos < len(w) || string(s.Text[s.Pos:s.Pos+len(w)]) != w {
		return s.Fail(ErrSyntax)
	}
	s.Pos += len(w)
	return nil
}

func (s *Scanner) skipNumber() error {
	if s.at('-') {
		s.Pos++
	}
	if s.at('0') {
		s.Pos++
	} else if !s.digits() {
		return s.Fail(ErrSyntax)
	}
	if s.at('.') {
		s.Pos++
		if !s.digits() {
			return s.Fail(ErrSyntax)
		}
	}
	if s.at('e') || s.at('E') {
		s.Pos++
		if s.at('+') || s.at('-') {
			s.Pos++
		}
		if !s.digits() {
			return s.Fail(ErrSyntax)
		}
	}
	return nil
}

func (s *Scanner) at(c byte) bool { return s.Pos < len(s.Text) && s.Text[s.Pos] == c }

func (s *Scanner) digits() bool {
	start := s.Pos
	for s.Pos < len(s.Text) && s.Text[s.Pos] >= '0' && s.Text[s.Pos] <= '9' {
		s.Pos++
	}
	return s.Pos > start
}

// skipString checks quotes, escapes, control bytes and UTF-8.
func (s *Scanner) skipString() error {
	for s.Pos++; s.Pos < len(s.Text); {
		c := s.Text[s.Pos]
		switch {
		case c == '"':
			s.Pos++
			return nil
		case c == '\\':
			if err := s.skipEscape(); err != nil {
				return err
			}
		case c < ' ':
			return s.Fail(ErrSyntax)
		case c < utf8.RuneSelf:
			s.Pos++
		default:
			r, size := utf8.DecodeRune(s.Text[s.Pos:])
			if r == utf8.RuneError && size == 1 {
				return s.Fail(ErrUTF8)
			}
			s.Pos += size
		}
	}
	return s.Fail(ErrSyntax)
}

func (s *Scanner) skipEscape() error {
	if s.Pos+1 >= len(s.Text) {
		return s.Fail(ErrSyntax)
	}
	switch s.Text[s.Pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.Pos += 2
		return nil
	case 'u':
		if _, ok := hex4(s.Text[s.Pos+2:]); ok {
			s.Pos += 6
			return nil
		}
	}
	return s.Fail(ErrSyntax)
}
