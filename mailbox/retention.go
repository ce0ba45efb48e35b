package mailbox

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Retention says how long what is kept is kept. The zero value keeps everything for ever.
type Retention struct {
	// Rules are for messages: what any of them lets go goes.
	Rules []Keep
	// Records is for what is kept about calls and commits: receipts, streams, ids of commits,
	// and what is remembered of messages that are gone, and when they went. 0: for ever. A
	// commit or message whose id was forgotten is a new one when it comes again, and a
	// program that was away for longer reads its mailboxes anew.
	Records time.Duration
	// Every is how long [Store.Keep] rests; 0: an hour.
	Every time.Duration
}

// Keep is how long some messages are kept. Its zero fields mean any.
type Keep struct {
	For     time.Duration // since they were sent
	Mailbox quire.Address // in this mailbox only
	Kinds   []quire.Kind
	From    quire.Address // the sender, or its mailbox
	Thread  quire.MessageID
}

// Pruned is what retention took.
type Pruned struct {
	Deliveries int // messages, in each mailbox that had them
	Receipts   int
	Streams    int
	Commits    int // ids
	Messages   int // of which nothing was left but their ids
}

// Keep lets retention run until ctx ends, whose error it returns, or until one of the
// store's can't be helped: [Store.Prune], a rest, and again, by the store's clock. Call it in a
// goroutine of your program, once for a store however many processes there are; twice
// does no harm.
func (s *Store) Keep(ctx context.Context, r Retention) error {
	every := r.Every
	if every <= 0 {
		every = time.Hour
	}
	for {
		if _, err := s.Prune(ctx, r); err != nil {
			return err
		}
		t := time.NewTimer(every)
		select {
		case <-ctx.Done():
			t.Stop()
			return fail("keep", "", ctx.Err())
		case <-t.C:
		}
	}
}

// Prune destroys what retention does not keep, once, as [Store.Expunge] does. It never
// takes what still waits in its mailbox, a question that is not answered among it; what is
// pinned or held; what an agent's state refers to, or has not taken in; and what one of
// these replies to. Their time comes when they are done with. It works in small
// transactions; after an error what it took is gone, and calling it again goes on.
//
// Free space is used again, so a file under retention stays as large as it was at its
// largest. On a store by [Store.As] it needs [RightAdmin] of all.
func (s *Store) Prune(ctx context.Context, r Retention) (Pruned, error) {
	var done Pruned
	if err := s.may("prune", "", need{"", RightAdmin}); err != nil {
		return done, err
	}
	if r.Records < 0 {
		return done, fail("prune", "", invalid("records are kept for %s: a time from 0 on is wanted", r.Records))
	}
	for i := range r.Rules {
		if r.Rules[i].For <= 0 {
			return done, fail("prune", "", invalid("rule %d keeps for %s: a time above 0 is wanted", i+1, r.Rules[i].For))
		}
	}
	now := instant(s.o.Clock())
	g := s.forgetting(ctx)
	err := g.eachBox(func(b *driver.Mailbox) error {
		old := now.Add(-r.Records)
		low := uint64(0)
		for i := range r.Rules {
			n, passed, err := s.pruneBox(ctx, b.Address, &r.Rules[i], now, old)
			low = max(low, passed)
			if done.Deliveries += n; err != nil {
				return err
			}
		}
		if r.Records == 0 {
			return nil
		}
		return s.pruneRecords(ctx, b.Address, old, low, &done)
	})
	for n := deletedAtOnce; err == nil && r.Records > 0 && n == deletedAtOnce; {
		_, err = s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
			n, err = w.DropMessages(now.Add(-r.Records), deletedAtOnce)
			return err
		})
		if err == nil {
			done.Messages += n
		}
	}
	return done, fail("prune", "", ended(ctx, err))
}

// pruneBox applies one rule to a mailbox. All changes up to low were before old.
func (s *Store) pruneBox(ctx context.Context, box quire.Address, k *Keep, now, old time.Time) (gone int, low uint64, err error) {
	if k.Mailbox != "" && k.Mailbox.Base() != box {
		return 0, 0, nil
	}
	before := now.Add(-k.For)
	for behind, more := quire.UID(0), true; more; {
		n, last := 0, behind
		_, err := s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
			n = 0
			if err := w.Lock(box); err != nil {
				return err
			}
			b, err := w.Box(box)
			if err != nil {
				return err
			}
			f := driver.Filter{Top: b.NextUID, Above: behind, Kinds: k.Kinds, From: k.From, Thread: k.Thread, Not: quire.FlagPinned | quire.FlagHeld}
			page, err := w.Find(box, &driver.Find{Filter: f, Order: driver.OrderOldest, Limit: deletedAtOnce})
			if err != nil || len(page) == 0 {
				more = false
				return err
			}
			uids, err := spare(w, box, page, before)
			if err != nil {
				return err
			}
			// What comes behind was sent later; a clock that was corrected is no reason to go
			// through all of a mailbox.
			newest := page[len(page)-1]
			last, more, n = newest.UID, len(page) == deletedAtOnce && newest.Sent.Before(before.Add(quire.MaxSkew)), len(uids)
			if n == 0 {
				return nil
			}
			for _, d := range page {
				if d.Sent.Before(old) && slices.Contains(uids, d.UID) {
					low = max(low, d.Created)
				}
			}
			_, err = expunge(w, box, uids)
			return err
		})
		if gone, behind = gone+n, last; err != nil {
			return gone, low, err
		}
	}
	return gone, low, nil
}

// spare are the deliveries that are old enough and that nothing needs.
func spare(w driver.Write, box quire.Address, page []*driver.Delivery, before time.Time) (uids []quire.UID, err error) {
	agent, err := w.Agent(box)
	if err != nil {
		return nil, err
	}
	for _, d := range page {
		switch {
		case !d.Sent.Before(before), d.Open(): // it waits, or will
			continue
		case agent != nil && (slices.Contains(agent.Holds, d.UID) || d.Self && d.UID > agent.Through):
			continue
		}
		asked, err := open(w, d)
		if err != nil {
			return nil, err
		}
		if !asked {
			uids = append(uids, d.UID)
		}
	}
	return uids, nil
}

// open says whether the message of a delivery is a question that somebody still has to
// answer: it waits in another mailbox.
func open(w driver.Write, d *driver.Delivery) (bool, error) {
	if d.ReplyBy.IsZero() && d.Kind != quire.KindQuestion {
		return false, nil
	}
	holders, err := w.Holders(d.Message)
	if err != nil {
		return false, err
	}
	for _, box := range holders {
		other, err := w.DeliveryOf(box, d.Message)
		if err != nil || other != nil && other.Open() {
			return true, err
		}
	}
	return false, nil
}

// pruneRecords forgets what is kept about calls and commits of a mailbox.
func (s *Store) pruneRecords(ctx context.Context, box quire.Address, before time.Time, low uint64, done *Pruned) error {
	n, err := s.dropReceipts(ctx, box, func(r *driver.Receipt) bool { return r.Time.Before(before) })
	if done.Receipts += n; err != nil {
		return err
	}
	n, err = s.dropCommits(ctx, box, before)
	if done.Commits += n; err != nil {
		return err
	}
	if n, err = s.dropStreams(ctx, box, before); err != nil {
		return err
	}
	done.Streams += n
	return s.compactAll(ctx, box, low)
}

// compactAll forgets which deliveries were destroyed in changes up to low, and of the
// others all but the last: programs that look oftener than that miss nothing.
func (s *Store) compactAll(ctx context.Context, box quire.Address, low uint64) error {
	for more := true; more; {
		_, err := s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
			if err := w.Lock(box); err != nil {
				return err
			}
			b, err := w.Box(box)
			if err != nil {
				return err
			}
			to := min(low, b.Modseq)
			if b.Modseq >= b.Low+2*mostGone {
				to = max(to, b.Low+mostGone)
			}
			if more = to > b.Low+goneAtOnce; more {
				to = b.Low + goneAtOnce
			}
			if to <= b.Low {
				return nil
			}
			return w.Compact(box, to)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mostGone is of how many changes it is kept which deliveries were destroyed in them, at
// least.
const mostGone = 10_000

// goneAtOnce is of how many changes it is forgotten in one transaction.
const goneAtOnce = 1000

// errStays says that a driver keeps what it was told to drop.
var errStays = errors.New("what was dropped is there still")

// maxTime is after all that is stored.
var maxTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// dropReceipts forgets the oldest receipts, as long as they are to go.
func (s *Store) dropReceipts(ctx context.Context, box quire.Address, goes func(r *driver.Receipt) bool) (n int, err error) {
	for last := uint64(0); ; {
		var list []driver.Receipt
		err := s.d.View(ctx, func(r driver.Read) (err error) {
			list, err = r.Receipts(box, 0, math.MaxInt64, receiptsAtOnce)
			return err
		})
		if err != nil {
			return n, err
		}
		below, dropped := uint64(0), 0
		for i := range list {
			if !goes(&list[i]) {
				break
			}
			below, dropped = list[i].Call+1, i+1
		}
		if dropped == 0 {
			return n, nil
		}
		if below <= last {
			return n, corrupt("the receipts", errStays)
		}
		last = below
		_, err = s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
			if err := w.Lock(box); err != nil {
				return err
			}
			return w.DropReceipts(box, below)
		})
		if err != nil {
			return n, err
		}
		if n += dropped; dropped < len(list) {
			return n, nil
		}
	}
}

// dropCommits forgets ids of commits.
func (s *Store) dropCommits(ctx context.Context, box quire.Address, before time.Time) (n int, err error) {
	for last := ""; ; {
		var ids []string
		err := s.d.View(ctx, func(r driver.Read) (err error) {
			ids, err = r.Commits(box, before, 4*deletedAtOnce)
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		if slices.Contains(ids, last) {
			return n, corrupt("the ids of commits", errStays)
		}
		last = ids[0]
		_, err = s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
			if err := w.Lock(box); err != nil {
				return err
			}
			return w.DropCommits(box, ids)
		})
		if err != nil {
			return n, err
		}
		n += len(ids)
	}
}

// dropStreams forgets streams that are over, but for the newest: its number is the next
// one's.
func (s *Store) dropStreams(ctx context.Context, box quire.Address, before time.Time) (n int, err error) {
	_, err = s.d.Update(ctx, driver.Update{Repeatable: true, Batch: true, Streams: true}, func(w driver.Write) error {
		n = 0
		numbers, err := w.StreamNumbers(box)
		if err != nil || len(numbers) < 2 {
			return err
		}
		below := uint64(0)
		for i, number := range numbers[:len(numbers)-1] {
			attempts, err := w.StreamAttempts(box, number)
			if err != nil {
				return err
			}
			if k := len(attempts); k > 0 && (attempts[k-1].End == nil || !attempts[k-1].Began.Before(before)) {
				break
			}
			below, n = numbers[i+1], n+1
		}
		if n == 0 {
			return nil
		}
		return w.DropStreams(box, below)
	})
	return n, err
}
