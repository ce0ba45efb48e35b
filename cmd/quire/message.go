package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// message is a message as --json prints it.
type message struct {
	Number    quire.UID       `json:"number"`
	ID        quire.MessageID `json:"id"`
	Kind      quire.Kind      `json:"kind"`
	From      quire.Address   `json:"from"`
	To        []quire.Address `json:"to,omitempty"`
	CC        []quire.Address `json:"cc,omitempty"`
	Subject   string          `json:"subject"`
	Sent      time.Time       `json:"sent"`
	Thread    quire.MessageID `json:"thread,omitempty"`
	InReplyTo quire.MessageID `json:"inReplyTo,omitempty"`
	Trust     quire.Trust     `json:"trust"`
	Claimed   bool            `json:"claimed,omitempty"` // it came through a gateway: nobody saw that From wrote it
	Flags     []string        `json:"flags"`
	Pending   bool            `json:"pending"`
	Question  *question       `json:"question,omitempty"`
	Reason    string          `json:"reason,omitempty"`  // of a dead letter, or work that was given up
	Snippet   string          `json:"snippet,omitempty"` // of a list
	Text      *string         `json:"text,omitempty"`    // of read
	Parts     []part          `json:"parts,omitempty"`   // of read, when not all of it is text
}

// question is what a question asks for.
type question struct {
	Options    []string      `json:"options,omitempty"`
	ReplyBy    *time.Time    `json:"replyBy,omitempty"`
	Default    string        `json:"default,omitempty"`
	Reversible bool          `json:"reversible"`
	Escalate   quire.Address `json:"escalate,omitempty"`
}

// part is one part of a message, by its kind.
type part struct {
	Kind    string          `json:"kind"` // text, call, result, image, file, reference, reasoning or other
	Text    string          `json:"text,omitempty"`
	Tool    string          `json:"tool,omitempty"`
	Args    string          `json:"args,omitempty"`
	Error   bool            `json:"error,omitempty"`
	Type    string          `json:"mediaType,omitempty"`
	Bytes   int64           `json:"bytes,omitempty"`
	URL     string          `json:"url,omitempty"`
	Refers  quire.UID       `json:"refers,omitempty"`
	Message quire.MessageID `json:"message,omitempty"`
	Parts   []part          `json:"parts,omitempty"`
}

// headOf is all of a message but what it says.
func headOf(it *quire.Item, now time.Time) message {
	m := message{Number: it.UID, ID: it.ID, Kind: it.Kind, From: it.From, To: it.To, CC: it.CC, Subject: it.Subject, Sent: it.Sent.UTC(),
		Thread: it.Thread, InReplyTo: it.InReplyTo, Trust: it.Trust, Claimed: it.Claimed(), Flags: strings.Fields(it.Flags.String()), Pending: it.Pending(now),
		Reason: it.Lease.Reason}
	if m.Kind == "" {
		m.Kind = quire.KindMail
	}
	if q := it.Question; q != nil {
		m.Question = &question{Options: q.Options, Default: q.Default, Reversible: q.Reversible, Escalate: q.Escalate}
		if !q.ReplyBy.IsZero() {
			by := q.ReplyBy.UTC()
			m.Question.ReplyBy = &by
		}
	}
	return m
}

func rowOf(row *mailbox.Row, now time.Time) message {
	m := headOf(&row.Item, now)
	m.Snippet = row.Snippet
	return m
}

func rowsOf(rows []mailbox.Row, now time.Time) []message {
	out := make([]message, len(rows))
	for i := range rows {
		out[i] = rowOf(&rows[i], now)
	}
	return out
}

// whole is a message with its parts.
func whole(it *quire.Item, now time.Time) message {
	m := headOf(it, now)
	text := quire.PlainText(it.Parts)
	m.Text = &text
	for _, p := range it.Parts {
		if _, plain := p.(quire.Text); !plain {
			m.Parts = partsOf(it.Parts, 0)
			break
		}
	}
	return m
}

// maxNesting is how deep results are shown inside of results.
const maxNesting = look.MaxNesting

func partsOf(parts []quire.Part, nesting int) []part {
	var out []part
	for _, p := range parts {
		out = append(out, partOf(p, nesting))
	}
	return out
}

func partOf(p quire.Part, nesting int) part {
	switch p := p.(type) {
	case quire.Text:
		return part{Kind: "text", Text: p.Text}
	case quire.ToolCall:
		return part{Kind: "call", Tool: p.Name, Args: p.Args}
	case quire.ToolResult:
		out := part{Kind: "result", Tool: p.Name, Error: p.IsError}
		if nesting < maxNesting {
			out.Parts = partsOf(p.Parts, nesting+1)
		}
		return out
	case quire.Image:
		return part{Kind: "image", Type: p.MediaType, Bytes: int64(len(p.Data)), URL: p.URL}
	case quire.Blob:
		return part{Kind: "file", Type: p.MediaType, Bytes: p.Size, Text: p.Head}
	case quire.Ref:
		return part{Kind: "reference", Refers: p.UID, Message: p.Message}
	case quire.Reasoning:
		return part{Kind: "reasoning", Text: p.Text}
	}
	return part{Kind: "other"}
}

// writeMessage prints a whole message for people.
func (r *request) writeMessage(m *message) {
	w := r.out
	fmt.Fprintf(w, "#%d %s from %s, %s\n", m.Number, m.Kind, line(string(m.From), 80), when(m.Sent))
	if to := append(append([]quire.Address{}, m.To...), m.CC...); len(to) > 0 {
		fmt.Fprintf(w, "To: %s\n", line(joined(to), 400))
	}
	if m.Subject != "" {
		fmt.Fprintf(w, "Subject: %s\n", line(m.Subject, 400))
	}
	if m.Claimed {
		fmt.Fprintln(w, "Note: it came through a gateway, so its sender is only claimed")
	}
	fmt.Fprintf(w, "Flags: %s\n", m.status())
	if q := m.Question; q != nil {
		fmt.Fprintf(w, "Asks: %s\n", line(q.String(), 1000))
	}
	fmt.Fprintf(w, "\n%s\n", strings.TrimRight(clean(*m.Text), "\n"))
	for _, p := range m.Parts {
		if s := p.note(); s != "" {
			fmt.Fprintf(w, "[%s]\n", line(s, 400))
		}
	}
}

// note names what can't be shown as text.
func (p *part) note() string {
	switch p.Kind {
	case "image":
		return fmt.Sprintf("image %s, %d bytes %s", p.Type, p.Bytes, p.URL)
	case "file":
		return fmt.Sprintf("content of %s, %d bytes: its beginning and end are shown", p.Type, p.Bytes)
	case "reference":
		return fmt.Sprintf("refers to #%d", p.Refers)
	case "result":
		var notes []string
		for _, inner := range p.Parts {
			if s := inner.note(); s != "" {
				notes = append(notes, s)
			}
		}
		return strings.Join(notes, "; ")
	}
	return ""
}

// status is what stands behind "Flags".
func (m *message) status() string {
	f := m.Flags
	if m.Pending {
		f = append([]string{"pending"}, f...)
	}
	s := or(strings.Join(f, " "), "-")
	if m.Reason != "" {
		s += " (" + line(m.Reason, 200) + ")"
	}
	return s
}

func (q *question) String() string {
	s := "an answer"
	if len(q.Options) > 0 {
		s = strings.Join(q.Options, " | ")
	}
	if q.ReplyBy != nil {
		s += ", by " + when(*q.ReplyBy)
	}
	switch {
	case q.Default != "":
		s += "; else " + q.Default
	case !q.Reversible:
		s += "; without an answer nothing is decided"
	}
	return s
}

func joined(list []quire.Address) string {
	var s []string
	for _, a := range list {
		s = append(s, string(a))
	}
	return strings.Join(s, ", ")
}

// writeRows prints messages as a list.
func (r *request) writeRows(rows []message) {
	r.table("N|SENT|KIND|FROM|STATE|SUBJECT", func(row func(...any)) {
		for i := range rows {
			m := &rows[i]
			text := m.Subject
			if m.Snippet != "" {
				text = strings.TrimSpace(text + "  " + m.Snippet)
			}
			row(m.Number, when(m.Sent), m.Kind, line(string(m.From), 24), m.word(), line(text, 80))
		}
	})
}

// word is how a message stands, in one word.
func (m *message) word() string {
	has := map[string]bool{}
	for _, f := range m.Flags {
		has[f] = true
	}
	for _, f := range []string{"dead", "held", "retracted", "superseded"} {
		if has[f] {
			return f
		}
	}
	switch {
	case m.Pending:
		return "pending"
	case has["answered"]:
		return "answered"
	case has["handled"]:
		return "done"
	}
	return "-"
}

// found reads the messages that the arguments name, in their order: all, or an error.
func (r *request) found(s *mailbox.Store, names []string) ([]quire.Item, error) {
	var out []quire.Item
	var errs []error
	for _, name := range names {
		get := mailbox.Get{IDs: []quire.MessageID{quire.MessageID(name)}}
		if n, ok := number(name); ok {
			get = mailbox.Get{UIDs: []quire.UID{n}}
		}
		items, err := s.Get(r.ctx, quire.Address(r.box), get)
		switch {
		case err != nil:
			return nil, err
		case len(items) == 0:
			errs = append(errs, fmt.Errorf("there is no message %s in the mailbox of %s: %w", name, r.box, mailbox.ErrNotFound))
		default:
			out = append(out, items[0])
		}
	}
	return out, errors.Join(errs...)
}
