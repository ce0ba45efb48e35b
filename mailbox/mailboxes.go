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
	Agents  bool          // only those of agents, see [Mailbox.Agent]: without agents that have not committed a call yet
	Pending bool          // only those with something pending
	Behind  quire.Address // only what comes behind it: the last one of the page before
	Limit   int           // 0: 1,000
	Now     time.Time     // zero: the store's clock
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
	var list []Mailbox
	err := s.d.View(ctx, func(r driver.Read) error {
		list = nil
		for behind := q.Behind; ; {
			boxes, err := r.Boxes(behind, boxesAtOnce)
			if err != nil {
				return err
			}
			for i := range boxes {
				m, ok, err := s.listed(r, &boxes[i], &q)
				if err != nil {
					return err
				}
				if ok {
					list = append(list, m)
				}
				if len(list) == q.Limit {
					return nil
				}
			}
			if len(boxes) < boxesAtOnce {
				return nil
			}
			behind = boxes[len(boxes)-1].Address
		}
	})
	return list, fail("mailboxes", "", ended(ctx, err))
}

// boxesAtOnce is how many mailboxes are read in one query.
const boxesAtOnce = 256

// listed is a row of the list; ok says whether it belongs there.
func (s *Store) listed(r driver.Read, b *driver.Mailbox, q *MailboxQuery) (m Mailbox, ok bool, err error) {
	if q.Agents && !b.Agent || q.Pending && b.Open == 0 || s.may("mailboxes", b.Address, need{b.Address, RightRead}) != nil {
		return m, false, nil
	}
	m = Mailbox{Address: b.Address, Total: b.Total, Agent: b.Agent, Called: b.Called}
	if q.Now.Before(b.OwnedUntil) {
		m.Owner = b.Owner
	}
	if b.Open > 0 {
		m.Pending, m.Oldest, err = r.Pending(b.Address, q.Now)
	}
	return m, !q.Pending || m.Pending > 0, err
}
