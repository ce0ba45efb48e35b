package postgresstore

import (
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// inOrderOf joins the deliveries of a mailbox with a list of their numbers.
const inOrderOf = " FROM unnest(?::bigint[]) WITH ORDINALITY j (uid, place) JOIN delivery d ON d.uid = j.uid AND d.box = ?" + sqldriver.WithMessage

func numbersOf(uids []quire.UID) []int64 {
	list := make([]int64, len(uids))
	for i, u := range uids {
		list[i] = sqldriver.Num(u)
	}
	return list
}

// Changed implements [driver.ReadMail].
func (r *reader) Changed(addr quire.Address, uids []quire.UID, seen uint64) ([]*driver.Delivery, error) {
	if list, ok := r.changedAhead(addr, uids, seen); ok {
		return list, nil
	}
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	return r.Deliveries(inOrderOf+"WHERE d.modseq > ? ORDER BY j.place", numbersOf(uids), box, sqldriver.Num(seen))
}

// Find implements [driver.ReadMail].
func (r *reader) Find(addr quire.Address, f *driver.Find) ([]*driver.Delivery, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	query, args := r.FindQuery(box, f, "", "")
	return r.Deliveries(query, args...)
}

// Matches implements [driver.ReadMail].
func (r *reader) Matches(addr quire.Address, f *driver.Filter, since uint64) (ok bool, err error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return false, err
	}
	where, args := r.Filter("d", f)
	err = r.Row("SELECT EXISTS (SELECT 1 FROM delivery d WHERE d.box = ? AND d.modseq > ? AND "+where+")", append([]any{box, sqldriver.Num(since)}, args...)...).Scan(&ok)
	return ok, err
}

// Pending implements [driver.ReadMail].
func (r *reader) Pending(addr quire.Address, now time.Time) (n int, first time.Time, err error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return 0, first, err
	}
	pending, args := sqldriver.Pending(now)
	from := " FROM delivery d WHERE d.box = ? AND " + pending
	args = append([]any{box}, args...)
	var oldest *int64
	err = r.Row("SELECT (SELECT count(*)"+from+"), (SELECT d.sent"+from+" ORDER BY d.uid LIMIT 1)", slices.Concat(args, args)...).Scan(&n, &oldest)
	if oldest != nil {
		first = sqldriver.Time(*oldest)
	}
	return n, first, err
}

// Items implements [driver.ReadMail].
func (r *reader) Items(addr quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	return r.Reader.Items(parts, inOrderOf+"ORDER BY j.place", numbersOf(uids), box)
}

// ItemsOf implements [driver.ReadMail].
func (r *reader) ItemsOf(addr quire.Address, list []quire.MessageID) ([]driver.Item, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	var ids []string
	for _, id := range list {
		if sqldriver.Storable(id) {
			ids = append(ids, string(id))
		}
	}
	return r.Reader.Items(true, " FROM unnest(?::text[]) WITH ORDINALITY j (mid, place) JOIN message m ON m.mid = j.mid JOIN delivery d ON d.msg = m.id AND d.box = ? ORDER BY j.place", ids, box)
}

// Blob implements [driver.ReadMail].
func (r *reader) Blob(addr quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	return sqldriver.Blob[[]byte](&r.Reader, addr, d, from, to)
}

// StreamAttempts implements [driver.ReadStreams].
func (r *reader) StreamAttempts(addr quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	if r.locksAttempts {
		return r.AttemptsFor(" FOR UPDATE", addr, stream)
	}
	return r.Reader.StreamAttempts(addr, stream)
}
