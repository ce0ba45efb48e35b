package drivertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Canaries plants words that stand nowhere else in subjects, bodies, attachments, tool
// results, notes and streams of several mailboxes, has the store forget half of them, and
// looks for each in all that it keeps: dump returns that, as the bytes that are stored.
// None that was forgotten may be there, but where the certificate says, and none of the
// others may be missing.
func Canaries(t *testing.T, s *mailbox.Store, dump func(ctx context.Context) ([]byte, error)) {
	c := &canaries{t: t, ctx: t.Context(), s: s}
	c.plant(1000)
	cert, err := s.Forget(c.ctx, mailbox.Forget{From: "eve", Messages: c.byID})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := dump(c.ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.check(stored, &cert)
}

// canary is a word and where it was put.
type canary struct {
	word   string
	gone   bool
	quoted bool // somebody quotes it in what stays
}

type canaries struct {
	t    *testing.T
	ctx  context.Context
	s    *mailbox.Store
	all  []canary
	byID []quire.MessageID // what is forgotten by id
	n    int
}

// word makes a canary.
func (c *canaries) word(gone, quoted bool) string {
	w := fmt.Sprintf("canary%07d", (len(c.all)+1)*7919)
	c.all = append(c.all, canary{w, gone, quoted})
	return w
}

func (c *canaries) commit(m mailbox.Commit) mailbox.Committed {
	c.t.Helper()
	c.n++
	m.Now = day.Add(time.Duration(c.n) * time.Second)
	done, err := c.s.Commit(c.ctx, m)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}

func (c *canaries) send(from quire.Address, d quire.Draft) quire.MessageID {
	c.t.Helper()
	d.ID = quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012d", c.n+1))
	c.commit(mailbox.Commit{Address: from, Sends: []quire.Draft{d}})
	return d.ID
}

// plant puts canaries, half of which are to go.
func (c *canaries) plant(n int) {
	rev := map[quire.Address]uint64{}
	for i := 0; len(c.all) < n; i++ {
		gone := i%2 == 0
		from, to := quire.Address("mia"), quire.Address([]string{"ada", "ben", "cid"}[i%3])
		if gone {
			from = "eve"
		}
		text := func(quoted bool) string {
			return fmt.Sprintf("Please keep in mind that the word is %s, and tell nobody about it.", c.word(gone, quoted))
		}
		switch i % 7 {
		case 0:
			c.send(from, quire.Draft{To: []quire.Address{to}, Subject: text(false)})
		case 1:
			c.send(from, quire.Draft{To: []quire.Address{to, "dan"}, Subject: "Mail", Parts: []quire.Part{quire.Text{Text: text(false)}}})
		case 2: // an attachment
			long := text(false) + strings.Repeat(" and so on", 10_000)
			c.send(from, quire.Draft{To: []quire.Address{to}, Subject: "File", Parts: []quire.Part{quire.Text{Text: long}}})
		case 3: // what a tool returned, forgotten by its id
			id := c.send(to, quire.Draft{Kind: quire.KindResult, Parts: []quire.Part{quire.ToolResult{CallID: "c", Name: "look", Parts: []quire.Part{quire.Text{Text: text(false)}}}}})
			if gone {
				c.byID = append(c.byID, id)
			}
		case 4: // a note and a result that name and show a mail
			c.derived(from, to, text(false))
		case 5: // the agent's own words
			id := c.send(from, quire.Draft{To: []quire.Address{to}, Subject: "Ask", Parts: []quire.Part{quire.Text{Text: text(true)}}})
			c.send(to, quire.Draft{Kind: quire.KindTurn, InReplyTo: id, Parts: []quire.Part{quire.Text{Text: "I was told " + c.all[len(c.all)-1].word + " by somebody."}}})
		case 6: // a notice that had to stay, and a stream
			w := text(false)
			c.send(from, quire.Draft{To: []quire.Address{to}, Subject: w, Parts: []quire.Part{quire.Text{Text: "See above."}}})
			c.agent(to, rev, fmt.Sprintf(`{"v":1,"call":%d,"taken":{"said":"1 message waits:\n#7 mail from=mia \"%s\" 9 tokens"}}`, c.n, w), w)
		}
	}
}

// derived has an agent search, and write a note about what it found.
func (c *canaries) derived(from, to quire.Address, text string) {
	id := c.send(from, quire.Draft{To: []quire.Address{to}, Subject: "Find", Parts: []quire.Part{quire.Text{Text: text}}})
	items, err := c.s.Get(c.ctx, to, mailbox.Get{IDs: []quire.MessageID{id}})
	if err != nil || len(items) != 1 {
		c.t.Fatal(len(items), err)
	}
	row := fmt.Sprintf("%s mail from=%s \"Find\" %s", items[0].UID, from, text)
	c.send(to, quire.Draft{Kind: quire.KindResult, Parts: []quire.Part{quire.ToolResult{CallID: "c", Name: "mail_find", Parts: []quire.Part{quire.Text{Text: row}}}}})
	c.send(to, quire.Draft{Kind: quire.KindNote, Subject: "Found", Parts: []quire.Part{quire.Text{Text: "> " + row}}})
}

// agent commits a call of an agent's model, and says something in a stream.
func (c *canaries) agent(addr quire.Address, rev map[quire.Address]uint64, receipt, said string) {
	done := c.commit(mailbox.Commit{Address: addr, Rev: rev[addr], Agent: &driver.AgentState{State: []byte(receipt), Holds: []quire.UID{1}, Through: 1 << 40},
		Receipt: &driver.Receipt{Call: rev[addr] + 1, Time: day, Data: []byte(receipt)}})
	rev[addr] = done.Rev
	at, err := c.s.OpenStream(c.ctx, addr, mailbox.StreamOpen{Stream: done.Rev, Holder: "h", Now: day})
	if err == nil {
		err = c.s.AppendStream(c.ctx, addr, mailbox.StreamAppend{Stream: done.Rev, Attempt: at.Attempt, Chunks: [][]byte{[]byte(said)}})
	}
	if err == nil {
		err = c.s.EndStream(c.ctx, addr, mailbox.StreamClose{Stream: done.Rev, Attempt: at.Attempt, End: driver.StreamEnd{Kind: driver.StreamDone}})
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// check looks for all of them.
func (c *canaries) check(stored []byte, cert *mailbox.Certificate) {
	quoted := c.quotes(cert)
	written, err := json.Marshal(cert)
	if err != nil {
		c.t.Fatal(err)
	}
	lost, left, extra := 0, 0, 0
	for _, w := range c.all {
		found := bytes.Contains(stored, []byte(w.word))
		switch {
		case !w.gone && len(c.search(w.word)) == 0:
			lost++
		case w.gone && w.quoted != slices.Contains(quoted, w.word):
			extra++
		case w.gone && !w.quoted && (found || len(c.search(w.word)) > 0):
			left++
		}
		if bytes.Contains(written, []byte(w.word)) {
			c.t.Errorf("the certificate says %s", w.word)
		}
	}
	if lost+left+extra > 0 {
		c.t.Errorf("of %d canaries %d were lost, %d that were forgotten are there, and of %d the certificate says something else than is so", len(c.all), lost, left, extra)
	}
	c.t.Logf("%d messages, %d derived, %d quotes, %d receipts, %d states, %d chunks", len(cert.Messages), len(cert.Derived), len(cert.Quotes), cert.Receipts, cert.States, cert.Chunks)
}

// quotes are the canaries that the certificate says somebody quotes, as they stand there.
func (c *canaries) quotes(cert *mailbox.Certificate) (words []string) {
	for _, q := range cert.Quotes {
		items, err := c.s.Get(c.ctx, q.Mailbox, mailbox.Get{UIDs: []quire.UID{q.UID}})
		if err != nil || len(items) != 1 || q.Part < 0 {
			c.t.Fatal(q, err)
		}
		words = append(words, quire.PlainText(items[0].Parts[q.Part : q.Part+1])[q.Offset:q.Offset+q.Length])
	}
	return words
}

// search finds a word in all mailboxes.
func (c *canaries) search(word string) (rows []mailbox.Row) {
	for _, addr := range []quire.Address{"ada", "ben", "cid", "dan", "mia", "eve"} {
		page, err := c.s.Query(c.ctx, addr, mailbox.Query{Text: word, Now: day})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, r := range page.Rows {
			items, err := c.s.Get(c.ctx, addr, mailbox.Get{UIDs: []quire.UID{r.UID}})
			if err != nil {
				c.t.Fatal(err)
			}
			if strings.Contains(items[0].Subject+quire.PlainText(items[0].Parts), word) {
				rows = append(rows, r)
			}
		}
	}
	return rows
}
