package mailbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/copies"
)

// From so many messages on that stay and say the same, nobody says it after another: a
// name, and words in a row, which templates have.
const (
	mostNames = 1000
	mostRows  = 8
)

// timesInOne is how often one message may say the same for each place to be listed.
const timesInOne = 8

// hits are the messages that stay and have a mark of one that goes.
type hits struct {
	old      bool // one of them is older, or they are too many: it is nobody's own
	messages int
	times    int // in the last one
	list     []Quoted
}

// search goes through all messages that stay: for copies, and for what is derived.
func (g *forgetting) search() error {
	if len(g.wanted) == 0 {
		return nil
	}
	g.sieve = newSieve(len(g.marks))
	for sum := range g.marks {
		g.sieve.put(sum)
	}
	ctx, stop := context.WithCancel(g.ctx)
	pages := make(chan contents, 2) // the next is read while one is looked at
	go g.read(ctx, pages)
	defer func() {
		stop()
		for range pages { // until it ended
		}
	}()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		var ids []quire.MessageID
		for i := range p.list {
			if g.wanted[p.list[i].ID] == nil && g.concerns(&p.list[i]) {
				ids = append(ids, p.list[i].ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		err := g.s.d.View(g.ctx, func(r driver.Read) error {
			for _, id := range ids {
				if err := g.lookUp(r, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := g.ctx.Err(); err != nil { // else all of them came
		return err
	}
	g.quotes()
	return nil
}

// contents are some messages, or why there are no more.
type contents struct {
	list []driver.Message
	err  error
}

// read sends all messages.
func (g *forgetting) read(ctx context.Context, pages chan<- contents) {
	defer close(pages)
	for behind := int64(0); ; {
		var p contents
		last := behind
		p.err = g.s.d.View(ctx, func(r driver.Read) (err error) {
			p.list, last, err = r.Contents(behind, itemsAtOnce)
			return err
		})
		if p.err == nil && len(p.list) == 0 {
			return
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return
		}
		if p.err != nil {
			return
		}
		behind = last
	}
}

// sieve says of most sums that they are in no set.
type sieve []uint64

func newSieve(n int) sieve { return make(sieve, 1<<max(bits.Len(uint(n))-2, 0)) } // 16 to 32 bits for each

func (s sieve) put(sum uint64) { s[sum>>6&uint64(len(s)-1)] |= 1 << (sum & 63) }

func (s sieve) has(sum uint64) bool { return s[sum>>6&uint64(len(s)-1)]>>(sum&63)&1 > 0 }

// concerns says whether a message may have a copy of what goes, or be made of it, by how
// it is encoded: most do not, and are not looked at closer.
func (g *forgetting) concerns(m *driver.Message) bool {
	has := func(b []byte, s string) bool { return bytes.Contains(b, []byte(s)) }
	switch {
	case has(m.Parts, `"kind":"blob"`), has(m.Parts, `"kind":"opaque"`): // which say more than stands there
		return true
	case g.boxes[m.From.Base()] == nil:
	case has(m.Head, `"kind":"note"`):
		return true
	case has(m.Head, `"kind":"result"`) && (has(m.Parts, `"kind":"ref"`) || has(m.Parts, "#") || has(m.Head, "#")):
		return true
	}
	if _, id, ok := bytes.Cut(m.Head, []byte(`"inReplyTo":"`)); ok {
		if id, _, _ = bytes.Cut(id, []byte(`"`)); g.wanted[quire.MessageID(id)] != nil {
			return true
		}
	}
	found := false
	for _, b := range [][]byte{m.Head, m.Parts} {
		g.marker.EachOf(g.unescaped(b), func(k copies.Mark) { found = found || g.sieve.has(k.Sum) && g.marks[k.Sum] != nil })
	}
	return found
}

// unescaped is JSON with a space in place of what its texts have in escapes: none of these is
// a letter or a digit. It holds until the next call.
func (g *forgetting) unescaped(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := g.room[:0]
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		out = append(out, ' ')
		if i++; b[i] == 'u' {
			i = min(i+4, len(b)-1)
		}
	}
	g.room = out
	return out
}

// lookUp looks at a message where it is: in the mailbox of whoever wrote it, and in one
// other.
func (g *forgetting) lookUp(r driver.Read, id quire.MessageID) error {
	boxes, err := r.Holders(id)
	if err != nil {
		return err
	}
	for _, box := range boxes {
		items, err := itemsBy(r, box, []quire.MessageID{id})
		if err != nil {
			return err
		}
		for i := range items {
			if items[i].Flags.Has(quire.FlagForgotten) {
				return nil
			}
			if err := g.look(r, box, &items[i]); err != nil || !items[i].Self {
				return err
			}
		}
	}
	return nil
}

// look looks at one message that is not asked for.
func (g *forgetting) look(r driver.Read, box quire.Address, it *quire.Item) error {
	var found []Quoted
	var marks []copies.Mark
	own := it.Self && (it.Kind == quire.KindResult || it.Kind == quire.KindNote)
	var all strings.Builder
	err := eachText(r, box, it, func(part int, text string) {
		if own {
			all.WriteString(text + "\n")
		}
		g.marker.Each(text, func(m copies.Mark) {
			if t := g.marks[m.Sum]; t != nil {
				found = append(found, Quoted{Place: Place{box, it.UID}, Message: it.ID, From: it.From, Kind: it.Kind, Of: t.Message, Part: part, Offset: m.From, Length: m.To - m.From})
				marks = append(marks, m)
			}
		})
	})
	if err != nil {
		return err
	}
	if own {
		if of := g.derivedFrom(box, it, all.String(), len(found) > 0); len(of) > 0 {
			t := targetOf(it)
			t.Of = of
			g.derived[it.ID] = t
			g.place(t, box, it.UID)
			return nil
		}
	}
	if t := g.wanted[it.InReplyTo]; t != nil && t.subject != "" {
		q := Quoted{Place: Place{box, it.UID}, Message: it.ID, From: it.From, Kind: it.Kind, Of: t.Message, Part: -1, Offset: strings.Index(it.Subject, t.subject), Length: len(t.subject)}
		if q.Offset >= 0 && !slices.Contains(g.replies, q) {
			g.replies = append(g.replies, q)
		}
	}
	for i, q := range found {
		m := &marks[i]
		h, t, most := g.hits[m.Sum], g.marks[m.Sum], mostRows
		if h == nil {
			h = &hits{}
			g.hits[m.Sum] = h
		}
		if m.Name {
			most = mostNames
		}
		if slices.Contains(h.list, q) { // the transaction runs again
			continue
		}
		if n := len(h.list); n == 0 || h.list[n-1].Message != it.ID {
			h.messages, h.times = h.messages+1, 0
		}
		switch {
		case h.old || older(it.Sent, it.UID, t.Sent, uidIn(t, box)) || h.messages > most:
			h.old, h.list = true, nil
		case h.times < timesInOne:
			h.times++
			h.list = append(h.list, q)
		}
	}
	return nil
}

func uidIn(t *target, box quire.Address) quire.UID {
	for _, p := range t.In {
		if p.Mailbox == box {
			return p.UID
		}
	}
	return 0
}

// derivedFrom says of which messages that go a note or a result of the mailbox's owner
// was made: a note names them, a result names and shows them. A result that only refers
// to one shows what is left of it.
func (g *forgetting) derivedFrom(box quire.Address, it *quire.Item, text string, copied bool) (of []quire.MessageID) {
	b := g.boxes[box]
	if b == nil {
		return nil
	}
	add := func(t *target) {
		for _, id := range append(slices.Clone(t.Of), t.Message) {
			if (len(t.Of) == 0 || id != t.Message) && !slices.Contains(of, id) {
				of = append(of, id)
			}
		}
	}
	for _, p := range refs(it.Parts, nil) {
		if t := g.wanted[p.Message]; t != nil {
			if b.shows[it.UID] = true; p.Part == quire.PartBeside {
				add(t)
			}
		}
	}
	for _, uid := range handles(text) {
		if t := b.gone[uid]; t != nil && uid < it.UID && (it.Kind == quire.KindNote || copied || shown(text, t)) {
			add(t)
		}
	}
	if it.Kind == quire.KindNote {
		for _, id := range append(slices.Clone(it.References), it.InReplyTo) {
			if t := g.wanted[id]; t != nil {
				add(t)
			}
		}
	}
	slices.Sort(of)
	return of
}

// shown says whether a text has the subject or the beginning of a message.
func shown(text string, t *target) bool {
	return t.subject != "" && strings.Contains(text, t.subject) || t.snippet != "" && strings.Contains(text, t.snippet)
}

// handles are the numbers of messages that a text has, as agents see them: "#12".
func handles(text string) (uids []quire.UID) {
	for {
		_, rest, ok := strings.Cut(text, "#")
		if !ok {
			return uids
		}
		n := 0
		for n < len(rest) && n < 19 && '0' <= rest[n] && rest[n] <= '9' {
			n++
		}
		if uid, err := strconv.ParseUint(rest[:n], 10, 63); err == nil {
			uids = append(uids, quire.UID(uid))
		}
		text = rest
	}
}

// quotes lists the copies that are somebody's who read the message.
func (g *forgetting) quotes() {
	list := g.replies
	for _, h := range g.hits {
		list = append(list, h.list...)
	}
	g.hits = nil
	slices.SortFunc(list, func(x, y Quoted) int {
		switch {
		case x.Mailbox != y.Mailbox:
			return strings.Compare(string(x.Mailbox), string(y.Mailbox))
		case x.UID != y.UID:
			return cmp.Compare(x.UID, y.UID)
		}
		return cmp.Or(x.Part-y.Part, x.Offset-y.Offset, x.Length-y.Length, cmp.Compare(x.Of, y.Of))
	})
	for _, q := range list {
		if n := len(g.done.Quotes); n > 0 {
			last := &g.done.Quotes[n-1]
			if last.Place == q.Place && last.Of == q.Of && last.Part == q.Part && q.Offset <= last.Offset+last.Length {
				last.Length = max(last.Length, q.Offset+q.Length-last.Offset)
				continue
			}
		}
		g.done.Quotes = append(g.done.Quotes, q)
	}
}

// eachText calls f with all that a message says, and where: in which part, or -1.
func eachText(r driver.Read, box quire.Address, it *quire.Item, f func(part int, text string)) error {
	around := []string{it.Subject}
	for _, h := range it.Headers {
		around = append(around, h.Value)
	}
	if q := it.Question; q != nil {
		around = append(append(around, q.Default), q.Options...)
	}
	f(-1, strings.Join(around, "\n"))
	for i, p := range it.Parts {
		text, err := textOf(r, box, p)
		if err != nil {
			return err
		}
		f(i, text)
	}
	return nil
}

func textOf(r driver.Read, box quire.Address, p quire.Part) (string, error) {
	switch p := p.(type) {
	case quire.Text:
		return p.Text, nil
	case quire.ToolCall:
		return p.Args, nil
	case quire.Reasoning:
		return p.Text, nil
	case quire.Image:
		if len(p.Data) > 0 {
			return base64.StdEncoding.EncodeToString(p.Data), nil // as it is encoded
		}
		return p.URL, nil
	case quire.Opaque:
		return string(p.Raw), nil
	case quire.Blob:
		data, _, err := r.Blob(box, p.Digest, 0, 0)
		if errors.Is(err, ErrNotFound) { // an earlier store did not have it
			err = nil
		}
		return string(data), err
	case quire.ToolResult:
		var list []string
		for _, q := range p.Parts {
			text, err := textOf(r, box, q)
			if err != nil {
				return "", err
			}
			list = append(list, text)
		}
		return strings.Join(list, "\n"), nil
	}
	return "", nil
}

// refs are the references to messages in parts.
func refs(parts []quire.Part, list []quire.Ref) []quire.Ref {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Ref:
			list = append(list, p)
		case quire.ToolResult:
			list = refs(p.Parts, list)
		}
	}
	return list
}
