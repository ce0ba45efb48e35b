package postgresstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// Query implements [mailbox.Store].
func (s *Store) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	var page mailbox.Page
	now := s.o.Clock()
	err := s.view(ctx, "query", addr, func(r *reader) error {
		box, meta, err := r.meta(addr.Base())
		if err != nil {
			return err
		}
		page = mailbox.Page{State: mailbox.FormatState(r.epoch, meta.Modseq)}
		sel, err := mailbox.NewSelection(q, meta, now)
		if err != nil || box == 0 {
			return err
		}
		hits, err := r.hits(box, sel)
		if err != nil {
			return err
		}
		if hits, page.More = sel.Select(hits); page.More {
			page.Next = sel.Next(hits[len(hits)-1])
		}
		page.Rows, err = r.pageRows(box, sel, hits)
		return err
	})
	if err != nil {
		return mailbox.Page{}, err
	}
	return page, nil
}

// pageRows loads the rows of a page.
func (r *reader) pageRows(box int64, sel *mailbox.Selection, hits []mailbox.Hit) ([]mailbox.Row, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	uids := make([]quire.UID, len(hits))
	for i, h := range hits {
		uids[i] = h.UID
	}
	parts := ""
	if sel.Bodies() {
		parts = "m.parts, "
	}
	out := make([]mailbox.Row, 0, len(hits))
	err := r.each(func(row pgx.Rows) error {
		p, s, err := scanStored(row, parts != "")
		if err != nil {
			return err
		}
		score := 0.0
		if len(out) < len(hits) {
			score = hits[len(out)].Score
		}
		one, err := sel.Row(s, p.Delivery, score)
		out = append(out, one)
		return err
	}, "SELECT "+itemColumns+parts+placedColumns+inOrderOf+"ORDER BY j.place", numbersOf(uids), box)
	if err == nil && len(out) != len(hits) {
		err = fmt.Errorf("%d of %d messages of a page: %w", len(out), len(hits), mailbox.ErrCorrupt)
	}
	return out, err
}

// hits finds what matches: for a text all candidates, else in order no more than a
// page and one.
func (r *reader) hits(box int64, s *mailbox.Selection) (hits []mailbox.Hit, err error) {
	if s.Text != "" {
		return r.candidates(box, s)
	}
	where, args := sqlquery.Filter("d", s)
	args = append([]any{box}, args...)
	query := "SELECT " + placedColumns + fromDelivery + "WHERE d.box = ? AND " + where
	if s.Collapse {
		inner, more := sqlquery.Filter("e", s)
		query += " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.box = d.box AND e.thread = d.thread AND e.uid > d.uid AND " + inner + ")"
		args = append(args, more...)
	}
	after, more := sqlquery.Position(s)
	args = append(append(args, more...), s.Limit+1)
	err = r.each(func(row pgx.Rows) error {
		p, err := scanPlaced(row)
		hits = append(hits, mailbox.Hit{Placed: p})
		return err
	}, query+after+" LIMIT ?", args...)
	return hits, err
}
