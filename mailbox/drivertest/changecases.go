package drivertest

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var changeCases = []testCase{
	{rule: "changes say what was created and updated since a state", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada"))
		s0 := k.status("ada").State
		same(k, k.changes("ada", s0, 0), mailbox.Changes{State: s0}, "changes since now")
		k.send("mia", k.mail("2", "ada"), k.mail("3", "ada"))
		s1 := k.status("ada").State
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagPinned}, {UID: 3, Set: quire.FlagPinned}}})
		s2 := k.status("ada").State
		same(k, k.changes("ada", s0, 0), mailbox.Changes{State: s2, Created: []quire.UID{2, 3}, Updated: []quire.UID{1}}, "changes since the first")
		same(k, k.changes("ada", s1, 0), mailbox.Changes{State: s2, Updated: []quire.UID{1, 3}}, "changes since the second")
		k.send("mia", k.mail("x", "ben"))
		same(k, k.status("ada").State, s2, "the state after mail to others")
	}},
	{rule: "changes come in pages that lose nothing, also while more happens", run: func(k *kit) {
		k.send("mia", k.mail("0", "ada"))
		since := k.status("ada").State
		for range 10 {
			k.send("mia", k.mail("x", "ada"))
		}
		created, updated := map[quire.UID]bool{}, map[quire.UID]bool{}
		for n := 0; ; n++ {
			if n < 8 {
				flags := []mailbox.FlagChange{{UID: quire.UID(1 + n), Set: quire.FlagPinned}, {UID: 11, Set: 1 << n}}
				if n%2 == 0 { // several are read together, and one by itself
					k.commit(mailbox.Commit{Address: "ada", Flags: flags[:1]})
					flags = flags[1:]
				}
				k.commit(mailbox.Commit{Address: "ada", Flags: flags})
				k.send("mia", k.mail("x", "ada"))
			}
			c := k.changes("ada", since, 3)
			if len(c.Created)+len(c.Updated)+len(c.Destroyed) > 3 {
				k.failf("a page has more than the 3 asked for: %+v", c)
			}
			for _, u := range c.Created {
				if created[u] {
					k.failf("%s is created twice", u)
				}
				created[u] = true
			}
			for _, u := range c.Updated {
				if u != 1 && !created[u] {
					k.failf("%s is updated before it is created", u)
				}
				updated[u] = true
			}
			if c.State == since {
				k.failf("a page does not move on")
			}
			if since = c.State; !c.More {
				break
			}
		}
		same(k, len(created), 18, "created")
		same(k, updated[1], true, "the old one is updated")
		same(k, since, k.status("ada").State, "the last state")
	}},
	{rule: "a state that is not this mailbox's past can't be calculated from", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ada"), k.mail("3", "ben"))
		good := string(k.status("ada").State)
		other := k.open(k.t)
		foreign, err := other.Status(k.ctx, "ada")
		k.must(err, "Status of another store")
		k.must(other.Close(), "Close")
		for _, s := range []string{"", ":", "1", ":1", "x:1", good + "0", good + "x", "+" + good, good + " ", string(foreign.State), good[:len(good)-1] + "-1", good[:len(good)-1] + "01"} {
			_, err := k.store.Changes(k.ctx, "ada", quire.State(s), 0)
			k.wants(err, mailbox.ErrCannotCalculateChanges, "changes since "+s)
		}
		_, err = k.store.Wait(k.ctx, "ada", mailbox.Wait{Since: foreign.State, Deadline: day, Now: at(day)})
		k.wants(err, mailbox.ErrCannotCalculateChanges, "a wait since a foreign state")
	}},
	{rule: "a new epoch makes every older state one that can't be calculated from, and loses nothing", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada"))
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}})
		before := k.all("ada")
		k.must(k.store.NewEpoch(k.ctx), "NewEpoch")
		_, err := k.store.Changes(k.ctx, "ada", before.Status.State, 0)
		k.wants(err, mailbox.ErrCannotCalculateChanges, "changes since the old state")
		after := k.all("ada")
		if after.Status.State == before.Status.State {
			k.failf("the state is still %s", after.Status.State)
		}
		before.Status.State, before.Snapshot.State = after.Status.State, after.Snapshot.State
		same(k, after, before, "the mailbox")
		k.send("mia", k.mail("2", "ada"))
		same(k, k.changes("ada", after.Status.State, 0).Created, []quire.UID{2}, "changes in the new epoch")
	}},
}

var expungeCases = []testCase{
	{rule: "what is expunged is gone, is told, and its number is not used again", run: func(k *kit) {
		e := k.store
		d := k.mail("two", "ada", "ben")
		k.send("mia", k.mail("one", "ada"), d, k.mail("three", "ada"))
		before := k.status("ada").State
		state, err := e.Expunge(k.ctx, "ada", []quire.UID{2, 3, 3, 77})
		k.must(err, "Expunge")
		s := k.status("ada")
		same(k, []any{s.State, s.Total, s.Pending, s.NextUID}, []any{state, 1, 1, quire.UID(4)}, "state, total, pending and next number")
		same(k, uids(k.query("ada", mailbox.Query{})), []quire.UID{1}, "rows")
		same(k, len(k.query("ada", mailbox.Query{Text: "two three"}).Rows), 0, "found by its words")
		same(k, len(k.get("ada", mailbox.Get{UIDs: []quire.UID{2}, IDs: []quire.MessageID{d.ID}})), 0, "read")
		same(k, k.changes("ada", before, 0).Destroyed, []quire.UID{2, 3}, "destroyed")
		same(k, k.item("ben", d.ID).Parts, d.Parts, "what others have")
		k.send("mia", k.mail("four", "ada"))
		same(k, uids(k.query("ada", mailbox.Query{})), []quire.UID{4, 1}, "rows")
		same(k, k.send("mia", d).Sent[0].Duplicate, true, "sent again it is a duplicate")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 2, Set: quire.FlagHandled}}}) // who did not know yet
	}},
	{rule: "what an agent holds is not expunged, nor its own messages that have not entered", run: func(k *kit) {
		e := k.store
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ada"), k.mail("3", "ada"))
		k.send("ada", k.own("4"), k.own("5"))
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{Through: 4, Holds: []quire.UID{1, 4, 2}}})
		before := k.all("ada")
		for _, uid := range []quire.UID{1, 2, 4, 5} {
			_, err := e.Expunge(k.ctx, "ada", []quire.UID{3, uid})
			k.wants(err, mailbox.ErrInUse, "expunging "+uid.String())
			same(k, k.all("ada"), before, "the mailbox")
		}
		_, err := e.Expunge(k.ctx, "ada", []quire.UID{3})
		k.must(err, "expunging what nothing refers to")
	}},
	{rule: "the content of a message goes with its last delivery", run: func(k *kit) {
		e := k.store
		text := string(slices.Repeat([]byte("0123456789"), 10_000))
		one, two := k.mail("x", "ada"), k.mail("y", "ada")
		one.Parts, two.Parts = []quire.Part{quire.Text{Text: text}}, []quire.Part{quire.Text{Text: text}}
		k.send("mia", one, two)
		digest := k.item("ada", one.ID).Parts[0].(quire.Blob).Digest
		_, err := e.Expunge(k.ctx, "ada", []quire.UID{1})
		k.must(err, "Expunge")
		got, err := k.store.Content(k.ctx, "ada", digest, 0, 0)
		k.must(err, "Content that another message refers to")
		same(k, len(got), len(text), "bytes")
		_, err = e.Expunge(k.ctx, "ada", []quire.UID{2})
		k.must(err, "Expunge")
		_, err = k.store.Content(k.ctx, "ada", digest, 0, 0)
		k.wants(err, mailbox.ErrNotFound, "Content that nothing refers to")
		three := k.mail("z", "ada")
		three.Parts = one.Parts
		k.send("mia", three)
		_, err = k.store.Content(k.ctx, "ada", digest, 0, 0)
		k.must(err, "Content that is sent again")
	}},
}
