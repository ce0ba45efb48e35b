package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// RequestState is how a request stands, in a word.
type RequestState string

// The states of a request.
const (
	RequestAccepted RequestState = "accepted" // it waits for its turn
	RequestRunning  RequestState = "running"  // a turn is at it
	RequestWaiting  RequestState = "waiting"  // for a person, or for a limit's end
	RequestDone     RequestState = "done"
	RequestFailed   RequestState = "failed" // nothing more will come of it
)

// Request says how mail that was sent to an agent stands.
type Request struct {
	State  RequestState
	Reason string // of waiting and failed; of accepted and running, why it is not at it yet, if there is more to say
	Until  time.Time
	UID    quire.UID // of the request in the agent's mailbox
	// Turn is the turn that is at it or handled it, and the number of its stream; 0:
	// none, or not known. Attempt is the one of the stream that is open; 0: none.
	Turn    uint64
	Attempt int
	// Of what is done: the agent's own message with which it was, and the mail that
	// answered it. Empty when there is none: somebody else may have handled it.
	Message quire.MessageID
	Reply   quire.MessageID
}

// RequestStatus says how the message with an id stands in the mailbox of an agent, at
// a time. It is computed from the mailbox, and from the store's streams if it has any,
// and changes nothing; the agent need not run. A message that was never delivered there
// is [mailbox.ErrNotFound], one of the agent's own [mailbox.ErrInvalid].
//
// Of accepted mail Reason says why the agent is not at it while no model can be reached,
// and Until when it tries again.
//
//   - Running is mail that was shown in a turn that is open, or that the stream of a
//     turn's first call names.
//   - Waiting is mail while a limit pauses the agent, mail that [Limits.Unattended] put off, mail that the agent is parked with, that
//     its owner's consent is missing for, or in whose turn somebody was asked a question
//     that is open still, though the turn has ended. Until is when the agent goes on by
//     itself; zero: when somebody does something.
//   - Done is mail that was handled. What an agent does about a late answer is another
//     turn.
//   - Failed is a dead letter, and mail that was taken back, replaced or too old before
//     it was handled.
func RequestStatus(ctx context.Context, store *mailbox.Store, addr quire.Address, id quire.MessageID, now time.Time) (Request, error) {
	items, err := store.Get(ctx, addr, mailbox.Get{IDs: []quire.MessageID{id}})
	if err != nil {
		return Request{}, err
	}
	switch {
	case len(items) == 0:
		return Request{}, &mailbox.Error{Op: "request status", Address: addr, Err: fmt.Errorf("message %s: %w", id, mailbox.ErrNotFound)}
	case items[0].Self:
		return Request{}, &mailbox.Error{Op: "request status", Address: addr, Err: fmt.Errorf("message %s is the agent's own: %w", id, mailbox.ErrInvalid)}
	}
	m, err := momentOf(ctx, store, addr, now)
	if err != nil {
		return Request{}, err
	}
	q := asking{ctx: ctx, store: store, addr: addr, it: &items[0], host: &m.host, now: now}
	return q.status()
}

// asking is one look at a request.
type asking struct {
	ctx   context.Context
	store *mailbox.Store
	addr  quire.Address
	it    *quire.Item
	host  *host
	now   time.Time
}

func (q *asking) status() (Request, error) {
	r := Request{UID: q.it.UID}
	f := q.it.Flags
	switch {
	case f.Has(quire.FlagDead):
		r.State, r.Reason = RequestFailed, q.it.Lease.Reason
		return r, nil
	case f.Has(quire.FlagHandled):
		return q.done(r)
	case f.Has(quire.FlagRetracted):
		r.State, r.Reason = RequestFailed, "its sender took it back"
		return r, nil
	case f.Has(quire.FlagSuperseded):
		r.State, r.Reason = RequestFailed, "a later message of its sender replaces it"
		return r, nil
	case f.Has(quire.FlagHeld):
		r.State, r.Reason = RequestWaiting, "the owner has not consented to mail of its sender"
		return r, nil
	case !q.it.ValidUntil.IsZero() && !q.now.Before(q.it.ValidUntil) && !(f.Has(quire.FlagPulled) && q.host.Open):
		r.State, r.Reason = RequestFailed, "its time was over before it was handled"
		return r, nil
	}
	return q.open(r)
}

// open is the status of what is not settled.
func (q *asking) open(r Request) (Request, error) {
	h := q.host
	shown := q.it.Flags.Has(quire.FlagPulled)
	at, err := q.stream()
	if err != nil {
		return r, err
	}
	r.State = RequestAccepted
	switch {
	case shown && h.Open && h.paused(q.now):
		r.State, r.Turn, r.Until = RequestWaiting, h.Turns, h.Ask.Until
		r.Reason = "the agent is at its limit: " + h.Ask.Limit
	case shown && h.Open:
		r.State, r.Turn = RequestRunning, h.Turns
		if at.Stream == h.Turns && at.End == nil {
			r.Attempt = at.Attempt
		}
		if h.Ill != nil {
			r.Reason, r.Until = "the agent "+h.Ill.says(), h.Ill.Next
		}
	case q.begun(&at):
		r.State, r.Turn, r.Attempt = RequestRunning, at.Stream, at.Attempt
	case h.Parked != 0 && q.it.UID < h.Parked:
		r.State, r.Reason = RequestWaiting, "the agent waits for new mail before it goes on: "+h.Why
	case !q.it.Visible(q.now) && h.hushed(q.it.UID):
		r.State, r.Reason, r.Until = RequestWaiting, "agents handed work to each other for too long, and no person took part", q.it.VisibleAt
	case !q.it.Visible(q.now):
		r.Reason, r.Until = "it was put off", q.it.VisibleAt
	case h.paused(q.now):
		r.State, r.Reason, r.Until = RequestWaiting, "the agent is at its limit: "+h.Ask.Limit, h.Ask.Until
	case h.Ill != nil:
		r.Reason, r.Until = "the agent "+h.Ill.says(), h.Ill.Next
	case shown:
		r.Reason = "its turn ended early; it will be tried again"
	}
	return r, nil
}

// stream reads how the newest stream stands.
func (q *asking) stream() (driver.StreamAttempt, error) {
	return newestAttempt(q.ctx, q.store, q.addr)
}

// begun says whether the first call of the next turn is under way, with the request.
func (q *asking) begun(at *driver.StreamAttempt) bool {
	if at.Attempt == 0 || at.End != nil || q.host.Open || at.Stream != q.host.turn() {
		return false
	}
	about, err := decodeAbout(at.About)
	return err == nil && slices.Contains(about.Mail, q.it.ID)
}

// maxTraces is how many of the agent's own messages are looked through for what
// handled a request.
const maxTraces = 5000

// done is the status of what is handled: where, and whether a question of that turn is
// open still.
func (q *asking) done(r Request) (Request, error) {
	r.State = RequestDone
	look := mailbox.Query{Kinds: []quire.Kind{quire.KindTurn, quire.KindResult}, From: q.addr.Base(), Above: q.it.UID, Oldest: true, Limit: 200, Now: q.now}
	for n := 0; n < maxTraces; {
		page, err := q.store.Query(q.ctx, q.addr, look)
		if err != nil {
			return r, err
		}
		n += len(page.Rows)
		for i := range page.Rows {
			if handled, err := q.trace(&page.Rows[i], &r); handled || err != nil {
				return q.undelivered(q.asked(r)), err
			}
		}
		if !page.More {
			break
		}
		look.Cursor = page.Next
	}
	return r, nil
}

// undelivered makes what was answered failed when the answer reached nobody.
func (q *asking) undelivered(r Request) Request {
	if r.Reply != "" && !q.it.Flags.Has(quire.FlagAnswered) {
		r.State, r.Reply, r.Reason = RequestFailed, "", "its answer could not be delivered"
	}
	return r
}

// trace looks at one of the agent's own messages, and says whether the request was
// handled with it.
func (q *asking) trace(row *mailbox.Row, r *Request) (bool, error) {
	t := traceOf(row.Headers, q.it.UID, q.it.ID)
	if t.answer != "" {
		r.Reply = t.answer
	}
	if !t.handled {
		return false, nil
	}
	if r.Turn, r.Message = t.turn, row.ID; row.Kind != quire.KindResult {
		return true, nil
	}
	var err error
	r.Message = row.InReplyTo
	r.Turn, err = q.turnOf(r.Message)
	return true, err
}

// turnOf is the number of the turn that an own message is part of.
func (q *asking) turnOf(id quire.MessageID) (uint64, error) {
	items, err := q.store.Get(q.ctx, q.addr, mailbox.Get{IDs: []quire.MessageID{id}})
	if err != nil || len(items) == 0 {
		return 0, err
	}
	return traceOf(items[0].Headers, 0, "").turn, nil
}

// asked makes what is handled waiting while a question of its turn is open.
func (q *asking) asked(r Request) Request {
	for _, a := range q.host.open() {
		if a.Turn == r.Turn && r.Turn > 0 {
			r.State, r.Until = RequestWaiting, a.ReplyBy
			r.Reason = oneLine(fmt.Sprintf("%s was asked: %s", addresses(a.To), a.Subject), 300)
			return r
		}
	}
	return r
}
