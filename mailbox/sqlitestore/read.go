package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

// Snapshot implements [mailbox.Store].
func (s *Store) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	var snap mailbox.Snapshot
	err := s.view(ctx, "snapshot", addr, func(r *reader) (err error) {
		snap, err = r.snapshot(addr.Base())
		return err
	})
	if err != nil {
		return mailbox.Snapshot{}, err
	}
	return snap, nil
}

func (r *reader) snapshot(addr quire.Address) (mailbox.Snapshot, error) {
	box, meta, err := r.meta(addr)
	s := mailbox.Snapshot{State: mailbox.FormatState(r.epoch, meta.Modseq), Rev: meta.Rev}
	if err != nil || box == 0 {
		return s, err
	}
	if s.Agent, err = r.agent(box); err != nil {
		return s, err
	}
	s.Arrived, err = r.items(fromDelivery+"WHERE d.box = ? AND d.arrives = 1 AND (d.self OR d.trust = 'self') AND d.uid > ? ORDER BY d.uid", box, sqlquery.Num(s.Agent.Through))
	if err != nil {
		return s, err
	}
	seen, err := mailbox.ParseState(s.Agent.Seen, r.epoch, meta.Modseq)
	if err != nil {
		seen = 0 // nobody knows what changed, so all of it did
	}
	if s.Changed, err = r.changed(box, s.Agent.Holds, seen); err != nil {
		return s, err
	}
	s.Journal, err = r.journal(box)
	return s, err
}

// agent reads an agent's state.
func (r *reader) agent(box int64) (s mailbox.AgentState, err error) {
	var through int64
	var holds []byte
	if err := r.row("SELECT through, seen, holds, state FROM box WHERE id = ?", box).Scan(&through, &s.Seen, &holds, &s.State); err != nil {
		return s, err
	}
	s.Through = quire.UID(through)
	if s.Holds, err = uidlist.Decode(holds); err != nil {
		err = fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
	}
	return s, err
}

// changed reads those of the deliveries that changed after a modseq, in the
// order given.
func (r *reader) changed(box int64, uids []quire.UID, seen uint64) ([]quire.Delivery, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	if out, few, err := r.changedOf(box, uids, seen); few || err != nil {
		return out, err
	}
	list, err := json.Marshal(uids)
	if err != nil {
		return nil, err
	}
	rows, err := r.rows("SELECT "+placedColumns+" FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value LEFT JOIN message m ON m.id = d.msg WHERE d.modseq > ? ORDER BY j.key", string(list), box, sqlquery.Num(seen))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []quire.Delivery
	for rows.Next() {
		p, err := scanPlaced(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Delivery)
	}
	return out, rows.Err()
}

// fewChanges is up to how many changes of a mailbox are looked at one by one to see
// which are of deliveries that are asked for.
const fewChanges = 64

// changedOf is changed by way of what changed in the mailbox since; few is false, and
// nothing was found out, if that is a lot.
func (r *reader) changedOf(box int64, uids []quire.UID, seen uint64) (out []quire.Delivery, few bool, err error) {
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
		out = append(out, p.Delivery)
	}
	return out, true, nil
}

func (r *reader) journal(box int64) ([]mailbox.JournalEntry, error) {
	rows, err := r.rows("SELECT step, call, call_id, tool, args, status, is_error, result FROM journal WHERE box = ? ORDER BY id", box)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []mailbox.JournalEntry
	for rows.Next() {
		var e mailbox.JournalEntry
		if err := rows.Scan(&e.Step, &e.Call, &e.CallID, &e.Tool, &e.Args, &e.Status, &e.IsError, &e.Result); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// Status implements [mailbox.Store].
func (s *Store) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	var st mailbox.Status
	pending, args := sqlquery.Pending(mailbox.Instant(s.o.Clock()))
	err := s.view(ctx, "status", addr, func(r *reader) error {
		box, meta, err := r.meta(addr.Base())
		st = mailbox.Status{State: mailbox.FormatState(r.epoch, meta.Modseq), Total: meta.Total, NextUID: meta.NextUID}
		if err != nil || box == 0 {
			return err
		}
		var oldest, sent sql.NullInt64
		err = r.row("SELECT count(*), min(d.uid), d.sent FROM delivery d INDEXED BY delivery_open WHERE d.box = ? AND "+pending, append([]any{box}, args...)...).
			Scan(&st.Pending, &oldest, &sent)
		if sent.Valid {
			st.Oldest = fromMicro(sent.Int64)
		}
		return err
	})
	return st, err
}

// Get implements [mailbox.Store].
func (s *Store) Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error) {
	var items []quire.Item
	err := s.view(ctx, "get", addr, func(r *reader) error {
		box, _, err := r.meta(addr.Base())
		if err != nil || box == 0 {
			return err
		}
		if items, err = r.numbered(box, g.UIDs); err != nil {
			return err
		}
		for _, id := range g.IDs {
			one, err := r.items(fromDelivery+"WHERE d.box = ? AND m.mid = ?", box, string(id))
			if err != nil {
				return err
			}
			items = append(items, one...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// numbered reads messages in the order given: one statement for all of them.
func (r *reader) numbered(box int64, uids []quire.UID) ([]quire.Item, error) {
	switch len(uids) {
	case 0:
		return nil, nil
	case 1:
		return r.items(fromDelivery+"WHERE d.box = ? AND d.uid = ?", box, sqlquery.Num(uids[0]))
	}
	list := make([]int64, len(uids))
	for i, uid := range uids {
		list[i] = sqlquery.Num(uid)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return r.items(" FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value LEFT JOIN message m ON m.id = d.msg ORDER BY j.key", string(b), box)
}

// Content implements [mailbox.Store].
func (s *Store) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	var part []byte
	err := s.view(ctx, "content", addr, func(r *reader) error {
		box, _, err := r.meta(addr.Base())
		if err != nil {
			return err
		}
		ok, err := r.refers(box, d)
		if err != nil {
			return err
		}
		if !ok {
			return mailbox.ErrNotFound
		}
		part, _, err = r.content(d, from, to)
		return err
	})
	return part, err
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

// Changes implements [mailbox.Store].
func (s *Store) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (mailbox.Changes, error) {
	var c mailbox.Changes
	err := s.view(ctx, "changes", addr, func(r *reader) error {
		box, meta, err := r.meta(addr.Base())
		if err != nil {
			return err
		}
		low, err := r.low(box)
		if err != nil {
			return err
		}
		from, err := mailbox.ParseSince(since, r.epoch, low, meta.Modseq)
		if err != nil {
			return err
		}
		limit := mailbox.ChangeLimit(max)
		list, err := r.changes(nil, mailbox.ChangeCreated, "SELECT uid, created FROM delivery WHERE box = ? AND created > ? ORDER BY created LIMIT ?", box, sqlquery.Num(from), limit)
		if err != nil {
			return err
		}
		// What is behind a full list of new ones is on a later page: looking for
		// updates there would read all of a long past for each page of it.
		end := meta.Modseq
		if len(list) == limit {
			end = list[limit-1].Modseq
		}
		if list, err = r.changes(list, mailbox.ChangeUpdated, "SELECT uid, modseq FROM delivery WHERE box = ? AND modseq > ? AND modseq <= ? AND modseq <> created ORDER BY modseq LIMIT ?", box, sqlquery.Num(from), sqlquery.Num(end), limit); err != nil {
			return err
		}
		if list, err = r.changes(list, mailbox.ChangeDestroyed, "SELECT uid, modseq FROM gone WHERE box = ? AND modseq > ? AND modseq <= ? ORDER BY modseq LIMIT ?", box, sqlquery.Num(from), sqlquery.Num(end), limit); err != nil {
			return err
		}
		c = mailbox.MergeChanges(list, r.epoch, meta.Modseq, max)
		return nil
	})
	return c, err
}

func (r *reader) changes(list []mailbox.Change, kind mailbox.ChangeKind, query string, args ...any) ([]mailbox.Change, error) {
	rows, err := r.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := mailbox.Change{Kind: kind}
		if err := rows.Scan(&c.UID, &c.Modseq); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// Receipts implements [mailbox.Store].
func (s *Store) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]mailbox.Receipt, error) {
	var list []mailbox.Receipt
	err := s.view(ctx, "receipts", addr, func(r *reader) error {
		box, _, err := r.meta(addr.Base())
		if err != nil {
			return err
		}
		rows, err := r.rows("SELECT call, time, full, data FROM receipt WHERE box = ? AND call BETWEEN ? AND ? ORDER BY call", box, sqlquery.Num(from), sqlquery.Num(to))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one mailbox.Receipt
			var at int64
			if err := rows.Scan(&one.Call, &at, &one.Full, &one.Data); err != nil {
				return err
			}
			one.Time = fromMicro(at)
			list = append(list, one)
		}
		return rows.Err()
	})
	return list, err
}
