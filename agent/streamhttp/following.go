package streamhttp

import (
	"context"
	"errors"
	"iter"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// requestOver is the id of the last event of a request's stream.
const requestOver = "over"

// following is one client that follows a request.
type following struct {
	store *mailbox.Store
	o     Options
	addr  quire.Address
	id    quire.MessageID
	uid   quire.UID

	from  Position // behind what it heard of a turn
	heard uint64   // the turn that it heard to its end; 0: none
	told  Status   // how it was last told that the request stands
}

// settled says whether nothing more becomes of a request in its turn. One that waits for
// an answer after its turn is settled too: what the agent does about that is another turn.
func settled(q *agent.Request) bool {
	return q.State == agent.RequestDone || q.State == agent.RequestFailed || q.State == agent.RequestWaiting && q.Message != ""
}

// RequestEvents are the events of a mail that was sent to an agent, from an id on that one
// of them had, "" at first: how it stands, each time that this changes, and what is said in
// its turn, until it is settled. Whether there is such a mail ask [agent.RequestStatus] first.
// Of the options only Heartbeat, Now and Tick count.
func RequestEvents(ctx context.Context, s *mailbox.Store, addr quire.Address, id quire.MessageID, lastID string, options *Options) iter.Seq2[[]Event, error] {
	f := following{store: s, o: options.whole(), addr: addr, id: id}
	switch lastID {
	case "":
	case requestOver:
		return func(func([]Event, error) bool) {}
	default:
		var err error
		if f.from, err = ParsePosition(lastID); err != nil {
			return func(yield func([]Event, error) bool) { yield(nil, err) }
		}
	}
	return f.events(ctx)
}

// events are those of the request, until it is settled and its turn was heard.
func (f *following) events(ctx context.Context) iter.Seq2[[]Event, error] {
	return func(yield func([]Event, error) bool) {
		for {
			q, seen, err := f.look(ctx)
			f.uid = q.UID
			switch {
			case err != nil:
				yield(nil, err)
				return
			case q.Turn != 0 && q.Turn != f.heard:
				if !f.turn(ctx, &q, yield) {
					return
				}
				continue
			case settled(&q):
				e := f.tell(&q)
				e.ID, e.Over = requestOver, true
				yield([]Event{e}, nil)
				return
			}
			if !f.news(&q, yield) {
				return
			}
			if err := f.wait(ctx, &q, seen); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// news tells how the request stands, if that changed.
func (f *following) news(q *agent.Request, yield func([]Event, error) bool) bool {
	if settled(q) || f.told == statusOf(f.id, q) {
		return true // what is settled is told at the end, once
	}
	return yield([]Event{f.tell(q)}, nil)
}

func (f *following) tell(q *agent.Request) Event {
	f.told = statusOf(f.id, q)
	e := event(EventRequest, Position{}, f.told, false)
	e.ID = ""
	return e
}

// turn follows the turn of a request, until its stream is over or will say nothing more;
// false: nobody listens, or it can't be read.
func (f *following) turn(ctx context.Context, q *agent.Request, yield func([]Event, error) bool) bool {
	if !f.news(q, yield) {
		return false
	}
	if f.from.Stream != q.Turn {
		f.from = Position{Stream: q.Turn}
	}
	ctx, cancel := context.WithCancel(ctx)
	said, saidEnded := pump(ctx, Events(ctx, f.store, f.addr, f.from))
	stands, standsEnded := pump(ctx, f.until(ctx, q.Turn))
	defer func() {
		cancel()
		<-saidEnded
		<-standsEnded
	}()
	for {
		select {
		case p, more := <-said:
			switch {
			case !more && ctx.Err() == nil:
				f.heard = q.Turn
				return true
			case !more || p.err != nil:
				yield(nil, errors.Join(p.err, ctx.Err()))
				return false
			}
			f.advance(p.value)
			if !yield(p.value, nil) {
				return false
			}
		case p, more := <-stands:
			if !more || p.err != nil {
				yield(nil, errors.Join(p.err, ctx.Err()))
				return false
			}
			if !f.news(&p.value.Request, yield) {
				return false
			}
			if p.value.left && f.nothing(ctx) {
				if settled(&p.value.Request) {
					f.heard = q.Turn
				}
				return true
			}
		}
	}
}

// advance notes what the client will have heard.
func (f *following) advance(list []Event) {
	for i := range list {
		if at, err := ParsePosition(list[i].ID); err == nil {
			f.from = at
		}
	}
}

// standing is how a request stands while its turn is followed.
type standing struct {
	agent.Request
	left bool // the turn is at it no more, and what is left of the stream must have come
}

// until yields how a request stands while a turn is at it. When it is no more, it yields
// that with each heartbeat: the end of the stream is on its way, unless the process died
// before it said it.
func (f *following) until(ctx context.Context, turn uint64) iter.Seq2[standing, error] {
	return func(yield func(standing, error) bool) {
		for {
			q, seen, err := f.look(ctx)
			if err == nil && (settled(&q) || q.Turn != turn) {
				f.linger(ctx, turn, func() bool { return yield(standing{q, true}, nil) })
				return
			}
			if !yield(standing{q, false}, err) || err != nil {
				return
			}
			if err := f.wait(ctx, &q, seen); err != nil {
				yield(standing{}, err)
				return
			}
		}
	}
}

// linger runs do with each heartbeat; at once too when there is no stream.
func (f *following) linger(ctx context.Context, turn uint64, do func() bool) {
	page, err := f.store.ReadStream(ctx, f.addr, mailbox.StreamRead{Stream: turn, Limit: 1})
	if err == nil && page.Latest == 0 && !do() {
		return
	}
	ticks, stop := f.o.Tick(f.o.Heartbeat)
	defer stop()
	for {
		select {
		case <-ticks:
			if !do() {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// nothing says whether nothing stands behind what the client heard.
func (f *following) nothing(ctx context.Context) bool {
	page, err := f.store.ReadStream(ctx, f.addr, f.from.read())
	return err == nil && len(page.Chunks) == 0 && page.Last == nil
}

// seen is what was there before the request was looked at.
type seen struct {
	state  quire.State
	stream uint64 // the newest
}

// look reads how the request stands, after what a wait goes on from.
func (f *following) look(ctx context.Context) (agent.Request, seen, error) {
	box, err := f.store.Status(ctx, f.addr)
	if err != nil {
		return agent.Request{}, seen{}, err
	}
	page, err := f.store.ReadStream(ctx, f.addr, mailbox.StreamRead{Limit: 1})
	var failed *mailbox.Error
	if errors.Is(err, mailbox.ErrGone) && errors.As(err, &failed) { // only its beginning is
		page.Stream, err = failed.Read.Stream, nil
	}
	if err != nil {
		return agent.Request{}, seen{}, err
	}
	q, err := agent.RequestStatus(ctx, f.store, f.addr, f.id, f.o.Now())
	return q, seen{box.State, page.Stream}, err
}

// wait returns when something about the request or a next stream was seen to change, or
// after a heartbeat: that an agent pauses, or that its model can't be reached, changes
// neither.
func (f *following) wait(ctx context.Context, q *agent.Request, s seen) error {
	ctx, cancel := context.WithCancel(ctx)
	now := f.o.Now()
	w := mailbox.Wait{Since: s.state, Match: mailbox.Query{Above: f.uid - 1, Below: f.uid + 1}, Deadline: now.Add(f.o.Heartbeat), Now: f.o.Now}
	if q.Until.After(now) && q.Until.Before(w.Deadline) {
		w.Deadline = q.Until
	}
	woken := make(chan error, 2)
	go func() {
		_, err := f.store.Wait(ctx, f.addr, w)
		woken <- except(err, mailbox.ErrCannotCalculateChanges)
	}()
	go func() {
		_, err := f.store.WaitStream(ctx, f.addr, mailbox.StreamRead{Stream: s.stream + 1})
		woken <- except(err, mailbox.ErrGone)
	}()
	err := <-woken
	cancel()
	<-woken
	return err
}

// except is the error, unless it only says that much changed.
func except(err, news error) error {
	if errors.Is(err, news) {
		return nil
	}
	return err
}
