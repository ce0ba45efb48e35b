package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/transcript"
)

// domain is that of addresses and ids which have none of their own; mail programs
// want one.
const domain = "@quire.invalid"

// Losses say what an mbox does not hold of what was exported. It never holds flags,
// numbers, trust, times of visibility, signatures, questions' options and agents'
// states either.
type Losses struct {
	Messages int            // that were written
	Parts    map[string]int // that are not text, by kind: in their place stands a line that names them
}

// ExportMbox writes the mailboxes of addrs as one mbox: one mail a message, its texts
// joined, content of blobs included.
func ExportMbox(ctx context.Context, store *mailbox.Store, w io.Writer, addrs ...quire.Address) (Losses, error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	l := Losses{Parts: map[string]int{}}
	for _, addr := range addrs {
		err := each(ctx, store, addr.Base(), func(it *quire.Item) error {
			text, err := body(ctx, store, addr.Base(), it.Parts, l.Parts)
			if err == nil {
				l.Messages++
				err = writeMail(buffered, it, text)
			}
			return err
		})
		if err != nil {
			return l, fmt.Errorf("archive: export %s: %w", addr, err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return l, fmt.Errorf("archive: export: %w", err)
	}
	return l, nil
}

// body is the text of parts.
func body(ctx context.Context, store *mailbox.Store, addr quire.Address, parts []quire.Part, lost map[string]int) (string, error) {
	var list []string
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			list = append(list, p.Text)
		case quire.Blob:
			data, err := store.Content(ctx, addr, p.Digest, 0, 0)
			if err != nil {
				return "", err
			}
			list = append(list, string(data))
		case quire.ToolResult:
			text, err := body(ctx, store, addr, p.Parts, lost)
			if err != nil {
				return "", err
			}
			list = append(list, text)
		default:
			kind := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", p), "quire."))
			lost[kind]++
			list = append(list, "["+kind+"]")
		}
	}
	return strings.Join(list, "\n\n"), nil
}

func writeMail(w *bufio.Writer, it *quire.Item, text string) error {
	header := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(w, "From %s %s\n", withDomain(string(it.From)), it.Sent.UTC().Format(time.ANSIC))
	header("From", addressList(it.From))
	header("To", addressList(it.To...))
	header("Cc", addressList(it.CC...))
	header("Date", it.Sent.UTC().Format(time.RFC1123Z))
	header("Subject", mime.QEncoding.Encode("utf-8", it.Subject))
	header("Message-ID", idList(it.ID))
	if it.InReplyTo != "" {
		header("In-Reply-To", idList(it.InReplyTo))
	}
	header("References", idList(it.References...))
	header("Auto-Submitted", oneLine(string(it.Auto)))
	header("X-Quire-Kind", oneLine(string(it.Kind)))
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	var b bytes.Buffer
	q := quotedprintable.NewWriter(&b)
	_, err := q.Write([]byte(text))
	if err := errors.Join(err, q.Close()); err != nil {
		return err
	}
	w.WriteString("\n")
	for line := range strings.Lines(strings.ReplaceAll(b.String(), "\r\n", "\n")) {
		if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
			w.WriteString(">")
		}
		w.WriteString(line)
	}
	_, err = w.WriteString("\n\n")
	return err
}

func withDomain(s string) string {
	if strings.Contains(s, "@") {
		return s
	}
	return s + domain
}

func addressList(list ...quire.Address) string {
	var b []string
	for _, a := range list {
		b = append(b, (&mail.Address{Address: withDomain(string(a))}).String())
	}
	return strings.Join(b, ",\n ")
}

// oneLine keeps a value from becoming other headers: what a message only refers to
// may hold anything.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, s)
}

func idList(list ...quire.MessageID) string {
	var b []string
	for _, id := range list {
		b = append(b, "<"+withDomain(oneLine(string(id)))+">")
	}
	return strings.Join(b, "\n ")
}

// ImportMbox reads an mbox, also one of other programs, into the mailbox of to, a few
// mails at a time. All of it is a claim, see [mailbox.Import]: read mail is pending like
// any other. A mail that can't be read or kept is left out, and counted: leftOut is
// Counts.LeftOut.
func ImportMbox(ctx context.Context, store *mailbox.Store, r io.Reader, to quire.Address) (counts Counts, leftOut int, err error) {
	im := &importer{ctx: ctx, store: store, addr: to, counts: Counts{Mailboxes: 1}}
	err = eachMail(bufio.NewReaderSize(r, 1<<16), maxLine, im.mail)
	if err == nil {
		err = im.flush()
	}
	if err != nil {
		err = fmt.Errorf("archive: import mbox: %w", err)
	}
	return im.counts, im.counts.LeftOut, err
}

// mail takes one mail of an mbox in. It is nil when it was too long to be read.
func (im *importer) mail(raw []byte) error {
	im.line++
	if err := im.ctx.Err(); err != nil {
		return err
	}
	if raw == nil {
		im.counts.leave(im.line, "", fmt.Errorf("%w: a mail of more than %d bytes", ErrFormat, maxLine))
		return nil
	}
	item, ok, err := readMail(im.ctx, raw, im.addr)
	if err != nil {
		return err
	}
	if !ok {
		im.counts.leave(im.line, "", fmt.Errorf("%w: no mail can be read in it", ErrFormat))
		return nil
	}
	im.add(mailbox.Imported{Item: item}, im.line)
	if im.bytes += len(raw); len(im.next.Deliveries) < batchMessages && im.bytes < batchBytes {
		return nil
	}
	return im.flush()
}

// eachMail calls f with each mail of an mbox, with its first line; with nil for one of
// more than limit bytes. A single line of more is an error: it may never end.
func eachMail(r *bufio.Reader, limit int, f func(raw []byte) error) error {
	var raw []byte
	blank, long := true, false
	for {
		line, err := lineOf(r, limit)
		if err != nil && err != io.EOF {
			return err
		}
		starts := blank && bytes.HasPrefix(line, []byte("From "))
		if len(raw) == 0 && len(line) > 0 && !starts && len(bytes.TrimSpace(line)) > 0 {
			return fmt.Errorf("%w: an mbox begins with \"From \"", ErrFormat)
		}
		if (starts || err == io.EOF && len(line) == 0) && len(raw) > 0 {
			if long {
				raw = nil
			}
			if err := f(raw); err != nil {
				return err
			}
			raw, long = raw[:0], false
		}
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if long = long || len(raw)+len(line) > limit; !long {
			raw = append(raw, line...)
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0
	}
}

// lineOf reads a line of at most limit bytes.
func lineOf(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > limit {
			return nil, fmt.Errorf("%w: a mail is too large", ErrFormat)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// readMail reads one mail as package transcript does, with the addresses and ids that
// ExportMbox gave a domain as they were.
func readMail(ctx context.Context, raw []byte, to quire.Address) (it quire.Item, ok bool, err error) {
	rec, err := transcript.Read(ctx, bytes.NewReader(raw), "mbox", &transcript.Options{User: "unknown", Agent: to})
	if ctx.Err() != nil {
		return it, false, ctx.Err()
	}
	if err != nil || len(rec.Sessions) == 0 || len(rec.Sessions[0].Messages) == 0 {
		return it, false, nil
	}
	m := rec.Sessions[0].Messages[0]
	it.Draft, it.From, it.Sent = m.Draft, quire.Address(strings.TrimSuffix(string(m.From), domain)), m.Time
	for _, list := range [][]quire.Address{it.To, it.CC} {
		for i := range list {
			list[i] = quire.Address(strings.TrimSuffix(string(list[i]), domain))
		}
	}
	_, head, _ := bytes.Cut(raw, []byte("\n"))
	if h, err := mail.ReadMessage(bytes.NewReader(head)); err == nil {
		ownIDs(&it, h.Header)
	}
	return it, true, nil
}

// ownIDs gives a mail the ids of quire that it has.
func ownIDs(it *quire.Item, h mail.Header) {
	own := func(s string) (quire.MessageID, bool) {
		id, ok := strings.CutSuffix(strings.Trim(s, "<>"), domain)
		return quire.MessageID(id), ok && id != ""
	}
	if id, ok := own(h.Get("Message-ID")); ok {
		it.ID = id
		it.Headers = nil
	}
	if id, ok := own(h.Get("In-Reply-To")); ok {
		it.InReplyTo = id
	}
	for i, s := range strings.Fields(h.Get("References")) {
		if id, ok := own(s); ok && i < len(it.References) {
			it.References[i] = id
		}
	}
	if k := quire.Kind(h.Get("X-Quire-Kind")); k == quire.KindQuestion || k == quire.KindAnswer {
		it.Kind = k
	}
}
