package drivertest

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// bounced is the limit that stopped a draft on its way to one mailbox; empty: it
// arrived.
func bounced(k *kit, from quire.Address, d quire.Draft, now time.Time) string {
	s := k.commit(mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: now}).Sent[0]
	if len(s.Bounced) == 0 {
		return ""
	}
	if s.Bounced[0].Reason == "" {
		k.failf("the bounce %q has no reason", s.Bounced[0].Limit)
	}
	return s.Bounced[0].Limit
}

// key is a signing key made of a number.
func key(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// ruleCases need a store with other rules than the zero ones.
var ruleCases = []testCase{
	{rule: "what waits in a mailbox is bounded, in messages, bytes and tokens", rules: mailbox.Rules{Limits: mailbox.Limits{Pending: 3, PendingBytes: 5000, PendingTokens: 1000}}, run: func(k *kit) {
		for i := range 3 {
			same(k, bounced(k, "mia", k.mail(fmt.Sprint(i), "ada"), day), "", "mail %d", i)
		}
		same(k, bounced(k, "mia", k.mail("4", "ada"), day), "quota", "one more")
		same(k, bounced(k, "ada", k.mail("to myself", "ada"), day), "", "mail to oneself")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}, {UID: 2, Set: quire.FlagHandled}}})
		same(k, bounced(k, "mia", k.mail(strings.Repeat("x", 5001), "ada"), day), "quota", "too many bytes")
		same(k, bounced(k, "mia", k.mail(strings.Repeat("a b ", 900), "ada"), day), "quota", "too many tokens")
		same(k, bounced(k, "mia", k.mail(strings.Repeat("x", 2000), "ada"), day), "", "not too many")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Clear: quire.FlagHandled}}})
		same(k, bounced(k, "mia", k.mail("6", "ada"), day), "quota", "after one is unhandled again")
		_, err := k.store.Expunge(k.ctx, "ada", []quire.UID{1, 2})
		k.must(err, "Expunge")
		same(k, bounced(k, "mia", k.mail("7", "ada"), day), "", "after one is destroyed")
		same(k, bounced(k, "mia", k.mail("8", "ben"), day), "", "another mailbox")
	}},
	{rule: "a superseded message waits no more", rules: mailbox.Rules{Limits: mailbox.Limits{Pending: 2}}, run: func(k *kit) {
		first := k.mail("1", "ada")
		k.send("mia", first)
		for i := range 5 {
			next := k.mail(fmt.Sprint("version ", i), "ada")
			next.Supersedes = []quire.MessageID{first.ID}
			same(k, bounced(k, "mia", next, day), "", "version %d", i)
			first = next
		}
	}},
	{rule: "agents that answer each other come to an end", rules: mailbox.Rules{Limits: mailbox.Limits{Chain: 4}, Persons: []quire.Address{"mia"}}, run: func(k *kit) {
		who := []quire.Address{"ada", "ben"}
		parent := k.mail("start", "ada")
		k.send("mia", parent)
		reply := func(i int) (quire.Draft, string) {
			d := k.mail(fmt.Sprint("reply ", i), who[i%2])
			d.InReplyTo = parent.ID
			return d, bounced(k, who[(i+1)%2], d, day)
		}
		for i := 1; i <= 4; i++ {
			d, limit := reply(i)
			same(k, limit, "", "reply %d", i)
			same(k, k.item(who[i%2], d.ID).Chain, i, "its place in the chain")
			parent = d
		}
		_, limit := reply(5)
		same(k, limit, "chain", "reply 5")
		d := k.mail("go on", "ben", "ada")
		d.InReplyTo = parent.ID
		same(k, bounced(k, "mia", d, day), "", "a person")
		same(k, k.item("ada", d.ID).Chain, 0, "its place")
		parent = d
		_, limit = reply(5)
		same(k, limit, "", "after a person wrote")
	}},
	{rule: "an agent can't write to one mailbox as often as it likes", rules: mailbox.Rules{Limits: mailbox.Limits{Rate: 3, Window: time.Hour}, Persons: []quire.Address{"mia"}}, run: func(k *kit) {
		for i := range 3 {
			same(k, bounced(k, "bot+x", k.mail(fmt.Sprint(i), "ada"), later(i)), "", "mail %d", i)
		}
		same(k, bounced(k, "bot", k.mail("4", "ada"), later(3)), "rate", "mail 4")
		same(k, bounced(k, "bot", k.mail("5", "ben"), later(3)), "", "to another mailbox")
		same(k, bounced(k, "bit", k.mail("6", "ada"), later(3)), "", "from another agent")
		same(k, bounced(k, "bot", k.mail("7", "ada"), later(3600)), "", "when the first one is an hour old")
		same(k, bounced(k, "bot", k.mail("8", "ada"), later(3600)), "rate", "and no more then")
		for i := range 5 {
			same(k, bounced(k, "mia", k.mail(fmt.Sprint("p", i), "ada"), day), "", "a person's mail %d", i)
		}
	}},
	{rule: "mail to a group goes to each member but its sender", rules: mailbox.Rules{Groups: map[quire.Address][]quire.Address{"team": {"ada", "ben", "mia+x", "ada+y"}}}, run: func(k *kit) {
		d := k.mail("all", "team", "ben", "cid")
		k.send("mia", d)
		for who, to := range map[quire.Address]quire.Address{"ada": "team", "ben": "team", "cid": ""} {
			same(k, k.item(who, d.ID).SentTo, to, "what %s's was sent to", who)
		}
		same(k, k.status("mia").Total, 0, "the sender's mail")
		same(k, k.status("team").Total, 0, "the group's mail")
		same(k, uids(k.query("ada", mailbox.Query{To: "team"})), []quire.UID{1}, "found by the group")
	}},
	{rule: "what is sent again is answered as the first time, with its bounces", rules: mailbox.Rules{Contact: contact}, run: func(k *kit) {
		d := k.mail("hello", "ada", "spam+x")
		refuse := driver.Bounce{To: "eve+y", Limit: "contact"}
		d.CC = []quire.Address{"eve+y"}
		first := k.send("mia", d).Sent[0]
		for i := range first.Bounced {
			first.Bounced[i].Reason = ""
		}
		same(k, first.Bounced, []driver.Bounce{refuse}, "bounces of the first time")
		for i := range 2 {
			again := k.commit(mailbox.Commit{ID: fmt.Sprint("again ", i), Address: "mia", Sends: []quire.Draft{d, d}})
			for _, s := range again.Sent {
				same(k, s.Duplicate, true, "duplicate")
				same(k, len(s.Bounced), 1, "bounces of a duplicate")
				same(k, s.Bounced[0].Reason != "", true, "that it has a reason")
				s.Bounced[0].Reason = ""
				same(k, s.Bounced, first.Bounced, "bounces of a duplicate")
			}
		}
		same(k, k.status("eve").Total, 0, "what was not delivered")
	}},
	{rule: "an owner says who may write to him", rules: mailbox.Rules{Contact: contact}, run: func(k *kit) {
		same(k, bounced(k, "spam", k.mail("buy", "ada"), day), "contact", "refused")
		same(k, bounced(k, "spam", k.mail("to myself", "spam"), day), "", "to oneself")
		d := k.mail("hello", "ada")
		same(k, bounced(k, "new", d, day), "", "held")
		same(k, bounced(k, "new", k.mail("hello?", "ada"), day), "", "held as well")
		it := k.item("ada", d.ID)
		same(k, it.Flags, quire.FlagHeld, "flags")
		held := k.query("ada", mailbox.Query{Has: quire.FlagHeld})
		same(k, len(held.Rows), 2, "held")
		pending := k.query("ada", mailbox.Query{Pending: true})
		same(k, len(pending.Rows), 1, "pending: what tells the owner, once")
		same(k, []any{pending.Rows[0].Kind, pending.Rows[0].From, pending.Rows[0].Trust}, []any{quire.KindEvent, quire.Address("ada"), quire.TrustSelf}, "the event")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: it.UID, Clear: quire.FlagHeld}}})
		same(k, k.status("ada").Pending, 2, "pending after one is accepted")
	}},
	{rule: "what an address with keys sends must be signed", rules: mailbox.Rules{Keys: map[quire.Address][]ed25519.PublicKey{"mia": {public(key(1)), public(key(2))}}}, run: func(k *kit) {
		d := k.mail("a", "ada")
		commit := func(from quire.Address, d quire.Draft, signature []byte) mailbox.Commit {
			return mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Signatures: [][]byte{signature}, Now: day}
		}
		sign := func(n byte, from quire.Address, d quire.Draft) []byte {
			s, err := mailbox.Sign(key(n), from, d)
			k.must(err, "Sign")
			return s
		}
		other := d
		other.Subject = "something else"
		for what, signature := range map[string][]byte{
			"no signature": nil, "another key": sign(9, "mia", d), "another sender": sign(1, "mia+x", d), "another draft": sign(1, "mia", other), "nonsense": []byte("x"),
		} {
			k.refused(commit("mia", d, signature), mailbox.ErrUnsigned, what)
		}
		k.refused(commit("ben", d, sign(1, "ben", d)), mailbox.ErrUnsigned, "a signature that can't be checked")
		k.commit(commit("mia", d, sign(2, "mia", d)))
		it := k.item("ada", d.ID)
		same(k, mailbox.Verify(&it.Message, public(key(1)), public(key(2))), true, "the signature of what is read")
		same(k, mailbox.Verify(&it.Message, public(key(1))), false, "with the other key alone")
		signedLarge(k, sign)
		it.Parts = nil
		same(k, mailbox.Verify(&it.Message, public(key(2))), false, "when something was changed")
		k.send("ben", k.mail("without", "ada"))
	}},
}

// signedLarge sends what is kept as blobs, and sees that it can be verified as it is
// read and as it was sent.
func signedLarge(k *kit, sign func(n byte, from quire.Address, d quire.Draft) []byte) {
	d := k.large("contract ", "ada")
	d.Parts = append(d.Parts, quire.ToolResult{CallID: "c", Parts: []quire.Part{quire.Text{Text: strings.Repeat("caf\xe9 ", 20_000)}}})
	k.commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Signatures: [][]byte{sign(1, "mia", d)}, Now: day})
	it := k.item("ada", d.ID)
	same(k, mailbox.Verify(&it.Message, public(key(1))), true, "the signature of a large message")
	blob, ok := it.Parts[0].(quire.Blob)
	same(k, ok, true, "a large text is a blob")
	forged := it.Message
	forged.Parts = append([]quire.Part{}, it.Parts...)
	other := blob
	other.Head = "pay eve"
	forged.Parts[0] = other
	same(k, mailbox.Verify(&forged, public(key(1))), false, "the signature when a blob says something else")
	forged.Parts[0] = d.Parts[0]
	same(k, mailbox.Verify(&forged, public(key(1))), true, "the signature when its text is there again")
}

func contact(from, to quire.Address) mailbox.Contact {
	switch {
	case from == "spam", to == "eve":
		return mailbox.ContactRefuse
	case from == "new":
		return mailbox.ContactAsk
	}
	return mailbox.ContactAllow
}
