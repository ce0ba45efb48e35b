package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

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
		page.State = mailbox.FormatState(r.epoch, meta.Modseq)
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
	uids := make([]int64, len(hits))
	for i, h := range hits {
		uids[i] = sqlquery.Num(h.UID)
	}
	list, err := json.Marshal(uids)
	if err != nil {
		return nil, err
	}
	parts := ""
	if sel.Bodies() {
		parts = "m.parts, "
	}
	rows, err := r.rows("SELECT "+itemColumns+parts+placedColumns+" FROM json_each(?) j CROSS JOIN delivery d INDEXED BY delivery_uid ON d.box = ? AND d.uid = j.value LEFT JOIN message m ON m.id = d.msg ORDER BY j.key", string(list), box)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]mailbox.Row, 0, len(hits))
	for rows.Next() {
		p, s, err := scanStored(rows, parts != "")
		if err != nil {
			return nil, err
		}
		score := 0.0
		if len(out) < len(hits) {
			score = hits[len(out)].Score
		}
		row, err := sel.Row(s, p.Delivery, score)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) != len(hits) {
		return nil, fmt.Errorf("%d of %d messages of a page: %w", len(out), len(hits), mailbox.ErrCorrupt)
	}
	return out, nil
}

// hits finds what matches: for a text all candidates, else in order no more than
// a page and one. Of several kinds it finds that many of each, so that an index
// gives each kind in order: in an agent's mailbox most is of other kinds.
func (r *reader) hits(box int64, s *mailbox.Selection) ([]mailbox.Hit, error) {
	if s.Text != "" {
		return r.candidates(box, s)
	}
	if len(s.Kinds) == 0 || s.From != "" || s.Thread != "" || s.Pending {
		return r.inOrder(nil, box, s, "")
	}
	var hits []mailbox.Hit
	for _, kind := range slices.Compact(slices.Sorted(slices.Values(s.Kinds))) {
		var err error
		if hits, err = r.inOrder(hits, box, s, kind); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// inOrder appends the first matches, of one kind if one is given.
func (r *reader) inOrder(hits []mailbox.Hit, box int64, s *mailbox.Selection, kind quire.Kind) ([]mailbox.Hit, error) {
	query, args := hitsQuery(box, s, kind)
	rows, err := r.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPlaced(rows)
		if err != nil {
			return nil, err
		}
		hits = append(hits, mailbox.Hit{Placed: p})
	}
	return hits, rows.Err()
}

func hitsQuery(box int64, s *mailbox.Selection, kind quire.Kind) (string, []any) {
	where, more := sqlquery.Filter("d", s)
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
		inner, more := sqlquery.Filter("e", s)
		query += " AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.box = d.box AND e.thread = d.thread AND e.uid > d.uid AND " + inner + ")"
		args = append(args, more...)
	}
	after, more := sqlquery.Position(s)
	// A bare ? behind LIMIT is a number that SQLite's planner looks at: it would plan
	// the statement anew each time that one is bound.
	return query + after + " LIMIT ?+0", append(append(args, more...), s.Limit+1)
}
