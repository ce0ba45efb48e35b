package sqlitestore

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// Find implements [driver.ReadMail]. Of several kinds it finds enough of each, so that
// an index gives each kind in order: in an agent's mailbox most is of other kinds.
func (r *reader) Find(addr quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	if !f.Pending { // that is few of all
		defer r.long()()
	}
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	hint := ""
	switch {
	case f.Pending:
		hint = " INDEXED BY delivery_open"
	case f.Thread != "":
		hint = " INDEXED BY delivery_thread"
	case f.From != "":
		hint = " INDEXED BY delivery_sender"
	}
	if len(f.Kinds) == 0 || hint != "" {
		query, args := r.FindQuery(box, f, hint, "")
		return r.Deliveries(query, args...)
	}
	var list []*driver.Delivery
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(f.Kinds))) {
		query, args := r.FindQuery(box, f, " INDEXED BY delivery_kind", kind)
		more, err := r.Deliveries(query, args...)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return f.Page(list), nil
}

// Matches implements [driver.ReadMail].
func (r *reader) Matches(addr quire.Address, f *driver.Filter, since uint64) (bool, error) {
	defer r.long()()
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return false, err
	}
	query, args := r.matchQuery(box, f, since)
	var n int
	gone, err := sqldriver.None(r.Row(query, args...).Scan(&n))
	return err == nil && !gone, err
}

// matchQuery reads what changed since, or when that is all there is, by what
// else the filter names.
func (r *reader) matchQuery(box int64, f *driver.Filter, since uint64) (string, []any) {
	where, args := r.Filter("d", f)
	from := "delivery d"
	switch {
	case since > 0:
		from += " INDEXED BY delivery_modseq"
		where, args = "d.modseq > ? AND "+where, append([]any{sqldriver.Num(since)}, args...)
	case f.Pending:
		from += " INDEXED BY delivery_open" // few of all that there are
	}
	return "SELECT 1 FROM " + from + " WHERE d.box = ? AND " + where + " LIMIT 1", append([]any{box}, args...)
}
