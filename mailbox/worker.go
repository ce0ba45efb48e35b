package mailbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// worker is one [Box.Work]. One goroutine takes, renews and acknowledges for all of its
// hands: what ends while it commits is acknowledged together in the next commit, which
// also takes as much mail as there are hands free. What it takes it hands out at once,
// so nothing is held back from other workers, or counted as tried and was not.
type worker struct {
	*Box
	o     WorkOptions
	do    func(context.Context, *quire.Item) ([]quire.Draft, error)
	jobs  map[quire.UID]*job // what is taken and not given up for acknowledging yet
	ended chan *job          // has room for all of them
	// linger is how long more is waited for when some work has ended.
	linger time.Duration
	woken  chan error // what the wait for mail says, while there is one; else nil
}

// job is the work on one delivery.
type job struct {
	Claimed
	working context.Context
	stop    context.CancelCauseFunc
	lapse   *time.Timer // stops it when its lease ends
	drafts  []quire.Draft
	err     error
	lost    bool
}

// errStopped is the error of work that was broken off, or not begun.
var errStopped = errors.New("its worker was stopped")

// run works until ctx ends or the store fails, and then until all hands rest.
func (w *worker) run(ctx context.Context) error {
	waiting, cancel := context.WithCancel(ctx)
	err := w.loop(ctx, waiting)
	cancel()
	if w.woken != nil {
		<-w.woken
	}
	for _, j := range w.jobs {
		j.stop(err)
	}
	var list []*job
	for range w.jobs {
		j := <-w.ended
		if j.err != nil {
			j.err = errStopped
		}
		list = append(list, j)
	}
	// What is done is done. What can't be said any more ends with its lease.
	_, _ = w.commit(ctx, list, false)
	return err
}

// loop takes and acknowledges. waiting ends the wait for mail.
func (w *worker) loop(ctx, waiting context.Context) error {
	tick := time.NewTicker(max(w.o.Lease/3, time.Millisecond))
	defer tick.Stop()
	for list := []*job(nil); ; {
		// Before looking, so that nothing is missed between looking and waiting.
		looked, began := w.clock(), time.Now()
		done, err := w.commit(ctx, list, ctx.Err() == nil)
		w.linger = time.Since(began) / lingers
		if err == nil {
			err = w.start(ctx, done.Claimed, began.Add(w.o.Lease))
		}
		if err != nil {
			return err
		}
		if len(w.jobs) < w.o.AtOnce && w.woken == nil {
			w.woken = make(chan error, 1)
			go func(woken chan<- error) {
				_, err := w.Wait(waiting, Wait{Since: done.State, Match: Query{Pending: true, To: w.o.To}, Looked: looked})
				woken <- err
			}(w.woken)
		}
		if list, err = w.next(ctx, tick.C); err != nil {
			return err
		}
	}
}

// next waits until work ended, which it returns, or there is mail and a hand free.
func (w *worker) next(ctx context.Context, tick <-chan time.Time) ([]*job, error) {
	for {
		select {
		case j := <-w.ended:
			return w.others(j), nil
		case err := <-w.woken:
			if w.woken = nil; err != nil || len(w.jobs) < w.o.AtOnce {
				return nil, err
			}
		case <-tick:
			w.renew(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// lingers is which part of the time that a commit took is waited for more to acknowledge
// with the next one.
const lingers = 8

// others is a work that ended with all others that end soon.
func (w *worker) others(j *job) []*job {
	list := []*job{j}
	if len(w.jobs) == 1 {
		return list
	}
	soon := time.NewTimer(w.linger)
	defer soon.Stop()
	for len(list) < len(w.jobs) {
		select {
		case j := <-w.ended:
			list = append(list, j)
		case <-soon.C:
			return list
		}
	}
	return list
}

// commit acknowledges work that ended, and, if it shall, takes as much as there are
// hands free then.
func (w *worker) commit(ctx context.Context, list []*job, take bool) (done Committed, err error) {
	c := Commit{Address: w.addr, Via: w.Box.o.Via}
	for _, j := range list {
		delete(w.jobs, j.UID)
		if j.err != nil && ctx.Err() != nil {
			j.err = errStopped
		}
		w.say(&c, j)
	}
	if take {
		c.Claim = &Claim{Holder: w.o.Holder, To: w.o.To, Limit: w.o.AtOnce - len(w.jobs), For: w.o.Lease, Attempts: w.o.Attempts}
	}
	if len(c.Leases) == 0 && c.Claim == nil {
		return done, nil
	}
	sure := ctx
	if len(c.Leases) > 0 {
		sure = context.WithoutCancel(ctx) // what is done is done, also when ctx has just ended
	}
	c.Now = w.now()
	if done, err = w.store.Commit(sure, c); len(c.Leases) == 0 || !refused(err) {
		return done, err
	}
	// One of them is in the way of all, so each goes alone.
	err = nil
	for _, j := range list {
		if failed := w.alone(sure, j); err == nil {
			err = failed
		}
	}
	if err != nil {
		return Committed{}, err
	}
	return w.commit(ctx, nil, take)
}

// refused says that a commit can't be made as it is.
func refused(err error) bool {
	return errors.Is(err, ErrLeaseLost) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrConflict)
}

// say puts what became of work into a commit. Who lost the lease says nothing.
func (w *worker) say(c *Commit, j *job) {
	end := LeaseChange{UID: j.UID, Holder: w.o.Holder, Attempt: j.Attempt}
	switch {
	case j.lost:
		return
	case j.err == nil:
		for i := range j.drafts {
			if j.drafts[i].ID == "" {
				j.drafts[i].ID = w.Box.o.NewID()
			}
		}
		end.Done = true
		c.Sends = append(c.Sends, j.drafts...)
	case j.err == errStopped:
		end.Reason = j.err.Error()
	default:
		end.For, end.Reason = w.o.Pause(j.Attempt), j.err.Error()
	}
	c.Leases = append(c.Leases, end)
}

// alone acknowledges one work. What is lost meanwhile is somebody else's, and what is
// not accepted is given back.
func (w *worker) alone(ctx context.Context, j *job) error {
	c := Commit{Address: w.addr, Via: w.Box.o.Via, Now: w.now()}
	if w.say(&c, j); len(c.Leases) == 0 {
		return nil
	}
	_, err := w.store.Commit(ctx, c)
	if errors.Is(err, ErrInvalid) && j.err == nil {
		j.err = fmt.Errorf("what it answered was not accepted: %w", err)
		return w.alone(ctx, j)
	}
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	return err
}

// start hands out what was taken; its lease ends at until.
func (w *worker) start(ctx context.Context, claimed []Claimed, until time.Time) error {
	if len(claimed) == 0 {
		return nil
	}
	uids := make([]quire.UID, len(claimed))
	for i, c := range claimed {
		uids[i] = c.UID
	}
	items, err := w.store.Get(ctx, w.addr, Get{UIDs: uids})
	for _, c := range claimed {
		j := &job{Claimed: c, err: errStopped}
		j.working, j.stop = context.WithCancelCause(ctx)
		w.jobs[c.UID] = j
		i := slices.IndexFunc(items, func(it quire.Item) bool { return it.UID == c.UID })
		if i < 0 { // it could not be read, or was just expunged
			j.stop(nil)
			w.ended <- j
			continue
		}
		j.lapse = time.AfterFunc(time.Until(until), func() { j.stop(fmt.Errorf("%s: %w", j.UID, ErrLeaseLost)) })
		go w.handle(j, &items[i])
	}
	return err
}

// handle does one work.
func (w *worker) handle(j *job, it *quire.Item) {
	j.drafts, j.err = w.do(j.working, it)
	j.lapse.Stop()
	j.lost = errors.Is(context.Cause(j.working), ErrLeaseLost)
	j.stop(nil)
	w.ended <- j
}

// renew renews the leases of all that is worked on. If the store can't be reached they
// lapse.
func (w *worker) renew(ctx context.Context) {
	var list []*job
	for _, uid := range slices.Sorted(maps.Keys(w.jobs)) {
		if j := w.jobs[uid]; j.working.Err() == nil { // else it was told to stop, or has ended
			list = append(list, j)
		}
	}
	if w.renewed(ctx, list...) || len(list) < 2 {
		return
	}
	for _, j := range list { // one that is lost is in the way of all
		w.renewed(ctx, j)
	}
}

// renewed renews leases together; false: one of them is lost.
func (w *worker) renewed(ctx context.Context, list ...*job) bool {
	if len(list) == 0 {
		return true
	}
	began, c := time.Now(), Commit{Address: w.addr, Now: w.now()}
	for _, j := range list {
		c.Leases = append(c.Leases, LeaseChange{UID: j.UID, Holder: w.o.Holder, Attempt: j.Attempt, Renew: true, For: w.o.Lease})
	}
	_, err := w.store.Commit(ctx, c)
	if errors.Is(err, ErrLeaseLost) {
		if len(list) == 1 {
			list[0].stop(fmt.Errorf("%s: %w", list[0].UID, ErrLeaseLost))
		}
		return false
	}
	for _, j := range list {
		if err == nil && j.working.Err() == nil {
			j.lapse.Reset(time.Until(began.Add(w.o.Lease)))
		}
	}
	return true
}
