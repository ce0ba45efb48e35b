package rank

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
)

// Text is what a [Judge] and a search know of a text: how often each of its terms stands
// in it, by a number made of the term. Stores keep it as [Doc.Pack] writes it, so that
// nothing is analysed when somebody asks.
type Text struct {
	length int
	first  int
	terms  []count // by number
}

// count says how often a text has a term.
type count struct{ term, times uint32 }

// TermNumber is the number of a term. Two terms of a mailbox hardly ever have the same
// one; where they do, one counts as the other.
func TermNumber(term string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(term))
	return h.Sum32()
}

// Text is the document as a Judge reads it.
func (d Doc) Text() Text {
	t := Text{length: d.Length, first: d.First, terms: make([]count, 0, len(d.Freq))}
	for term, n := range d.Freq {
		t.terms = append(t.terms, count{TermNumber(term), uint32(min(n, maxTimes))})
	}
	slices.SortFunc(t.terms, func(x, y count) int { return int(int64(x.term) - int64(y.term)) })
	kept := t.terms[:0]
	for _, c := range t.terms {
		if n := len(kept); n > 0 && kept[n-1].term == c.term {
			kept[n-1].times = min(kept[n-1].times+c.times, maxTimes)
			continue
		}
		kept = append(kept, c)
	}
	t.terms = kept
	return t
}

// Terms is how many different terms it has.
func (t *Text) Terms() int { return len(t.terms) }

// maxTimes is how often a term counts at most.
const maxTimes = 1 << 20

// Pack writes the document for a store to keep: the words with which its author speaks
// of himself, then each term's number, as what it is more than the one before, with a
// bit that says whether it stands more than once, and how often. It takes some four
// bytes a term.
func (d Doc) Pack() []byte {
	t := d.Text()
	b := binary.AppendUvarint(make([]byte, 0, 5*len(t.terms)+2), uint64(min(t.first, maxTimes)))
	last := uint32(0)
	for _, c := range t.terms {
		v := uint64(c.term-last) << 1
		last = c.term
		if c.times == 1 {
			b = binary.AppendUvarint(b, v)
			continue
		}
		b = binary.AppendUvarint(binary.AppendUvarint(b, v|1), uint64(c.times))
	}
	return b
}

// ErrPacked says that what was packed can't be read.
var ErrPacked = errors.New("the terms of a message can't be read")

// Unpack reads what [Doc.Pack] wrote; length is [Doc.Length].
func Unpack(packed []byte, length int) (Text, error) {
	t := Text{length: max(length, 0), terms: make([]count, 0, len(packed)/5+1)}
	first, n := binary.Uvarint(packed)
	if n <= 0 || first > maxTimes {
		return Text{}, ErrPacked
	}
	t.first = int(first)
	for c := range each(packed[n:]) {
		if c.times == 0 || c.times > maxTimes {
			return Text{}, ErrPacked
		}
		t.terms = append(t.terms, c)
	}
	return t, nil
}

// each reads terms; one that stands 0 times is where that ended.
func each(packed []byte) func(yield func(count) bool) {
	return func(yield func(count) bool) {
		last := uint32(0)
		for len(packed) > 0 {
			v, n := binary.Uvarint(packed)
			if n <= 0 || v>>1 > 1<<32-1 {
				yield(count{})
				return
			}
			packed = packed[n:]
			last += uint32(v >> 1)
			c := count{last, 1}
			if v&1 == 1 {
				times, n := binary.Uvarint(packed)
				if n <= 0 || times < 1 || times > maxTimes {
					yield(count{})
					return
				}
				c.times, packed = uint32(times), packed[n:]
			}
			if !yield(c) {
				return
			}
		}
	}
}

// Times counts in what [Doc.Pack] wrote how often some words stand in the document, each
// given as the numbers of its terms, and adds that to out, which is parallel to them.
func Times(packed []byte, words [][]uint32, out []int) {
	_, n := binary.Uvarint(packed)
	if n <= 0 {
		return
	}
	for c := range each(packed[n:]) {
		for i, list := range words {
			if slices.Contains(list, c.term) {
				out[i] += int(c.times)
			}
		}
	}
}

// Numbers are the numbers of the terms of words.
func Numbers(words [][]string) [][]uint32 {
	out := make([][]uint32, len(words))
	for i, list := range words {
		out[i] = make([]uint32, len(list))
		for k, term := range list {
			out[i][k] = TermNumber(term)
		}
	}
	return out
}
