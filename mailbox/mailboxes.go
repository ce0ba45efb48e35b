package mailbox

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Mailbox is a mailbox as it is listed.
type Mailbox struct {
	Address quire.Address
	State   quire.State
	Total   int       // messages
	Pending int       // as in [Status]
	Oldest  time.Time // when the oldest pending one was sent; zero: none
	Agent   bool      // it has an agent's state: one has committed a step here, or a call that failed
	Called  time.Time // the last model call of its agent that is known; zero: none
	// Owner is the process that runs the agent now, by its lease; "" when none does.
	Owner string
}

// MailboxQuery says which mailboxes are listed. The zero value is all, in order of
// address.
type MailboxQuery struct {
	Agents  bool // only those of agents, see [Mailbox.Agent]: without agents that have not committed a call yet
	Pending bool // only those with something pending
	// Skip leaves mailboxes out before what is pending there is counted: Pending and
	// Oldest are not known yet; nil: none.
	Skip   func(m *Mailbox) bool
	Behind quire.Address // only what comes behind it: the last one of the page before
	Limit  int           // 0: 1,000
	Now    time.Time     // zero: the store's clock
}

// Mailboxes lists mailboxes, in order of address: with it a host knows after a restart
// whose agents it has to run. An agent that got mail and was stopped before its
// first call was committed has left nothing that tells its mailbox from a person's: a
// host finds it by a rule for addresses, or a list, of its own. A store by [Store.As]
// lists those that may be read.
func (s *Store) Mailboxes(ctx context.Context, q MailboxQuery) ([]Mailbox, error) {
	if err := ctx.Err(); err != nil {
		return nil, fail("mailboxes", "", err)
	}
	if q.Limit <= 0 {
		q.Limit = 1000
	}
	if q.Now.IsZero() {
		q.Now = s.o.Clock()
	}
	q.Now = instant(q.Now)
	list, _, err := s.mailboxes(ctx, &q, time.Time{})
	return list, fail("mailboxes", "", ended(ctx, err))
}

// mailboxes lists, and says, unless looked is zero, when the next delivery of what is
// not listed, because nothing is pending there, becomes visible or due; looked is when that
// is asked for.
func (s *Store) mailboxes(ctx context.Context, q *MailboxQuery, looked time.Time) (list []Mailbox, next time.Time, err error) {
	err = s.d.View(ctx, func(r driver.Read) error {
		list, next = nil, time.Time{}
		epoch, err := r.Epoch()
		for behind := q.Behind; err == nil; {
			var boxes []driver.Mailbox
			if boxes, err = r.Boxes(behind, boxesAtOnce, q.Pending); err != nil {
				return err
			}
			for i := range boxes {
				m, ok, err := s.listed(r, &boxes[i], q, epoch)
				switch {
				case err != nil:
					return err
				case ok:
					if list = append(list, m); len(list) == q.Limit {
						return nil
					}
				case m.Address != "" && !looked.IsZero():
					_, at, err := r.Alarm(m.Address, looked, looked)
					if err != nil {
						return err
					}
					if !at.IsZero() && (next.IsZero() || at.Before(next)) {
						next = at
					}
				}
			}
			if len(boxes) < boxesAtOnce {
				return nil
			}
			behind = boxes[len(boxes)-1].Address
		}
		return err
	})
	return list, next, err
}

// WaitMailboxes is one wait for many mailboxes: it lists, as Mailboxes does with
// q.Pending, as soon as there is anything to list, however long that takes. So one loop
// wakes all agents of a process, and what they cost while they sleep is a row in the
// store: q.Skip leaves out those that are awake. It looks when something was committed,
// when something becomes visible or due, and at least once a minute, and does not look at
// mailboxes in which nothing is open. q.Now is not used: each look is at the store's time.
func (s *Store) WaitMailboxes(ctx context.Context, q MailboxQuery) ([]Mailbox, error) {
	list, err := s.waitMailboxes(ctx, &q)
	return list, fail("wait", "", ended(ctx, err))
}

func (s *Store) waitMailboxes(ctx context.Context, q *MailboxQuery) ([]Mailbox, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q.Pending = true
	if q.Limit <= 0 {
		q.Limit = 1000
	}
	watch, err := s.d.Watch(ctx, false)
	if err != nil {
		return nil, err
	}
	defer watch.Stop()
	for {
		changed := watch.Next() // before looking, so that nothing is missed
		now := s.o.Clock()
		q.Now = instant(now)
		list, next, err := s.mailboxes(ctx, q, q.Now)
		if err != nil || len(list) > 0 {
			return list, err
		}
		if err := sleep(ctx, changed, pause(now, next, time.Time{}, watch.Poll)); err != nil {
			return nil, err
		}
	}
}

// boxesAtOnce is how many mailboxes are read in one query.
const boxesAtOnce = 256

// listed is a row of the list; ok says whether it belongs there, and its address that it
// would if something were pending.
func (s *Store) listed(r driver.Read, b *driver.Mailbox, q *MailboxQuery, epoch string) (m Mailbox, ok bool, err error) {
	if q.Agents && !b.Agent || q.Pending && b.Open == 0 || s.may("mailboxes", b.Address, need{b.Address, RightRead}) != nil {
		return m, false, nil
	}
	m = Mailbox{Address: b.Address, State: formatState(epoch, b.Modseq), Total: b.Total, Agent: b.Agent, Called: b.Called}
	if q.Now.Before(b.OwnedUntil) {
		m.Owner = b.Owner
	}
	if q.Skip != nil && q.Skip(&m) {
		return Mailbox{}, false, nil
	}
	if b.Open > 0 {
		m.Pending, m.Oldest, err = r.Pending(b.Address, q.Now)
	}
	return m, !q.Pending || m.Pending > 0, err
}
