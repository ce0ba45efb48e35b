package sqldriver

import (
	"errors"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// FindQuery is what [Reader.Deliveries] asks for [driver.ReadMail.Find], of one kind if
// one is given. hint stands behind the table.
//
// A bare ? behind LIMIT is a number that SQLite's planner looks at: it would plan the
// statement anew each time that one is bound.
func (r *Reader) FindQuery(box int64, f *driver.Find, hint string, kind quire.Kind) (string, []any) {
	where, more := r.Filter("d", &f.Filter)
	args := append([]any{box}, more...)
	if kind != "" {
		where += " AND d.kind = ?"
		args = append(args, string(kind))
	}
	if f.Collapse {
		inner, more := r.Filter("e", &f.Filter)
		where += " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.box = d.box AND e.thread = d.thread AND e.uid > d.uid AND " + inner + ")"
		args = append(args, more...)
	}
	after, more := position(f)
	return " FROM delivery d" + hint + WithMessage + "WHERE d.box = ? AND " + where + after + " LIMIT ?+0", append(append(args, more...), f.Limit)
}

// errEnough ends a walk over rows.
var errEnough = errors.New("enough was read")

// Alarm implements [driver.ReadMail].
func (r *Reader) Alarm(addr quire.Address, looked, now time.Time) (passed bool, next time.Time, err error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return false, next, err
	}
	for _, column := range []string{"d.visible_at", "d.reply_by"} {
		// The first one after looked that counts.
		err := r.Conn.Each(func(row Row) error {
			d, err := r.scanDelivery(row)
			if err != nil {
				return err
			}
			p, n := d.Alarm(looked, now)
			passed = passed || p
			if !n.IsZero() && (next.IsZero() || n.Before(next)) {
				next = n
			}
			if p || !n.IsZero() {
				return errEnough
			}
			return nil
		}, "SELECT "+DeliveryColumns+FromDelivery+"WHERE d.box = ? AND d.open = 1 AND "+column+" <> "+Never+" AND "+column+" > ? ORDER BY "+column, box, looked.UnixMicro())
		if err != nil && err != errEnough {
			return false, next, err
		}
	}
	return passed, next, nil
}
