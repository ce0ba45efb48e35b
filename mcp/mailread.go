package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
)

// nothing is what rows say when there are none.
const nothing = "Nothing found."

// rows lists what a query finds, a line for each message.
func (d *desk) rows(ctx context.Context, q mailbox.Query) (string, error) {
	q.Now = d.o.Now()
	page, err := d.box.Find(ctx, q)
	if err != nil {
		return "", err
	}
	if len(page.Rows) == 0 {
		return nothing, nil
	}
	var lines []string
	for i := range page.Rows {
		lines = append(lines, rowLine(&page.Rows[i], q.Now))
	}
	if page.More {
		lines = append(lines, fmt.Sprintf("There is more: narrow the search%s.", map[bool]string{true: fmt.Sprintf(", or ask for what is before %s", page.Rows[len(page.Rows)-1].UID)}[q.Text == "" && !q.Oldest]))
	}
	return strings.Join(lines, "\n"), nil
}

// rowLine is one message in a line. What others wrote can't end it, nor its quotes.
func rowLine(row *mailbox.Row, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from=%s", row.UID, oneLine(string(row.From), 60))
	if row.Kind != "" && row.Kind != quire.KindMail {
		fmt.Fprintf(&b, " %s", oneLine(string(row.Kind), 20))
	}
	if row.Claimed() {
		b.WriteString(" (sender only claimed)")
	}
	if row.Subject != "" {
		fmt.Fprintf(&b, " %q", oneLine(row.Subject, 80))
	}
	fmt.Fprintf(&b, " %s, %d bytes, %s", row.Sent.UTC().Format(time.RFC3339), row.Bytes, standing(row, now))
	if q := row.Question; q != nil && !q.ReplyBy.IsZero() {
		fmt.Fprintf(&b, ", by %s", q.ReplyBy.UTC().Format(time.RFC3339))
	}
	if s := oneLine(row.Snippet, 200); s != "" {
		b.WriteString(": " + s)
	}
	return b.String()
}

// standing says in a word how a message stands.
func standing(row *mailbox.Row, now time.Time) string {
	switch {
	case row.Flags.Has(quire.FlagRetracted):
		return "taken back"
	case row.Flags.Has(quire.FlagSuperseded):
		return "replaced"
	case row.Flags.Has(quire.FlagHeld):
		return "held"
	case row.Self:
		return "yours"
	case row.Flags.Has(quire.FlagHandled):
		return "done"
	case row.Pending(now):
		return "waiting"
	}
	return "put off"
}

const (
	shownBytes = 24 << 10 // of the texts of one call, together
	mostBytes  = 64 << 10 // when a range is asked for
)

// read shows messages, each between lines that only the mailbox can write.
func (d *desk) read(ctx context.Context, in readArgs) ([]sdk.Content, error) {
	if len(in.Numbers) == 0 || len(in.Numbers) > 50 {
		return nil, errors.New("which messages? Give 1 to 50 numbers")
	}
	if in.From < 0 || in.To < 0 || in.To > 0 && in.To <= in.From {
		return nil, errors.New("from and to are bytes, from the smaller one")
	}
	items, err := d.box.Read(ctx, uidsOf(in.Numbers)...)
	if err != nil {
		return nil, err
	}
	room := int64(shownBytes)
	if in.To > 0 {
		room = min(max(in.To-in.From, 16), mostBytes) // a character at least
	}
	var out []sdk.Content
	for i := range items {
		it := &items[i]
		text, total, err := d.piece(ctx, it, in.From, in.From+room)
		if err != nil {
			return nil, err
		}
		shown := in.From + int64(len(text))
		room -= int64(len(text))
		out = append(out, d.fenced(it, text, in.From == 0)...)
		if shown < total {
			out = append(out, &sdk.TextContent{Text: fmt.Sprintf("Bytes %d to %d of %d are shown of #%d: mail_read with from=%d goes on.", min(in.From, total), shown, total, it.UID, shown)})
		}
	}
	return out, nil
}

// fenced renders a message as agents see it, with a text for its body, and its images.
func (d *desk) fenced(it *quire.Item, text string, images bool) []sdk.Content {
	one := *it
	one.Parts = []quire.Part{quire.Text{Text: text}}
	if images {
		for _, p := range it.Parts {
			if img, ok := p.(quire.Image); ok {
				one.Parts = append(one.Parts, img)
			}
		}
	}
	var out []sdk.Content
	var texts []string
	for _, p := range d.render.Mail(&one, 0, 0) {
		switch p := p.(type) {
		case quire.Text:
			texts = append(texts, p.Text)
		case quire.Image:
			if len(p.Data) > 0 {
				out = append(out, &sdk.ImageContent{Data: p.Data, MIMEType: p.MediaType})
			} else {
				texts = append(texts, "(an image at "+oneLine(p.URL, maxLine)+")")
			}
		}
	}
	return append([]sdk.Content{&sdk.TextContent{Text: strings.Join(texts, "\n")}}, out...)
}

// piece is bytes [from, to) of a message's text, and how many it has. What is kept apart
// from the message is read as far as it is asked for.
func (d *desk) piece(ctx context.Context, it *quire.Item, from, to int64) (string, int64, error) {
	var b strings.Builder
	at := int64(0)
	text := func(s string) {
		s = jsontext.Clean(s)
		if lo, hi := max(from-at, 0), min(to-at, int64(len(s))); lo < hi {
			b.WriteString(s[lo:hi])
		}
		at += int64(len(s))
	}
	for _, p := range it.Parts {
		if at > 0 {
			text("\n")
		}
		blob, ok := p.(quire.Blob)
		if !ok {
			text(quire.PlainText([]quire.Part{p}))
			continue
		}
		if lo, hi := max(from-at, 0), min(to-at, blob.Size); lo < hi {
			data, err := d.box.Content(ctx, blob, lo, hi)
			if err != nil {
				return "", 0, err
			}
			b.Write(data)
		}
		at += blob.Size
	}
	return whole(b.String()), at, nil
}

// whole cuts half a character off either end, so that what is shown is what was written.
func whole(s string) string {
	for i := 0; i < 3 && len(s) > 0 && s[0]&0xc0 == 0x80; i++ {
		s = s[1:]
	}
	for i := 1; i <= 3 && i <= len(s); i++ {
		if c := s[len(s)-i]; c >= 0xc0 {
			if c >= 0xf0 && i < 4 || c >= 0xe0 && i < 3 || i < 2 {
				s = s[:len(s)-i]
			}
			break
		} else if c < 0x80 {
			break
		}
	}
	return s
}
