package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/rank"
)

// reindex builds the search index anew from the stored messages.
func reindex(ctx context.Context, tx session) error {
	if _, err := tx.ExecContext(ctx, "INSERT INTO search (search) VALUES ('delete-all')"); err != nil {
		return err
	}
	last := int64(0)
	for {
		next, err := reindexAfter(ctx, tx, last)
		if err != nil {
			return err
		}
		if next == last {
			break
		}
		last = next
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('rank', ?) ON CONFLICT DO UPDATE SET value = excluded.value", strconv.Itoa(rank.Version))
	return err
}

// reindexAfter indexes the next message and returns its id; id when there is none.
func reindexAfter(ctx context.Context, tx session, id int64) (int64, error) {
	var s mailbox.Stored
	next := id
	err := tx.QueryRowContext(ctx, "SELECT id, head, parts FROM message WHERE id > ? AND head IS NOT NULL ORDER BY id LIMIT 1", id).Scan(&next, &s.Head, &s.Parts)
	if err == sql.ErrNoRows {
		return id, nil
	}
	if err != nil {
		return 0, err
	}
	it, err := s.Item(quire.Delivery{})
	if err != nil {
		return 0, err
	}
	parts, err := inflate(ctx, tx, it.Parts)
	if err != nil {
		return 0, err
	}
	it.Parts = parts
	doc := rank.Analyze(mailbox.SearchText(&it.Draft))
	if _, err := tx.ExecContext(ctx, "UPDATE message SET words = ?, freq = ? WHERE id = ?", doc.Length, doc.Repeats(), next); err != nil {
		return 0, err
	}
	return next, reindexDeliveries(ctx, tx, next, doc.Terms())
}

func reindexDeliveries(ctx context.Context, tx session, msg int64, list []string) error {
	rows, err := tx.QueryContext(ctx, "SELECT id, box FROM delivery WHERE msg = ?", msg)
	if err != nil {
		return err
	}
	defer rows.Close()
	var placed [][2]int64
	for rows.Next() {
		var p [2]int64
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return err
		}
		placed = append(placed, p)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, p := range placed {
		if _, err := tx.ExecContext(ctx, "INSERT INTO search (rowid, terms) VALUES (?, ?)", p[0], terms(p[1], list)); err != nil {
			return err
		}
	}
	return nil
}

// inflate puts the beginning of blobs back in place, as much as is indexed.
func inflate(ctx context.Context, tx session, parts []quire.Part) ([]quire.Part, error) {
	out := make([]quire.Part, len(parts))
	for i, p := range parts {
		var err error
		switch q := p.(type) {
		case quire.Blob:
			var data []byte
			if data, err = firstChunk(ctx, tx, q.Digest); data != nil {
				p = quire.Text{Text: string(data)}
			}
		case quire.ToolResult:
			q.Parts, err = inflate(ctx, tx, q.Parts)
			p = q
		}
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func firstChunk(ctx context.Context, tx session, d quire.Digest) ([]byte, error) {
	var data []byte
	err := tx.QueryRowContext(ctx, "SELECT data FROM chunk JOIN blob ON blob.id = chunk.blob WHERE digest = ? AND n = 0", d[:]).Scan(&data)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	return data, err
}

// candidates finds the newest deliveries with each term of a search, keeps what
// its filter lets through, and scores them.
func (r *reader) candidates(box int64, s *mailbox.Selection) ([]mailbox.Hit, error) {
	var top int64
	err := r.row("SELECT id FROM delivery WHERE box = ? AND uid <= ? ORDER BY uid DESC LIMIT 1", box, sqlquery.Num(s.Top)).Scan(&top)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	postings := make([]mailbox.Posting, len(s.Terms))
	for i, term := range s.Terms {
		p := &postings[i]
		p.Keys, err = r.numbers("SELECT rowid FROM search WHERE search MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?", `"`+terms(box, []string{term})+`"`, top, rank.Candidates)
		if n := len(p.Keys); err == nil && n == rank.Candidates {
			err = r.row("SELECT uid FROM delivery WHERE id = ?", p.Keys[n-1]).Scan(&p.Oldest)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.score(s, s.Shortlist(postings))
}

// score loads the candidates that pass the filter.
func (r *reader) score(s *mailbox.Selection, l mailbox.Shortlist) ([]mailbox.Hit, error) {
	list, err := json.Marshal(l.Keys)
	if err != nil {
		return nil, err
	}
	where, args := sqlquery.Filter("d", s)
	rows, err := r.rows("SELECT d.id, m.words, m.freq, "+placedColumns+" FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value LEFT JOIN message m ON m.id = d.msg WHERE "+where,
		append([]any{string(list)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var hits []mailbox.Hit
	for rows.Next() {
		var id int64
		var freq []byte
		c := mailbox.Candidate{Freq: make([]int, len(s.Terms))}
		if c.Placed, err = scanPlaced(rows, &id, &c.Length, &freq); err != nil {
			return nil, err
		}
		for i, term := range s.Terms {
			if l.Has[id][i] {
				c.Freq[i] = rank.FreqOf(freq, term)
			}
		}
		hits = append(hits, s.Score(&c, l.DF))
	}
	return hits, rows.Err()
}
