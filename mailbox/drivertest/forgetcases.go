package drivertest

import (
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// forgetCases are those of forgetting, deleting a mailbox, and retention.
var forgetCases = []testCase{
	{rule: "what is forgotten is empty wherever it was, and all else stands", run: (*kit).forgets},
	{rule: "what is forgotten is no longer found, and waits no more", run: func(k *kit) {
		d := k.mail("the word is zanzibar", "ada", "ben")
		k.send("eve", d)
		k.send("mia", k.mail("the word is stockholm", "ada"))
		cert := k.forget(mailbox.Forget{Messages: []quire.MessageID{d.ID, "nobody's"}})
		same(k, cert.Unknown, []quire.MessageID{"nobody's"}, "what is unknown")
		same(k, len(cert.Messages), 1, "messages")
		same(k, cert.Messages[0].In, []mailbox.Place{{Mailbox: "ada", UID: 1}, {Mailbox: "ben", UID: 1}}, "where it was")
		same(k, len(k.query("ada", mailbox.Query{Text: "zanzibar"}).Rows), 0, "found")
		same(k, uids(k.query("ada", mailbox.Query{Text: "stockholm"})), []quire.UID{2}, "another one")
		st := k.status("ada")
		same(k, []int{st.Total, st.Pending}, []int{2, 1}, "what is there and what waits")
		same(k, k.status("ben").Pending, 0, "what waits in another mailbox")
		same(k, k.send("eve", d).Sent[0].Duplicate, true, "sent again it is a duplicate")
		k.wants(second(k.store.Commit(k.ctx, mailbox.Commit{Address: "eve", Sends: []quire.Draft{{ID: d.ID, To: d.To, Kind: d.Kind, Subject: "other"}}, Now: day})), mailbox.ErrConflict, "other content under its id")
		again := k.forget(mailbox.Forget{From: "eve"})
		same(k, len(again.Messages), 0, "forgotten again")
		same(k, again.Earlier, cert.Messages, "what had gone before")
	}},
	{rule: "what is forgotten takes along what only it refers to", run: func(k *kit) {
		long := strings.Repeat("a long text ", 10_000)
		d, other := k.mail("file", "ada"), k.mail("file", "ada")
		d.Parts, other.Parts = []quire.Part{quire.Text{Text: long}}, []quire.Part{quire.Text{Text: long}}
		k.send("eve", d)
		blob := k.item("ada", d.ID).Parts[0].(quire.Blob)
		k.send("mia", other)
		k.forget(mailbox.Forget{From: "eve"})
		_, err := k.store.Content(k.ctx, "ada", blob.Digest, 0, 10)
		k.must(err, "content that another message has")
		k.forget(mailbox.Forget{Messages: []quire.MessageID{other.ID}})
		k.wants(second(k.store.Content(k.ctx, "ada", blob.Digest, 0, 10)), mailbox.ErrNotFound, "content that nobody has")
	}},
	{rule: "a mailbox that is deleted is gone, and others keep theirs", run: (*kit).deletes},
	{rule: "retention takes what is old and nothing that is needed", run: (*kit).prunes},
	{rule: "retention of records forgets receipts, ids and streams of before", run: (*kit).prunesRecords},
}

func (k *kit) forget(f mailbox.Forget) mailbox.Certificate {
	c, err := k.store.Forget(k.ctx, f)
	k.must(err, "Forget")
	return c
}

func (k *kit) forgets() {
	d := quire.Draft{ID: k.id(), To: []quire.Address{"ada", "ben"}, Kind: quire.KindQuestion, Subject: "Secret", Headers: []quire.Header{{Name: "x", Value: "secret"}},
		Question: &quire.Question{Options: []string{"secret"}, Default: "secret", ReplyBy: day.Add(time.Hour)}, Parts: []quire.Part{quire.Text{Text: "secret"}}}
	k.commit(mailbox.Commit{Address: "eve", Sends: []quire.Draft{d}, Via: []quire.Via{{Name: "smtp", From: "secret"}}})
	turn := quire.Draft{ID: k.id(), Kind: quire.KindTurn, Parts: []quire.Part{quire.Reasoning{Text: "secret"}, quire.Text{Text: "secret"}, quire.ToolCall{ID: "1", Name: "look", Args: `{"secret":1}`}}}
	result := quire.Draft{ID: k.id(), Kind: quire.KindResult, Parts: []quire.Part{quire.ToolResult{CallID: "1", Name: "look", Parts: []quire.Part{quire.Text{Text: "secret"}}}}}
	k.send("ada", turn, result, k.own("mine"))
	before := k.all("ada")
	state := k.status("ada").State
	k.forget(mailbox.Forget{Messages: []quire.MessageID{d.ID, turn.ID, result.ID}})
	left := quire.Text{Text: "(This was forgotten: its content is gone for good.)"}
	for i, parts := range [][]quire.Part{{left}, {left, quire.ToolCall{ID: "1", Name: "look", Args: "{}"}}, {quire.ToolResult{CallID: "1", Name: "look", Parts: []quire.Part{left}}}} {
		was, is := before.Items[i], k.item("ada", []quire.MessageID{d.ID, turn.ID, result.ID}[i])
		same(k, is.Parts, parts, "what is left of message %d", i+1)
		same(k, []any{is.UID, is.From, is.Sent, is.Kind, is.Thread, is.Self, is.Trust, is.To}, []any{was.UID, was.From, was.Sent, was.Kind, was.Thread, was.Self, was.Trust, was.To}, "what stays of message %d", i+1)
		same(k, is.Flags, quire.FlagForgotten, "flags of message %d", i+1)
		if is.Subject != "" || is.Headers != nil || is.Question != nil || is.Via != nil || is.Signature != nil {
			k.failf("message %d still has %+v", i+1, is.Message)
		}
	}
	same(k, k.item("ada", before.Items[3].ID), before.Items[3], "a message that stays")
	same(k, k.item("ben", d.ID).Parts, []quire.Part{left}, "in another mailbox")
	same(k, k.changes("ada", state, 0).Updated, []quire.UID{1, 2, 3}, "what changed")
	k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Clear: quire.FlagForgotten, Set: quire.FlagHandled}, {UID: 4, Set: quire.FlagForgotten}}})
	same(k, k.item("ada", d.ID).Flags, quire.FlagForgotten|quire.FlagHandled, "flags that a commit sets")
	same(k, k.item("ada", before.Items[3].ID).Flags, quire.Flags(0), "a flag that it can't set")
}

func (k *kit) deletes() {
	both, only, theirs := k.mail("to both", "ada", "ben"), k.mail("to ada only", "ada"), k.mail("from ada", "ben")
	k.send("mia", both, only)
	k.send("ada", theirs, k.own("mine"))
	k.commit(mailbox.Commit{ID: "c", Address: "ada", Agent: &driver.AgentState{State: []byte("x"), Holds: []quire.UID{1}}, Receipt: &driver.Receipt{Call: 1, Time: day, Data: []byte("r")},
		Journal: []driver.JournalEntry{{Step: "s", Tool: "t", Status: driver.JournalBegun}}})
	ben := k.all("ben")
	cert, err := k.store.DeleteMailbox(k.ctx, "ada")
	k.must(err, "DeleteMailbox")
	same(k, []int{len(cert.Messages), cert.Receipts}, []int{3, 1}, "what went")
	var kept []quire.MessageID
	for _, g := range cert.Kept {
		kept = append(kept, g.Message)
	}
	slices.Sort(kept)
	same(k, kept, []quire.MessageID{both.ID, theirs.ID}, "what others keep")
	same(k, k.all("ben"), ben, "another mailbox")
	list, err := k.store.Mailboxes(k.ctx, mailbox.MailboxQuery{Now: day})
	k.must(err, "Mailboxes")
	same(k, slices.ContainsFunc(list, func(m mailbox.Mailbox) bool { return m.Address == "ada" }), false, "it is listed")
	all := k.all("ada")
	same(k, []int{all.Status.Total, len(all.Items), len(all.Receipts), len(all.Snapshot.Journal), len(all.Snapshot.Agent.State)}, []int{0, 0, 0, 0, 0}, "what is there")
	same(k, k.send("mia", only).Sent[0].Duplicate, true, "a message that went is not delivered again")
	k.send("mia", k.mail("new", "ada"))
	same(k, uids(k.query("ada", mailbox.Query{})), []quire.UID{1}, "a new mailbox")
	same(k, k.commit(mailbox.Commit{ID: "c", Address: "ada", Agent: &driver.AgentState{}}).Replayed, false, "a commit's id is free")
	k.commit(mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "h", For: time.Hour}, Now: time.Now()})
	k.wants(second(k.store.DeleteMailbox(k.ctx, "ada")), mailbox.ErrLeaseHeld, "a mailbox that is owned")
}

func (k *kit) prunes() {
	question := k.mail("may I?", "mia")
	question.Kind, question.Question = quire.KindQuestion, &quire.Question{ReplyBy: day.Add(time.Hour)}
	k.send("ada", question, k.own("old"))
	k.send("mia", k.mail("handled", "ada"), k.mail("waits", "ada"), k.mail("pinned", "ada"), k.mail("resident", "ada"))
	k.send("eve", k.mail("from eve", "ada"))
	k.commit(mailbox.Commit{Address: "ada", Sends: []quire.Draft{k.own("new to it")}, Agent: &driver.AgentState{State: []byte("x"), Holds: []quire.UID{5}, Through: 1}})
	for _, uid := range []quire.UID{2, 4, 5, 6} {
		c := mailbox.FlagChange{UID: uid, Set: quire.FlagHandled}
		if uid == 4 {
			c.Set |= quire.FlagPinned
		}
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{c}})
	}
	prune := func(list ...mailbox.Keep) []quire.UID {
		_, err := k.store.Prune(k.ctx, mailbox.Retention{Rules: list})
		k.must(err, "Prune")
		return uids(k.query("ada", mailbox.Query{Oldest: true}))
	}
	never := 100 * 365 * 24 * time.Hour
	same(k, prune(mailbox.Keep{For: never}), []quire.UID{1, 2, 3, 4, 5, 6, 7}, "with a rule for what is older")
	same(k, prune(mailbox.Keep{For: time.Second, From: "eve"}), []quire.UID{1, 2, 3, 4, 5, 7}, "with a rule for a sender")
	same(k, prune(mailbox.Keep{For: time.Second, Kinds: []quire.Kind{quire.KindTurn}}), []quire.UID{2, 3, 4, 5, 7}, "with a rule for a kind")
	same(k, prune(mailbox.Keep{For: time.Second, Mailbox: "ben"}), []quire.UID{2, 3, 4, 5, 7}, "with a rule for a mailbox")
	same(k, prune(mailbox.Keep{For: time.Second, Thread: k.query("ada", mailbox.Query{Oldest: true}).Rows[0].ID}), []quire.UID{3, 4, 5, 7}, "with a rule for a thread")
	same(k, prune(mailbox.Keep{For: time.Second}), []quire.UID{3, 4, 5, 7}, "with a rule for all")
	same(k, k.item("mia", question.ID).Question.ReplyBy, day.Add(time.Hour), "a question that waits")
	k.wants(second(k.store.Prune(k.ctx, mailbox.Retention{Rules: []mailbox.Keep{{}}})), mailbox.ErrInvalid, "a rule without a time")
	k.wants(second(k.store.Prune(k.ctx, mailbox.Retention{Records: -1})), mailbox.ErrInvalid, "records that are kept for less than nothing")
}

func (k *kit) prunesRecords() {
	id := k.mail("gone", "ada")
	k.send("mia", id)
	for i := range 3 {
		k.commit(mailbox.Commit{ID: string(rune('a' + i)), Address: "ada", Now: day.Add(time.Duration(i) * time.Hour), Receipt: &driver.Receipt{Call: uint64(i + 1), Time: day.Add(time.Duration(i) * time.Hour), Data: []byte("r")}})
	}
	k.must(second(k.store.Expunge(k.ctx, "ada", []quire.UID{1})), "Expunge")
	p, err := k.store.Prune(k.ctx, mailbox.Retention{})
	k.must(err, "Prune")
	same(k, p, mailbox.Pruned{}, "without a rule")
	p, err = k.store.Prune(k.ctx, mailbox.Retention{Records: time.Since(day.Add(90 * time.Minute))})
	k.must(err, "Prune")
	same(k, p, mailbox.Pruned{Receipts: 2, Commits: 2, Messages: 1}, "what went")
	list, err := k.store.Receipts(k.ctx, "ada", 0, 1<<62)
	k.must(err, "Receipts")
	same(k, len(list), 1, "receipts")
	same(k, k.send("mia", id).Sent[0].Duplicate, false, "an id that was forgotten is a new one")
}
