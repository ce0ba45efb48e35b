package drivertest

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// driverCases are those of what a driver can get wrong where nobody looks every day.
var driverCases = []testCase{
	{rule: "a wait goes by each filter of a query", run: waitFilters},
	{rule: "a snapshot is of one moment, also while commits come in", run: func(k *kit) {
		const steps = 100
		s, stop := k.store, make(chan struct{})
		ctx, cancel := context.WithCancel(k.ctx)
		defer cancel()
		failed := make(chan error, 1)
		go func() {
			defer close(stop)
			for n := range uint64(steps) {
				c := mailbox.Commit{Address: "ada", Rev: n, Agent: &driver.AgentState{State: fmt.Append(nil, n+1)}, Done: []string{fmt.Sprint(n)},
					Journal: []driver.JournalEntry{{Step: fmt.Sprint(n + 1), Tool: "t", Status: driver.JournalBegun}}, Now: day}
				if _, err := s.Commit(ctx, c); err != nil {
					failed <- err
					return
				}
			}
		}()
		for over := false; !over; {
			select {
			case <-stop:
				over = true
			default:
			}
			snap := k.snapshot("ada")
			if snap.Rev == 0 && len(snap.Agent.State) == 0 && len(snap.Journal) == 0 {
				continue
			}
			same(k, len(snap.Journal), 1, "entries of the journal")
			want := fmt.Sprint(snap.Rev)
			same(k, []string{string(snap.Agent.State), snap.Journal[0].Step}, []string{want, want}, "the state and the journal of revision %s", want)
		}
		select {
		case err := <-failed:
			k.must(err, "Commit")
		default:
		}
		same(k, k.snapshot("ada").Rev, steps, "the revision")
	}},
	{rule: "whatever writes did all or nothing when its context ends", run: wholeOrNot},
	{rule: "the journal is in the order in which its entries were written first", run: func(k *kit) {
		entry := func(step string, call int) driver.JournalEntry {
			return driver.JournalEntry{Step: step, Call: call, Tool: "t", Status: driver.JournalBegun}
		}
		k.commit(mailbox.Commit{Address: "ada", Journal: []driver.JournalEntry{entry("b", 2), entry("b", 1), entry("a", 3)}})
		k.commit(mailbox.Commit{Address: "ada", Journal: []driver.JournalEntry{entry("b", 1), entry("a", 0)}})
		same(k, k.snapshot("ada").Journal, []driver.JournalEntry{entry("b", 2), entry("b", 1), entry("a", 3), entry("a", 0)}, "the journal")
	}},
	{rule: "a message is read whole by its number and by its id", run: func(k *kit) {
		d := k.mail("all of it", "ada")
		k.send("mia", d)
		for _, g := range []mailbox.Get{{UIDs: []quire.UID{1}}, {IDs: []quire.MessageID{d.ID}}} {
			items := k.get("ada", g)
			same(k, len(items), 1, "messages")
			same(k, items[0].Parts, d.Parts, "its parts")
		}
	}},
	{rule: "a status says when the oldest of what waits was sent", run: func(k *kit) {
		same(k, k.status("ada").Oldest, time.Time{}, "when nothing waits")
		for n := range 3 {
			k.commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{k.mail("x", "ada")}, Now: day.Add(-time.Duration(3-n) * time.Hour)})
		}
		same(k, k.status("ada").Oldest, day.Add(-3*time.Hour), "the first")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		same(k, k.status("ada").Oldest, day.Add(-2*time.Hour), "the first one that is not handled")
	}},
	{rule: "a commit's id is its mailbox's", run: func(k *kit) {
		c := mailbox.Commit{ID: "step", Address: "ada", Journal: []driver.JournalEntry{{Step: "s", Tool: "t", Status: driver.JournalBegun}}}
		k.commit(c)
		c.Address = "ben"
		same(k, k.commit(c).Replayed, false, "replayed")
		same(k, len(k.snapshot("ben").Journal), 1, "entries of the other one's journal")
	}},
	{rule: "what was compacted away is not kept", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ada"), k.mail("3", "ada"))
		k.must(second(k.store.Expunge(k.ctx, "ada", []quire.UID{1})), "Expunge")
		mark := k.status("ada").State
		k.must(second(k.store.Expunge(k.ctx, "ada", []quire.UID{2})), "Expunge")
		k.must(second(k.store.Compact(k.ctx, "ada", mark)), "Compact")
		same(k, k.changes("ada", mark, 0).Destroyed, []quire.UID{2}, "destroyed after the mark")
		d := k.below()
		if d == nil {
			return
		}
		k.must(d.View(k.ctx, func(r driver.Read) error {
			list, err := r.Changes("ada", 0, 1<<40, 1000)
			for _, c := range list {
				if c.Kind == driver.ChangeDestroyed {
					same(k, c.UID, 2, "the one delivery that is remembered as destroyed")
				}
			}
			return err
		}), "View")
	}},
}

// waitFilters asks, of one delivery after the other, which waits it ends.
func waitFilters(k *kit) {
	later, thread := day.Add(time.Hour), k.mail("head", "ada")
	reply := k.mail("reply", "ada+x")
	reply.InReplyTo, reply.Kind = thread.ID, quire.KindAnswer
	k.send("ben+x", thread)
	k.commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{reply}, Now: day.Add(time.Minute)})
	k.send("ada", k.own("turn"))
	k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagPinned | quire.FlagHandled}, {UID: 2, VisibleAt: &later}}})
	for _, c := range []struct {
		name      string
		yes, no   mailbox.Query
		now, than time.Time // when it is asked
	}{
		{name: "from a plus-address", yes: mailbox.Query{From: "ben+x"}, no: mailbox.Query{From: "ben+y"}},
		{name: "from a mailbox", yes: mailbox.Query{From: "ben"}, no: mailbox.Query{From: "cid"}},
		{name: "to", yes: mailbox.Query{To: "ada+x"}, no: mailbox.Query{To: "ada+y"}},
		{name: "thread", yes: mailbox.Query{Thread: thread.ID}, no: mailbox.Query{Thread: reply.ID}},
		{name: "kinds", yes: mailbox.Query{Kinds: []quire.Kind{quire.KindQuestion, quire.KindAnswer}}, no: mailbox.Query{Kinds: []quire.Kind{quire.KindQuestion}}},
		{name: "has", yes: mailbox.Query{Has: quire.FlagPinned | quire.FlagHandled}, no: mailbox.Query{Has: quire.FlagPinned | quire.FlagAnswered}},
		{name: "not", yes: mailbox.Query{Not: quire.FlagPinned}, no: mailbox.Query{Not: quire.FlagPinned, Thread: thread.ID, Above: 0, Below: 2}},
		{name: "pending", yes: mailbox.Query{Pending: true}, no: mailbox.Query{Pending: true}, now: later, than: day},
		{name: "after", yes: mailbox.Query{After: day.Add(time.Minute)}, no: mailbox.Query{After: day.Add(time.Minute + time.Microsecond)}},
		{name: "before", yes: mailbox.Query{Before: day.Add(time.Microsecond)}, no: mailbox.Query{Before: day}},
		{name: "above", yes: mailbox.Query{Above: 1}, no: mailbox.Query{Above: 2}},
		{name: "incoming", yes: mailbox.Query{Kinds: []quire.Kind{quire.KindAnswer}}, no: mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}}},
		{name: "below", yes: mailbox.Query{Below: 2}, no: mailbox.Query{Below: 1}},
	} {
		for _, ask := range []struct {
			q    mailbox.Query
			now  time.Time
			want bool
		}{{c.yes, c.now, true}, {c.no, c.than, false}} {
			if ask.now.IsZero() {
				ask.now = later
			}
			got, err := k.store.Wait(k.ctx, "ada", mailbox.Wait{Match: ask.q, Deadline: ask.now, Now: at(ask.now)})
			k.must(err, "Wait")
			same(k, got.Matched, ask.want, "a wait for %s, %+v", c.name, ask.q)
			got, err = k.store.Wait(k.ctx, "ada", mailbox.Wait{Since: k.status("ada").State, Match: ask.q, Deadline: ask.now, Now: at(ask.now)})
			k.must(err, "Wait")
			same(k, got.Matched, false, "a wait for what comes now")
		}
	}
}

// everything is what can be seen of ada's mailbox, of its streams, and of ben's.
func everything(k *kit, start quire.State) []any {
	see := []any{k.all("ada"), k.all("ben")}
	c, err := k.store.Changes(k.ctx, "ada", start, 0)
	see = append(see, c, err != nil)
	for stream := uint64(1); stream < 4; stream++ {
		for offset := range uint64(2) {
			p, err := k.store.ReadStream(k.ctx, "ada", mailbox.StreamRead{Stream: stream, Offset: offset})
			see = append(see, p, fmt.Sprint(err))
		}
	}
	return see
}

// wholeOrNot does what writes, each thing in a context that ends at one look after the
// other until it gets through.
func wholeOrNot(k *kit) {
	im, _ := elsewhere(k)
	im.Restore = false
	k.send("mia", k.mail("a", "ada"), k.mail("b", "ada"))
	start := k.status("ada").State
	k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("before")}, Journal: []driver.JournalEntry{{Step: "s0", Tool: "t", Status: driver.JournalBegun}}})
	big := bigCommit(k, 1)
	big.Done = []string{"s0"}
	one := driver.StreamAttempt{Stream: 1, Attempt: 1}
	open := func(stream uint64) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			return second(k.store.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: stream, KeepStreams: 1, KeepBytes: 10, Now: day}))
		}
	}
	for _, do := range []struct {
		what string
		call func(ctx context.Context) error
	}{
		{"Commit", func(ctx context.Context) error {
			c, err := k.store.Commit(ctx, big)
			if err == nil && (c.Replayed || c.Sent[0].Duplicate) {
				k.failf("a commit that was cancelled had happened: %+v", c)
			}
			return err
		}},
		{"Expunge", func(ctx context.Context) error { return second(k.store.Expunge(ctx, "ada", []quire.UID{1})) }},
		{"Import", func(ctx context.Context) error { return second(k.store.Import(ctx, "ada", im)) }},
		{"Compact", func(ctx context.Context) error { return second(k.store.Compact(ctx, "ada", k.status("ada").State)) }},
		{"OpenStream", open(1)},
		{"AppendStream", func(ctx context.Context) error {
			return k.store.AppendStream(ctx, "ada", adding(one, 0, "some", "more"))
		}},
		{"AppendStream that drops", func(ctx context.Context) error { return k.store.AppendStream(ctx, "ada", adding(one, 2, "too much")) }},
		{"EndStream", func(ctx context.Context) error { return k.store.EndStream(ctx, "ada", closing(one, done)) }},
		{"OpenStream that drops", open(2)},
		{"NewEpoch", k.store.NewEpoch},
	} {
		before := everything(k, start)
		for n := int64(0); ; n += 1 + n/8 {
			ctx := &dyingContext{Context: k.ctx, done: make(chan struct{})}
			ctx.left.Store(n)
			err := do.call(ctx)
			if err == nil {
				break
			}
			k.wants(err, context.Canceled, do.what)
			same(k, everything(k, start), before, "what is seen after the context of %s ended at look %d", do.what, n)
			if n > 100_000 {
				k.failf("%s never gets through", do.what)
			}
		}
		if reflect.DeepEqual(everything(k, start), before) {
			k.failf("%s changed nothing", do.what)
		}
	}
}

// below is what keeps the store's mail; nil when a test of the kit broke the store.
func (k *kit) below() (d driver.Driver) {
	if s, ok := k.store.(*mailbox.Store); ok {
		_, err := s.Wrap(func(below driver.Driver) driver.Driver { d = below; return below })
		k.must(err, "Wrap")
	}
	return d
}
