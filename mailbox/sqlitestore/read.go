package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Arrived implements [driver.ReadMail].
func (r *reader) Arrived(addr quire.Address, above quire.UID) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	return r.items(true, fromDelivery+"WHERE d.box = ? AND d.arrives = 1 AND (d.self OR d.trust = 'self') AND d.uid > ? ORDER BY d.uid", box, sqlquery.Num(above))
}

// Changed implements [driver.ReadMail].
func (r *reader) Changed(addr quire.Address, uids []quire.UID, seen uint64) ([]*driver.Delivery, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	if out, few, err := r.changedOf(box, uids, seen); few || err != nil {
		return out, err
	}
	list, err := json.Marshal(uids)
	if err != nil {
		return nil, err
	}
	return r.deliveries("SELECT "+placedColumns+" FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value LEFT JOIN message m ON m.id = d.msg WHERE d.modseq > ? ORDER BY j.key", string(list), box, sqlquery.Num(seen))
}

// deliveries reads placedColumns of several rows.
func (r *reader) deliveries(query string, args ...any) ([]*driver.Delivery, error) {
	rows, err := r.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*driver.Delivery
	for rows.Next() {
		d, err := scanPlaced(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// fewChanges is up to how many changes of a mailbox are looked at one by one to see
// which are of deliveries that are asked for.
const fewChanges = 64

// changedOf is Changed by way of what changed in the mailbox since; few is false, and
// nothing was found out, if that is a lot.
func (r *reader) changedOf(box int64, uids []quire.UID, seen uint64) (out []*driver.Delivery, few bool, err error) {
	since, err := r.numbers("SELECT uid FROM delivery WHERE box = ? AND modseq > ? ORDER BY modseq LIMIT ?+0", box, sqlquery.Num(seen), fewChanges+1)
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
		p, err := scanPlaced(r.row("SELECT "+placedColumns+fromDelivery+"WHERE d.box = ? AND d.uid = ?", box, sqlquery.Num(uid)))
		if err != nil {
			return nil, false, err
		}
		out = append(out, p)
	}
	return out, true, nil
}

// Journal implements [driver.ReadBox].
func (r *reader) Journal(addr quire.Address) ([]driver.JournalEntry, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	rows, err := r.rows("SELECT step, call, call_id, tool, args, status, is_error, result FROM journal WHERE box = ? ORDER BY id", box)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []driver.JournalEntry
	for rows.Next() {
		var e driver.JournalEntry
		if err := rows.Scan(&e.Step, &e.Call, &e.CallID, &e.Tool, &e.Args, &e.Status, &e.IsError, &e.Result); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// Pending implements [driver.ReadMail].
func (r *reader) Pending(addr quire.Address, now time.Time) (n int, oldest time.Time, err error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return 0, oldest, err
	}
	pending, args := sqlquery.Pending(now)
	var first, sent sql.NullInt64
	err = r.row("SELECT count(*), min(d.uid), d.sent FROM delivery d INDEXED BY delivery_open WHERE d.box = ? AND "+pending, append([]any{box}, args...)...).Scan(&n, &first, &sent)
	if sent.Valid {
		oldest = fromMicro(sent.Int64)
	}
	return n, oldest, err
}

// Items implements [driver.ReadMail]: one statement for all of them.
func (r *reader) Items(addr quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	switch len(uids) {
	case 0:
		return nil, nil
	case 1:
		return r.items(parts, fromDelivery+"WHERE d.box = ? AND d.uid = ?", box, sqlquery.Num(uids[0]))
	}
	list := make([]int64, len(uids))
	for i, uid := range uids {
		list[i] = sqlquery.Num(uid)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return r.items(parts, " FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value LEFT JOIN message m ON m.id = d.msg ORDER BY j.key", string(b), box)
}

// ItemsOf implements [driver.ReadMail].
func (r *reader) ItemsOf(addr quire.Address, ids []quire.MessageID) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	var list []driver.Item
	for _, id := range ids {
		one, err := r.items(true, fromDelivery+"WHERE d.box = ? AND m.mid = ?", box, string(id))
		if err != nil {
			return nil, err
		}
		list = append(list, one...)
	}
	return list, nil
}

// Blob implements [driver.ReadMail].
func (r *reader) Blob(addr quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, 0, err
	}
	ok, err := r.refers(box, d)
	if err == nil && !ok {
		err = mailbox.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return r.content(d, from, to)
}

// refers says whether a message of the mailbox refers to a blob.
func (r *reader) refers(box int64, d quire.Digest) (bool, error) {
	var n int
	err := r.row("SELECT 1 FROM refers r JOIN delivery d ON d.msg = r.msg AND d.box = ? WHERE r.digest = ? LIMIT 1", box, d[:]).Scan(&n)
	if err == sql.ErrNoRows {
		return false, nil
	}
	return n == 1, err
}

// content reads a range of a blob, and its size. Read whole, it is checked.
func (r *reader) content(d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	var id int64
	if err = r.row("SELECT id, size FROM blob WHERE digest = ?", d[:]).Scan(&id, &size); err != nil {
		if err == sql.ErrNoRows {
			err = mailbox.ErrNotFound
		}
		return nil, 0, err
	}
	first, last, skip, length := quire.ChunkRange(size, from, to)
	if first == last {
		return []byte{}, size, nil
	}
	rows, err := r.rows("SELECT data FROM chunk WHERE blob = ? AND n >= ? AND n < ? ORDER BY n", id, first, last)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	out := make([]byte, 0, length)
	for n := first; rows.Next(); n++ {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return nil, 0, err
		}
		chunk, err := openChunk(d, n, size, raw)
		if err != nil {
			return nil, 0, err
		}
		begin := min(skip, int64(len(chunk)))
		out = append(out, chunk[begin:min(int64(len(chunk)), begin+length-int64(len(out)))]...)
		skip = 0
	}
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	if int64(len(out)) != length || length == size && quire.DigestOf(out) != d {
		return nil, 0, fmt.Errorf("content %s: %w", d.Short(), mailbox.ErrCorrupt)
	}
	return out, size, nil
}

// Changes implements [driver.ReadBox].
func (r *reader) Changes(addr quire.Address, since, end uint64, limit int) ([]driver.Change, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	list, err := r.changes(nil, driver.ChangeCreated, "SELECT uid, created FROM delivery WHERE box = ? AND created > ? AND created <= ? ORDER BY created LIMIT ?", box, sqlquery.Num(since), sqlquery.Num(end), limit)
	if err != nil {
		return nil, err
	}
	// What is behind a full list of new ones is on a later page: looking for updates
	// there would read all of a long past for each page of it.
	if len(list) == limit {
		end = list[limit-1].Modseq
	}
	if list, err = r.changes(list, driver.ChangeUpdated, "SELECT uid, modseq FROM delivery WHERE box = ? AND modseq > ? AND modseq <= ? AND modseq <> created ORDER BY modseq LIMIT ?", box, sqlquery.Num(since), sqlquery.Num(end), limit); err != nil {
		return nil, err
	}
	return r.changes(list, driver.ChangeDestroyed, "SELECT uid, modseq FROM gone WHERE box = ? AND modseq > ? AND modseq <= ? ORDER BY modseq LIMIT ?", box, sqlquery.Num(since), sqlquery.Num(end), limit)
}

func (r *reader) changes(list []driver.Change, kind driver.ChangeKind, query string, args ...any) ([]driver.Change, error) {
	rows, err := r.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := driver.Change{Kind: kind}
		if err := rows.Scan(&c.UID, &c.Modseq); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// Receipts implements [driver.ReadBox].
func (r *reader) Receipts(addr quire.Address, from, to uint64) ([]driver.Receipt, error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	rows, err := r.rows("SELECT call, time, full, data FROM receipt WHERE box = ? AND call BETWEEN ? AND ? ORDER BY call", box, sqlquery.Num(from), sqlquery.Num(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []driver.Receipt
	for rows.Next() {
		var one driver.Receipt
		var at int64
		if err := rows.Scan(&one.Call, &at, &one.Full, &one.Data); err != nil {
			return nil, err
		}
		one.Time = fromMicro(at)
		list = append(list, one)
	}
	return list, rows.Err()
}
