package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// inOrderOf joins the deliveries of a mailbox with a list of their numbers.
const inOrderOf = " FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value" + sqldriver.WithMessage

func numbersOf(uids []quire.UID) (string, error) {
	list := make([]int64, len(uids))
	for i, uid := range uids {
		list[i] = sqldriver.Num(uid)
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// Changed implements [driver.ReadMail].
func (r *reader) Changed(addr quire.Address, uids []quire.UID, seen uint64) ([]*driver.Delivery, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	if out, few, err := r.changedOf(box, uids, seen); few || err != nil {
		return out, err
	}
	list, err := numbersOf(uids)
	if err != nil {
		return nil, err
	}
	return r.Deliveries(inOrderOf+"WHERE d.modseq > ? ORDER BY j.key", list, box, sqldriver.Num(seen))
}

// fewChanges is up to how many changes of a mailbox are looked at one by one to see
// which are of deliveries that are asked for.
const fewChanges = 64

// changedOf is Changed by way of what changed in the mailbox since; few is false, and
// nothing was found out, if that is a lot.
func (r *reader) changedOf(box int64, uids []quire.UID, seen uint64) (out []*driver.Delivery, few bool, err error) {
	since, err := sqldriver.Numbers(r, "SELECT uid FROM delivery WHERE box = ? AND modseq > ? ORDER BY modseq LIMIT ?+0", box, sqldriver.Num(seen), fewChanges+1)
	if err != nil || len(since) > fewChanges {
		return nil, false, err
	}
	changed := make(map[quire.UID]bool, len(since))
	for _, uid := range since {
		changed[quire.UID(uid)] = true
	}
	for _, uid := range uids {
		if !changed[uid] {
			continue
		}
		d, err := r.One("d.box = ? AND d.uid = ?", box, sqldriver.Num(uid))
		if err != nil {
			return nil, false, err
		}
		out = append(out, d)
	}
	return out, true, nil
}

// Pending implements [driver.ReadMail].
func (r *reader) Pending(addr quire.Address, now time.Time) (n int, oldest time.Time, err error) {
	defer r.long()()
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return 0, oldest, err
	}
	pending, args := sqldriver.Pending(now)
	var first, sent sql.NullInt64
	err = r.Row("SELECT count(*), min(d.uid), d.sent FROM delivery d INDEXED BY delivery_open WHERE d.box = ? AND "+pending, append([]any{box}, args...)...).Scan(&n, &first, &sent)
	if sent.Valid {
		oldest = sqldriver.Time(sent.Int64)
	}
	return n, oldest, err
}

// Items implements [driver.ReadMail]: one statement for all of them.
func (r *reader) Items(addr quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	switch len(uids) {
	case 0:
		return nil, nil
	case 1:
		return r.Reader.Items(parts, sqldriver.FromDelivery+"WHERE d.box = ? AND d.uid = ?", box, sqldriver.Num(uids[0]))
	}
	list, err := numbersOf(uids)
	if err != nil {
		return nil, err
	}
	return r.Reader.Items(parts, inOrderOf+"ORDER BY j.key", list, box)
}

// ItemsOf implements [driver.ReadMail].
func (r *reader) ItemsOf(addr quire.Address, ids []quire.MessageID) ([]driver.Item, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	var list []driver.Item
	for _, id := range ids {
		one, err := r.Reader.Items(true, sqldriver.FromDelivery+"WHERE d.box = ? AND m.mid = ?", box, r.IDOf(id))
		if err != nil {
			return nil, err
		}
		list = append(list, one...)
	}
	return list, nil
}

// Blob implements [driver.ReadMail].
func (r *reader) Blob(addr quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	return sqldriver.Blob[sql.RawBytes](&r.Reader, addr, d, from, to)
}

// Ahead implements [driver.ReadBox].
func (r *reader) Ahead(quire.Address) error { return nil }
