package sqlitestore

import (
	"database/sql"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Find implements [driver.ReadMail]. Of several kinds it finds enough of each, so that
// an index gives each kind in order: in an agent's mailbox most is of other kinds.
func (r *reader) Find(addr quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	if len(f.Kinds) == 0 || f.From != "" || f.Thread != "" || f.Pending {
		query, args := findQuery(box, f, "")
		return r.deliveries(query, args...)
	}
	var list []*driver.Delivery
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(f.Kinds))) {
		query, args := findQuery(box, f, kind)
		more, err := r.deliveries(query, args...)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return f.Page(list), nil
}

// findQuery reads what is found, of one kind if one is given.
func findQuery(box int64, s *driver.Find, kind quire.Kind) (string, []any) {
	where, more := sqlquery.Filter("d", &s.Filter)
	index := ""
	args := append([]any{box}, more...)
	switch {
	case s.Pending:
		index = " INDEXED BY delivery_open"
	case s.Thread != "":
		index = " INDEXED BY delivery_thread"
	case s.From != "":
		index = " INDEXED BY delivery_sender"
	case kind != "":
		index = " INDEXED BY delivery_kind"
		where += " AND d.kind = ?"
		args = append(args, string(kind))
	}
	query := "SELECT " + placedColumns + " FROM delivery d" + index + " LEFT JOIN message m ON m.id = d.msg WHERE d.box = ? AND " + where
	if s.Collapse {
		inner, more := sqlquery.Filter("e", &s.Filter)
		query += " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.box = d.box AND e.thread = d.thread AND e.uid > d.uid AND " + inner + ")"
		args = append(args, more...)
	}
	after, more := sqlquery.Position(s)
	// A bare ? behind LIMIT is a number that SQLite's planner looks at: it would plan
	// the statement anew each time that one is bound.
	return query + after + " LIMIT ?+0", append(append(args, more...), s.Limit)
}

// Matches implements [driver.ReadMail].
func (r *reader) Matches(addr quire.Address, f *driver.Filter, since uint64) (bool, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return false, err
	}
	query, args := matchQuery(box, f, since)
	var n int
	err = r.row(query, args...).Scan(&n)
	if err == sql.ErrNoRows {
		return false, nil
	}
	return n == 1, err
}

// matchQuery reads what changed since, or when that is all there is, by what
// else the filter names.
func matchQuery(box int64, f *driver.Filter, since uint64) (string, []any) {
	where, args := sqlquery.Filter("d", f)
	from := "delivery d"
	switch {
	case since > 0:
		from += " INDEXED BY delivery_modseq"
		where, args = "d.modseq > ? AND "+where, append([]any{sqlquery.Num(since)}, args...)
	case f.Pending:
		from += " INDEXED BY delivery_open" // few of all that there are
	}
	return "SELECT 1 FROM " + from + " WHERE d.box = ? AND " + where + " LIMIT 1", append([]any{box}, args...)
}

// Alarm implements [driver.ReadMail].
func (r *reader) Alarm(addr quire.Address, looked, now time.Time) (passed bool, next time.Time, err error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return false, next, err
	}
	for _, column := range []string{"visible_at", "reply_by"} {
		p, n, err := r.alarm(column, box, looked, now)
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
