package transcript

import (
	"bufio"
	"bytes"
	"io"
)

// line is one line of a file, without its end.
type line struct {
	n       int // from 1
	text    []byte
	tooLong bool // text is empty: it was passed over
}

// lineReader reads lines of any length up to max.
type lineReader struct {
	r   *bufio.Reader
	max int
	n   int
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
		if text = bytes.TrimSpace(text); long || len(text) > 0 {
			return line{n: l.n, text: text, tooLong: long}, true
		}
	}
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
