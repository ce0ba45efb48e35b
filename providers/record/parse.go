package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// version is of the file's format, and firstLine what every file begins with.
const version = 1

var firstLine = fmt.Sprintf("{\"quireRecording\":%d}\n", version)

// formatError says why a file can't be read as a recording.
type formatError struct {
	Path string
	Line int // counted from 1
	Err  error
}

// Error puts it in one line.
func (e *formatError) Error() string {
	return fmt.Sprintf("record: %s: line %d: %v", e.Path, e.Line, e.Err)
}

// Unwrap returns the cause.
func (e *formatError) Unwrap() error { return e.Err }

// fileLine is one line: an object with one of these members.
type fileLine struct {
	Recording *int          `json:"quireRecording"`
	Prompt    *promptLine   `json:"prompt"`
	Count     *promptLine   `json:"count"`
	Tool      *toolLine     `json:"tool"`
	Message   *messageLine  `json:"message"`
	Delta     *deltaLine    `json:"delta"`
	Reply     *replyLine    `json:"reply"`
	Error     *errorLine    `json:"error"`
	Tokens    *int          `json:"tokens"`
	Request   *requestLine  `json:"request"`
	Response  *responseLine `json:"response"`
	Chunk     *bodyFields   `json:"chunk"`
	Failure   *failure      `json:"failure"`
	End       string        `json:"end"`
}

// parser reads a file's lines into exchanges.
type parser struct {
	path  string
	done  []*exchange
	notes []string
	sound int // bytes up to the end of the last whole exchange

	open *exchange // begun, not ended
	line int       // the present one, counted from 1
}

var (
	errNoRecording = errors.New("this is no recording")
	errOutOfPlace  = errors.New("such a line can't stand here")
)

func (p *parser) parse(content []byte) error {
	at := 0
	for text := range bytes.Lines(content) {
		p.line++
		at += len(text)
		whole := text[len(text)-1] == '\n'
		if p.line == 1 && len(text) < len(firstLine)-1 && strings.HasPrefix(firstLine, string(text)) {
			p.notes = append(p.notes, "line 1 was cut off: the recording holds nothing")
			return nil
		}
		err := p.readLine(bytes.TrimSuffix(text, []byte("\n")))
		if err != nil && !whole && p.line > 1 {
			p.notes = append(p.notes, fmt.Sprintf("line %d was cut off: %s is ignored", p.line, p.cut()))
			return nil
		}
		if err != nil {
			return &formatError{p.path, p.line, err}
		}
		if p.open == nil {
			p.sound = at
		}
	}
	if p.line == 0 {
		return nil // an empty file: a run that began and kept nothing
	}
	if p.open != nil {
		p.notes = append(p.notes, fmt.Sprintf("the file ends at line %d: %s is ignored", p.line, p.cut()))
	}
	return nil
}

// cut names what a cut-off file has lost.
func (p *parser) cut() string {
	if p.open == nil {
		return "what it began"
	}
	return fmt.Sprintf("the exchange that begins at line %d (%s)", p.open.line, p.open.what)
}

func (p *parser) readLine(text []byte) error {
	var l fileLine
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return fmt.Errorf("%w: %w", errNoRecording, err)
	}
	if d.InputOffset() != int64(len(text)) {
		return fmt.Errorf("%w: more than one value", errNoRecording)
	}
	if p.line == 1 {
		switch {
		case l.Recording == nil:
			return errNoRecording
		case *l.Recording != version:
			return fmt.Errorf("version %d; this program reads version %d", *l.Recording, version)
		}
		return nil
	}
	return p.take(&l)
}

// take handles a line behind the first.
func (p *parser) take(l *fileLine) error {
	switch x := p.open; {
	case x == nil:
		return p.begin(l)
	case x.key.kind == kindRequest:
		return p.takeHTTP(x, l)
	default:
		return p.takeCall(x, l)
	}
}

// begin starts an exchange.
func (p *parser) begin(l *fileLine) error {
	x := &exchange{line: p.line, what: "a request that can't be read"}
	var err error
	switch {
	case l.Prompt != nil:
		x.key.kind = kindPrompt
		x.prompt, err = l.Prompt.prompt()
	case l.Count != nil:
		x.key.kind = kindCount
		x.prompt, err = l.Count.prompt()
	case l.Request != nil:
		x.doc = l.Request.bytes()
		x.key, x.what, err = l.Request.key(x.doc)
	default:
		return errOutOfPlace
	}
	p.open = x
	return err
}

// end closes the exchange that is open.
func (p *parser) end(x *exchange) error {
	p.open = nil
	if x.prompt != nil {
		var err error
		if x.doc, err = promptDoc(x.prompt); err != nil {
			return err
		}
		x.key = newKey(x.key.kind, "", x.doc)
		x.what = promptName(x.prompt)
	}
	p.done = append(p.done, x)
	return nil
}

func (p *parser) takeCall(x *exchange, l *fileLine) (err error) {
	switch {
	case l.Tool != nil:
		x.prompt.Tools = append(x.prompt.Tools, l.Tool.tool())
		return nil
	case l.Message != nil:
		m, err := l.Message.message()
		x.prompt.Messages = append(x.prompt.Messages, m)
		return err
	case l.Delta != nil:
		d, err := l.Delta.delta()
		x.call.deltas = append(x.call.deltas, d)
		return err
	case l.Reply != nil:
		x.call.reply, err = l.Reply.reply()
	case l.Error != nil:
		x.err, err = l.Error.error()
	case l.Tokens != nil:
		x.tokens, x.end = *l.Tokens, endWhole
	case isEnd(l.End):
		x.end = l.End
	default:
		return errOutOfPlace
	}
	if err != nil {
		return err
	}
	return p.end(x)
}

func (p *parser) takeHTTP(x *exchange, l *fileLine) error {
	switch {
	case l.Response != nil && x.response == nil:
		x.response = l.Response.response()
		return nil
	case l.Chunk != nil && x.response != nil:
		x.response.chunks = append(x.response.chunks, l.Chunk.bytes())
		return nil
	case isEnd(l.End):
		x.end = l.End
	case l.Failure != nil:
		x.failure = l.Failure
	default:
		return errOutOfPlace
	}
	return p.end(x)
}

func isEnd(s string) bool { return s == endWhole || s == endLeft || s == endCancelled }
