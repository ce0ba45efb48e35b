package transcript

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// errHalf ends a text in UTF-16 that has an odd number of bytes.
var errHalf = errors.New("the text is UTF-16 and ends in the middle of a character")

// utf8Of returns r as UTF-8 without a byte order mark: some systems write text as UTF-16
// by default, with a mark or without. Records begin with ASCII, so that the
// zero bytes tell.
func utf8Of(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(4)
	ascii := func(i, zero int) bool { return len(head) > i && len(head) > zero && head[i] != 0 && head[zero] == 0 }
	switch {
	case len(head) > 2 && string(head[:3]) == string(byteOrderMark):
		r.Discard(3)
	case len(head) > 1 && head[0] == 0xff && head[1] == 0xfe:
		r.Discard(2)
		return &wideReader{r: r, order: binary.LittleEndian}
	case len(head) > 1 && head[0] == 0xfe && head[1] == 0xff:
		r.Discard(2)
		return &wideReader{r: r, order: binary.BigEndian}
	case ascii(0, 1) && ascii(2, 3):
		return &wideReader{r: r, order: binary.LittleEndian}
	case ascii(1, 0) && ascii(3, 2):
		return &wideReader{r: r, order: binary.BigEndian}
	}
	return r
}

// wideReader reads UTF-16 as UTF-8. Half of a surrogate pair becomes U+FFFD.
type wideReader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	out   []byte // decoded, not yet returned
	buf   []byte
	err   error
}

func (w *wideReader) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		w.fill()
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

// fill decodes some more.
func (w *wideReader) fill() {
	w.buf = w.buf[:0]
	for len(w.buf) < 32<<10 && w.err == nil {
		var u uint16
		if u, w.err = w.unit(); w.err != nil {
			break
		}
		r := rune(u)
		if utf16.IsSurrogate(r) {
			r = w.pair(r)
		}
		w.buf = utf8.AppendRune(w.buf, r)
	}
	w.out = w.buf
}

// pair returns the character that begins with half a pair. What follows it
// stays where it is, unless it is the other half.
func (w *wideReader) pair(first rune) rune {
	next, _ := w.r.Peek(2)
	if len(next) < 2 {
		return utf8.RuneError
	}
	r := utf16.DecodeRune(first, rune(w.order.Uint16(next)))
	if r != utf8.RuneError {
		w.r.Discard(2)
	}
	return r
}

func (w *wideReader) unit() (uint16, error) {
	b, err := w.r.Peek(2)
	if len(b) < 2 {
		if len(b) == 1 && err == io.EOF {
			err = errHalf
		}
		return 0, err
	}
	u := w.order.Uint16(b)
	w.r.Discard(2)
	return u, nil
}
