package drivertest

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// read is what a transaction reads of a mailbox, by and by, and not only what was
// announced.
type read struct {
	box      driver.Box
	epoch    string
	agent    *driver.AgentState
	arrived  []driver.Item
	changed  [][]*driver.Delivery
	journal  []driver.JournalEntry
	delivery *driver.Delivery
	other    driver.Box
}

// readAll reads it, after an announcement or without one.
func readAll(r driver.Read, addr quire.Address, ahead bool) (a read, err error) {
	if ahead {
		err = r.Ahead(addr)
	}
	if err == nil {
		a.box, err = r.Box(addr)
	}
	if err == nil {
		a.epoch, err = r.Epoch()
	}
	if err == nil {
		a.agent, err = r.Agent(addr)
	}
	for _, above := range []quire.UID{0, 1, 3} {
		var list []driver.Item
		if err == nil {
			list, err = r.Arrived(addr, above)
		}
		a.arrived = append(a.arrived, list...)
	}
	for _, since := range []uint64{a.box.Modseq, a.box.Modseq / 2, 0} {
		var list []*driver.Delivery
		if err == nil {
			list, err = r.Changed(addr, []quire.UID{5, 1, 2, 99}, since)
		}
		a.changed = append(a.changed, list)
	}
	if err == nil {
		a.journal, err = r.Journal(addr)
	}
	if err == nil {
		a.delivery, err = r.Delivery(addr, 1)
	}
	if err == nil {
		a.other, err = r.Box("mia")
	}
	return a, err
}

// aheadCases are about [driver.ReadBox.Ahead].
var aheadCases = []testCase{
	{rule: "announcing a snapshot changes nothing of what is read, and more may be read", run: func(k *kit) {
		s, ok := k.store.(*mailbox.Store)
		if !ok {
			return // a test of the kit broke it, above its driver
		}
		var d driver.Driver
		_, err := s.Wrap(func(inner driver.Driver) driver.Driver { d = inner; return inner })
		k.must(err, "Wrap")
		compare := func(when string) {
			for _, addr := range []quire.Address{"ada", "nobody"} {
				var got [2]read
				for i := range got {
					k.must(d.View(k.ctx, func(r driver.Read) (err error) {
						got[i], err = readAll(r, addr, i == 1)
						return err
					}), "View")
				}
				same(k, fmt.Sprintf("%+v", deref(got[1])), fmt.Sprintf("%+v", deref(got[0])), "what is read of %s %s", addr, when)
				same(k, got[1].changed, got[0].changed, "what changed of %s %s", addr, when)
				same(k, got[1].arrived, got[0].arrived, "what arrived of %s %s", addr, when)
			}
		}
		compare("when there is nothing")
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		k.send("ada", k.own("turn"), k.own("another"), k.own("third"))
		compare("before it has an agent")
		state := driver.AgentState{State: []byte("s"), Through: 3, Seen: k.status("ada").State, Holds: []quire.UID{5, 1, 2}}
		k.commit(mailbox.Commit{Address: "ada", Agent: &state, Journal: []driver.JournalEntry{{Step: "1", Tool: "t", Status: driver.JournalBegun}}})
		compare("as the agent left it")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 2, Set: quire.FlagHandled}, {UID: 5, Set: quire.FlagPulled}}})
		k.send("mia", k.mail("c", "ada"))
		compare("after changes")
		state.Seen = "of another:1"
		k.commit(mailbox.Commit{Address: "ada", Rev: 1, Agent: &state})
		compare("when what the agent has seen says nothing")
	}},
}

// deref is what a read has, without what is behind pointers.
func deref(r read) read {
	r.changed, r.arrived = nil, nil
	if r.agent != nil {
		r.journal = append(r.journal, driver.JournalEntry{Args: fmt.Sprintf("%+v", *r.agent)})
	}
	if r.delivery != nil {
		r.journal = append(r.journal, driver.JournalEntry{Args: fmt.Sprintf("%+v", *r.delivery)})
	}
	r.agent, r.delivery = nil, nil
	return r
}
