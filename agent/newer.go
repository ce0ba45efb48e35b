package agent

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// fewNewer is how many messages a sender may have written since for them to be named.
const fewNewer = 2

// newer names, in rows as a search has them, what the sender of a pulled message wrote
// since: a correction that no search for the old words finds. Of somebody who writes
// often nothing is named: most of it would be about something else. What stands in the
// context, and what was named in this step, is not named again.
func (d *desk) newer(it *quire.Item) []quire.Part {
	if it.Self {
		return nil
	}
	page, err := d.a.mail.Query(d.ctx, d.a.o.Address, mailbox.Query{From: it.From, Above: it.UID, Limit: fewNewer + 1, Now: d.m.now,
		Kinds: []quire.Kind{quire.KindMail, quire.KindQuestion, quire.KindAnswer}})
	if err != nil || len(page.Rows) > fewNewer {
		return nil // it is a help, and a pull does without
	}
	var lines []string
	for i := range page.Rows {
		row := &page.Rows[i]
		if d.m.state.Resident(row.UID) || contains(d.named, row.UID) {
			continue
		}
		d.named = append(d.named, row.UID)
		lines = append(lines, d.row(row, snippets[len(snippets)-1]))
	}
	if len(lines) == 0 {
		return nil
	}
	return []quire.Part{quire.Text{Text: fmt.Sprintf("%s wrote since:\n%s", oneLine(string(it.From), 60), strings.Join(lines, "\n"))}}
}
