package codec

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// scanParts reads an array of parts; nesting counts the tool results round it.
func scanParts(s *jsontext.Scanner, nesting int) ([]quire.Part, error) {
	var parts []quire.Part
	err := s.Array(func() error {
		if s.Peek() != '{' {
			return s.Fail(ErrNoPart)
		}
		if len(parts) == MaxParts {
			return s.Fail(ErrTooManyParts)
		}
		p, err := scanPart(s, nesting)
		parts = append(parts, p)
		return err
	})
	return parts, err
}

// scanPart reads one object and decides what it is. It is a known part only if
// every member of it was understood.
func scanPart(s *jsontext.Scanner, nesting int) (quire.Part, error) {
	s.Space()
	start := s.Pos
	f, err := scanFields(s)
	if err != nil {
		return nil, err
	}
	kind := f.str("kind")
	if !f.ok {
		kind = ""
	} else if p := f.part(kind, nesting); p != nil && f.all() {
		return p, nil
	}
	return quire.Opaque{Kind: kind, Raw: bytes.Clone(s.Text[start:s.Pos])}, nil
}

// fields are the members of one object, to be taken one by one. Ok turns false,
// and stays so, when a value is not of the type asked for.
type fields struct {
	list  []field
	taken int
	ok    bool
}

type field struct {
	name  string
	value []byte // as it stands, checked
}

func scanFields(s *jsontext.Scanner) (*fields, error) {
	f := &fields{ok: true, list: make([]field, 0, 6)}
	err := s.Object(func(name string, _ []byte) error {
		value, err := s.Value()
		f.list = append(f.list, field{name, value})
		return err
	})
	return f, err
}

// all says whether everything was taken and understood.
func (f *fields) all() bool { return f.ok && f.taken == len(f.list) }

// take returns the value of a member, nil when there is none. A name that
// stands twice has no one meaning.
func (f *fields) take(name string) (value []byte) {
	for i := range f.list {
		if f.list[i].name != name {
			continue
		}
		if value != nil {
			f.ok = false
		}
		f.taken++
		value = f.list[i].value
	}
	return value
}

func (f *fields) str(name string) string {
	raw := f.take(name)
	if raw == nil {
		return ""
	}
	s, ok := jsontext.Unquote(raw)
	f.ok = f.ok && ok
	return s
}

func (f *fields) bytes(name string) []byte {
	s := f.str(name)
	if s == "" {
		return nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	f.ok = f.ok && err == nil
	return b
}

func (f *fields) digest(name string) (d quire.Digest) {
	f.ok = d.UnmarshalText([]byte(f.str(name))) == nil && f.ok
	return d
}

func (f *fields) int(name string, bits int) int64 {
	raw := f.take(name)
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, bits)
	f.ok = f.ok && err == nil
	return n
}

func (f *fields) uint(name string) uint64 {
	raw := f.take(name)
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	f.ok = f.ok && err == nil
	return n
}

func (f *fields) bool(name string) bool {
	raw := string(f.take(name))
	f.ok = f.ok && (raw == "" || raw == "true" || raw == "false")
	return raw == "true"
}

// part takes what a part of this kind has; nil for a kind that is not known.
func (f *fields) part(kind string, nesting int) quire.Part {
	switch kind {
	case kindText:
		return quire.Text{Text: f.str("text"), Phase: f.str("phase")}
	case kindToolCall:
		return quire.ToolCall{ID: f.str("id"), Name: f.str("name"), Args: f.str("args"), Signature: f.str("signature")}
	case kindToolResult:
		return f.toolResult(nesting)
	case kindImage:
		return quire.Image{
			MediaType: f.str("mediaType"), Data: f.bytes("data"), URL: f.str("url"),
			Width: int(f.int("width", strconv.IntSize)), Height: int(f.int("height", strconv.IntSize)),
		}
	case kindBlob:
		return quire.Blob{
			Digest: f.digest("digest"), Size: f.int("size", 64), MediaType: f.str("mediaType"),
			Head: f.str("head"), Tail: f.str("tail"),
		}
	case kindRef:
		return quire.Ref{
			Message: quire.MessageID(f.str("message")), UID: quire.UID(f.uint("uid")), Part: int(f.int("part", strconv.IntSize)),
			From: f.int("from", 64), To: f.int("to", 64), Digest: f.digest("digest"),
		}
	case kindReasoning:
		return quire.Reasoning{
			Model: f.str("model"), Asked: f.str("asked"), ID: f.str("id"), Text: f.str("text"),
			Signature: f.str("signature"), Data: f.str("data"),
		}
	case kindOpaque:
		return f.wrapped()
	}
	return nil
}

func (f *fields) toolResult(nesting int) quire.Part {
	p := quire.ToolResult{CallID: f.str("callID"), Name: f.str("name"), IsError: f.bool("isError")}
	raw := f.take("parts")
	if raw == nil {
		return p
	}
	if nesting >= MaxNesting {
		f.ok = false
		return p
	}
	var err error
	p.Parts, err = scanParts(&jsontext.Scanner{Text: raw, MaxDepth: MaxDepth}, nesting+1)
	f.ok = f.ok && err == nil
	return p
}

// wrapped takes the content of an Opaque that could not stand as it is: exactly
// one of raw and data.
func (f *fields) wrapped() quire.Part {
	p := quire.Opaque{Kind: f.str("of")}
	if raw := f.take("raw"); raw != nil {
		p.Raw = bytes.Clone(raw)
		return p
	}
	p.Raw = f.bytes("data")
	return p
}
