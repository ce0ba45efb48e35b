package drivertest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var boxCases = []testCase{
	{rule: "the mailboxes are listed by address, with what waits and who is an agent", run: func(k *kit) {
		same(k, k.mailboxes(mailbox.MailboxQuery{}), []mailbox.Mailbox(nil), "of an empty store")
		k.send("mia", k.mail("1", "ben", "ada+x"), k.mail("2", "ada"))
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}, Receipt: &driver.Receipt{Call: 3, Time: later(50)}})
		k.commit(mailbox.Commit{Address: "ada", Receipt: &driver.Receipt{Call: 2, Time: later(60)}, Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		k.commit(mailbox.Commit{Address: "Zoe", Own: &mailbox.Own{Holder: "here", For: time.Minute}})
		k.commit(mailbox.Commit{Address: "ben", Flags: []mailbox.FlagChange{{UID: 1, VisibleAt: ref(later(100))}}})
		all := []mailbox.Mailbox{
			{Address: "Zoe", Owner: "here"},
			{Address: "ada", Total: 2, Pending: 1, Oldest: day, Agent: true, Called: later(50)},
			{Address: "ben", Total: 1},
		}
		got := k.mailboxes(mailbox.MailboxQuery{})
		if len(got) == 4 && got[3].Address == "mia" { // who only sends has a mailbox or not
			got = got[:3]
		}
		same(k, got, all, "all")
		same(k, k.mailboxes(mailbox.MailboxQuery{Agents: true}), all[1:2], "those of agents")
		same(k, k.mailboxes(mailbox.MailboxQuery{Pending: true}), all[1:2], "those with pending mail")
		same(k, k.mailboxes(mailbox.MailboxQuery{Limit: 1}), all[:1], "the first one")
		same(k, k.mailboxes(mailbox.MailboxQuery{Behind: "Zoe", Limit: 2}), all[1:], "the next ones")
		all[0].Owner, all[2].Pending, all[2].Oldest = "", 1, day
		same(k, k.mailboxes(mailbox.MailboxQuery{Now: later(100), Limit: 3}), all, "later")
	}},
	{rule: "one wait is for all mailboxes, and ends for what is not skipped", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada", "ben"))
		k.send("zoe", k.own("turn"))
		skip := func(list ...quire.Address) func(*mailbox.Mailbox) bool {
			return func(m *mailbox.Mailbox) bool { return slices.Contains(list, m.Address) }
		}
		wait := func(q mailbox.MailboxQuery) <-chan []quire.Address {
			out := make(chan []quire.Address, 1)
			go func() {
				var got []quire.Address
				list, err := k.store.WaitMailboxes(k.ctx, q)
				if err != nil {
					got = append(got, quire.Address(err.Error()))
				}
				for _, m := range list {
					got = append(got, m.Address)
				}
				out <- got
			}()
			return out
		}
		same(k, <-wait(mailbox.MailboxQuery{}), []quire.Address{"ada", "ben"}, "what waits at once")
		same(k, <-wait(mailbox.MailboxQuery{Skip: skip("ada")}), []quire.Address{"ben"}, "without ada")
		same(k, <-wait(mailbox.MailboxQuery{Limit: 1}), []quire.Address{"ada"}, "the first")
		out := wait(mailbox.MailboxQuery{Skip: skip("ada", "ben")})
		k.send("mia", k.mail("2", "ada"))
		select {
		case got := <-out:
			k.failf("a wait ended for %v, who were skipped", got)
		case <-time.After(quiet):
		}
		k.send("mia", k.mail("3", "cleo"))
		same(k, <-out, []quire.Address{"cleo"}, "what woke it")
		soon := time.Now().Add(3 * quiet)
		k.commit(mailbox.Commit{Address: "cleo", Flags: []mailbox.FlagChange{{UID: 1, VisibleAt: &soon}}, Now: time.Now()})
		same(k, <-wait(mailbox.MailboxQuery{Skip: skip("ada", "ben")}), []quire.Address{"cleo"}, "what becomes visible")
		if time.Now().Before(soon) {
			k.failf("it ended before that")
		}
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.store.WaitMailboxes(ctx, mailbox.MailboxQuery{})
		k.wants(err, context.Canceled, "a wait whose context has ended")
	}},
	{rule: "hundreds of mailboxes are all listed, each once", run: func(k *kit) {
		var to []quire.Address
		for i := range 700 {
			to = append(to, quire.Address(fmt.Sprintf("box%03d", i)))
		}
		k.send("mia", k.mail("1", to...))
		var got []quire.Address
		for _, m := range k.mailboxes(mailbox.MailboxQuery{Pending: true}) {
			got = append(got, m.Address)
		}
		same(k, got, to, "addresses")
	}},
}

func ref[T any](v T) *T { return &v }

func (k *kit) mailboxes(q mailbox.MailboxQuery) []mailbox.Mailbox {
	if q.Now.IsZero() {
		q.Now = day
	}
	list, err := k.store.Mailboxes(k.ctx, q)
	k.must(err, "Mailboxes")
	for i := range list {
		same(k, list[i].State, k.status(list[i].Address).State, "the state of %s", list[i].Address)
		list[i].State = ""
	}
	return list
}
