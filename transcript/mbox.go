package transcript

import (
	"bytes"

	"github.com/quire-dev/quire"
)

// mbox reads a mail folder: mails one after the other, each behind a line that
// begins with "From " (mboxrd: such lines inside a mail have a ">" in front).
// The first of these lines has been taken.
func (rd *reader) mbox(first line, lines *lineReader) error {
	m := &mailFolder{job: rd.job, seen: map[quire.MessageID]bool{}}
	m.s = Session{ID: rd.base, Agent: rd.o.Agent, User: rd.o.User}
	var mail []byte
	start := first.n
	blank := false
	for !rd.over() {
		text, long, err := lines.read()
		end := err != nil && len(text) == 0 && !long
		lines.n++
		if end || blank && bytes.HasPrefix(text, []byte("From ")) {
			m.add(mail, start)
			if end {
				break
			}
			mail, start, blank = nil, lines.n, false
			continue
		}
		if long {
			rd.report(lines.n, m.s.ID, codeTooLong, "longer than %d bytes", rd.o.MaxLine)
			continue
		}
		blank = len(bytes.TrimRight(text, "\r\n")) == 0
		if quoted := bytes.TrimLeft(text, ">"); len(quoted) < len(text) && bytes.HasPrefix(quoted, []byte("From ")) {
			text = text[1:]
		}
		mail = append(mail, text...)
	}
	if len(m.s.Messages) > 0 {
		rd.rec.Sessions = append(rd.rec.Sessions, m.s)
	}
	return nil
}

// mailFolder collects the mails of one file.
type mailFolder struct {
	*job
	s    Session
	seen map[quire.MessageID]bool
}

// add reads one mail that begins behind the line start.
func (f *mailFolder) add(raw []byte, start int) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	m, problems, err := readMail(raw)
	if err != nil {
		f.report(start, f.s.ID, codeUnreadable, "%w", err)
		return
	}
	for _, p := range problems {
		f.report(start, f.s.ID, codeField, "%w", p)
	}
	m.Line = start
	if m.From == "" {
		m.From = f.o.User
	}
	if len(m.To)+len(m.CC) == 0 {
		m.To = []quire.Address{f.o.Agent}
	}
	if m.ID == "" {
		m.ID = deriveID(f.s.ID, len(f.s.Messages), m.Time, m.From, &m.Draft)
	}
	if f.seen[m.ID] {
		f.report(start, f.s.ID, codeRepeated, "a mail with its Message-ID was there before")
		return
	}
	if !f.take(start, len(m.Parts)) {
		return
	}
	f.seen[m.ID] = true
	f.s.Messages = append(f.s.Messages, m)
}
