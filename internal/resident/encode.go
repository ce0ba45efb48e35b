package resident

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/quire-dev/quire"
)

// setVersion is the first byte of an encoded Set.
const setVersion = 1

// What an entry has besides its number, as bits.
const (
	entryOpen = 1 << iota
	entryCalls
	entryTombstone
	entryRender // another one than the entry before
	entrySpans  // not just one
	entryNotice
	entryForgot
)

// What a span has besides its message and its tokens, as bits: what is often there
// comes first, so that the bits take two bytes. Where a field is mostly as in the span
// before, its bit says that it is not.
const (
	spanKind = 1 << iota
	spanRole
	spanFrom
	spanEntered
	spanUID // not the one that follows the span before
	spanStub
	spanTurn
	spanLastUse // later than it entered
	spanSays
	spanNames
	spanTool
	spanCall
	spanKey
	spanUses
	spanClass
	spanShows
	spanMark
	spanForm
	spanKeep
	spanPinned
	spanRefaults
	spanRent
	spanPriority
	spanUntil
	spanDigest // whole, not short
)

// encoder writes a Set. Words that were written once are written as their number.
type encoder struct {
	b      []byte
	words  map[string]int
	last   *Span
	uuid   [16]byte
	seq    uint64
	render int
}

// usualEntry is what most entries take at most, in bytes.
const usualEntry = 48

// Append writes a set after b: the same bytes for the same set.
func Append(b []byte, s *Set) []byte {
	room := (len(s.Head) + len(s.Log)) * usualEntry
	e := encoder{b: append(slices.Grow(b, room), setVersion), words: map[string]int{}, last: &Span{}}
	e.uint(uint64(s.Through))
	for _, list := range [][]Entry{s.Head, s.Log} {
		e.uint(uint64(len(list)))
		for i := range list {
			e.entry(&list[i])
		}
	}
	return e.b
}

func (e *encoder) uint(v uint64) { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int)     { e.b = binary.AppendVarint(e.b, int64(v)) }

// step writes a number as its distance from another one.
func (e *encoder) step(v, from uint64) { e.b = binary.AppendVarint(e.b, int64(v-from)) }

// word writes 0 and the word, or its number.
func (e *encoder) word(s string) {
	if n, ok := e.words[s]; ok {
		e.uint(uint64(n))
		return
	}
	e.words[s] = len(e.words) + 1
	e.uint(0)
	e.text(s)
}

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) entry(x *Entry) {
	bits := bit(entryOpen, x.Open) | bit(entryCalls, len(x.CallIDs) > 0) | bit(entryTombstone, x.Tombstone != nil) |
		bit(entryRender, x.Render != e.render) | bit(entrySpans, len(x.Spans) != 1) | bit(entryNotice, x.Notice != "") | bit(entryForgot, x.Forgot)
	e.uint(bits)
	e.step(x.Seq, e.seq+1)
	e.seq = x.Seq
	if bits&entryCalls != 0 {
		e.uint(uint64(len(x.CallIDs)))
		for _, id := range x.CallIDs {
			e.word(id)
		}
	}
	if t := x.Tombstone; t != nil {
		e.uint(uint64(t.First))
		e.step(uint64(t.Last), uint64(t.First))
		e.int(t.Messages)
		e.int(t.Tokens)
	}
	if bits&entryRender != 0 {
		e.int(x.Render)
		e.render = x.Render
	}
	if bits&entryNotice != 0 {
		e.word(x.Notice)
	}
	if bits&entrySpans != 0 {
		e.uint(uint64(len(x.Spans)))
	}
	for i := range x.Spans {
		e.span(&x.Spans[i])
	}
}

// bit is a bit that is set or not.
func bit(b uint64, is bool) uint64 {
	if is {
		return b
	}
	return 0
}

// bitsOf says what of a span is written.
func (e *encoder) bitsOf(s *Span) uint64 {
	last := e.last
	return bit(spanKind, s.Kind != last.Kind) |
		bit(spanRole, s.Role != last.Role) |
		bit(spanFrom, s.From != last.From) |
		bit(spanEntered, s.Entered != last.Entered) |
		bit(spanUID, s.UID != last.UID+1) |
		bit(spanStub, s.Stub != 0) |
		bit(spanTurn, s.Turn != last.Turn) |
		bit(spanLastUse, s.LastUse != s.Entered) |
		bit(spanSays, s.Says) |
		bit(spanNames, s.Names != 0) |
		bit(spanTool, s.Tool != "") |
		bit(spanCall, s.Call != "") |
		bit(spanKey, s.Key != "") |
		bit(spanUses, s.Uses != 0) |
		bit(spanClass, s.Class != last.Class) |
		bit(spanShows, len(s.Shows) > 0) |
		bit(spanMark, s.Mark != "") |
		bit(spanForm, s.Form != 0) |
		bit(spanKeep, s.Keep != 0) |
		bit(spanPinned, s.Pinned) |
		bit(spanRefaults, s.Refaults != 0) |
		bit(spanRent, s.Rent != 0) |
		bit(spanPriority, s.Priority != 0) |
		bit(spanUntil, !s.Until.IsZero()) |
		bit(spanDigest, !isShort(&s.Digest))
}

func (e *encoder) span(s *Span) {
	bits, last := e.bitsOf(s), e.last
	e.uint(bits)
	e.message(string(s.Message))
	e.int(s.Tokens)
	if bits&spanDigest != 0 {
		e.b = append(e.b, s.Digest[:]...)
	} else {
		e.b = append(e.b, s.Digest[:shortDigest]...)
	}
	if bits&spanKind != 0 {
		e.word(string(s.Kind))
	}
	if bits&spanRole != 0 {
		e.word(string(s.Role))
	}
	if bits&spanFrom != 0 {
		e.word(string(s.From))
	}
	if bits&spanEntered != 0 {
		e.step(s.Entered, last.Entered)
	}
	if bits&spanUID != 0 {
		e.step(uint64(s.UID), uint64(last.UID))
	}
	if bits&spanStub != 0 {
		e.int(s.Stub)
	}
	if bits&spanTurn != 0 {
		e.step(s.Turn, last.Turn)
	}
	if bits&spanLastUse != 0 {
		e.step(s.LastUse, s.Entered)
	}
	if bits&spanNames != 0 {
		e.int(s.Names)
	}
	if bits&spanTool != 0 {
		e.word(s.Tool)
	}
	if bits&spanCall != 0 {
		e.word(s.Call)
	}
	if bits&spanKey != 0 {
		e.key(s.Key)
	}
	if bits&spanUses != 0 {
		e.int(s.Uses)
	}
	if bits&spanClass != 0 {
		e.word(string(s.Class))
	}
	if bits&spanShows != 0 {
		e.uint(uint64(len(s.Shows)))
		from := s.UID
		for _, uid := range s.Shows {
			e.step(uint64(uid), uint64(from))
			from = uid
		}
	}
	if bits&spanMark != 0 {
		e.word(string(s.Mark))
	}
	if bits&spanForm != 0 {
		e.b = append(e.b, byte(s.Form))
	}
	if bits&spanKeep != 0 {
		e.int(s.Keep)
	}
	if bits&spanRefaults != 0 {
		e.int(s.Refaults)
	}
	if bits&spanRent != 0 {
		e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(s.Rent))
	}
	if bits&spanPriority != 0 {
		e.int(s.Priority)
	}
	if bits&spanUntil != 0 {
		e.b = binary.AppendVarint(e.b, s.Until.Unix())
		e.uint(uint64(s.Until.Nanosecond()))
	}
	e.last = s
}

// message writes an id: a UUID, as most are, by what of its bytes is not as in the one
// before.
func (e *encoder) message(id string) {
	raw, ok := uuidOf(id)
	if !ok {
		e.uint(uint64(len(id)) + 17)
		e.b = append(e.b, id...)
		return
	}
	n := 0
	for n < 16 && raw[n] == e.uuid[n] {
		n++
	}
	e.uint(uint64(n))
	e.b = append(e.b, raw[n:]...)
	e.uuid = raw
}

// key writes text that is mostly hexadecimal digits.
func (e *encoder) key(s string) {
	raw, err := hex.DecodeString(s)
	if err == nil && hex.EncodeToString(raw) == s {
		e.uint(uint64(len(raw)) << 1)
		e.b = append(e.b, raw...)
		return
	}
	e.uint(uint64(len(s))<<1 | 1)
	e.b = append(e.b, s...)
}

// uuidOf reads a UUID as it is always written.
func uuidOf(s string) (raw [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return raw, false
	}
	at := 0
	for i := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			at++ // a hyphen
		}
		high, low := digit(s[at]), digit(s[at+1])
		if high|low > 15 {
			return raw, false
		}
		raw[i] = high<<4 | low
		at += 2
	}
	return raw, true
}

// digit is the value of a hexadecimal digit as it is always written, or 255.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// uuidText writes a UUID.
func uuidText(raw [16]byte) (text [36]byte) {
	hex.Encode(text[:8], raw[:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:], raw[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return text
}

// shortDigest is how many bytes of a digest tell what stands apart: a sender can at most
// make two messages of its own look the same.
const shortDigest = 8

// isShort says whether a digest is its own Short.
func isShort(d *quire.Digest) bool {
	return [len(d) - shortDigest]byte(d[shortDigest:]) == [len(d) - shortDigest]byte{}
}

// Short is the part of a digest that is kept of a message in the log.
func Short(d quire.Digest) (short quire.Digest) {
	copy(short[:], d[:shortDigest])
	return short
}
