package codec

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// EncodeDraft writes a draft as one JSON object, in canonical form but for the
// bytes of [Opaque] parts. What is zero is left out; times are in UTC and keep
// their nanoseconds, not their zone. It fails with a *[DecodeError] on what
// could not be read back.
func EncodeDraft(d *quire.Draft) ([]byte, error) {
	b, _, err := appendDraft(d, d.Kind)
	if err == nil && len(b) > MaxEncoded {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, &DecodeError{What: "draft", Offset: -1, Err: err}
	}
	return b, nil
}

// DraftDigest returns the digest of everything that the author wrote: what tells a
// repeated send from another message under the same id. No kind counts as mail.
// Take it before long texts are moved into blobs: those are other parts.
// Like [PartsDigest] it is total.
func DraftDigest(d *quire.Draft) quire.Digest {
	kind := d.Kind
	if kind == "" {
		kind = quire.KindMail
	}
	b, _, _ := appendDraft(d, kind)
	return quire.DigestOf(b)
}

// appendDraft writes d under another kind; its members come in canonical order. at is
// where its parts stand, or would.
func appendDraft(d *quire.Draft, kind quire.Kind) (b []byte, at int, err error) {
	var o jsontext.Object
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	o.Opt("auto", string(d.Auto))
	appendStrings(&o, "cc", d.CC)
	appendHeaders(&o, d.Headers)
	o.Opt("id", string(d.ID))
	o.Opt("inReplyTo", string(d.InReplyTo))
	o.Opt("kind", string(kind))
	at = len(o.B)
	if len(d.Parts) > 0 {
		o.Name("parts")
		var err error
		o.B, err = appendParts(o.B, d.Parts, 0)
		keep(err)
	}
	if d.Question != nil {
		o.Name("question")
		keep(appendQuestion(&o, d.Question))
	}
	appendStrings(&o, "references", d.References)
	o.Opt("subject", d.Subject)
	appendStrings(&o, "supersedes", d.Supersedes)
	appendStrings(&o, "to", d.To)
	keep(appendTime(&o, "validUntil", d.ValidUntil))
	return o.End(), at, first
}

func appendStrings[S ~string](o *jsontext.Object, name string, list []S) {
	if len(list) == 0 {
		return
	}
	o.Name(name)
	o.B = append(o.B, '[')
	for i, s := range list {
		if i > 0 {
			o.B = append(o.B, ',')
		}
		o.B = jsontext.AppendString(o.B, string(s))
	}
	o.B = append(o.B, ']')
}

func appendHeaders(o *jsontext.Object, list []quire.Header) {
	if len(list) == 0 {
		return
	}
	o.Name("headers")
	o.B = append(o.B, '[')
	for i, h := range list {
		if i > 0 {
			o.B = append(o.B, ',')
		}
		one := jsontext.Object{B: o.B}
		one.String("name", h.Name)
		one.String("value", h.Value)
		o.B = one.End()
	}
	o.B = append(o.B, ']')
}

// appendQuestion appends the value only.
func appendQuestion(o *jsontext.Object, q *quire.Question) error {
	one := jsontext.Object{B: o.B}
	one.Opt("default", q.Default)
	one.Opt("escalate", string(q.Escalate))
	appendStrings(&one, "options", q.Options)
	err := appendTime(&one, "replyBy", q.ReplyBy)
	one.True("reversible", q.Reversible)
	o.B = one.End()
	return err
}

func appendTime(o *jsontext.Object, name string, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	o.String(name, t.Format(time.RFC3339Nano))
	if y := t.Year(); y < 0 || y > 9999 {
		return fmt.Errorf("%s: year %d: RFC 3339 has 0 to 9999", name, y)
	}
	return nil
}

// DecodeDraft reads what [EncodeDraft] wrote. A member that it does not know is
// an error, since a draft has no place to keep it and its digest would change.
// It keeps no reference to b. Its errors are *[DecodeError].
func DecodeDraft(b []byte) (quire.Draft, error) {
	if len(b) > MaxEncoded {
		return quire.Draft{}, &DecodeError{What: "draft", Offset: MaxEncoded, Err: ErrTooLarge}
	}
	d := draftDecoder{Scanner: jsontext.Scanner{Text: b, MaxDepth: MaxDepth + 1}}
	err := d.object(d.member)
	if err == nil {
		err = d.End()
	}
	if err != nil {
		return quire.Draft{}, decodeError("draft", err)
	}
	return d.draft, nil
}

type draftDecoder struct {
	jsontext.Scanner
	draft quire.Draft
}

// object reads an object whose members value knows, each at most once.
func (d *draftDecoder) object(value func(name string) error) error {
	var seen []string
	return d.Object(func(name string, _ []byte) error {
		if slices.Contains(seen, name) {
			return d.Fail(jsontext.ErrDuplicate)
		}
		seen = append(seen, name) // few: a name that is not known ends the loop
		return value(name)
	})
}

func (d *draftDecoder) member(name string) (err error) {
	m := &d.draft
	switch name {
	case "auto":
		err = scanString(&d.Scanner, &m.Auto)
	case "cc":
		err = scanStrings(&d.Scanner, &m.CC)
	case "headers":
		err = d.headers()
	case "id":
		err = scanString(&d.Scanner, &m.ID)
	case "inReplyTo":
		err = scanString(&d.Scanner, &m.InReplyTo)
	case "kind":
		err = scanString(&d.Scanner, &m.Kind)
	case "parts":
		m.Parts, err = scanParts(&d.Scanner, 0)
	case "question":
		m.Question = new(quire.Question)
		err = d.object(d.questionMember)
	case "references":
		err = scanStrings(&d.Scanner, &m.References)
	case "subject":
		err = scanString(&d.Scanner, &m.Subject)
	case "supersedes":
		err = scanStrings(&d.Scanner, &m.Supersedes)
	case "to":
		err = scanStrings(&d.Scanner, &m.To)
	case "validUntil":
		err = scanTime(&d.Scanner, &m.ValidUntil)
	default:
		err = d.unknown(name)
	}
	return err
}

func (d *draftDecoder) unknown(name string) error {
	return d.Fail(fmt.Errorf("member %q is not known to this version", name))
}

func (d *draftDecoder) questionMember(name string) error {
	q := d.draft.Question
	switch name {
	case "default":
		return scanString(&d.Scanner, &q.Default)
	case "escalate":
		return scanString(&d.Scanner, &q.Escalate)
	case "options":
		return scanStrings(&d.Scanner, &q.Options)
	case "replyBy":
		return scanTime(&d.Scanner, &q.ReplyBy)
	case "reversible":
		return scanBool(&d.Scanner, &q.Reversible)
	}
	return d.unknown(name)
}

func (d *draftDecoder) headers() error {
	return d.Array(func() error {
		var h quire.Header
		err := d.object(func(name string) error {
			switch name {
			case "name":
				return scanString(&d.Scanner, &h.Name)
			case "value":
				return scanString(&d.Scanner, &h.Value)
			}
			return d.unknown(name)
		})
		d.draft.Headers = append(d.draft.Headers, h)
		return err
	})
}

var (
	errWantBool   = errors.New("want true or false")
	errWantString = errors.New("want a string")
	errWantTime   = errors.New("want a time of RFC 3339")
)

func scanString[S ~string](d *jsontext.Scanner, to *S) error {
	if d.Peek() != '"' {
		return d.Fail(errWantString)
	}
	raw, err := d.Value()
	if err != nil {
		return err
	}
	s, ok := jsontext.Unquote(raw)
	if !ok {
		return d.Fail(jsontext.ErrSurrogate)
	}
	*to = S(s)
	return nil
}

func scanStrings[S ~string](d *jsontext.Scanner, to *[]S) error {
	return d.Array(func() error {
		var s S
		err := scanString(d, &s)
		*to = append(*to, s)
		return err
	})
}

func scanTime(d *jsontext.Scanner, to *time.Time) error {
	var s string
	if err := scanString(d, &s); err != nil {
		return err
	}
	got, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return d.Fail(errWantTime)
	}
	*to = got.UTC()
	return nil
}

func scanBool(d *jsontext.Scanner, to *bool) error {
	raw, err := d.Value()
	if *to = string(raw) == "true"; err == nil && !*to && string(raw) != "false" {
		err = d.Fail(errWantBool)
	}
	return err
}
