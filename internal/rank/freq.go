package rank

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
)

// Text is what a [Judge] and a search know of a text: how often each of its terms stands
// in it, and which stand beside each other, by numbers made of the terms. Stores keep it
// as [Doc.Pack] writes it, so that nothing is analysed when somebody asks.
type Text struct {
	length int
	first  int
	sum    uint64   // of terms
	terms  []count  // by number
	pairs  []uint32 // in order
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

// pairBits is how many bits the number of a pair of terms has. Of a text of 1,000 words
// one in 1,000 pairs is taken to be in it that is not: pairs count little.
const pairBits = 20

// pairNumber is that of two terms beside each other, whichever comes first.
func pairNumber(x, y uint32) uint32 {
	x, y = min(x, y), max(x, y)
	return (x*2654435761 ^ (y*2246822519)<<7 ^ y>>9) >> (32 - pairBits)
}

// Text is the document as a Judge reads it.
func (d Doc) Text() Text {
	t := Text{length: d.Length, first: min(d.First, maxTimes), terms: make([]count, 0, len(d.Freq))}
	for term, n := range d.Freq {
		t.terms = append(t.terms, count{TermNumber(term), uint32(min(n, maxTimes))})
	}
	slices.SortFunc(t.terms, func(x, y count) int { return cmp.Compare(x.term, y.term) })
	kept := t.terms[:0]
	for _, c := range t.terms {
		if n := len(kept); n > 0 && kept[n-1].term == c.term {
			kept[n-1].times = min(kept[n-1].times+c.times, maxTimes)
			continue
		}
		kept = append(kept, c)
	}
	t.terms = kept
	t.pairs = slices.Compact(slices.Sorted(slices.Values(d.pairs)))
	t.seal()
	return t
}

// maxTimes is how often a term counts at most.
const maxTimes = 1 << 20

// Pack writes the document for a store to keep: the words with which its author speaks
// of himself; how many terms there are; each term's number, as what it is more than the
// one before, with a bit that says whether it stands more than once, and how often; and
// the numbers of pairs, likewise. It takes some four bytes a term and two a pair.
func (d Doc) Pack() []byte {
	t := d.Text()
	b := binary.AppendUvarint(make([]byte, 0, 5*len(t.terms)+2*len(t.pairs)+4), uint64(t.first))
	b = binary.AppendUvarint(b, uint64(len(t.terms)))
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
	last = 0
	for _, p := range t.pairs {
		b = binary.AppendUvarint(b, uint64(p-last))
		last = p
	}
	return b
}

// ErrPacked says that what was packed can't be read.
var ErrPacked = errors.New("the terms of a message can't be read")

// Unpack reads what [Doc.Pack] wrote; length is [Doc.Length].
func Unpack(packed []byte, length int) (Text, error) {
	t := Text{length: max(length, 0)}
	first, n, rest, ok := begin(packed)
	if !ok {
		return Text{}, ErrPacked
	}
	t.first = first
	if t.terms = make([]count, 0, n); n > 0 {
		ok = false
		for c, left := range each(rest, n) {
			t.terms, rest, ok = append(t.terms, c), left, len(t.terms)+1 == n
		}
	}
	last := uint64(0)
	if ok && len(rest) > 0 {
		t.pairs = make([]uint32, 0, len(rest)/2)
	}
	for ok && len(rest) > 0 {
		v, k := binary.Uvarint(rest)
		if ok = k > 0 && last+v < 1<<pairBits; ok {
			last, rest = last+v, rest[k:]
			t.pairs = append(t.pairs, uint32(last))
		}
	}
	if !ok {
		return Text{}, ErrPacked
	}
	t.seal()
	return t, nil
}

// begin reads what stands before the terms.
func begin(packed []byte) (first, n int, rest []byte, ok bool) {
	v, k := binary.Uvarint(packed)
	if k <= 0 || v > maxTimes {
		return 0, 0, nil, false
	}
	w, l := binary.Uvarint(packed[k:])
	if l <= 0 || w > uint64(len(packed)) {
		return 0, 0, nil, false
	}
	return int(v), int(w), packed[k+l:], true
}

// each reads n terms, and what follows each; fewer when one can't be read.
func each(packed []byte, n int) func(yield func(count, []byte) bool) {
	return func(yield func(count, []byte) bool) {
		last := uint64(0)
		for range n {
			v, k := binary.Uvarint(packed)
			if last += v >> 1; k <= 0 || last > 1<<32-1 {
				return
			}
			packed = packed[k:]
			c := count{uint32(last), 1}
			if v&1 == 1 {
				times, k := binary.Uvarint(packed)
				if k <= 0 || times < 1 || times > maxTimes {
					return
				}
				c.times, packed = uint32(times), packed[k:]
			}
			if !yield(c, packed) {
				return
			}
		}
	}
}

// Times counts in what [Doc.Pack] wrote how often some words stand in the document, each
// given as the numbers of its terms, and adds that to out, which is parallel to them.
func Times(packed []byte, words [][]uint32, out []int) {
	_, n, rest, _ := begin(packed)
	for c := range each(rest, n) {
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
