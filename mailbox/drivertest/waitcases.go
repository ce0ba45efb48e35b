package drivertest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// quiet is how long a wait that must not end is watched. A good store passes
// however short it is; a bad one is caught the more surely the longer it is.
const quiet = 30 * time.Millisecond

// waited is how a wait ended.
type waited struct {
	mailbox.Woken
	err error
}

// wait starts a wait and returns when it has begun to look.
func (k *kit) wait(ctx context.Context, addr quire.Address, w mailbox.Wait) <-chan waited {
	store, out, begun := k.store, make(chan waited, 1), make(chan struct{})
	inner := w.Now
	var once sync.Once
	w.Now = func() time.Time {
		once.Do(func() { close(begun) })
		return inner()
	}
	go func() {
		woken, err := store.Wait(ctx, addr, w)
		out <- waited{woken, err}
		once.Do(func() { close(begun) })
	}()
	<-begun
	return out
}

// woken ends the case if the wait does not end, or fails.
func (k *kit) woken(out <-chan waited, what string) mailbox.Woken {
	select {
	case w := <-out:
		k.must(w.err, what)
		return w.Woken
	case <-k.ctx.Done():
		k.failf("%s: the wait does not end", what)
		panic("unreachable")
	}
}

const wakeUpRule = "a wake-up is not lost, however wait and mail interleave"

// wakeUps lets a wait and mail meet, schedules times, each time at another moment:
// by turns the mail is sent at once, after the wait has yielded some times, or at a
// look of the wait's at the clock.
func (k *kit) wakeUps(schedules int) {
	w := k.store
	since := k.status("ada").State
	for n := range schedules {
		out := make(chan waited, 1)
		var started atomic.Bool
		looked := make(chan struct{})
		var once sync.Once
		go func() {
			started.Store(true)
			woken, err := w.Wait(k.ctx, "ada", mailbox.Wait{Since: since, Now: func() time.Time {
				once.Do(func() { close(looked) })
				return day
			}})
			out <- waited{woken, err}
		}()
		if n%3 == 2 {
			<-looked
		}
		for spins := 0; (n%3 == 1 && !started.Load() || spins < n%7) && spins < 50; spins++ {
			runtime.Gosched()
		}
		k.send("mia", k.mail("x", "ada"))
		got := k.woken(out, "a wait beside a commit")
		if !got.Matched {
			k.failf("the wait ended without a match: %+v", got)
		}
		since = k.status("ada").State
	}
}

var waitCases = []testCase{
	{rule: "a wait returns at once while something is pending, and consumes nothing", run: func(k *kit) {
		w := k.store
		k.send("mia", k.mail("1", "ada"))
		for range 3 {
			got, err := w.Wait(k.ctx, "ada", mailbox.Wait{Now: at(day)})
			k.must(err, "Wait")
			same(k, got, mailbox.Woken{State: k.status("ada").State, Matched: true}, "the answer")
		}
		same(k, k.status("ada").Pending, 1, "pending")
	}},
	{rule: "a wait ends at its deadline, and what does not match does not end it before", run: func(k *kit) {
		w := k.store
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ben"))
		since := k.status("ada").State
		k.send("ada", k.own("mine"))
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		for name, q := range map[string]mailbox.Wait{
			"since what is there":           {Since: since},
			"own turns":                     {Match: mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}}},
			"another sender":                {Match: mailbox.Query{From: "eve"}},
			"an empty mailbox":              {},
			"a wait that is over beginning": {Since: since, Deadline: day.Add(-time.Hour)},
		} {
			if q.Deadline.IsZero() {
				q.Deadline = day
			}
			q.Now = at(day)
			addr := quire.Address("ada")
			if name == "an empty mailbox" {
				addr = "nobody"
			}
			got, err := w.Wait(k.ctx, addr, q)
			k.must(err, name)
			same(k, []bool{got.Matched, got.Due}, []bool{false, true}, "matched and due: %s", name)
			same(k, got.State, k.status(addr).State, "%s: the state, which is past what does not match", name)
		}
		got, err := w.Wait(k.ctx, "ada", mailbox.Wait{Match: mailbox.Query{Has: quire.FlagHandled}, Now: at(day)})
		k.must(err, "Wait")
		same(k, got.Matched, true, "a filter that matches what is handled")
	}},
	{rule: "mail that comes wakes whoever waits for it, and nobody else", run: func(k *kit) {
		since := k.status("ada").State
		out := k.wait(k.ctx, "ada", mailbox.Wait{Since: since, Now: at(day)})
		k.send("ada", k.own("mine"))
		k.send("mia", k.mail("x", "ben"))
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}})
		select {
		case w := <-out:
			k.failf("the wait ended without mail: %+v", w)
		case <-time.After(quiet):
		}
		k.send("mia", k.mail("hello", "ada"))
		same(k, k.woken(out, "the wait").Matched, true, "matched")
	}},
	{rule: wakeUpRule, run: func(k *kit) { k.wakeUps(150) }},
	{rule: "mail that comes between a look at the clock and the block wakes", run: func(k *kit) {
		since := k.status("ada").State
		sent := false
		got, err := k.store.Wait(k.ctx, "ada", mailbox.Wait{Since: since, Looked: day, Now: func() time.Time {
			if !sent {
				sent = true
				k.send("mia", k.mail("in the gap", "ada"))
			}
			return day
		}})
		k.must(err, "Wait")
		same(k, got.Matched, true, "matched")
	}},
	{rule: "what becomes visible or due ends a wait", run: func(k *kit) {
		w := k.store
		later := day.Add(time.Hour)
		k.send("mia", k.mail("1", "ada"))
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, VisibleAt: &later}}})
		since := k.status("ada").State
		got, err := w.Wait(k.ctx, "ada", mailbox.Wait{Since: since, Looked: day, Now: at(later)})
		k.must(err, "a wait that begins after it became visible")
		same(k, got.Due, true, "due")
		got, err = w.Wait(k.ctx, "ada", mailbox.Wait{Since: since, Looked: later, Deadline: later, Now: at(later)})
		k.must(err, "a wait of one who knows")
		same(k, got.Matched, false, "matched")
		var now atomic.Int64 // a clock that is ahead when it is looked at again
		got, err = w.Wait(k.ctx, "ada", mailbox.Wait{Since: since, Now: func() time.Time {
			return later.Add(time.Duration(now.Add(1)-3) * time.Millisecond)
		}})
		k.must(err, "a wait over the time")
		same(k, got.Due, true, "due")

		q := k.mail("question", "ben")
		q.Kind, q.Question = quire.KindQuestion, &quire.Question{ReplyBy: later}
		k.send("mia", q)
		since = k.status("ben").State
		got, err = w.Wait(k.ctx, "ben", mailbox.Wait{Since: since, Looked: day, Now: at(later)})
		k.must(err, "a wait for a deadline")
		same(k, got.Due, true, "due")
		k.commit(mailbox.Commit{Address: "ben", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		since = k.status("ben").State
		got, err = w.Wait(k.ctx, "ben", mailbox.Wait{Since: since, Looked: day, Deadline: later.Add(1), Now: at(later.Add(1))})
		k.must(err, "a wait for the deadline of what is handled")
		same(k, got.State, since, "the state")
	}},
	{rule: "a wait ends with its context, and with the store", run: func(k *kit) {
		ctx, cancel := context.WithCancel(k.ctx)
		out := k.wait(ctx, "ada", mailbox.Wait{Now: at(day)})
		cancel()
		w := <-out
		k.wants(w.err, context.Canceled, "a wait whose context ends")
		out = k.wait(k.ctx, "ada", mailbox.Wait{Now: at(day)})
		other := k.wait(k.ctx, "ben", mailbox.Wait{Now: at(day)})
		k.must(k.store.Close(), "Close")
		for _, out := range []<-chan waited{out, other} {
			select {
			case w := <-out:
				k.wants(w.err, mailbox.ErrClosed, "a wait when the store is closed")
			case <-k.ctx.Done():
				k.failf("a wait does not end when the store is closed")
			}
		}
	}},
}

var concurrencyCases = []testCase{
	{rule: "many writers at once get dense numbers, and the change feed misses none", run: func(k *kit) {
		const writers, each = 8, 25
		ids := make([][]quire.Draft, writers)
		for w := range ids {
			for range each {
				ids[w] = append(ids[w], k.mail("x", "ada", "ben"))
			}
		}
		since := k.status("ada").State
		errs := make(chan error, writers)
		for w := range writers {
			go func() {
				var err error
				for _, d := range ids[w] {
					_, e := k.store.Commit(k.ctx, mailbox.Commit{Address: quire.Address([]string{"mia", "ada", "ben"}[w%3]), Sends: []quire.Draft{d}})
					err = errors.Join(err, e)
				}
				errs <- err
			}()
		}
		seen := map[quire.UID]bool{}
		follow := func() {
			c := k.changes("ada", since, 10)
			for _, u := range c.Created {
				if seen[u] {
					k.failf("%s is created twice", u)
				}
				seen[u] = true
			}
			since = c.State
		}
		for left := writers; left > 0; {
			select {
			case err := <-errs:
				k.must(err, "Commit")
				left--
			default:
				follow()
			}
		}
		for len(seen) < writers*each && since != k.status("ada").State {
			follow()
		}
		same(k, len(seen), writers*each, "deliveries in the feed")
		same(k, k.status("ada").NextUID, quire.UID(writers*each+1), "the next number")
		same(k, k.status("ben").Total, writers*each, "ben's deliveries")
	}},
	{rule: "of many writers on one revision exactly one gets through", run: func(k *kit) {
		const writers = 8
		for round := range uint64(5) {
			errs := make(chan error, writers)
			for range writers {
				go func() {
					_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "ada", Rev: round, Agent: &driver.AgentState{State: []byte("x")}})
					errs <- err
				}()
			}
			won := 0
			for range writers {
				err := <-errs
				if err == nil {
					won++
					continue
				}
				k.wants(err, mailbox.ErrStale, "a writer that lost")
			}
			same(k, won, 1, "writers that got through")
		}
	}},
}
