package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// mia is the simulated person. What she does follows from her mailbox alone: she
// hands out jobs, answers two questions of three, and lets the third pass its
// deadline.
type mia struct {
	store   *mailbox.Store
	now     func() time.Time
	answers bool
}

const person quire.Address = "mia"

// read deals with all that waits for mia; false when nothing did.
func (p *mia) read(ctx context.Context) (bool, error) {
	page, err := p.store.Query(ctx, person, mailbox.Query{Pending: true, Oldest: true, Limit: 100, Now: p.now()})
	if err != nil || len(page.Rows) == 0 {
		return false, err
	}
	slices.SortFunc(page.Rows, func(x, y mailbox.Row) int { return cmp.Compare(x.UID, y.UID) })
	c := mailbox.Commit{ID: fmt.Sprintf("read/%d", page.Rows[0].UID), Address: person, Now: p.now()}
	for i := range page.Rows {
		row := &page.Rows[i]
		if row.Kind == quire.KindQuestion && p.answers && job(row.Subject)%9 != 0 {
			c.Sends = append(c.Sends, quire.Draft{
				ID: personID("answer", int(row.UID)), To: []quire.Address{row.From}, Kind: quire.KindAnswer,
				Subject: "Re: " + row.Subject, InReplyTo: row.ID, References: []quire.MessageID{row.ID},
				Parts: []quire.Part{quire.Text{Text: row.Question.Options[int(row.UID)%len(row.Question.Options)]}},
			})
		}
		c.Flags = append(c.Flags, mailbox.FlagChange{UID: row.UID, Set: quire.FlagHandled})
	}
	_, err = p.store.Commit(ctx, c)
	return true, err
}

// hand gives ada the next job, and every second time some numbers to read too. A note to
// herself says which one it was.
func (p *mia) hand(ctx context.Context) error {
	page, err := p.store.Query(ctx, person, mailbox.Query{From: person, Kinds: []quire.Kind{quire.KindNote}, Limit: 1})
	if err != nil {
		return err
	}
	n := 1
	if len(page.Rows) > 0 {
		n += job(page.Rows[0].Subject)
	}
	c := mailbox.Commit{ID: fmt.Sprintf("handed/%d", n), Address: person, Now: p.now()}
	c.Sends = append(c.Sends, quire.Draft{ID: personID("note", n), To: []quire.Address{person}, Kind: quire.KindNote, Subject: fmt.Sprintf("Job %d is handed out", n)})
	send := func(what, subject, body string) {
		c.Sends = append(c.Sends, quire.Draft{ID: personID(what, n), To: []quire.Address{"ada"}, Kind: quire.KindMail,
			Subject: subject, Parts: []quire.Part{quire.Text{Text: body}}})
	}
	send("job", fmt.Sprintf("Job %d: %s", n, pick(n, topics)), fmt.Sprintf("Please build Job %d, %s. Let ben look at it. It is for %s.", n, pick(n, topics), pick(n/3, places)))
	if n%2 == 0 {
		send("numbers", fmt.Sprintf("Numbers for Job %d", n), numbersFor(n))
	}
	_, err = p.store.Commit(ctx, c)
	return err
}

var (
	topics = []string{"the export of invoices", "the search page", "a faster import", "the monthly report", "the login form", "the price list", "the archive"}
	places = []string{"the shop in Lyon", "the branch in Oslo", "everybody", "the auditors"}
)

func pick(n int, list []string) string { return list[n%len(list)] }

// numbersFor makes up a table: the same for the same job, for ever.
func numbersFor(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Figures that belong to Job %d\n", n)
	r := uint32(n)*40503 + 7
	for i := range 10 + n%13 {
		r = r*1664525 + 1013904223
		fmt.Fprintf(&b, "week %2d: %4d orders, %3d returns\n", i+1, r>>20, r>>26)
	}
	return b.String()
}

// personID is a message id that follows from what the message is: sending it
// twice stores it once. Its form is that of a UUID version 7.
func personID(what string, n int) quire.MessageID {
	kind := map[string]int{"job": 1, "numbers": 2, "answer": 3, "note": 4}[what]
	return quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%02x%010x", kind, n))
}
