package postgresstore

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// inOrderOf joins the deliveries of a mailbox with a list of their numbers.
const inOrderOf = " FROM unnest(?::bigint[]) WITH ORDINALITY j (uid, place) JOIN delivery d ON d.uid = j.uid AND d.box = ? JOIN message m ON m.id = d.msg "

func numbersOf(uids []quire.UID) []int64 {
	list := make([]int64, len(uids))
	for i, u := range uids {
		list[i] = sqlquery.Num(u)
	}
	return list
}

// Arrived implements [driver.ReadMail].
func (r *reader) Arrived(addr quire.Address, above quire.UID) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	return r.items(true, fromDelivery+"WHERE d.box = ? AND d.arrives AND (d.self OR d.trust = 'self') AND d.uid > ? ORDER BY d.uid", box.id, sqlquery.Num(above))
}

// Changed implements [driver.ReadMail].
func (r *reader) Changed(addr quire.Address, uids []quire.UID, seen uint64) ([]*driver.Delivery, error) {
	box, err := r.box(addr)
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	return r.deliveries("SELECT "+placedColumns+inOrderOf+"WHERE d.modseq > ? ORDER BY j.place", numbersOf(uids), box.id, sqlquery.Num(seen))
}

// Journal implements [driver.ReadBox].
func (r *reader) Journal(addr quire.Address) (list []driver.JournalEntry, err error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	err = r.each(func(row pgx.Rows) error {
		var e driver.JournalEntry
		var step, id, tool, args []byte
		err := row.Scan(&step, &e.Call, &id, &tool, &args, &e.Status, &e.IsError, &e.Result)
		e.Step, e.CallID, e.Tool, e.Args = string(step), string(id), string(tool), string(args)
		list = append(list, e)
		return err
	}, "SELECT step, call, call_id, tool, args, status, is_error, result FROM journal WHERE box = ? ORDER BY id", box.id)
	return list, err
}

// Pending implements [driver.ReadMail].
func (r *reader) Pending(addr quire.Address, now time.Time) (n int, first time.Time, err error) {
	box, err := r.box(addr)
	if err != nil {
		return 0, first, err
	}
	pending, args := sqlquery.Pending(now)
	from := " FROM delivery d WHERE d.box = ? AND " + pending
	args = append([]any{box.id}, args...)
	var oldest *int64
	err = r.row("SELECT (SELECT count(*)"+from+"), (SELECT d.sent"+from+" ORDER BY d.uid LIMIT 1)", slices.Concat(args, args)...).Scan(&n, &oldest)
	if oldest != nil {
		first = fromMicro(*oldest)
	}
	return n, first, err
}

// Items implements [driver.ReadMail].
func (r *reader) Items(addr quire.Address, uids []quire.UID, parts bool) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	return r.items(parts, inOrderOf+"ORDER BY j.place", numbersOf(uids), box.id)
}

// ItemsOf implements [driver.ReadMail].
func (r *reader) ItemsOf(addr quire.Address, list []quire.MessageID) ([]driver.Item, error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range list {
		if storable(id) {
			ids = append(ids, string(id))
		}
	}
	return r.items(true, " FROM unnest(?::text[]) WITH ORDINALITY j (mid, place) JOIN message m ON m.mid = j.mid JOIN delivery d ON d.msg = m.id AND d.box = ? ORDER BY j.place", ids, box.id)
}

// Blob implements [driver.ReadMail].
func (r *reader) Blob(addr quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, 0, err
	}
	ok, err := r.refers(box.id, d)
	if err == nil && !ok {
		err = mailbox.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return r.content(d, from, to)
}

// refers says whether a message of the mailbox refers to a blob.
func (r *reader) refers(box int64, d quire.Digest) (ok bool, err error) {
	err = r.row("SELECT EXISTS (SELECT 1 FROM refers r JOIN delivery d ON d.msg = r.msg AND d.box = ? WHERE r.digest = ?)", box, d[:]).Scan(&ok)
	return ok, err
}

// content reads a range of a blob, and its size. Read whole, it is checked.
func (r *reader) content(d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	var id int64
	gone, err := none(r.row("SELECT id, size FROM blob WHERE digest = ?", d[:]).Scan(&id, &size))
	if gone {
		err = mailbox.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	first, last, skip, length := quire.ChunkRange(size, from, to)
	if first == last {
		return []byte{}, size, nil
	}
	out := make([]byte, 0, length)
	err = r.each(func(row pgx.Rows) error {
		var chunk []byte
		if err := row.Scan(&chunk); err != nil {
			return err
		}
		begin := min(skip, int64(len(chunk)))
		out = append(out, chunk[begin:min(int64(len(chunk)), begin+length-int64(len(out)))]...)
		skip = 0
		return nil
	}, "SELECT data FROM chunk WHERE blob = ? AND n >= ? AND n < ? ORDER BY n", id, first, last)
	if err != nil {
		return nil, 0, err
	}
	if int64(len(out)) != length || length == size && quire.DigestOf(out) != d {
		return nil, 0, fmt.Errorf("content %s: %w", d.Short(), mailbox.ErrCorrupt)
	}
	return out, size, nil
}

// Receipts implements [driver.ReadBox].
func (r *reader) Receipts(addr quire.Address, from, to uint64) (list []driver.Receipt, err error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	err = r.each(func(row pgx.Rows) error {
		var one driver.Receipt
		var at int64
		err := row.Scan(&one.Call, &at, &one.Full, &one.Data)
		one.Time = fromMicro(at)
		list = append(list, one)
		return err
	}, `SELECT call, time, "full", data FROM receipt WHERE box = ? AND call BETWEEN ? AND ? ORDER BY call`, box.id, sqlquery.Num(from), sqlquery.Num(to))
	return list, err
}

// Changes implements [driver.ReadBox]. What is behind a full list of new ones is on a
// later page.
func (r *reader) Changes(addr quire.Address, since, end uint64, limit int) (list []driver.Change, err error) {
	box, err := r.box(addr)
	if err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		kind  driver.ChangeKind
		query string
	}{
		{driver.ChangeCreated, "SELECT uid, created FROM delivery WHERE box = ? AND created > ? AND created <= ? ORDER BY created LIMIT ?"},
		{driver.ChangeUpdated, "SELECT uid, modseq FROM delivery WHERE box = ? AND modseq > ? AND modseq <= ? AND modseq <> created ORDER BY modseq LIMIT ?"},
		{driver.ChangeDestroyed, "SELECT uid, modseq FROM gone WHERE box = ? AND modseq > ? AND modseq <= ? ORDER BY modseq LIMIT ?"},
	} {
		err := r.each(func(row pgx.Rows) error {
			c := driver.Change{Kind: kind.kind}
			err := row.Scan(&c.UID, &c.Modseq)
			list = append(list, c)
			return err
		}, kind.query, box.id, sqlquery.Num(since), sqlquery.Num(end), limit)
		if err != nil {
			return nil, err
		}
		if kind.kind == driver.ChangeCreated && len(list) == limit {
			end = list[limit-1].Modseq
		}
	}
	return list, nil
}
