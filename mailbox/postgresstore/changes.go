package postgresstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

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
		list, err := r.changes(box, from, meta.Modseq, mailbox.ChangeLimit(max))
		if err == nil {
			c = mailbox.MergeChanges(list, r.epoch, meta.Modseq, max)
		}
		return err
	})
	return c, err
}

// changes reads what happened after a modseq, as far as a page may need it: what is
// behind a full list of new ones is on a later page.
func (r *reader) changes(box int64, from, end uint64, limit int) (list []mailbox.Change, err error) {
	for _, kind := range []struct {
		kind  mailbox.ChangeKind
		query string
	}{
		{mailbox.ChangeCreated, "SELECT uid, created FROM delivery WHERE box = ? AND created > ? AND created <= ? ORDER BY created LIMIT ?"},
		{mailbox.ChangeUpdated, "SELECT uid, modseq FROM delivery WHERE box = ? AND modseq > ? AND modseq <= ? AND modseq <> created ORDER BY modseq LIMIT ?"},
		{mailbox.ChangeDestroyed, "SELECT uid, modseq FROM gone WHERE box = ? AND modseq > ? AND modseq <= ? ORDER BY modseq LIMIT ?"},
	} {
		err := r.each(func(row pgx.Rows) error {
			c := mailbox.Change{Kind: kind.kind}
			err := row.Scan(&c.UID, &c.Modseq)
			list = append(list, c)
			return err
		}, kind.query, box, sqlquery.Num(from), sqlquery.Num(end), limit)
		if err != nil {
			return nil, err
		}
		if kind.kind == mailbox.ChangeCreated && len(list) == limit {
			end = list[limit-1].Modseq
		}
	}
	return list, nil
}
