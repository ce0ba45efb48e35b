package transcript

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf16"
)

// line is one line of a file, without its end.
type line struct {
	n       int // from 1
	text    []byte
	tooLong bool // text is empty: it was passed over
	nuls    int  // bytes of zero round the text
	valid   bool // the text is one value of JSON
}

// lineReader reads lines of any length up to max.
type lineReader struct {
	r   *bufio.Reader
	max int
	n   int
	two bool // the line before was UTF-16
}

// next returns the next line that is not blank, in memory of its own; ok is
// false at the end.
func (l *lineReader) next() (ln line, ok bool) {
	for {
		text, long, err := l.read()
		if err != nil && len(text) == 0 && !long {
			return line{}, false
		}
		l.n++
		ln := line{n: l.n, text: bytes.TrimSpace(text), tooLong: long}
		if bytes.IndexByte(ln.text, 0) >= 0 {
			if l.two && len(ln.text) == 1 { // the other half of the last line feed
				continue
			}
			l.two = ln.unzero()
		}
		ln.text = bytes.TrimSpace(bytes.TrimPrefix(ln.text, byteOrderMark)) // files that were put together have more than one
		if long || len(ln.text) > 0 || ln.nuls > 0 {
			return ln, true
		}
	}
}

// byteOrderMark is what some programs begin UTF-8 with.
var byteOrderMark = []byte("\xef\xbb\xbf")

// unzero takes the zero bytes from round a line: what a crash of the machine
// leaves in a file, or the other half of each character of UTF-16 that was
// appended to a file in UTF-8.
func (l *line) unzero() (wasWide bool) {
	all := len(l.text)
	text := bytes.Trim(l.text, "\x00 \t\r\n")
	text = bytes.TrimPrefix(text, []byte("\xff\xfe"))
	if wide(text) {
		units := make([]uint16, 0, len(text)/2+1)
		for i := 0; i < len(text); i += 2 {
			u := uint16(text[i])
			if i+1 < len(text) {
				u |= uint16(text[i+1]) << 8
			}
			units = append(units, u)
		}
		l.text = bytes.Trim([]byte(string(utf16.Decode(units))), "\ufeff \t\r\n")
		return true
	}
	l.text, l.nuls = text, all-len(text)
	return false
}

// wide says whether a text without zeros round it is UTF-16: each second byte
// of its beginning is zero.
func wide(text []byte) bool {
	if len(text) < 7 {
		return false
	}
	for i, c := range text[:7] {
		if (c == 0) != (i%2 == 1) {
			return false
		}
	}
	return true
}

// read returns one line; one that is longer than max is read to its end and
// dropped.
func (l *lineReader) read() (text []byte, long bool, err error) {
	for {
		piece, err := l.r.ReadSlice('\n')
		if len(text)+len(piece) > l.max {
			long, text = true, nil
		}
		if !long {
			text = append(text, piece...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == nil || err == io.EOF {
			return text, long, err
		}
		return text, long, io.EOF
	}
}
