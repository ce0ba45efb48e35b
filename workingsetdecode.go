package quire

import (
	"errors"
	"strconv"

	"github.com/quire-dev/quire/internal/jsontext"
)

// DecodeWorkingSet reads what [EncodeWorkingSet] wrote, or encoding/json did. A member
// that it does not know is passed over, and null is no value. It keeps no reference
// to b. Its errors are *[DecodeError].
func DecodeWorkingSet(b []byte) (WorkingSet, error) {
	d := setDecoder{Scanner: jsontext.Scanner{Text: b, MaxDepth: MaxDepth}}
	var set WorkingSet
	err := d.object(func(name []byte) error {
		switch string(name) {
		case `"rev"`:
			return d.uint(&set.Rev)
		case `"through"`:
			return d.uint((*uint64)(&set.Through))
		case `"seen"`:
			return scanString(&d.Scanner, &set.Seen)
		case `"head"`:
			return d.entries(&set.Head)
		case `"log"`:
			return d.entries(&set.Log)
		}
		return d.skip()
	})
	if err == nil {
		err = d.End()
	}
	if err != nil {
		return WorkingSet{}, decodeError("working set", err)
	}
	return set, nil
}

// setDecoder reads a working set. Most words stand many times in it; last keeps those
// of the span before.
type setDecoder struct {
	jsontext.Scanner
	last Span
}

var errWantNumber = errors.New("want a whole number in its range")

// object reads an object; member gets each name as it stands, quotes included, unless
// its value is null.
func (d *setDecoder) object(member func(name []byte) error) error {
	return d.Members(func(name []byte) error {
		if d.Peek() == 'n' {
			return d.skip()
		}
		return member(name)
	})
}

func (d *setDecoder) skip() error {
	_, err := d.Value()
	return err
}

func (d *setDecoder) uint(to *uint64) error {
	raw, err := d.Value()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		return d.Fail(errWantNumber)
	}
	*to = n
	return nil
}

func (d *setDecoder) int(to *int) error {
	raw, err := d.Value()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return d.Fail(errWantNumber)
	}
	*to = n
	return nil
}

func (d *setDecoder) entries(to *[]Entry) error {
	*to = []Entry{}
	return d.Array(func() error {
		*to = append(*to, Entry{})
		return d.entry(&(*to)[len(*to)-1])
	})
}

func (d *setDecoder) entry(e *Entry) error {
	return d.object(func(name []byte) error {
		switch string(name) {
		case `"seq"`:
			return d.uint(&e.Seq)
		case `"spans"`:
			e.Spans = []Span{}
			return d.Array(func() error {
				var s Span
				err := d.span(&s)
				e.Spans, d.last = append(e.Spans, s), s
				return err
			})
		case `"open"`:
			return scanBool(&d.Scanner, &e.Open)
		case `"callIDs"`:
			e.CallIDs = []string{}
			return scanStrings(&d.Scanner, &e.CallIDs)
		case `"tombstone"`:
			e.Tombstone = &Tombstone{}
			return d.tombstone(e.Tombstone)
		case `"render"`:
			return d.int(&e.Render)
		}
		return d.skip()
	})
}

func (d *setDecoder) tombstone(t *Tombstone) error {
	return d.object(func(name []byte) error {
		switch string(name) {
		case `"first"`:
			return d.uint((*uint64)(&t.First))
		case `"last"`:
			return d.uint((*uint64)(&t.Last))
		case `"messages"`:
			return d.int(&t.Messages)
		case `"tokens"`:
			return d.int(&t.Tokens)
		}
		return d.skip()
	})
}

func (d *setDecoder) span(s *Span) error {
	return d.object(func(name []byte) error {
		switch string(name) {
		case `"message"`:
			return scanString(&d.Scanner, &s.Message)
		case `"uid"`:
			return d.uint((*uint64)(&s.UID))
		case `"kind"`:
			return word(d, &s.Kind, d.last.Kind)
		case `"role"`:
			return word(d, &s.Role, d.last.Role)
		case `"says"`:
			return scanBool(&d.Scanner, &s.Says)
		case `"from"`:
			return word(d, &s.From, d.last.From)
		case `"class"`:
			return word(d, &s.Class, d.last.Class)
		case `"tokens"`:
			return d.int(&s.Tokens)
		case `"digest"`:
			return d.digest(&s.Digest)
		case `"entered"`:
			return d.uint(&s.Entered)
		case `"lastUse"`:
			return d.uint(&s.LastUse)
		case `"turn"`:
			return d.uint(&s.Turn)
		}
		return d.seldom(s, name)
	})
}

// seldom reads what most spans don't have.
func (d *setDecoder) seldom(s *Span, name []byte) error {
	switch string(name) {
	case `"shows"`:
		s.Shows = []UID{}
		return d.Array(func() error {
			var uid uint64
			err := d.uint(&uid)
			s.Shows = append(s.Shows, UID(uid))
			return err
		})
	case `"tool"`:
		return word(d, &s.Tool, d.last.Tool)
	case `"call"`:
		return scanString(&d.Scanner, &s.Call)
	case `"key"`:
		return scanString(&d.Scanner, &s.Key)
	case `"form"`:
		var form uint64
		if err := d.uint(&form); err != nil || form > 255 {
			return d.Fail(errWantNumber)
		}
		s.Form = Form(form)
		return nil
	case `"keep"`:
		return d.int(&s.Keep)
	case `"mark"`:
		return word(d, &s.Mark, d.last.Mark)
	case `"pinned"`:
		return scanBool(&d.Scanner, &s.Pinned)
	case `"stub"`:
		return d.int(&s.Stub)
	case `"uses"`:
		return d.int(&s.Uses)
	case `"names"`:
		return d.int(&s.Names)
	case `"refaults"`:
		return d.int(&s.Refaults)
	case `"rent"`:
		raw, err := d.Value()
		if err == nil {
			if s.Rent, err = strconv.ParseFloat(string(raw), 64); err != nil {
				err = d.Fail(errWantNumber)
			}
		}
		return err
	case `"priority"`:
		return d.int(&s.Priority)
	case `"until"`:
		return scanTime(&d.Scanner, &s.Until)
	}
	return d.skip()
}

func (d *setDecoder) digest(to *Digest) error {
	var text string
	if err := scanString(&d.Scanner, &text); err != nil {
		return err
	}
	if err := to.UnmarshalText([]byte(text)); err != nil {
		return d.Fail(err)
	}
	return nil
}

// word reads a string that is often the one before.
func word[S ~string](d *setDecoder, to *S, before S) error {
	from := d.Pos
	if d.Peek() == '"' && len(before) > 0 {
		end := d.Pos + len(before) + 2
		if end <= len(d.Text) && d.Text[end-1] == '"' && string(d.Text[d.Pos+1:end-1]) == string(before) && plain(before) {
			d.Pos, *to = end, before
			return nil
		}
	}
	d.Pos = from
	return scanString(&d.Scanner, to)
}

// plain says whether a text stands in JSON as it is.
func plain[S ~string](s S) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}
