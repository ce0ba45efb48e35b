package record

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// lines collects the lines of one exchange.
type lines struct {
	r   *Recording
	b   []byte
	err error // the first
}

// put appends a line with one member, whose value nothing is to be taken out of.
func (l *lines) put(name string, value []byte, err error) {
	if err != nil {
		if l.err == nil {
			l.err = err
		}
		return
	}
	o := jsontext.Object{B: l.b}
	o.Raw(name, value)
	l.b = append(o.End(), '\n')
}

// clean appends a line after it was redacted.
func (l *lines) clean(name string, value []byte, err error) {
	if err == nil {
		value, err = l.r.redactJSON(value)
	}
	l.put(name, value, err)
}

// end appends how an exchange ended.
func (l *lines) end(how string) { l.put("end", jsontext.AppendString(nil, how), nil) }

// prompt appends the lines of a prompt.
func (l *lines) prompt(kind string, p *quire.Prompt) {
	var o jsontext.Object
	l.r.stamp(&o)
	appendPromptHead(&o, p)
	o.Opt("notice", p.Notice)
	l.clean(kind, o.End(), nil)
	for i := range p.Tools {
		l.clean("tool", appendTool(nil, &p.Tools[i]), nil)
	}
	for i := range p.Messages {
		b, err := appendMessage(nil, &p.Messages[i], true)
		l.clean("message", b, err)
	}
}

// stamp adds the time if the user wants it.
func (r *Recording) stamp(o *jsontext.Object) {
	if r.opts.Now != nil {
		o.String("at", r.opts.Now().UTC().Format(time.RFC3339Nano))
	}
}

// keep adds the exchange to the file, once it is known that it can be read again.
func (l *lines) keep() {
	if l.err == nil && l.r.opts.Redact != nil { // which may have made nonsense of it
		p := parser{path: l.r.path}
		l.err = p.parse(append([]byte(firstLine), l.b...))
	}
	l.r.add(l.b, l.err)
}
