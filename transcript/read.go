package transcript

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Open reads the file at path. See [Read].
func Open(ctx context.Context, path string, o *Options) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &fileError{Path: path, Err: err}
	}
	defer f.Close()
	size := int64(0)
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, &fileError{Path: path, Err: errFolder}
	} else if err == nil && st.Mode().IsRegular() {
		size = st.Size()
	}
	return read(ctx, f, path, size, o)
}

// Read reads a record from r. The name is used in errors and, without its
// folder and endings, for sessions that have no name of their own; nothing is
// opened by it. The error names the file, wraps [ErrFormat] or [ErrNothing]
// where one of them fits, or is that of ctx; with one, nothing is returned.
func Read(ctx context.Context, r io.Reader, name string, o *Options) (*Record, error) {
	return read(ctx, r, name, 0, o)
}

func read(ctx context.Context, r io.Reader, path string, size int64, o *Options) (*Record, error) {
	opts := o.withDefaults()
	src := newSource(ctx, r, size, &opts)
	rec := &Record{}
	rd := &reader{rec: rec, o: &opts, base: baseName(path), r: bufio.NewReaderSize(src, 64<<10)}
	err := rd.read()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if src.err != nil {
		rec.report(0, "", codeTruncated, "%w", src.err)
	}
	rec.sortProblems()
	if len(rec.Sessions) > 0 {
		return rec, nil
	}
	if err == nil {
		err = ErrNothing
	}
	if err == errEmpty && src.err != nil { // nobody knows whether it is
		return nil, &fileError{Path: path, Err: src.err}
	}
	e := &fileError{Path: path, Err: err}
	if len(rec.Problems) > 0 {
		e.Line, e.Err = rec.Problems[0].Line, fmt.Errorf("%w: %w", err, rec.Problems[0].Err)
	}
	return nil, e
}

// baseName is path without its folder and its endings.
func baseName(path string) string {
	s := filepath.Base(path)
	s = strings.TrimSuffix(s, ".gz")
	s = strings.TrimSuffix(s, filepath.Ext(s))
	if s == "" || s == "." || s == string(filepath.Separator) {
		return "session"
	}
	return s
}

// reader reads one file of a form that it has yet to find out.
type reader struct {
	rec  *Record
	o    *Options
	base string
	r    *bufio.Reader
}

// read looks at the beginning of the file and hands it to the reader of its
// form. The error is for a file in which that can't be told.
func (rd *reader) read() error {
	if b, _ := rd.r.Peek(3); bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		rd.r.Discard(3)
	}
	lines := &lineReader{r: rd.r, max: rd.o.MaxLine}
	first, ok := lines.next()
	switch {
	case !ok:
		return errEmpty
	case bytes.HasPrefix(first.text, []byte("From ")):
		return rd.mbox(first, lines)
	case bytes.HasPrefix(first.text, []byte("[")):
		return rd.document([]line{first})
	case !bytes.HasPrefix(first.text, []byte("{")) || json.Valid(first.text):
		return rd.lines([]line{first}, lines)
	}
	// An object over several lines, or a damaged line of many. What begins
	// the next line tells.
	second, ok := lines.next()
	if ok && bytes.HasPrefix(second.text, []byte("{")) && len(first.text) > 1 {
		return rd.lines([]line{first, second}, lines)
	}
	head := []line{first}
	if ok {
		head = append(head, second)
	}
	return rd.document(head)
}

// document reads a JSON document of which the first lines have been taken.
func (rd *reader) document(head []line) error {
	var taken bytes.Buffer
	n := 1
	for _, l := range head {
		for ; n < l.n; n++ {
			taken.WriteByte('\n')
		}
		taken.Write(l.text)
	}
	if _, err := rd.r.Peek(1); err == nil {
		taken.WriteByte('\n')
	}
	idx := &lineIndex{r: io.MultiReader(&taken, rd.r)}
	c := &chatFile{rec: rd.rec, o: rd.o, base: rd.base, lines: idx, dec: json.NewDecoder(idx)}
	err := c.read()
	if err == io.ErrUnexpectedEOF {
		rd.rec.report(c.line(), "", codeTruncated, "the document ends in the middle")
	} else if err != nil {
		rd.rec.report(c.line(), "", codeUnreadable, "%w; what follows was left out", err)
	}
	c.finish()
	return nil
}

// lines reads a file with one value on each line. The first one that is of a
// known form decides what the file is.
func (rd *reader) lines(head []line, rest *lineReader) error {
	claude := &claudeFile{rec: rd.rec, o: rd.o, base: rd.base, side: map[string][]node{},
		seen: map[string]bool{}, unknown: map[string]int{}, first: map[string]int{}}
	chat := &chatFile{rec: rd.rec, o: rd.o, base: rd.base}
	var handle func(line)
	known := false
	for {
		var ln line
		if len(head) > 0 {
			ln, head = head[0], head[1:]
		} else {
			var ok bool
			if ln, ok = rest.next(); !ok {
				break
			}
		}
		switch {
		case ln.tooLong:
			rd.rec.report(ln.n, "", codeTooLong, "longer than %d bytes", rd.o.MaxLine)
			continue
		case ln.text[0] != '{' && (handle == nil || ln.text[0] != '['):
			rd.rec.report(ln.n, "", codeUnreadable, "not a JSON object: %.40q", ln.text)
			continue
		case handle == nil && !json.Valid(ln.text):
			rd.rec.report(ln.n, "", codeUnreadable, "not valid JSON: %.40q", ln.text)
			continue
		case handle == nil && isClaude(ln.text):
			handle, known = claude.line, true
		case handle == nil:
			handle, known = chat.readLine, true
		}
		handle(ln)
	}
	claude.finish()
	chat.finish()
	if !known {
		return ErrFormat
	}
	return nil
}
