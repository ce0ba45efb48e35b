package rank

import (
	"cmp"
	"encoding/binary"
	"errors"
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
	h := uint32(2166136261) // FNV-1a
	for i := range len(term) {
		h = (h ^ uint32(term[i])) * 16777619
	}
	return h
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
	first, n, at := begin(packed)
	if at < 0 {
		return Text{}, ErrPacked
	}
	t.first = first
	t.terms = make([]count, n)
	last := uint32(0)
	for i := range t.terms {
		c := &t.terms[i]
		if step, ok := usual(packed, at); ok && last+step >= last {
			last += step
			c.term, c.times, at = last, 1, at+usualSize
			continue
		}
		if *c, at = next(packed, at, last); at < 0 {
			return Text{}, ErrPacked
		}
		last = c.term
	}
	if at < len(packed) {
		t.pairs = make([]uint32, 0, (len(packed)-at+1)/2)
	}
	for pair := uint64(0); at < len(packed); {
		var v uint64
		if at+1 < len(packed) && packed[at] >= 0x80 && packed[at+1] < 0x80 { // nearly always
			v, at = uint64(packed[at]&0x7f)|uint64(packed[at+1])<<7, at+2
		} else {
			v, at = number(packed, at)
		}
		if at < 0 || pair+v >= 1<<pairBits {
			return Text{}, ErrPacked
		}
		pair += v
		t.pairs = append(t.pairs, uint32(pair))
	}
	t.seal()
	return t, nil
}

// begin reads what stands before the terms, and where they begin; -1 when it can't be read.
func begin(packed []byte) (first, n, at int) {
	v, at := number(packed, 0)
	if at < 0 || v > maxTimes {
		return 0, 0, -1
	}
	w, at := number(packed, at)
	if at < 0 || w > uint64(len(packed)) {
		return 0, 0, -1
	}
	return int(v), int(w), at
}

// next reads the term at a place, behind another one, and where the next stands; -1 when
// it can't be read.
func next(packed []byte, at int, last uint32) (count, int) {
	v, at := number(packed, at)
	term := uint64(last) + v>>1
	if at < 0 || term > 1<<32-1 {
		return count{}, -1
	}
	if v&1 == 0 {
		return count{uint32(term), 1}, at
	}
	times, at := number(packed, at)
	if at < 0 || times < 1 || times > maxTimes {
		return count{}, -1
	}
	return count{uint32(term), uint32(times)}, at
}

// usualSize is how many bytes nearly all terms of a message take.
const usualSize = 4

// usual is how much more the term at a place is than the one before, if it takes usualSize
// bytes and stands in the text once.
func usual(packed []byte, at int) (step uint32, ok bool) {
	if len(packed)-at < usualSize {
		return 0, false
	}
	x := binary.LittleEndian.Uint32(packed[at:])
	return x>>1&(1<<6-1) | x>>2&(0x7f<<6) | x>>3&(0x7f<<13) | x>>4&(0x7f<<20), x&0x80808081 == 0x00808080
}

// number reads a number of at most 35 bits, as binary.Uvarint does, and where the next
// stands; -1 when it can't be read.
func number(b []byte, at int) (v uint64, next int) {
	for shift := 0; at < len(b) && shift < 35; shift += 7 {
		c := b[at]
		at++
		if c < 0x80 {
			return v | uint64(c)<<shift, at
		}
		v |= uint64(c&0x7f) << shift
	}
	return 0, -1
}

// Sought are the terms of some words, to be counted in many documents.
type Sought []sought

type sought struct {
	term uint32
	word int
}

// Seek makes Sought of words, each given as the numbers of its terms.
func Seek(words [][]uint32) Sought {
	var list Sought
	for i, terms := range words {
		for _, t := range terms {
			list = append(list, sought{t, i})
		}
	}
	slices.SortFunc(list, func(x, y sought) int { return cmp.Or(cmp.Compare(x.term, y.term), cmp.Compare(x.word, y.word)) })
	return slices.Compact(list)
}

// Times counts in what [Doc.Pack] wrote how often the words stand in the document, and adds
// that to out, by word.
func (list Sought) Times(packed []byte, out []int) {
	_, n, at := begin(packed)
	for last := (count{}); n > 0 && at >= 0 && len(list) > 0; n-- {
		if step, ok := usual(packed, at); ok && last.term+step >= last.term {
			last, at = count{last.term + step, 1}, at+usualSize
		} else if last, at = next(packed, at, last.term); at < 0 {
			return
		}
		for len(list) > 0 && list[0].term < last.term {
			list = list[1:]
		}
		for len(list) > 0 && list[0].term == last.term {
			out[list[0].word] += int(last.times)
			list = list[1:]
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
