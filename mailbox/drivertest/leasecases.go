package drivertest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
)

// claim takes up to n deliveries of ada's for a minute.
func claim(k *kit, holder string, n int, now time.Time) mailbox.Committed {
	return k.commit(mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: holder, Limit: n, Attempts: 2}, Now: now})
}

// lease gives work back for a minute, says that it is done, or goes on with it.
func lease(uid quire.UID, holder string, attempt int, what leased) mailbox.LeaseChange {
	return mailbox.LeaseChange{UID: uid, Holder: holder, Attempt: attempt, Done: what == worked, Renew: what == renewed, For: time.Minute}
}

type leased int

const (
	released leased = iota
	renewed
	worked
)

// later is some seconds after the day began.
func later(seconds int) time.Time { return day.Add(time.Duration(seconds) * time.Second) }

var leaseCases = []testCase{
	{rule: "a claim takes the oldest pending mail, and nobody else gets it until its lease ends", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"), k.mail("c", "ada"))
		k.send("ada", k.own("turn"))
		got := claim(k, "w1", 2, day)
		same(k, got.Claimed, []mailbox.Claimed{{UID: 1, Attempt: 1, Until: later(60)}, {UID: 2, Attempt: 1, Until: later(60)}}, "claimed")
		same(k, claim(k, "w2", 5, later(1)).Claimed, []mailbox.Claimed{{UID: 3, Attempt: 1, Until: later(61)}}, "what is left")
		same(k, len(claim(k, "w2", 5, later(1)).Claimed), 0, "what is left then")
		same(k, len(k.query("ada", mailbox.Query{Pending: true, Now: later(1)}).Rows), 0, "pending")
		it := k.get("ada", mailbox.Get{UIDs: []quire.UID{1}})[0]
		same(k, it.Lease, quire.Lease{Holder: "w1", Attempt: 1}, "the lease")
		same(k, it.VisibleAt.Equal(later(60)), true, "visible at the end of the lease")
		same(k, claim(k, "w2", 1, later(60)).Claimed, []mailbox.Claimed{{UID: 1, Attempt: 2, Until: later(120)}}, "after the lease")
	}},
	{rule: "what a worker sends with his acknowledgement goes out only while the lease is his", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		claim(k, "w1", 1, day)
		claim(k, "w2", 1, later(61)) // 1 again, by another worker
		late := mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{lease(1, "w1", 1, worked)}, Sends: []quire.Draft{k.mail("result", "mia")}, Now: later(62)}
		k.refused(late, mailbox.ErrLeaseLost, "an acknowledgement after another claim")
		late.Leases[0].Holder = "w2"
		k.refused(late, mailbox.ErrLeaseLost, "an acknowledgement with an old attempt")
		late.Leases[0].Attempt, late.Now = 2, later(121)
		k.refused(late, mailbox.ErrLeaseLost, "an acknowledgement after the lease")
		late.Now = later(120)
		k.commit(mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{lease(1, "w2", 2, renewed)}, Now: later(100)})
		done := k.commit(late)
		same(k, len(done.Sent[0].Bounced), 0, "bounces")
		it := k.get("ada", mailbox.Get{UIDs: []quire.UID{1}})[0]
		same(k, []any{it.Flags, it.Lease, it.VisibleAt.IsZero()}, []any{quire.FlagHandled, quire.Lease{Attempt: 2}, true}, "flags, lease, visible at")
		late.Sends = nil
		k.refused(late, mailbox.ErrLeaseLost, "an acknowledgement of what is done")
		k.refused(mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{lease(9, "w1", 1, worked)}}, mailbox.ErrNotFound, "an unknown number")
	}},
	{rule: "a released delivery is pending again, at once or later", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		claim(k, "w1", 2, day)
		back := lease(1, "w1", 1, released)
		back.Reason = "no disk\xff"
		now := lease(2, "w1", 1, released)
		now.For = 0
		k.commit(mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{back, now}, Now: later(1)})
		same(k, k.get("ada", mailbox.Get{UIDs: []quire.UID{1}})[0].Lease, quire.Lease{Attempt: 1, Reason: jsontext.Clean("no disk\xff")}, "the lease")
		same(k, claim(k, "w2", 5, later(2)).Claimed, []mailbox.Claimed{{UID: 2, Attempt: 2, Until: later(62)}}, "claimed at once")
		same(k, claim(k, "w2", 5, later(61)).Claimed, []mailbox.Claimed{{UID: 1, Attempt: 2, Until: later(121)}}, "claimed later")
	}},
	{rule: "what was tried too often is a dead letter, and its sender is told why, once", run: func(k *kit) {
		d := k.mail("a", "ada")
		k.send("mia", d, k.mail("b", "ada"))
		claim(k, "w1", 1, day)
		claim(k, "w1", 1, later(60))
		back := lease(1, "w1", 2, released)
		back.For, back.Reason = 0, "the printer burns"
		k.commit(mailbox.Commit{Address: "ada", Leases: []mailbox.LeaseChange{back}, Now: later(61)})
		got := claim(k, "w2", 1, later(62))
		same(k, got.Dead, []quire.UID{1}, "dead")
		same(k, got.Claimed, []mailbox.Claimed{{UID: 2, Attempt: 1, Until: later(122)}}, "claimed instead")
		it := k.get("ada", mailbox.Get{UIDs: []quire.UID{1}})[0]
		same(k, []any{it.Flags, it.Lease.Reason}, []any{quire.FlagDead | quire.FlagHandled, "the printer burns"}, "flags and reason")
		same(k, uids(k.query("ada", mailbox.Query{Has: quire.FlagDead})), []quire.UID{1}, "found by its flag")
		told := k.query("mia", mailbox.Query{})
		same(k, len(told.Rows), 1, "events of the sender")
		same(k, []any{told.Rows[0].Kind, told.Rows[0].InReplyTo, told.Rows[0].From, told.Rows[0].Auto}, []any{quire.KindEvent, d.ID, quire.Address("ada"), quire.AutoGenerated}, "the event")
	}},
	{rule: "a claim that is repeated under its id takes nothing more", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		c := mailbox.Commit{ID: "claim-1", Address: "ada", Claim: &mailbox.Claim{Holder: "w1", To: ""}, Now: day}
		first := k.commit(c)
		again := k.commit(c)
		same(k, again.Claimed, first.Claimed, "claimed")
		same(k, len(k.query("ada", mailbox.Query{Pending: true}).Rows), 1, "pending")
	}},
	{rule: "a claim for a plus-address takes only what was sent there", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada+build"), k.mail("c", "ada+test", "ada+build"))
		got := k.commit(mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w", To: "ada+build", Limit: 9}})
		same(k, len(got.Claimed), 1, "claimed")
		same(k, got.Claimed[0].UID, 2, "its number")
		same(k, uids(k.query("ada", mailbox.Query{To: "ada+test"})), []quire.UID{3}, "a query for the other one: the first address counts")
		same(k, k.get("ada", mailbox.Get{UIDs: []quire.UID{1, 2}})[0].SentTo, "", "the mailbox's own address")
		same(k, k.get("ada", mailbox.Get{UIDs: []quire.UID{2}})[0].SentTo, "ada+build", "the plus-address")
	}},
	{rule: "workers that claim at the same time get different mail, and all of it", run: func(k *kit) {
		const n, workers = 60, 6
		for i := range n {
			k.send("mia", k.mail(fmt.Sprint(i), "ada"))
		}
		var mu sync.Mutex
		seen := map[quire.UID]int{}
		errs := together(workers, func(i int) error {
			holder := fmt.Sprint("w", i)
			for {
				c, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: holder, Limit: 3}, Now: day})
				if err != nil || len(c.Claimed) == 0 {
					return err
				}
				done := mailbox.Commit{Address: "ada", Now: day}
				mu.Lock()
				for _, got := range c.Claimed {
					seen[got.UID]++
					done.Leases = append(done.Leases, lease(got.UID, holder, got.Attempt, worked))
				}
				mu.Unlock()
				if _, err := k.store.Commit(k.ctx, done); err != nil {
					return err
				}
			}
		})
		k.must(errs, "a worker")
		same(k, len(seen), n, "mails that were worked on")
		for uid, times := range seen {
			same(k, times, 1, "how often %s was worked on", uid)
		}
	}},
	{rule: "an address has one owner at a time, and the one before can write no more", run: func(k *kit) {
		own := func(holder string, fence uint64, now time.Time) (uint64, error) {
			c, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: holder}, Fence: fence, Now: now})
			return c.Fence, err
		}
		one, err := own("one", 0, day)
		k.must(err, "the first owner")
		_, err = own("two", 0, later(1))
		k.wants(err, mailbox.ErrLeaseHeld, "another one meanwhile")
		again, err := own("one", one, later(30))
		k.must(err, "renewing")
		same(k, again, one, "the fence after renewing")
		_, err = own("two", 0, later(89))
		k.wants(err, mailbox.ErrLeaseHeld, "another one before the end of the renewed lease")
		two, err := own("two", 0, later(90))
		k.must(err, "another one after the lease")
		if two <= one {
			k.failf("the fence went from %d to %d; it must grow", one, two)
		}
		k.refused(mailbox.Commit{Address: "ada", Fence: one, Sends: []quire.Draft{k.own("turn")}, Now: later(91)}, mailbox.ErrLeaseLost, "a commit of the one before")
		k.commit(mailbox.Commit{ID: "step-1", Address: "ada", Fence: two, Sends: []quire.Draft{k.own("turn")}, Now: later(91)})
		k.refused(mailbox.Commit{ID: "step-1", Address: "ada", Fence: one, Sends: []quire.Draft{k.own("turn")}, Now: later(91)}, mailbox.ErrLeaseLost, "the same under the id of a commit of the one after")
		_, err = own("one", one, later(91))
		k.wants(err, mailbox.ErrLeaseLost, "renewing what is lost")
		k.commit(mailbox.Commit{Address: "ada", Fence: two, Sends: []quire.Draft{k.own("turn")}, Now: later(91)})
		k.commit(mailbox.Commit{Address: "ada", Fence: two, Own: &mailbox.Own{Holder: "two", Free: true}, Now: later(92)})
		three, err := own("three", 0, later(92))
		k.must(err, "after it was given back")
		restarted, err := own("three", 0, later(93))
		k.must(err, "an owner that was started again")
		if restarted <= three {
			k.failf("the fence of an owner that was started again is %d as before", restarted)
		}
	}},
	{rule: "of many that want to own an address one does", run: func(k *kit) {
		var mu sync.Mutex
		owners := 0
		k.must(together(8, func(i int) error {
			_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: fmt.Sprint("p", i)}, Now: day})
			if err == nil {
				mu.Lock()
				owners++
				mu.Unlock()
			} else if !errors.Is(err, mailbox.ErrLeaseHeld) {
				return err
			}
			return nil
		}), "owning")
		same(k, owners, 1, "owners")
	}},
	{rule: "claims and leases that can't be are refused", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"))
		for what, c := range map[string]mailbox.Commit{
			"a claim without a holder":    {Claim: &mailbox.Claim{}},
			"a claim for a negative time": {Claim: &mailbox.Claim{Holder: "w", For: -1}},
			"two changes of one lease":    {Leases: []mailbox.LeaseChange{{UID: 1, Holder: "w", Attempt: 1, Done: true, Renew: true}}},
			"an owner without a name":     {Own: &mailbox.Own{}},
		} {
			c.Address = "ada"
			k.refused(c, mailbox.ErrInvalid, what)
		}
	}},
}

// together runs f n times at once and returns what went wrong.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
