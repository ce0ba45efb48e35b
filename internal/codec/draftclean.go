package codec

import (
	"crypto/sha256"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// CleanDraft is what [DecodeDraft] reads of what [EncodeDraft] writes, without doing
// either: valid UTF-8, times in UTC, nil for what is empty. It shares nothing with d but
// its parts, which are as they are.
func CleanDraft(d *quire.Draft) quire.Draft {
	c := *d
	cleanAll(&c.ID, &c.InReplyTo)
	c.Subject, c.Kind, c.Auto = jsontext.Clean(d.Subject), quire.Kind(jsontext.Clean(string(d.Kind))), quire.AutoClass(jsontext.Clean(string(d.Auto)))
	c.To, c.CC = cleanList(d.To), cleanList(d.CC)
	c.References, c.Supersedes = cleanList(d.References), cleanList(d.Supersedes)
	c.ValidUntil = cleanTime(d.ValidUntil)
	c.Headers = nil
	for _, h := range d.Headers {
		c.Headers = append(c.Headers, quire.Header{Name: jsontext.Clean(h.Name), Value: jsontext.Clean(h.Value)})
	}
	if d.Question != nil {
		q := *d.Question
		q.Options, q.Default, q.ReplyBy = cleanList(q.Options), jsontext.Clean(q.Default), cleanTime(q.ReplyBy)
		cleanAll(&q.Escalate)
		c.Question = &q
	}
	return c
}

func cleanAll[S ~string](list ...*S) {
	for _, s := range list {
		*s = S(jsontext.Clean(string(*s)))
	}
}

func cleanList[S ~string](list []S) []S {
	if len(list) == 0 {
		return nil
	}
	c := make([]S, len(list))
	for i, s := range list {
		c[i] = S(jsontext.Clean(string(s)))
	}
	return c
}

func cleanTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

// Head is an encoded draft without its parts.
type Head struct {
	Bytes []byte
	parts int // where they would stand
}

// EncodeHead is [EncodeDraft] of a draft without its parts.
func EncodeHead(d *quire.Draft) (Head, error) {
	c := *d
	c.Parts = nil
	b, at, err := appendDraft(&c, c.Kind)
	if err == nil && len(b) > MaxEncoded {
		err = ErrTooLarge
	}
	if err != nil {
		return Head{}, &DecodeError{What: "draft", Offset: -1, Err: err}
	}
	return Head{b, at}, nil
}

// Digest is [DraftDigest] of the draft, which has a kind, with its parts, as
// [EncodeParts] writes them; nil: it has none.
func (h Head) Digest(parts []byte) (d quire.Digest) {
	s := sha256.New()
	s.Write(h.Bytes[:h.parts])
	if parts != nil {
		s.Write([]byte(`,"parts":`))
		s.Write(parts)
	}
	s.Write(h.Bytes[h.parts:])
	s.Sum(d[:0])
	return d
}
