package drivertest

import (
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var deliveryCases = []testCase{
	{rule: "an address that never got mail has an empty mailbox", run: func(k *kit) {
		s := k.status("ada")
		same(k, s.Total+s.Pending, 0, "what is in it")
		same(k, s.NextUID, 1, "the first number")
		same(k, len(k.query("ada", mailbox.Query{}).Rows), 0, "rows")
		snap := k.snapshot("ada")
		same(k, snap.Rev, 0, "the revision")
		same(k, snap.State, s.State, "the state of Snapshot and Status")
		same(k, len(k.get("ada", mailbox.Get{UIDs: []quire.UID{1}, IDs: []quire.MessageID{"x"}})), 0, "items")
		_, err := k.store.Content(k.ctx, "ada", quire.DigestOf(nil), 0, 0)
		k.wants(err, mailbox.ErrNotFound, "Content")
	}},
	{rule: "what is committed is read back as it was written", run: func(k *kit) {
		d := fullDraft(k)
		k.send("mia", d)
		it := k.item("ada", d.ID)
		same(k, it.Draft, d, "the draft")
		same(k, it.Envelope, quire.Envelope{From: "mia", Sent: day}, "the envelope")
		same(k, it.UID, 1, "the number")
		same(k, it.Thread, d.ID, "the thread")
		row := k.query("ada", mailbox.Query{}).Rows[0]
		d.Parts = nil
		same(k, row.Draft, d, "the draft in a row")
		same(k, row.Delivery, it.Delivery, "the delivery in a row")
		if row.Bytes <= 0 || row.Tokens <= 0 || row.Snippet == "" {
			k.failf("a row has %d bytes, %d tokens and the snippet %q", row.Bytes, row.Tokens, row.Snippet)
		}
	}},
	{rule: "what is returned and what was handed over can be changed without changing the store", run: func(k *kit) {
		d := k.mail("body", "ada", "ben")
		composer := []byte("state")
		k.commit(mailbox.Commit{Address: "ada", Sends: []quire.Draft{k.own("x")}, Agent: &driver.AgentState{State: composer}})
		k.send("mia", d)
		d.To[0], d.Parts[0], composer[0] = "eve", quire.Text{Text: "other"}, 'X'
		it := k.item("ada", d.ID)
		same(k, it.To, []quire.Address{"ada", "ben"}, "recipients")
		same(k, it.Parts, []quire.Part{quire.Text{Text: "body"}}, "parts")
		same(k, string(k.snapshot("ada").Agent.State), "state", "composer state")
		it.To[0], it.Parts[0] = "eve", nil
		snap := k.snapshot("ada")
		snap.Agent.State[0], snap.Arrived[0].Parts[0] = 'X', nil
		same(k, k.item("ada", d.ID).To[0], "ada", "recipient")
		same(k, string(k.snapshot("ada").Agent.State), "state", "composer state")
		same(k, k.snapshot("ada").Arrived[0].Parts[0], quire.Part(quire.Text{Text: "x"}), "part")
	}},
	{rule: "the sender is the address that commits", run: func(k *kit) {
		d := k.mail("hi", "ada")
		d.Headers = []quire.Header{{Name: "From", Value: "mia"}, {Name: "Sender", Value: "mia"}}
		k.send("eve+x", d)
		it := k.item("ada", d.ID)
		same(k, it.From, "eve+x", "the sender")
		same(k, it.Self, false, "self")
		if it.Trust == quire.TrustSelf {
			k.failf("mail of another has the trust of the owner")
		}
	}},
	{rule: "there is one delivery for each mailbox among To and CC", run: func(k *kit) {
		d := k.mail("hi", "ada+a", "ben@x.org", "ada", "ada+b")
		d.CC = []quire.Address{"ben+c@x.org", "cid", "ada"}
		k.send("mia", d)
		for _, box := range []quire.Address{"ada", "ben@x.org", "cid", "ada+z"} {
			same(k, k.status(box).Total, 1, "deliveries to %s", box)
		}
		same(k, k.item("cid", d.ID).To, d.To, "the recipients as written")
		same(k, k.status("mia").Total, 0, "deliveries to the sender")
	}},
	{rule: "a turn, result or note goes to its author only and never waits", run: func(k *kit) {
		for _, kind := range []quire.Kind{quire.KindTurn, quire.KindResult, quire.KindNote} {
			d := k.mail("mine")
			d.Kind = kind
			c := k.send("ada", d)
			it := k.item("ada", d.ID)
			same(k, []any{it.Self, it.Trust, it.UID}, []any{true, quire.TrustSelf, c.Sent[0].UID}, "self, trust and number of a %s", kind)
			d = k.mail("not yours", "ben")
			d.Kind = kind
			k.refused(mailbox.Commit{Address: "ada", Sends: []quire.Draft{d}}, mailbox.ErrInvalid, "a "+string(kind)+" to somebody else")
			same(k, k.status("ben").Total, 0, "what reached somebody else")
		}
		same(k, k.status("ada").Pending, 0, "pending")
		same(k, len(k.query("ada", mailbox.Query{Pending: true}).Rows), 0, "pending rows")
	}},
	{rule: "what came through a gateway is external, also under the owner's name", run: func(k *kit) {
		d := k.mail("it's me", "ada")
		k.commit(mailbox.Commit{Address: "ada", Sends: []quire.Draft{d}, Via: []quire.Via{{Name: "smtp", From: "ada@evil.example"}}})
		it := k.item("ada", d.ID)
		same(k, []any{it.Self, it.Trust, len(it.Via)}, []any{false, quire.TrustExternal, 1}, "self, trust and gateways")
		k.refused(mailbox.Commit{Address: "ada", Sends: []quire.Draft{k.own("my own turn")}, Via: []quire.Via{{Name: "smtp"}}}, mailbox.ErrInvalid, "a turn that came through a gateway")
		same(k, k.status("ada").Pending, 1, "pending")
	}},
	{rule: "who has an agent's state is an agent", run: func(k *kit) {
		k.send("bot", k.mail("before", "ada"))
		k.commit(mailbox.Commit{Address: "bot", Agent: &driver.AgentState{State: []byte("x")}, Sends: []quire.Draft{k.mail("with", "ada")}})
		k.send("bot", k.mail("after", "ada"))
		var got []quire.Trust
		for _, r := range k.query("ada", mailbox.Query{Oldest: true}).Rows {
			got = append(got, r.Trust)
		}
		same(k, got, []quire.Trust{quire.TrustPerson, quire.TrustAgent, quire.TrustAgent}, "trust")
	}},
	{rule: "items come in the order asked for, and what is not there is left out", run: func(k *kit) {
		a, b, c := k.mail("a", "ada"), k.mail("b", "ada"), k.mail("c", "ben")
		k.send("mia", a, b, c)
		var got []quire.MessageID
		for _, it := range k.get("ada", mailbox.Get{UIDs: []quire.UID{2, 9, 1, 1 << 63}, IDs: []quire.MessageID{c.ID, b.ID, "none", a.ID}}) {
			got = append(got, it.ID)
		}
		same(k, got, []quire.MessageID{b.ID, a.ID, b.ID, a.ID}, "items")
	}},
	{rule: "numbers grow by arrival and start at 1 in each mailbox", run: func(k *kit) {
		for range 3 {
			k.send("mia", k.mail("x", "ada"), k.mail("y", "ada", "ben"))
		}
		same(k, uids(k.query("ada", mailbox.Query{})), []quire.UID{6, 5, 4, 3, 2, 1}, "ada's")
		same(k, uids(k.query("ben", mailbox.Query{})), []quire.UID{3, 2, 1}, "ben's")
		same(k, k.status("ada").NextUID, 7, "the next one")
	}},
}

// fullDraft has something in every field.
func fullDraft(k *kit) quire.Draft {
	return quire.Draft{
		ID: k.id(), To: []quire.Address{"ada"}, CC: []quire.Address{"ben+x"}, Subject: "Ünïcode 漢字 🙂",
		InReplyTo: "p2", References: []quire.MessageID{"p1", "p2"}, Kind: quire.KindQuestion,
		Parts: []quire.Part{
			quire.Text{Text: "a text\r\n\x00\x1b[31m"},
			quire.ToolCall{ID: "c1", Name: "run", Args: `{"n": 12345678901234567890 }`, Signature: "s"},
			quire.ToolResult{CallID: "c1", Name: "run", IsError: true, Parts: []quire.Part{quire.Text{Text: "out"}, quire.Image{MediaType: "image/png", Data: []byte{0, 255, 1}, Width: 1, Height: 2}}},
			quire.Image{URL: "https://example.org/x.png"},
			quire.Ref{Message: "m", UID: 7, Part: -1, From: 1, To: 2, Digest: quire.DigestOf([]byte("x"))},
			quire.Reasoning{Model: "m", ID: "r", Text: "hm", Signature: "sig", Data: "data"},
			quire.Opaque{Kind: "video", Raw: []byte(`{ "kind":"video",  "x":[1.0, 1e400] }`)},
		},
		ValidUntil: day.Add(time.Hour), Supersedes: []quire.MessageID{"old"}, Auto: quire.AutoGenerated,
		Headers:  []quire.Header{{Name: "X-B", Value: "1"}, {Name: "X-A", Value: strings.Repeat("é", 100)}, {Name: "X-B", Value: "2"}},
		Question: &quire.Question{Options: []string{"yes", "no"}, ReplyBy: day.Add(time.Minute), Default: "no", Reversible: true, Escalate: "boss"},
	}
}
