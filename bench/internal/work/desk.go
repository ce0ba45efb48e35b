package work

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/tokenizer"
)

// desk is the mailbox of a plain loop, with three tools; one that can send only finds nothing.
type desk struct {
	name  string
	town  *town
	store *mailbox.Store // nil: what is sent and received is numbered only
	mail  map[int]Mail
	ids   int
}

func newDesk(name string, t *town, finds bool) *desk {
	d := &desk{name: name, town: t, mail: map[int]Mail{}}
	if finds {
		d.store = mailbox.New(memstore.NewDriver("work"), &mailbox.Options{Clock: t.clock.now})
	}
	return d
}

// put stores a mail and returns its number.
func (d *desk) put(ctx context.Context, m *Mail) (int, error) {
	d.ids++
	d.mail[d.ids] = *m
	if d.store == nil {
		d.town.clock.pass(1)
		return d.ids, nil
	}
	draft := quire.Draft{ID: quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012x", d.ids)), To: []quire.Address{quire.Address(d.name)},
		Kind: quire.KindMail, Subject: m.Subject, Parts: []quire.Part{quire.Text{Text: m.Body}}}
	_, err := d.store.Commit(ctx, mailbox.Commit{Address: quire.Address(m.From), Sends: []quire.Draft{draft}, Now: d.town.clock.now()})
	return d.ids, err
}

// deskArgs are the arguments of all three tools.
type deskArgs struct {
	Words   string `json:"words"`
	Sender  any    `json:"from"` // a sender, or where a range begins
	UIDs    []int  `json:"uids"`
	To      any    `json:"to"` // addresses, or where a range ends
	Subject string `json:"subject"`
	Text    string `json:"text"`
	ReplyTo int    `json:"reply_to"`
}

func (d *desk) run(ctx context.Context, name, raw string) (string, error) {
	var a deskArgs
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return "", fmt.Errorf("work: %s: %w", name, err)
	}
	switch {
	case name == toolFind && d.store != nil:
		return d.find(ctx, &a)
	case name == toolPull && d.store != nil:
		return d.pull(&a), nil
	case name == toolSend:
		return d.send(&a), nil
	}
	return "Done.", nil // nothing is pinned, dropped or waits in a plain loop
}

// find searches, or lists, as quire's tool of that name does.
func (d *desk) find(ctx context.Context, a *deskArgs) (string, error) {
	from, _ := a.Sender.(string)
	page, err := d.store.Query(ctx, quire.Address(d.name), mailbox.Query{Text: a.Words, From: quire.Address(from), Limit: 10, Now: d.town.clock.now()})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range page.Rows {
		r := &page.Rows[i]
		snippet := r.Snippet
		if len(r.Matches) > 0 {
			snippet = r.Marked("*", "*")
		}
		fmt.Fprintf(&b, "%s from=%s %q %d tokens, handled: %s\n", r.UID, r.From, r.Subject, r.Tokens, strings.Join(strings.Fields(snippet), " "))
	}
	if b.Len() == 0 {
		return "Nothing found.", nil
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// pull shows a mail, or a range of it when it is too large: two fifths of the budget.
func (d *desk) pull(a *deskArgs) string {
	if len(a.UIDs) != 1 {
		return "Give one number."
	}
	uid := a.UIDs[0]
	m, ok := d.mail[uid]
	if !ok {
		return fmt.Sprintf("There is no message #%d.", uid)
	}
	from, to := number(a.Sender), number(a.To)
	tokens := tokenizer.Approx{}.CountText(m.Body)
	room := d.town.set.Budget / 4
	if to == 0 && tokens > room {
		fits := from + len(m.Body)*room/tokens*9/10
		return fmt.Sprintf("#%d does not fit: this takes about %d tokens. It has %d bytes; pull a part of it with from=%d to=%d.", uid, tokens, len(m.Body), from, fits)
	}
	if to > 0 {
		from, to = min(from, len(m.Body)), min(to, len(m.Body))
		return fmt.Sprintf("Bytes %d to %d of %d of #%d:\n%s", from, to, len(m.Body), uid, m.Body[from:max(from, to)])
	}
	return d.show(uid, &m)
}

// show is a mail as plain loops show it.
func (d *desk) show(uid int, m *Mail) string {
	return headOf(uid, m) + "\n" + m.Body
}

func headOf(uid int, m *Mail) string {
	return fmt.Sprintf("Mail %d from %s: %s", uid, m.From, m.Subject)
}

// number reads a number of JSON; anything else is 0.
func number(v any) int {
	f, _ := v.(float64)
	return max(0, int(f))
}

// send sends mail.
func (d *desk) send(a *deskArgs) string {
	to := []string{d.mail[a.ReplyTo].From}
	if list, ok := a.To.([]any); ok {
		to = nil
		for _, x := range list {
			s, _ := x.(string)
			to = append(to, s)
		}
	}
	for _, addr := range to {
		d.town.out.answer(a.Text)
		d.town.sent = append(d.town.sent, Mail{From: d.name, To: addr, Subject: a.Subject, Body: a.Text})
	}
	return "Sent to " + strings.Join(to, ", ") + "."
}
