package tokenizer

import (
	"io"
	"sync"
	"unicode/utf8"
)

// Encoding counts the tokens that a byte pair encoding makes of a text. It
// makes no token ids, which is why it can be fast: a count needs no
// allocation, and time in proportion to the text whatever the text is.
//
// Text that looks like a special token ("<|endoftext|>") is counted as the
// ordinary text that it is when it comes from a message. Each byte that is not
// part of valid UTF-8 counts as U+FFFD, which is what encoding/json sends in
// its place.
//
// An Encoding is immutable and safe for concurrent use.
type Encoding struct {
	name  string
	split Split
	words *vocabulary
	table *classTable
	pool  scratchPool
}

// NewEncoding returns the encoding that cuts text by split and merges by ranks. The
// name is what stored counts are keyed by: two encodings that count differently must
// not share it.
//
// The ranks are read in the format of tiktoken: one token a line, its bytes in base64,
// a space, its rank. Ranks must count up from 0, and each of the 256 single bytes must
// be a token. An error says in which line that is not so.
func NewEncoding(name string, split Split, ranks io.Reader) (*Encoding, error) {
	v, err := readVocabulary(ranks)
	if err != nil {
		return nil, err
	}
	return &Encoding{name: name, split: split, words: v, table: classes(), pool: newScratchPool()}, nil
}

// Name returns the name given to NewEncoding: "o200k_base".
func (e *Encoding) Name() string { return e.name }

// CountText returns the tokens of s.
func (e *Encoding) CountText(s string) int {
	// The conversion copies nothing: the compiler sees that count neither
	// keeps nor changes the bytes. A test holds that.
	return e.count([]byte(s))
}

func (e *Encoding) countBytes(b []byte) int { return e.count(b[:len(b):len(b)]) }

func (e *Encoding) count(b []byte) int {
	s := e.pool.get()
	defer e.pool.put(s)
	valid := utf8.Valid(b)
	n := 0
	for i := 0; i < len(b); {
		end := e.split.next(e.table, b, i)
		n += e.piece(b[i:end], valid, s)
		i = end
	}
	return n
}

// piece counts one piece of the split; valid says that it is known to be valid
// UTF-8. A bad byte has the class of U+FFFD, so the split is the same before
// and after mending, and only the bytes to merge differ.
func (e *Encoding) piece(p []byte, valid bool, s *scratch) int {
	switch {
	case valid || utf8.Valid(p):
		return e.words.countPiece(p, s)
	case len(p) > e.words.maxLen: // and mending makes nothing shorter
		return e.words.countLong(longPiece{text: p, bad: true}, s)
	}
	s.mended = s.mended[:0]
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		s.mended = utf8.AppendRune(s.mended, r)
		p = p[n:]
	}
	return e.words.countPiece(s.mended, s)
}

// scratchPool hands out scratch space; each encoding owns one.
type scratchPool struct{ p *sync.Pool }

func newScratchPool() scratchPool {
	return scratchPool{&sync.Pool{New: func() any { return new(scratch) }}}
}

func (p scratchPool) get() *scratch  { return p.p.Get().(*scratch) }
func (p scratchPool) put(s *scratch) { p.p.Put(s) }
