package postgresstore

import (
	"errors"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// ahead is what was read of a mailbox before it was asked for.
type ahead struct {
	addr    quire.Address
	agent   *driver.AgentState
	arrived []driver.Item
	journal []driver.JournalEntry
	// changed are all deliveries after the modseq since; nil: there were too many.
	changed map[quire.UID]*driver.Delivery
	since   uint64
}

// mostAhead is how many changed deliveries are read ahead.
const mostAhead = 500

// errOver is the error of a read in a transaction that ended with what was read ahead.
var errOver = errors.New("more was read than an agent's snapshot")

// Ahead implements [driver.ReadBox]: all of it is one round trip, with the beginning and
// the end of the transaction. Whoever then asks for more begins again, see View.
func (r *reader) Ahead(addr quire.Address) error {
	if r.careful || r.lock != nil || len(r.boxes) > 0 {
		return nil
	}
	a := &ahead{addr: addr, changed: map[quire.UID]*driver.Delivery{}}
	name := string(addr)
	const (
		box     = "(SELECT id FROM box WHERE addr = ?)"
		through = "(SELECT through FROM box WHERE addr = ?)"
		since   = "(SELECT coalesce(substring(seen FROM ':([0-9]{1,18})$')::bigint, 0) FROM box WHERE addr = ?)"
	)
	read := func(f func(row sqldriver.Row) error, query string, args ...any) {
		r.tx.queue(eachRow(f), numbered(query), args...)
	}
	read(func(row sqldriver.Row) error {
		b := &keptBox{}
		err := r.scanBox(row, b, new(quire.Address))
		r.boxes[addr] = b
		return err
	}, selectBox+"WHERE addr = ?", name)
	read(func(row sqldriver.Row) (err error) {
		a.agent, err = sqldriver.ScanAgent(row, &a.since)
		return err
	}, "SELECT "+since+", "+sqldriver.AgentColumns+" FROM box WHERE addr = ? AND agent", name, name)
	read(func(row sqldriver.Row) error {
		it, err := r.ScanItem(row)
		a.arrived = append(a.arrived, it)
		return err
	}, r.ArrivedQuery(box, through), name, name)
	read(func(row sqldriver.Row) error {
		e, err := sqldriver.ScanJournal(row)
		a.journal = append(a.journal, e)
		return err
	}, sqldriver.JournalQuery(box), name)
	read(func(row sqldriver.Row) error {
		d, err := r.ScanDelivery(row)
		if err == nil {
			a.changed[d.UID] = d
		}
		return err
	}, "SELECT "+sqldriver.DeliveryColumns+sqldriver.FromDelivery+"WHERE d.box = (SELECT id FROM box WHERE addr = ? AND holds IS NOT NULL) AND d.modseq > "+since+" ORDER BY d.modseq LIMIT ?", name, name, mostAhead)
	r.tx.queue(nil, "commit")
	if err := r.tx.flush(r.ctx); err != nil {
		return err
	}
	if r.tx.over = true; len(a.changed) == mostAhead {
		a.changed = nil
	}
	if r.boxes[addr] == nil {
		r.boxes[addr] = &keptBox{Box: driver.Box{NextUID: 1}}
	}
	r.ahead = a
	return nil
}

// hasAhead says that a mailbox was read ahead.
func (r *reader) hasAhead(addr quire.Address) bool { return r.ahead != nil && r.ahead.addr == addr }

// Agent implements [driver.ReadBox].
func (r *reader) Agent(addr quire.Address) (*driver.AgentState, error) {
	if r.hasAhead(addr) {
		return r.ahead.agent, nil
	}
	return r.Reader.Agent(addr)
}

// Journal implements [driver.ReadBox].
func (r *reader) Journal(addr quire.Address) ([]driver.JournalEntry, error) {
	if r.hasAhead(addr) {
		return r.ahead.journal, nil
	}
	return r.Reader.Journal(addr)
}

// Arrived implements [driver.ReadMail].
func (r *reader) Arrived(addr quire.Address, above quire.UID) ([]driver.Item, error) {
	if !r.hasAhead(addr) || r.ahead.agent != nil && above < r.ahead.agent.Through {
		return r.Reader.Arrived(addr, above)
	}
	return slices.DeleteFunc(r.ahead.arrived, func(it driver.Item) bool { return it.Delivery.UID <= above }), nil
}

// changedAhead is Changed of what was read ahead; false: it was not.
func (r *reader) changedAhead(addr quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, bool) {
	if !r.hasAhead(addr) || r.ahead.changed == nil || since < r.ahead.since {
		return nil, false
	}
	var list []*driver.Delivery
	for _, uid := range uids {
		if d := r.ahead.changed[uid]; d != nil && d.Modseq > since {
			list = append(list, d)
		}
	}
	return list, true
}
