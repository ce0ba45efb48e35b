package drivertest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// bigCommit changes something of every kind.
func bigCommit(k *kit, rev uint64) mailbox.Commit {
	later := day.Add(time.Hour)
	return mailbox.Commit{
		ID: "step-1", Address: "ada", Rev: rev, Agent: &driver.AgentState{State: []byte("composer"), Through: 1},
		Sends:   []quire.Draft{k.own("turn"), k.mail("out", "ben", "cid")},
		Flags:   []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled | quire.FlagPulled}, {UID: 2, VisibleAt: &later}},
		Counts:  []mailbox.CountChange{{UID: 1, Count: quire.Count{Key: "v/f@1/r@1", Tokens: 7}}},
		Journal: []driver.JournalEntry{{Step: "s1", Call: 0, CallID: "c0", Tool: "run", Args: `{"a":1}`, Status: driver.JournalIntended}},
		Receipt: &driver.Receipt{Call: 3, Time: day, Full: true, Data: []byte{0, 1, 255}},
		Now:     day,
	}
}

var commitCases = []testCase{
	{rule: "a commit changes all that it names", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		c := bigCommit(k, 0)
		done := k.commit(c)
		same(k, []any{done.Rev, done.Replayed, done.Sent[0].UID, done.Sent[1].UID}, []any{uint64(1), false, quire.UID(3), quire.UID(0)}, "revision, replayed and numbers")
		snap := k.snapshot("ada")
		same(k, done.State, snap.State, "the state")
		same(k, string(snap.Agent.State), "composer", "the agent's state")
		same(k, snap.Agent.Through, quire.UID(1), "what has entered")
		same(k, snap.Journal, c.Journal, "the journal")
		items := k.get("ada", mailbox.Get{UIDs: []quire.UID{1, 2}})
		same(k, items[0].Flags, quire.FlagHandled|quire.FlagPulled, "flags")
		same(k, items[0].Counts, []quire.Count{{Key: "v/f@1/r@1", Tokens: 7}}, "counts")
		same(k, items[1].VisibleAt, day.Add(time.Hour), "visible at")
		r, err := k.store.Receipts(k.ctx, "ada", 3, 3)
		k.must(err, "Receipts")
		same(k, r, []driver.Receipt{*c.Receipt}, "receipts")
		same(k, k.status("cid").Total, 1, "cid's mail")
	}},
	{rule: "the same commit again is answered as the first time, and nothing happens twice", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		c := bigCommit(k, 0)
		first := k.commit(c)
		k.send("mia", k.mail("c", "ada"))
		ada, ben := k.all("ada"), k.all("ben")
		c.Now = day.Add(time.Second) // a retry may be stamped later
		again := k.commit(c)
		same(k, again.Replayed, true, "replayed")
		again.Replayed = false
		same(k, again, first, "the answer")
		same(k, k.all("ada"), ada, "ada's mailbox")
		same(k, k.all("ben"), ben, "ben's mailbox")
	}},
	{rule: "another commit under a used id is a conflict", run: func(k *kit) {
		k.commit(mailbox.Commit{ID: "1", Address: "ada", Agent: &driver.AgentState{State: []byte("a")}})
		k.refused(mailbox.Commit{ID: "1", Address: "ada", Agent: &driver.AgentState{State: []byte("b")}}, mailbox.ErrConflict, "other content")
		k.refused(mailbox.Commit{ID: "1", Address: "ada", Sends: []quire.Draft{k.mail("x", "ada")}}, mailbox.ErrConflict, "other sends")
		k.commit(mailbox.Commit{ID: "1", Address: "ben", Agent: &driver.AgentState{State: []byte("b")}}) // ids are per address
	}},
	{rule: "everything in a commit tells it from another one, but for its time", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		c := bigCommit(k, 0)
		k.commit(c)
		for name, change := range map[string]func(c *mailbox.Commit){
			"revision": func(c *mailbox.Commit) { c.Rev++ },
			"state":    func(c *mailbox.Commit) { c.Agent = &driver.AgentState{State: []byte("other"), Through: 1} },
			"through":  func(c *mailbox.Commit) { c.Agent = &driver.AgentState{State: []byte("composer"), Through: 2} },
			"seen": func(c *mailbox.Commit) {
				c.Agent = &driver.AgentState{State: []byte("composer"), Through: 1, Seen: "e:1"}
			},
			"holds": func(c *mailbox.Commit) {
				c.Agent = &driver.AgentState{State: []byte("composer"), Through: 1, Holds: []quire.UID{1}}
			},
			"no agent":    func(c *mailbox.Commit) { c.Agent = nil },
			"a send less": func(c *mailbox.Commit) { c.Sends = c.Sends[:1] },
			"flags":       func(c *mailbox.Commit) { c.Flags = c.Flags[:1] },
			"counts":      func(c *mailbox.Commit) { c.Counts = nil },
			"journal":     func(c *mailbox.Commit) { c.Journal = nil },
			"done":        func(c *mailbox.Commit) { c.Done = []string{"s1"} },
			"receipt":     func(c *mailbox.Commit) { c.Receipt = nil },
			"gateways":    func(c *mailbox.Commit) { c.Via, c.Sends = []quire.Via{{Name: "smtp"}}, c.Sends[:0] },
			"address":     func(c *mailbox.Commit) { c.Address = "ada+x" },
		} {
			other := c
			change(&other)
			k.refused(other, mailbox.ErrConflict, "another "+name)
		}
		gate := mailbox.Commit{ID: "2", Address: "ada", Sends: []quire.Draft{k.mail("x", "ada")}, Via: []quire.Via{{Name: "smtp", From: "a"}}}
		k.commit(gate)
		gate.Via = []quire.Via{{Name: "smtp", From: "b"}}
		k.refused(gate, mailbox.ErrConflict, "another gateway")
	}},
	{rule: "ids of commits that changed an agent's state are kept for its last revisions, and none of them is made twice", run: func(k *kit) {
		c := func(rev int) mailbox.Commit {
			return mailbox.Commit{ID: fmt.Sprint("step ", rev), Address: "ada", Rev: uint64(rev), Agent: &driver.AgentState{State: []byte("{}")},
				Sends: []quire.Draft{{ID: quire.MessageID(fmt.Sprint("m", rev)), To: []quire.Address{"ben"}, Parts: []quire.Part{quire.Text{Text: "Hello"}}}}}
		}
		other := mailbox.Commit{ID: "not of the state", Address: "ada", Sends: []quire.Draft{k.mail("x", "ben")}}
		k.commit(other)
		const many = driver.KeptRevs + 60
		for rev := range many {
			k.commit(c(rev))
		}
		for _, rev := range []int{many - 1, many - driver.KeptRevs} {
			same(k, k.commit(c(rev)).Replayed, true, "what was made lately")
		}
		k.refused(c(0), mailbox.ErrStale, "what was made long ago")
		same(k, k.commit(other).Replayed, true, "what changed no state")
		same(k, k.status("ben").Total, many+1, "messages")
	}},
	{rule: "a commit that failed leaves its id free", run: func(k *kit) {
		k.refused(mailbox.Commit{ID: "1", Address: "ada", Rev: 7, Agent: &driver.AgentState{State: []byte("a")}}, mailbox.ErrStale, "a wrong revision")
		same(k, k.commit(mailbox.Commit{ID: "1", Address: "ada", Agent: &driver.AgentState{State: []byte("a")}}).Replayed, false, "replayed")
	}},
	{rule: "a message that was sent after a time-out is sent once", run: func(k *kit) {
		d := k.mail("x", "ada", "mia")
		first := k.send("mia", d).Sent[0]
		again := k.send("mia", d).Sent[0]
		same(k, []bool{first.Duplicate, again.Duplicate}, []bool{false, true}, "duplicate")
		same(k, again.UID, first.UID, "its number in the sender's own mailbox")
		same(k, k.status("ada").Total, 1, "deliveries")
		same(k, k.send("mia", d, d).Sent[1].Duplicate, true, "twice in one commit")
	}},
	{rule: "other content under a used message id is a conflict, and so is another sender", run: func(k *kit) {
		d := k.mail("x", "ada")
		k.send("mia", d)
		other := d
		other.Parts = []quire.Part{quire.Text{Text: "y"}}
		k.refused(mailbox.Commit{Address: "mia", Sends: []quire.Draft{k.mail("z", "mia"), other}}, mailbox.ErrConflict, "other content")
		k.refused(mailbox.Commit{Address: "eve", Sends: []quire.Draft{d}}, mailbox.ErrConflict, "another sender")
		same(k, k.status("ada").Total, 1, "deliveries")
	}},
	{rule: "of two writers on one revision the second is stale, and mail makes nobody stale", run: func(k *kit) {
		base := k.snapshot("ada").Rev
		k.send("mia", k.mail("in the middle", "ada"))
		a := k.commit(mailbox.Commit{Address: "ada", Rev: base, Agent: &driver.AgentState{State: []byte("a")}})
		k.refused(mailbox.Commit{Address: "ada", Rev: base, Agent: &driver.AgentState{State: []byte("b")}, Sends: []quire.Draft{k.mail("b", "ada")}}, mailbox.ErrStale, "the second writer")
		k.refused(mailbox.Commit{Address: "ada", Rev: base, Agent: &driver.AgentState{}}, mailbox.ErrStale, "an empty state")
		k.refused(mailbox.Commit{Address: "ada", Rev: a.Rev + 1, Agent: &driver.AgentState{State: []byte("b")}}, mailbox.ErrStale, "a revision to come")
		b := k.commit(mailbox.Commit{Address: "ada", Rev: a.Rev, Agent: &driver.AgentState{State: []byte("b")}})
		same(k, b.Rev, a.Rev+1, "the revision grows by one")
		same(k, k.commit(mailbox.Commit{Address: "ada", Sends: []quire.Draft{k.own("x")}}).Rev, b.Rev, "a commit without an agent's state needs no revision and changes none")
	}},
	{rule: "a commit is all or nothing", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		sent := k.mail("x", "ben")
		k.send("ada", sent)
		ben := k.all("ben")
		conflict := sent
		conflict.Subject = "other"
		for name, spoil := range map[string]func(c *mailbox.Commit){
			"an unknown number": func(c *mailbox.Commit) { c.Flags = append(c.Flags, mailbox.FlagChange{UID: 99}) },
			"an unknown count": func(c *mailbox.Commit) {
				c.Counts = append(c.Counts, mailbox.CountChange{UID: 99, Count: quire.Count{Key: "k"}})
			},
			"a conflict":       func(c *mailbox.Commit) { c.Sends = append(c.Sends, conflict) },
			"a bad draft":      func(c *mailbox.Commit) { c.Sends = append(c.Sends, quire.Draft{}) },
			"a stale revision": func(c *mailbox.Commit) { c.Rev = 5 },
		} {
			c := bigCommit(k, 0)
			c.ID = ""
			spoil(&c)
			before := k.all("ada")
			if _, err := k.store.Commit(k.ctx, c); err == nil {
				k.failf("%s: no error", name)
			}
			same(k, k.all("ada"), before, "%s: ada's mailbox", name)
			same(k, k.all("ben"), ben, "%s: ben's mailbox", name)
		}
	}},
	{rule: "a call whose context ends did all or nothing, wherever it was", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
		c := bigCommit(k, 0)
		before := []all{k.all("ada"), k.all("ben"), k.all("cid")}
		for n := int64(0); ; n++ {
			ctx := &dyingContext{Context: k.ctx, done: make(chan struct{})}
			ctx.left.Store(n)
			_, err := k.store.Commit(ctx, c)
			if err == nil {
				break
			}
			k.wants(err, context.Canceled, "the error")
			same(k, []all{k.all("ada"), k.all("ben"), k.all("cid")}, before, "the mailboxes after the context ended at look %d", n)
			if n > 10_000 {
				k.failf("the commit never gets through")
			}
		}
		same(k, k.commit(c).Replayed, true, "replayed")
		ended, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.store.Snapshot(ended, "ada")
		k.wants(err, context.Canceled, "Snapshot")
		_, err = k.store.Query(ended, "ada", mailbox.Query{})
		k.wants(err, context.Canceled, "Query")
		_, err = k.store.Changes(ended, "ada", "", 0)
		k.wants(err, context.Canceled, "Changes")
	}},
	{rule: "flags that are set already change nothing", run: func(k *kit) {
		k.send("mia", k.mail("a", "ada"))
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		state := k.status("ada").State
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled, Clear: quire.FlagPinned}}})
		same(k, k.status("ada").State, state, "the state")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Clear: quire.FlagHandled}}})
		same(k, k.status("ada").Pending, 1, "pending")
	}},
	{rule: "a commit can't flag what it sends itself: its number is not known before", run: func(k *kit) {
		k.refused(mailbox.Commit{Address: "ada", Sends: []quire.Draft{k.own("x")}, Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagPinned}}}, mailbox.ErrNotFound, "a number to come")
	}},
	{rule: "token counts are kept by key, the newest 8, and wake nobody", run: func(k *kit) {
		k.send("mia", k.mail("x", "ada"))
		state := k.status("ada").State
		count := func(key string, n int) {
			k.commit(mailbox.Commit{Address: "ada", Counts: []mailbox.CountChange{{UID: 1, Count: quire.Count{Key: key, Tokens: n}}}})
		}
		for i := range 10 {
			count(fmt.Sprint("k", i), i)
		}
		count("k5", 50)
		want := []quire.Count{{Key: "k2", Tokens: 2}, {Key: "k3", Tokens: 3}, {Key: "k4", Tokens: 4}, {Key: "k6", Tokens: 6}, {Key: "k7", Tokens: 7}, {Key: "k8", Tokens: 8}, {Key: "k9", Tokens: 9}, {Key: "k5", Tokens: 50}}
		same(k, k.get("ada", mailbox.Get{UIDs: []quire.UID{1}})[0].Counts, want, "counts")
		same(k, k.query("ada", mailbox.Query{}).Rows[0].Tokens, 50, "the tokens of a row")
		same(k, k.status("ada").State, state, "the state")
	}},
	{rule: "journal entries are replaced by step and call, and leave with their step", run: func(k *kit) {
		entry := func(step string, call int, status driver.JournalStatus) driver.JournalEntry {
			return driver.JournalEntry{Step: step, Call: call, CallID: "c", Tool: "t\xff", Args: "\x00\xfe", Status: status}
		}
		k.commit(mailbox.Commit{Address: "ada", Journal: []driver.JournalEntry{entry("s1", 0, driver.JournalIntended), entry("s1", 1, driver.JournalIntended), entry("s2", 0, driver.JournalBegun)}})
		done := entry("s1", 0, driver.JournalDone)
		done.Result, done.IsError = []byte(`[]`), true
		k.commit(mailbox.Commit{Address: "ada", Journal: []driver.JournalEntry{done}})
		same(k, k.snapshot("ada").Journal, []driver.JournalEntry{done, entry("s1", 1, driver.JournalIntended), entry("s2", 0, driver.JournalBegun)}, "the journal")
		k.commit(mailbox.Commit{Address: "ada", Done: []string{"s1", "unknown"}})
		same(k, len(k.snapshot("ada").Journal), 1, "entries left")
	}},
	{rule: "receipts are read by range, in order", run: func(k *kit) {
		for _, call := range []uint64{5, 1, 3} {
			k.commit(mailbox.Commit{Address: "ada", Receipt: &driver.Receipt{Call: call, Time: day, Data: []byte{byte(call)}}})
		}
		var got []uint64
		list, err := k.store.Receipts(k.ctx, "ada", 2, 1<<64-1)
		k.must(err, "Receipts")
		for _, r := range list {
			got = append(got, r.Call)
		}
		same(k, got, []uint64{3, 5}, "calls")
		if d := k.below(); d != nil {
			k.must(d.View(k.ctx, func(r driver.Read) error {
				list, err := r.Receipts("ada", 1, 5, 2)
				same(k, len(list), 2, "how many are read of three")
				if len(list) == 2 {
					same(k, []uint64{list[0].Call, list[1].Call}, []uint64{1, 3}, "which")
				}
				return err
			}), "View")
		}
	}},
	{rule: "a closed store says so", run: func(k *kit) {
		s := k.open(k.t)
		k.must(s.Close(), "Close")
		k.must(s.Close(), "Close again")
		_, err := s.Commit(k.ctx, mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}})
		k.wants(err, mailbox.ErrClosed, "Commit")
		_, err = s.Snapshot(k.ctx, "ada")
		k.wants(err, mailbox.ErrClosed, "Snapshot")
	}},
}

// dyingContext ends when it was looked at so many times.
type dyingContext struct {
	context.Context
	left atomic.Int64
	done chan struct{}
}

func (c *dyingContext) Done() <-chan struct{} { return c.done }

func (c *dyingContext) Err() error {
	if c.left.Add(-1) < 0 {
		if c.left.Load() == -1 {
			close(c.done)
		}
		return context.Canceled
	}
	return nil
}
