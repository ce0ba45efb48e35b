package postgresstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

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
	s.Arrived, err = r.items(fromDelivery+"WHERE d.box = ? AND d.arrives AND (d.self OR d.trust = 'self') AND d.uid > ? ORDER BY d.uid", box, sqlquery.Num(s.Agent.Through))
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

// inOrderOf joins the deliveries of a mailbox with a list of their numbers.
const inOrderOf = " FROM unnest(?::bigint[]) WITH ORDINALITY j (uid, place) JOIN delivery d ON d.uid = j.uid AND d.box = ? JOIN message m ON m.id = d.msg "

func numbersOf(uids []quire.UID) []int64 {
	list := make([]int64, len(uids))
	for i, u := range uids {
		list[i] = sqlquery.Num(u)
	}
	return list
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

// changed reads those of the deliveries that changed after a modseq, in the order
// given.
func (r *reader) changed(box int64, uids []quire.UID, seen uint64) (out []quire.Delivery, err error) {
	if len(uids) == 0 {
		return nil, nil
	}
	err = r.each(func(row pgx.Rows) error {
		p, err := scanPlaced(row)
		if err == nil {
			out = append(out, p.Delivery)
		}
		return err
	}, "SELECT "+placedColumns+inOrderOf+"WHERE d.modseq > ? ORDER BY j.place", numbersOf(uids), box, sqlquery.Num(seen))
	return out, err
}

func (r *reader) journal(box int64) (list []mailbox.JournalEntry, err error) {
	err = r.each(func(row pgx.Rows) error {
		var e mailbox.JournalEntry
		var step, id, tool, args []byte
		err := row.Scan(&step, &e.Call, &id, &tool, &args, &e.Status, &e.IsError, &e.Result)
		e.Step, e.CallID, e.Tool, e.Args = string(step), string(id), string(tool), string(args)
		list = append(list, e)
		return err
	}, "SELECT step, call, call_id, tool, args, status, is_error, result FROM journal WHERE box = ? ORDER BY id", box)
	return list, err
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
		from := " FROM delivery d WHERE d.box = ? AND " + pending
		args := append([]any{box}, args...)
		var oldest *int64
		err = r.row("SELECT (SELECT count(*)"+from+"), (SELECT d.sent"+from+" ORDER BY d.uid LIMIT 1)", slices.Concat(args, args)...).Scan(&st.Pending, &oldest)
		if oldest != nil {
			st.Oldest = fromMicro(*oldest)
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
		if items, err = r.items(inOrderOf+"ORDER BY j.place", numbersOf(g.UIDs), box); err != nil || len(g.IDs) == 0 {
			return err
		}
		var ids []string
		for _, id := range g.IDs {
			if storable(id) {
				ids = append(ids, string(id))
			}
		}
		more, err := r.items(" FROM unnest(?::text[]) WITH ORDINALITY j (mid, place) JOIN message m ON m.mid = j.mid JOIN delivery d ON d.msg = m.id AND d.box = ? ORDER BY j.place", ids, box)
		items = append(items, more...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
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

// Receipts implements [mailbox.Store].
func (s *Store) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]mailbox.Receipt, error) {
	var list []mailbox.Receipt
	err := s.view(ctx, "receipts", addr, func(r *reader) error {
		list = nil
		box, _, err := r.meta(addr.Base())
		if err != nil {
			return err
		}
		return r.each(func(row pgx.Rows) error {
			var one mailbox.Receipt
			var at int64
			err := row.Scan(&one.Call, &at, &one.Full, &one.Data)
			one.Time = fromMicro(at)
			list = append(list, one)
			return err
		}, `SELECT call, time, "full", data FROM receipt WHERE box = ? AND call BETWEEN ? AND ? ORDER BY call`, box, sqlquery.Num(from), sqlquery.Num(to))
	})
	return list, err
}
