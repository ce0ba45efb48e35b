package postgresstore

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Find implements [driver.ReadMail].
func (r *reader) Find(addr quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	where, args := sqlquery.Filter("d", &f.Filter)
	args = append([]any{box.id}, args...)
	query := "SELECT " + placedColumns + fromDelivery + "WHERE d.box = ? AND " + where
	if f.Collapse {
		inner, more := sqlquery.Filter("e", &f.Filter)
		query += " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.box = d.box AND e.thread = d.thread AND e.uid > d.uid AND " + inner + ")"
		args = append(args, more...)
	}
	after, more := sqlquery.Position(f)
	return r.deliveries(query+after+" LIMIT ?", append(append(args, more...), f.Limit)...)
}

// Matches implements [driver.ReadMail].
func (r *reader) Matches(addr quire.Address, f *driver.Filter, since uint64) (ok bool, err error) {
	box, err := r.box(addr)
	if err != nil {
		return false, err
	}
	where, args := sqlquery.Filter("d", f)
	err = r.row("SELECT EXISTS (SELECT 1 FROM delivery d WHERE d.box = ? AND d.modseq > ? AND "+where+")", append([]any{box.id, sqlquery.Num(since)}, args...)...).Scan(&ok)
	return ok, err
}

// Alarm implements [driver.ReadMail].
func (r *reader) Alarm(addr quire.Address, looked, now time.Time) (passed bool, next time.Time, err error) {
	box, err := r.box(addr)
	if err != nil {
		return false, next, err
	}
	for _, column := range []string{"visible_at", "reply_by"} {
		p, n, err := r.alarm(column, box.id, looked, now)
		if err != nil {
			return false, next, err
		}
		passed = passed || p
		if !n.IsZero() && (next.IsZero() || n.Before(next)) {
			next = n
		}
	}
	return passed, next, nil
}

// alarm finds the first time in a column, after looked, that counts.
func (r *reader) alarm(column string, box int64, looked, now time.Time) (passed bool, next time.Time, err error) {
	rows, err := r.rows("SELECT "+placedColumns+fromDelivery+"WHERE d.box = ? AND d.open = 1 AND d."+column+" <> "+never+" AND d."+column+" > ? ORDER BY d."+column, box, looked.UnixMicro())
	if err != nil {
		return false, next, err
	}
	defer rows.Close()
	for rows.Next() {
		d, err := scanPlaced(rows)
		if err != nil {
			return false, next, err
		}
		if passed, next = d.Alarm(looked, now); passed || !next.IsZero() {
			break
		}
	}
	return passed, next, rows.Err()
}
