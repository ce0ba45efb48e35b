package resident

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

var errBad = errors.New("what stands in the context can't be read: the bytes are damaged")

// The fewest bytes that an entry and a span take.
const (
	leastEntry = 2
	leastSpan  = 3 + shortDigest
)

// decoder reads a Set. After the first failure it reads zeros.
type decoder struct {
	b      []byte
	bad    bool
	words  []string
	last   Span
	uuid   [16]byte
	seq    uint64
	render int
}

// Decode reads what Append wrote. It keeps no reference to b.
func Decode(b []byte) (Set, error) {
	if len(b) == 0 || b[0] != setVersion {
		return Set{}, errBad
	}
	d := decoder{b: b[1:]}
	s := Set{Through: quire.UID(d.uint())}
	s.Head = d.entries()
	s.Log = d.entries()
	if d.bad || len(d.b) > 0 || !s.sound() {
		return Set{}, errBad
	}
	return s, nil
}

// sound says whether each entry holds something: a tombstone, which stands in the log
// only, or spans.
func (s *Set) sound() bool {
	empty := func(e Entry) bool { return len(e.Spans) == 0 }
	return !slices.ContainsFunc(s.Head, empty) &&
		!slices.ContainsFunc(s.Log, func(e Entry) bool { return empty(e) && e.Tombstone == nil })
}

// DecodeJSON reads a set as it was written before it was binary.
func DecodeJSON(b []byte) (Set, error) {
	var s Set
	if err := json.Unmarshal(b, &s); err != nil {
		return Set{}, fmt.Errorf("what stands in the context can't be read: %w", err)
	}
	if !s.sound() {
		return Set{}, errBad
	}
	for i := range s.Log {
		for j := range s.Log[i].Spans {
			sp := &s.Log[i].Spans[j]
			sp.Digest = Short(sp.Digest)
		}
	}
	return s, nil
}

func (d *decoder) fail() {
	d.bad, d.b = true, nil
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int { return int(d.varint()) }

// step reads what the encoder's wrote.
func (d *decoder) step(from uint64) uint64 { return from + uint64(d.varint()) }

// bytes reads n bytes, nil when there are fewer.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

// count reads how many things follow that take at least so many bytes each.
func (d *decoder) count(least int) int {
	n := d.uint()
	if n > uint64(len(d.b)/least) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) word() string {
	n := d.uint()
	switch {
	case d.bad:
		return ""
	case n > uint64(len(d.words)):
		d.fail()
		return ""
	case n > 0:
		return d.words[n-1]
	}
	s := string(d.bytes(d.uint()))
	d.words = append(d.words, s)
	return s
}

func (d *decoder) entries() []Entry {
	n := d.count(leastEntry)
	if n == 0 {
		return nil
	}
	list := make([]Entry, n)
	for i := range list {
		d.entry(&list[i])
		if d.bad {
			return nil
		}
	}
	return list
}

func (d *decoder) entry(x *Entry) {
	bits := d.uint()
	x.Open, x.Forgot = bits&entryOpen != 0, bits&entryForgot != 0
	x.Seq = d.step(d.seq + 1)
	d.seq = x.Seq
	if bits&entryCalls != 0 {
		x.CallIDs = some[string](d.count(1))
		for i := range x.CallIDs {
			x.CallIDs[i] = d.word()
		}
	}
	if bits&entryTombstone != 0 {
		x.Tombstone = &Tombstone{First: quire.UID(d.uint())}
		x.Tombstone.Last = quire.UID(d.step(uint64(x.Tombstone.First)))
		x.Tombstone.Messages, x.Tombstone.Tokens = d.int(), d.int()
	}
	if bits&entryRender != 0 {
		d.render = d.int()
	}
	if bits&entryNotice != 0 {
		x.Notice = d.word()
	}
	x.Render = d.render
	n := 1
	if bits&entrySpans != 0 {
		n = d.count(leastSpan)
	}
	if n == 0 || d.bad {
		return
	}
	x.Spans = make([]Span, n)
	for i := range x.Spans {
		if d.span(&x.Spans[i]); d.bad {
			return
		}
	}
}

func (d *decoder) span(s *Span) {
	bits, last := d.uint(), &d.last
	has := func(bit uint64) bool { return bits&bit != 0 }
	*s = Span{Kind: last.Kind, Role: last.Role, From: last.From, Class: last.Class, UID: last.UID + 1, Entered: last.Entered, Turn: last.Turn,
		Says: has(spanSays), Pinned: has(spanPinned)}
	s.Message, s.Tokens = d.message(), d.int()
	n := uint64(shortDigest)
	if has(spanDigest) {
		n = uint64(len(s.Digest))
	}
	copy(s.Digest[:], d.bytes(n))
	if has(spanKind) {
		s.Kind = quire.Kind(d.word())
	}
	if has(spanRole) {
		s.Role = quire.Role(d.word())
	}
	if has(spanFrom) {
		s.From = quire.Address(d.word())
	}
	if has(spanEntered) {
		s.Entered = d.step(last.Entered)
	}
	if has(spanUID) {
		s.UID = quire.UID(d.step(uint64(last.UID)))
	}
	if has(spanStub) {
		s.Stub = d.int()
	}
	if has(spanTurn) {
		s.Turn = d.step(last.Turn)
	}
	if s.LastUse = s.Entered; has(spanLastUse) {
		s.LastUse = d.step(s.Entered)
	}
	d.seldom(s, has)
	d.last = *s
}

// seldom reads what most spans don't have.
func (d *decoder) seldom(s *Span, has func(uint64) bool) {
	if has(spanNames) {
		s.Names = d.int()
	}
	if has(spanTool) {
		s.Tool = d.word()
	}
	if has(spanCall) {
		s.Call = d.word()
	}
	if has(spanKey) {
		s.Key = d.key()
	}
	if has(spanUses) {
		s.Uses = d.int()
	}
	if has(spanClass) {
		s.Class = policy.Class(d.word())
	}
	if has(spanShows) {
		s.Shows = some[quire.UID](d.count(1))
		from := s.UID
		for i := range s.Shows {
			from = quire.UID(d.step(uint64(from)))
			s.Shows[i] = from
		}
	}
	if has(spanMark) {
		s.Mark = policy.Mark(d.word())
	}
	if has(spanForm) {
		if b := d.bytes(1); b != nil {
			s.Form = Form(b[0])
		}
	}
	if has(spanKeep) {
		s.Keep = d.int()
	}
	if has(spanRefaults) {
		s.Refaults = d.int()
	}
	if has(spanRent) {
		if b := d.bytes(8); b != nil {
			s.Rent = math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
		if math.IsNaN(s.Rent) || math.IsInf(s.Rent, 0) {
			d.fail()
		}
	}
	if has(spanPriority) {
		s.Priority = d.int()
	}
	if has(spanUntil) {
		s.Until = d.time()
	}
}

func (d *decoder) time() time.Time {
	sec := d.varint()
	return time.Unix(sec, int64(d.uint()%1e9)).UTC()
}

func (d *decoder) message() quire.MessageID {
	n := d.uint()
	if n > 16 {
		return quire.MessageID(d.bytes(n - 17))
	}
	copy(d.uuid[n:], d.bytes(16-n))
	text := uuidText(d.uuid)
	return quire.MessageID(text[:])
}

func (d *decoder) key() string {
	n := d.uint()
	if n&1 != 0 {
		return string(d.bytes(n >> 1))
	}
	return hex.EncodeToString(d.bytes(n >> 1))
}

// some makes a list, as it was before it was written: nil when there is nothing in it.
func some[T any](n int) []T {
	if n == 0 {
		return nil
	}
	return make([]T, n)
}
