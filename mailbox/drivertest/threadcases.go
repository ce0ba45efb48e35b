package drivertest

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var threadCases = []testCase{
	{rule: "a thread is that of the parent in this mailbox, else the message's own id", run: func(k *kit) {
		reply := func(from, to quire.Address, parent quire.MessageID, refs ...quire.MessageID) quire.Draft {
			d := k.mail("re", to)
			d.InReplyTo, d.References = parent, refs
			k.send(from, d)
			return d
		}
		q := k.mail("question", "ada")
		k.send("mia", q)
		a := reply("ada", "mia", q.ID, q.ID)
		same(k, k.item("mia", a.ID).Thread, a.ID, "mia has no copy of what she sent, so the reply begins a thread")
		b := reply("mia", "ada", a.ID, q.ID, a.ID)
		same(k, k.item("ada", b.ID).Thread, q.ID, "the parent is not here, its parent is")
		c := reply("ada", "mia", b.ID, q.ID, a.ID, b.ID)
		same(k, k.item("mia", c.ID).Thread, a.ID, "the nearest reference that is here")
		e := reply("eve", "ada", "", "nowhere", b.ID, "elsewhere")
		same(k, k.item("ada", e.ID).Thread, q.ID, "references alone, the last one that is here")
		f := reply("eve", "ben", b.ID, q.ID)
		same(k, k.item("ben", f.ID).Thread, f.ID, "what others have does not count")
		same(k, uids(k.query("ada", mailbox.Query{Thread: q.ID})), []quire.UID{3, 2, 1}, "the thread")
	}},
	{rule: "results are in the thread of their turn", run: func(k *kit) {
		turn, result := k.own("turn"), k.own("result")
		result.Kind, result.InReplyTo = quire.KindResult, turn.ID
		k.send("ada", turn, result)
		same(k, k.item("ada", result.ID).Thread, turn.ID, "the thread")
	}},
	{rule: "a reply marks what it answers, in the mailbox of who replied", run: func(k *kit) {
		q := k.mail("q", "ada", "ben")
		k.send("mia", q)
		a := k.mail("a", "mia")
		a.InReplyTo = q.ID
		k.send("ada", a)
		same(k, k.item("ada", q.ID).Flags, quire.FlagAnswered, "ada's flags")
		state := k.status("ada").State
		again := k.mail("a second one", "mia")
		again.InReplyTo = q.ID
		k.send("ada", again)
		same(k, k.status("ada").State, state, "the state after a second reply, which changes nothing")
		same(k, k.item("ben", q.ID).Flags, 0, "ben's flags")
		n := k.mail("note to it")
		n.Kind, n.InReplyTo = quire.KindNote, q.ID
		k.send("ben", n)
		same(k, k.item("ben", q.ID).Flags, 0, "a note is no answer")
	}},
	{rule: "a later message supersedes earlier ones of its sender only, wherever they are", run: func(k *kit) {
		mine, hers := k.mail("mine", "ada", "ben"), k.mail("hers", "ada")
		k.send("mia", mine)
		k.send("eve", hers)
		before := k.status("ben").State
		d := k.mail("new", "ada")
		d.Supersedes = []quire.MessageID{mine.ID, hers.ID, "unknown", d.ID}
		k.send("mia+x", d)
		same(k, k.item("ada", mine.ID).Flags, quire.FlagSuperseded, "flags of mia's first")
		same(k, k.item("ben", mine.ID).Flags, quire.FlagSuperseded, "flags of it at ben's")
		same(k, k.item("ada", hers.ID).Flags, 0, "flags of eve's")
		same(k, k.item("ada", d.ID).Flags, 0, "flags of the new one")
		same(k, k.status("ada").Pending, 2, "pending")
		same(k, k.changes("ben", before, 0).Updated, []quire.UID{1}, "ben learns of it")
	}},
	{rule: "what its sender takes back waits no more, wherever it is", run: func(k *kit) {
		mine, hers := k.mail("mine", "ada", "ben"), k.mail("hers", "ada")
		k.send("mia", mine)
		k.send("eve", hers)
		before := k.status("ben").State
		for _, id := range []quire.MessageID{hers.ID, "unknown"} {
			k.refused(mailbox.Commit{Address: "mia", Retract: []quire.MessageID{mine.ID, id}, Now: day}, mailbox.ErrNotFound, "taking back "+string(id))
		}
		same(k, k.status("ben").State, before, "ben's state after refused ones")
		take := mailbox.Commit{ID: "take back", Address: "mia+x", Retract: []quire.MessageID{mine.ID}, Now: day}
		k.commit(take)
		for _, who := range []quire.Address{"ada", "ben"} {
			same(k, k.item(who, mine.ID).Flags, quire.FlagRetracted, "flags at %s", who)
		}
		same(k, k.status("ada").Pending, 1, "pending")
		same(k, k.changes("ben", before, 0).Updated, []quire.UID{1}, "ben learns of it")
		take.Retract = nil
		k.refused(take, mailbox.ErrConflict, "another commit under its id")
	}},
}

var guardCases = []testCase{
	{rule: "automatic replies to automatic replies bounce after 8 hops", run: func(k *kit) {
		who := []quire.Address{"ada", "ben"}
		parent := k.mail("start", "ada")
		k.send("ben", parent)
		for i := 1; i <= 9; i++ {
			d := k.mail(fmt.Sprint("reply ", i), who[i%2])
			d.Auto, d.InReplyTo = quire.AutoReplied, parent.ID
			s := k.send(who[(i+1)%2], d).Sent[0]
			if i <= 8 {
				same(k, len(s.Bounced), 0, "bounces at hop %d", i)
				same(k, k.item(who[i%2], d.ID).Hops, i, "hops")
				parent = d
				continue
			}
			same(k, len(s.Bounced), 1, "bounces at hop %d", i)
			same(k, []any{s.Bounced[0].To, s.Bounced[0].Limit, s.Bounced[0].Reason != ""}, []any{who[i%2], "hops", true}, "the bounce")
			same(k, len(k.get(who[i%2], mailbox.Get{IDs: []quire.MessageID{d.ID}})), 0, "what was delivered")
		}
		d := k.mail("a person writes", "ada")
		d.InReplyTo = parent.ID
		same(k, len(k.send("ben", d).Sent[0].Bounced), 0, "bounces of what is not automatic")
		same(k, k.item("ada", d.ID).Hops, 0, "its hops")
	}},
	{rule: "the same automatic message bounces when it comes again and again", run: func(k *kit) {
		auto := func(body string, to ...quire.Address) quire.Draft {
			d := k.mail(body, to...)
			d.Auto = quire.AutoGenerated
			return d
		}
		for range 5 {
			same(k, len(k.send("bot", auto("disk full", "ada")).Sent[0].Bounced), 0, "bounces")
		}
		c := k.commit(mailbox.Commit{Address: "bot", Sends: []quire.Draft{auto("disk full", "ben+x", "ada+y"), auto("disk empty", "ada")}})
		same(k, len(c.Sent[0].Bounced), 1, "bounces of the sixth")
		same(k, []any{c.Sent[0].Bounced[0].To, c.Sent[0].Bounced[0].Limit}, []any{quire.Address("ada+y"), "repeats"}, "the bounce")
		same(k, k.status("ben").Total, 1, "what others got")
		same(k, len(c.Sent[1].Bounced), 0, "bounces of another message")
		same(k, len(k.send("other", auto("disk full", "ada")).Sent[0].Bounced), 0, "bounces of another sender")
		same(k, len(k.send("bot", k.mail("disk full", "ada")).Sent[0].Bounced), 0, "bounces of what is not automatic")
		d := auto("disk full", "ada")
		done := k.commit(mailbox.Commit{Address: "bot", Sends: []quire.Draft{d}, Now: day.Add(2 * 3600e9)})
		same(k, len(done.Sent[0].Bounced), 0, "bounces two hours later")
	}},
	{rule: "nobody's own turns and events bounce", run: func(k *kit) {
		for range 12 {
			d := k.own("same")
			d.Auto = quire.AutoGenerated
			e := k.mail("same", "ada")
			e.Kind, e.Auto = quire.KindEvent, quire.AutoGenerated
			for _, s := range k.send("ada", d, e).Sent {
				same(k, len(s.Bounced), 0, "bounces")
			}
		}
	}},
}
