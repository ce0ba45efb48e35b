package drivertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

var queryCases = []testCase{
	{rule: "what can't be in any mailbox is not found, and is no error", run: func(k *kit) {
		k.send("mia", k.mail("x", "ada+y"))
		for _, s := range []string{"a\x00b", "mia\x00", "\xff", "\x00"} {
			for what, q := range map[string]mailbox.Query{
				"From": {From: quire.Address(s)}, "To": {To: quire.Address(s)}, "Thread": {Thread: quire.MessageID(s)}, "Kinds": {Kinds: []quire.Kind{quire.Kind(s)}},
			} {
				same(k, len(k.query("ada", q).Rows), 0, "rows with %s %q", what, s)
				q.Text = "x" + s
				same(k, len(k.query("ada", q).Rows), 0, "rows with text and %s %q", what, s)
			}
			k.query("ada", mailbox.Query{Text: s})
			id := quire.MessageID(s)
			same(k, len(k.get("ada", mailbox.Get{IDs: []quire.MessageID{id}})), 0, "items of the id %q", s)
			k.refused(mailbox.Commit{Address: "ada", Retract: []quire.MessageID{id}, Now: day}, mailbox.ErrNotFound, "taking back what is not there")
			d := k.mail("refers to what can't be "+s, "ada")
			d.Subject, d.InReplyTo, d.References, d.Supersedes = "s"+s, id, []quire.MessageID{id}, []quire.MessageID{id}
			d.Headers, d.Question, d.Kind = []quire.Header{{Name: s, Value: s}}, &quire.Question{Options: []string{s}}, quire.KindQuestion
			k.send("mia", d)
			same(k, k.item("ada", d.ID).Thread, d.ID, "the thread")
			same(k, len(k.commit(mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w", To: quire.Address(s)}}).Claimed), 0, "claimed")
			k.refused(mailbox.Commit{Address: "ada", Journal: []driver.JournalEntry{{Step: s, Tool: s, Status: driver.JournalStatus(s)}}}, mailbox.ErrInvalid, "a status that is none")
			k.commit(mailbox.Commit{ID: s, Address: "ada", Journal: []driver.JournalEntry{{Step: s, Tool: s, Args: s, Status: driver.JournalBegun}}, Done: []string{s}})
		}
	}},
	{rule: "each filter of a query holds by itself", run: func(k *kit) {
		later := day.Add(time.Hour)
		question := k.mail("five", "ada")
		question.Kind, question.Question = quire.KindQuestion, &quire.Question{ReplyBy: later}
		expired := k.mail("six", "ada")
		expired.ValidUntil = day
		five := question.ID
		k.send("mia", k.mail("one", "ada"), k.mail("two", "ada+x"))
		k.send("ben+x", k.mail("three", "ada"))
		k.send("ada", k.own("four"))
		k.commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{question, expired}, Now: day.Add(time.Minute)})
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled | quire.FlagPulled}, {UID: 2, VisibleAt: &later}}})
		for _, c := range []struct {
			name string
			q    mailbox.Query
			want []quire.UID
		}{
			{"everything", mailbox.Query{}, []quire.UID{6, 5, 4, 3, 2, 1}},
			{"from a plus-address", mailbox.Query{From: "ben+x"}, []quire.UID{3}},
			{"from its mailbox", mailbox.Query{From: "ben"}, []quire.UID{3}},
			{"from another of its addresses", mailbox.Query{From: "ben+y"}, []quire.UID{}},
			{"to a plus-address", mailbox.Query{To: "ada+x"}, []quire.UID{2}},
			{"a thread", mailbox.Query{Thread: five}, []quire.UID{5}},
			{"kinds", mailbox.Query{Kinds: []quire.Kind{quire.KindTurn, quire.KindQuestion}}, []quire.UID{5, 4}},
			{"the empty kind is mail, as in a draft", mailbox.Query{Kinds: []quire.Kind{"", quire.KindMail, quire.KindTurn}}, []quire.UID{6, 4, 3, 2, 1}},
			{"with flags", mailbox.Query{Has: quire.FlagHandled | quire.FlagPulled}, []quire.UID{1}},
			{"without flags", mailbox.Query{Not: quire.FlagHandled | quire.FlagPinned}, []quire.UID{6, 5, 4, 3, 2}},
			{"with and without", mailbox.Query{Has: quire.FlagHandled, Not: quire.FlagHandled}, []quire.UID{}},
			{"pending", mailbox.Query{Pending: true}, []quire.UID{5, 3}},
			{"pending later", mailbox.Query{Pending: true, Now: later}, []quire.UID{5, 3, 2}},
			{"incoming", mailbox.Query{Incoming: true}, []quire.UID{6, 5, 3, 2, 1}},
			{"after", mailbox.Query{After: day.Add(time.Minute)}, []quire.UID{6, 5}},
			{"after, between instants", mailbox.Query{After: day.Add(1)}, []quire.UID{6, 5}},
			{"before", mailbox.Query{Before: day.Add(time.Minute)}, []quire.UID{4, 3, 2, 1}},
			{"before, between instants", mailbox.Query{Before: day.Add(1)}, []quire.UID{4, 3, 2, 1}},
			{"above and below", mailbox.Query{Above: 2, Below: 5}, []quire.UID{4, 3}},
			{"below a very large number", mailbox.Query{Below: 1<<64 - 1}, []quire.UID{6, 5, 4, 3, 2, 1}},
			{"above a very large number", mailbox.Query{Above: 1<<64 - 1}, []quire.UID{}},
			{"oldest first", mailbox.Query{Oldest: true}, []quire.UID{1, 2, 3, 4, 5, 6}},
			{"what is due first", mailbox.Query{Due: true}, []quire.UID{5, 6, 4, 3, 2, 1}},
			{"by relevance of nothing", mailbox.Query{}, []quire.UID{6, 5, 4, 3, 2, 1}},
			{"a limit", mailbox.Query{Limit: 2}, []quire.UID{6, 5}},
			{"words", mailbox.Query{Text: "one three"}, []quire.UID{3, 1}},
			{"words of a turn", mailbox.Query{Text: "FOUR"}, []quire.UID{4}},
			{"words, what is due first", mailbox.Query{Text: "one two three four five six", Due: true}, []quire.UID{5, 6, 4, 3, 2, 1}},
			{"words and a filter", mailbox.Query{Text: "one three", From: "mia"}, []quire.UID{1}},
			{"words that nothing has", mailbox.Query{Text: "zeppelin"}, []quire.UID{}},
			{"stop words only", mailbox.Query{Text: "the and"}, []quire.UID{}},
		} {
			same(k, uids(k.query("ada", c.q)), c.want, "%s", c.name)
			if c.q.Text == "" && !c.q.Oldest && !c.q.Due && c.q.Limit == 0 { // the same of what a search finds
				c.q.Text, c.q.Oldest = "one two three four five six", true
				slices.Sort(c.want)
				same(k, uids(k.query("ada", c.q)), c.want, "%s, of a search", c.name)
			}
		}
		_, err := k.store.Query(k.ctx, "ada", mailbox.Query{Oldest: true, Due: true})
		k.wants(err, mailbox.ErrInvalid, "an unknown order")
		_, err = k.store.Query(k.ctx, "ada", mailbox.Query{Cursor: "nonsense"})
		k.wants(err, mailbox.ErrInvalid, "a cursor that is none")
		next := k.query("ada", mailbox.Query{Limit: 2}).Next
		_, err = k.store.Query(k.ctx, "ada", mailbox.Query{Cursor: next, From: "mia"})
		k.wants(err, mailbox.ErrInvalid, "a cursor of another query")
	}},
	{rule: "a collapsed page has the newest match of each thread", run: func(k *kit) {
		var heads []quire.Draft
		for i := range 4 {
			heads = append(heads, k.mail(fmt.Sprint("thread", i), "ada"))
			k.send("mia", heads[i])
		}
		for i := range 6 {
			d := k.mail(fmt.Sprint("reply ", i), "ada")
			d.InReplyTo = heads[i%3].ID
			k.send(quire.Address([]string{"mia", "ben"}[i%2]), d)
		}
		same(k, uids(k.query("ada", mailbox.Query{Collapse: true})), []quire.UID{10, 9, 8, 4}, "newest first")
		same(k, uids(k.query("ada", mailbox.Query{Collapse: true, Oldest: true})), []quire.UID{4, 8, 9, 10}, "oldest first")
		same(k, uids(k.query("ada", mailbox.Query{Collapse: true, From: "mia"})), []quire.UID{9, 7, 5, 4}, "the newest that match")
		same(k, uids(k.query("ada", mailbox.Query{Collapse: true, Text: "reply", Oldest: true})), []quire.UID{8, 9, 10}, "of a search")
	}},
	{rule: "pages stay as they were when mail comes in between", run: func(k *kit) {
		rnd := rand.New(rand.NewPCG(1, 2))
		var ids []quire.MessageID
		one := func() {
			d := k.mail(strings.Repeat("word ", 1+rnd.IntN(5))+strings.Repeat("other ", rnd.IntN(5)), "ada")
			if len(ids) > 0 && rnd.IntN(2) == 0 {
				d.InReplyTo = ids[rnd.IntN(len(ids))]
			}
			if rnd.IntN(2) == 0 {
				d.Kind, d.Question = quire.KindQuestion, &quire.Question{ReplyBy: day.Add(time.Duration(rnd.IntN(5)) * time.Hour)}
			}
			ids = append(ids, d.ID)
			k.send("mia", d)
		}
		for range 60 {
			one()
		}
		for _, q := range []mailbox.Query{
			{}, {Oldest: true}, {Due: true}, {Text: "word"}, {Text: "other words", Oldest: true},
			{Collapse: true}, {Collapse: true, Oldest: true}, {Collapse: true, Due: true}, {Collapse: true, Text: "word"}, {Pending: true},
		} {
			q.Limit = 1000
			want := uids(k.query("ada", q))
			q.Limit = 7
			var got []quire.UID
			for {
				p := k.query("ada", q)
				if got = append(got, uids(p)...); len(got) > len(want) {
					k.failf("the pages of %+v have %d rows, all of it has %d", q, len(got), len(want))
				}
				if !p.More {
					break
				}
				q.Cursor = p.Next
				one()
			}
			same(k, got, want, "all pages of %+v", q)
		}
	}},
	{rule: "a search orders as the store in memory does", run: func(k *kit) {
		rnd := rand.New(rand.NewPCG(3, 4))
		words := strings.Fields("invoice export fail database timeout café naïve 漢字 résumé log error build deploy customer order ship late refund token budget")
		ref := memstore.New(nil)
		for range 300 {
			var b strings.Builder
			for range 1 + rnd.IntN(60) {
				i := int(float64(len(words)) * rnd.Float64() * rnd.Float64())
				b.WriteString(words[i])
				b.WriteString([]string{" ", ", ", "\n", "s "}[rnd.IntN(4)])
			}
			c := mailbox.Commit{Address: quire.Address([]string{"mia", "ben"}[rnd.IntN(2)]), Sends: []quire.Draft{k.mail(b.String(), "ada", "cid")}, Now: day}
			k.commit(c)
			_, err := ref.Commit(k.ctx, c)
			k.must(err, "Commit to the store in memory")
		}
		for _, text := range []string{"invoice", "Exports failing", "cafe NAIVE", "漢", "late refunds of customers", "token budget build deploy log", "absent invoice", "error error"} {
			for _, from := range []quire.Address{"", "ben"} {
				q := mailbox.Query{Text: text, From: from, Limit: 1000, Now: day}
				got := k.query("ada", q)
				want, err := ref.Query(k.ctx, "ada", q)
				k.must(err, "Query of the store in memory")
				same(k, scores(got), scores(want), "rows and scores of %q", text)
			}
		}
	}},
	{rule: "a search has an end also for the most common word", run: func(k *kit) {
		var batch []quire.Draft
		for i := range 1500 {
			batch = append(batch, k.mail(fmt.Sprintf("common n%d", i), "ada"))
		}
		k.send("mia", batch...)
		q := mailbox.Query{Text: "common n3", Limit: 1000, Now: day}
		p := k.query("ada", q)
		ref := memstore.New(nil)
		k.must(second(ref.Commit(k.ctx, mailbox.Commit{Address: "mia", Sends: batch, Now: day})), "Commit to the store in memory")
		want, err := ref.Query(k.ctx, "ada", q)
		k.must(err, "Query of the store in memory")
		same(k, scores(p), scores(want), "rows and scores")
		same(k, len(p.Rows), rank.Shortlist, "rows")
		same(k, p.Rows[0].UID, 4, "the first one has the rare word")
		if !slices.IsSortedFunc(p.Rows[1:], func(x, y mailbox.Row) int { return int(y.UID) - int(x.UID) }) {
			k.failf("what scores the same is not newest first")
		}
	}},
}

// scores are the rows of a page with what they scored.
func scores(p mailbox.Page) []string {
	var list []string
	for _, r := range p.Rows {
		list = append(list, fmt.Sprintf("%s %.12g", r.UID, r.Score))
	}
	return list
}
