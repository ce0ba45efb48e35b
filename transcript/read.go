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
// opened by it. The error names the file and wraps [ErrNothing] where that is the cause,
// or is that of ctx, which is asked between reads of r; with an error, nothing is returned.
func Read(ctx context.Context, r io.Reader, name string, o *Options) (*Record, error) {
	return read(ctx, r, name, 0, o)
}

func read(ctx context.Context, r io.Reader, path string, size int64, o *Options) (*Record, error) {
	opts := o.withDefaults()
	src := newSource(ctx, r, size, &opts)
	rd := newReader(newJob(ctx, path, &opts), bufio.NewReaderSize(src, 64<<10))
	rec := rd.rec
	err := rd.read()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if src.err != nil {
		rd.report(0, "", codeTruncated, "%w", src.err)
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

// reader reads one file. Each of its lines says what form it is of.
type reader struct {
	*job
	r      *bufio.Reader
	claude *claudeFile
	codex  *codexFile
	gemini *geminiFile
	chat   *chatFile
	last   form // of the last line that was known
}

func newReader(j *job, r *bufio.Reader) *reader {
	rd := &reader{job: j, r: r, claude: newClaudeFile(j), codex: &codexFile{job: j}, gemini: &geminiFile{job: j}}
	rd.chat = &chatFile{job: j, entry: rd.object, gemini: rd.gemini}
	return rd
}

// read looks at the beginning of the file and hands it to the reader of its
// form. The error is for a file in which that can't be told.
func (rd *reader) read() error {
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
	if ok && bytes.HasPrefix(second.text, []byte("{")) && !goesOn(first.text, second.text) || !ok && rd.spliced(first.text) {
		return rd.lines([]line{first, second}, lines)
	}
	head := []line{first}
	if ok {
		head = append(head, second)
	}
	return rd.document(head)
}

// goesOn says whether an object that begins on one line goes on on the next, which
// begins with another.
func goesOn(first, second []byte) bool {
	last := func(b []byte, of string) bool { return bytes.IndexByte([]byte(of), b[len(b)-1]) >= 0 }
	return last(first, "[{:") || last(first, ",") && (last(second, ",") || !json.Valid(second))
}

// lines reads a file with one value on each line, or several.
func (rd *reader) lines(head []line, rest *lineReader) error {
	for !rd.over() {
		var ln line
		if len(head) > 0 {
			ln, head = head[0], head[1:]
		} else {
			var ok bool
			if ln, ok = rest.next(); !ok {
				break
			}
		}
		if ln.n > 0 {
			rd.line(ln)
		}
	}
	return rd.finish()
}

// finish makes the sessions of what was read.
func (rd *reader) finish() error {
	rd.claude.finish()
	rd.codex.finish()
	rd.gemini.finish()
	rd.chat.finish()
	if rd.last == formNone && !rd.chat.known {
		return errFormat
	}
	return nil
}

// line reads what stands on one line.
func (rd *reader) line(ln line) {
	if ln.nuls > 0 {
		rd.report(ln.n, "", codeUnreadable, "%d bytes of zero, which a crash of the machine leaves, were left out", ln.nuls)
	}
	switch {
	case ln.tooLong:
		rd.report(ln.n, "", codeTooLong, "longer than %d bytes: see Options.MaxLine", rd.o.MaxLine)
	case len(ln.text) == 0:
	case json.Valid(ln.text):
		ln.valid = true
		rd.value(ln)
	default:
		rd.damaged(ln)
	}
}

// value reads a line that is one valid value.
func (rd *reader) value(ln line) {
	switch {
	case ln.text[0] == '{' && rd.object(ln):
	case ln.text[0] == '[' && rd.last == formChat:
		rd.chat.readLine(ln)
	case ln.text[0] == '{' && (rd.last == formChat || rd.last == formNone):
		rd.chat.readLine(ln) // which says what it is not
	case ln.text[0] == '{':
		rd.report(ln.n, "", codeUnreadable, "of no known kind: %.80s", ln.text)
	default:
		rd.report(ln.n, "", codeUnreadable, "not a JSON object: %.40q", ln.text)
	}
}

// object reads a valid object of a known form; it returns false for any other.
func (rd *reader) object(ln line) bool {
	f := formOf(ln.text)
	if f == formChat && rd.codex.bare() { // its lines are items, without more
		f = formCodex
	}
	switch f {
	case formNone:
		return false
	case formClaude:
		rd.claude.line(ln)
	case formCodex:
		rd.codex.line(ln)
	case formGemini:
		rd.gemini.line(ln)
	case formChat:
		rd.chat.readLine(ln)
	}
	rd.last = f
	return true
}

// damaged reads what can be read of a line that is not one valid value: several
// that were put together, one in the middle of another, or half of one.
func (rd *reader) damaged(ln line) {
	work := 4*len(ln.text) + 1<<20
	at := 0
	if rd.last == formChat && ln.text[0] == '{' {
		at = rd.chat.readLine(ln) // it may be a run of which half is there
	}
	// While nothing else is known, the message inside of half a line is no line.
	alone := rd.last != formNone || !bytes.Contains(ln.text, []byte(`"uuid"`)) && !bytes.Contains(ln.text, []byte(`"payload"`))
	for {
		start, end := splice(ln.text, at, &work, func(raw []byte) bool { return rd.fits(raw, alone) })
		gap := ln.text[at:]
		if start >= 0 {
			gap = ln.text[at:start]
		}
		if gap = bytes.Trim(gap, " \t\r\x00"); len(gap) > 0 && (at == 0 || rd.last != formChat) {
			if at == 0 && gap[0] != '{' {
				rd.report(ln.n, "", codeUnreadable, "not a JSON object: %.40q", gap)
			} else {
				rd.report(ln.n, "", codeUnreadable, "not valid JSON, %d bytes: %.40q", len(gap), gap)
			}
		}
		if start < 0 || rd.over() {
			return
		}
		rd.object(line{n: ln.n, text: ln.text[start:end:end], valid: true})
		at = end
	}
}

// fits says whether an object that stands in a damaged line is a line itself:
// of the form of the others, if there are others.
func (rd *reader) fits(raw []byte, alone bool) bool {
	f := formOf(raw)
	if rd.last == formNone {
		return f != formNone && (alone || f != formChat)
	}
	return f == rd.last || f == formChat && rd.codex.bare()
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
	c := rd.chat
	c.lines, c.dec, c.known = idx, json.NewDecoder(idx), true
	err := c.read()
	if err == io.ErrUnexpectedEOF {
		rd.report(c.line(), "", codeTruncated, "the document ends in the middle")
	} else if err != nil && !rd.over() {
		rd.report(c.line(), "", codeUnreadable, "%w; what follows is read as far as its messages are whole", err)
		rd.rest()
	}
	return rd.finish()
}

// rest reads the messages that stand behind the damage in a document, up to the length of a line.
func (rd *reader) rest() {
	c := rd.chat
	at, n := c.dec.InputOffset(), c.line()
	text, err := io.ReadAll(io.LimitReader(io.MultiReader(c.dec.Buffered(), c.lines), int64(rd.o.MaxLine)))
	if err != nil || len(text) == rd.o.MaxLine {
		rd.report(n, "", codeTooLong, "what follows the damage is longer than %d bytes: see Options.MaxLine", rd.o.MaxLine)
	}
	work := 4*len(text) + 1<<20
	ok := func(raw []byte) bool { f, err := parseFields(raw); return err == nil && (f.isElement() || f.isRun()) }
	lines := c.lines
	c.lines = nil
	for from := 0; !rd.over(); {
		start, end := splice(text, from, &work, ok)
		if start < 0 {
			break
		}
		c.readLine(line{n: lines.at(at + int64(start)), text: text[start:end:end], valid: true})
		from = end
	}
}

// spliced says whether a damaged text holds a line.
func (rd *reader) spliced(text []byte) bool {
	work := 4*len(text) + 1<<20
	start, _ := splice(text, 0, &work, func(raw []byte) bool { f := formOf(raw); return f != formNone && f != formChat })
	return start >= 0
}
