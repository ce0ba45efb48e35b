package quire

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"

	"github.com/quire-dev/quire/internal/jsontext"
)

// EncodeWorkingSet writes a working set as one JSON object, which [DecodeWorkingSet]
// and encoding/json read. It is far quicker than encoding/json, which counts: stores do
// it at every step of an agent. What is zero is left out as the tags say; times are in
// UTC. It fails with a *[DecodeError] on what JSON can't hold.
func EncodeWorkingSet(set *WorkingSet) ([]byte, error) {
	e := setEncoder{}
	n := 0
	for i := range set.Log {
		n += 64 + 300*len(set.Log[i].Spans)
	}
	o := jsontext.Object{B: make([]byte, 0, n+256)}
	o.Name("rev")
	o.B = strconv.AppendUint(o.B, set.Rev, 10)
	o.Name("through")
	o.B = strconv.AppendUint(o.B, uint64(set.Through), 10)
	o.String("seen", string(set.Seen))
	e.entries(&o, "head", set.Head)
	e.entries(&o, "log", set.Log)
	b := o.End()
	if e.err != nil {
		return nil, &DecodeError{What: "working set", Offset: -1, Err: e.err}
	}
	return b, nil
}

// setEncoder keeps the first error.
type setEncoder struct{ err error }

func (e *setEncoder) keep(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *setEncoder) entries(o *jsontext.Object, name string, list []Entry) {
	if list == nil {
		return
	}
	o.Name(name)
	o.B = append(o.B, '[')
	for i := range list {
		if i > 0 {
			o.B = append(o.B, ',')
		}
		o.B = e.entry(o.B, &list[i])
	}
	o.B = append(o.B, ']')
}

func (e *setEncoder) entry(b []byte, x *Entry) []byte {
	o := jsontext.Object{B: b}
	always(&o, "seq", x.Seq)
	if x.Spans != nil {
		o.Name("spans")
		o.B = append(o.B, '[')
		for i := range x.Spans {
			if i > 0 {
				o.B = append(o.B, ',')
			}
			o.B = e.span(o.B, &x.Spans[i])
		}
		o.B = append(o.B, ']')
	}
	o.True("open", x.Open)
	if x.CallIDs != nil {
		o.Name("callIDs")
		o.B = appendList(o.B, len(x.CallIDs), func(b []byte, i int) []byte { return jsontext.AppendString(b, x.CallIDs[i]) })
	}
	if t := x.Tombstone; t != nil {
		o.Name("tombstone")
		one := jsontext.Object{B: o.B}
		always(&one, "first", uint64(t.First))
		always(&one, "last", uint64(t.Last))
		one.Name("messages")
		one.B = strconv.AppendInt(one.B, int64(t.Messages), 10)
		one.Name("tokens")
		one.B = strconv.AppendInt(one.B, int64(t.Tokens), 10)
		o.B = one.End()
	}
	o.Int("render", int64(x.Render))
	return o.End()
}

func (e *setEncoder) span(b []byte, s *Span) []byte {
	o := jsontext.Object{B: b}
	o.String("message", string(s.Message))
	always(&o, "uid", uint64(s.UID))
	o.String("kind", string(s.Kind))
	o.String("role", string(s.Role))
	o.True("says", s.Says)
	o.Opt("from", string(s.From))
	o.String("class", string(s.Class))
	if s.Shows != nil {
		o.Name("shows")
		o.B = appendList(o.B, len(s.Shows), func(b []byte, i int) []byte { return strconv.AppendUint(b, uint64(s.Shows[i]), 10) })
	}
	o.Opt("tool", s.Tool)
	o.Opt("call", s.Call)
	o.Opt("key", s.Key)
	o.Int("form", int64(s.Form))
	o.Int("keep", int64(s.Keep))
	o.Opt("mark", string(s.Mark))
	o.True("pinned", s.Pinned)
	o.Name("tokens")
	o.B = strconv.AppendInt(o.B, int64(s.Tokens), 10)
	o.Int("stub", int64(s.Stub))
	o.Name("digest")
	o.B = append(o.B, '"')
	if s.Digest != (Digest{}) {
		o.B = hex.AppendEncode(o.B, s.Digest[:])
	}
	o.B = append(o.B, '"')
	always(&o, "entered", s.Entered)
	always(&o, "lastUse", s.LastUse)
	o.Int("uses", int64(s.Uses))
	o.Int("names", int64(s.Names))
	o.Uint("turn", s.Turn)
	o.Int("refaults", int64(s.Refaults))
	if s.Rent != 0 {
		if math.IsNaN(s.Rent) || math.IsInf(s.Rent, 0) {
			e.keep(errors.New("rent: not a number that JSON can hold"))
		} else {
			o.Name("rent")
			o.B = strconv.AppendFloat(o.B, s.Rent, 'g', -1, 64)
		}
	}
	o.Int("priority", int64(s.Priority))
	e.keep(appendTime(&o, "until", s.Until))
	return o.End()
}

// always adds a number, 0 too.
func always(o *jsontext.Object, name string, v uint64) {
	o.Name(name)
	o.B = strconv.AppendUint(o.B, v, 10)
}

func appendList(b []byte, n int, one func(b []byte, i int) []byte) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, i)
	}
	return append(b, ']')
}
