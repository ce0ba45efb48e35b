package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
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
	err := tx.QueryRowContext(ctx, "SELECT id, mid, sender, snippet, head, parts FROM message WHERE id > ? AND head IS NOT NULL ORDER BY id LIMIT 1", id).Scan(&next, &s.ID, &s.From, &s.Snippet, &s.Head, &s.Parts)
	if err == sql.ErrNoRows {
		return id, nil
	}
	if err != nil {
		return 0, err
	}
	if err := unseal(&s); err != nil {
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
	var size int64
	err := tx.QueryRowContext(ctx, "SELECT data, size FROM chunk JOIN blob ON blob.id = chunk.blob WHERE digest = ? AND n = 0", d[:]).Scan(&data, &size)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return openChunk(d, 0, size, data)
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
	list := s.Shortlist(postings)
	if s.Below > 0 && s.Below <= s.Top {
		if list.Keys, err = r.below(box, s.Below, list.Keys); err != nil {
			return nil, err
		}
	}
	return r.scored(s, &list)
}

// below keeps the deliveries with a lower number.
func (r *reader) below(box int64, uid quire.UID, ids []int64) ([]int64, error) {
	var last int64
	err := r.row("SELECT id FROM delivery WHERE box = ? AND uid <= ? ORDER BY uid DESC LIMIT 1", box, sqlquery.Num(uid-1)).Scan(&last)
	if err != nil && err != sql.ErrNoRows {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return id > last }), nil
}

// firstLoad is how many candidates are loaded at first; each time after, twice as many.
const firstLoad = 128

// scored loads candidates until the page is settled.
func (r *reader) scored(s *mailbox.Selection, l *mailbox.Shortlist) ([]mailbox.Hit, error) {
	var hits []mailbox.Hit
	for done, n := 0, max(firstLoad, s.Limit+1); !s.Settled(l, done, hits); n *= 2 {
		part := slices.Sorted(slices.Values(l.Keys[done:min(done+n, len(l.Keys))]))
		done += len(part)
		var err error
		if hits, err = r.score(hits, s, l, part); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// score appends the candidates that pass the filter, with what decides their places.
func (r *reader) score(hits []mailbox.Hit, s *mailbox.Selection, l *mailbox.Shortlist, ids []int64) ([]mailbox.Hit, error) {
	c := mailbox.Candidate{Freq: make([]int, len(s.Terms))}
	add := func(id int64, w *weight, p mailbox.Placed) {
		p.UID, p.Thread, p.Kind = w.uid, w.thread, w.kind
		c.Placed, c.Length = &p, w.length
		for i, term := range s.Terms {
			if c.Freq[i] = 0; l.Has(id, i) {
				c.Freq[i] = rank.FreqOf(w.freq, term)
			}
		}
		hits = append(hits, s.Score(&c, l.DF))
	}
	if !bare(s) {
		where, args := sqlquery.Filter("d", s)
		_, err := r.weigh(ids, where, args, add)
		return hits, err
	}
	match := func(id int64, w *weight, p mailbox.Placed) {
		if s.Match(&mailbox.Placed{Delivery: quire.Delivery{UID: w.uid}, Kind: w.kind}) {
			add(id, w, p)
		}
	}
	ids = r.weights.take(ids, func(id int64, w *weight) { match(id, w, mailbox.Placed{}) })
	if len(ids) == 0 {
		return hits, nil
	}
	fresh, err := r.weigh(ids, "1", nil, match)
	if err == nil {
		r.weights.keep(fresh)
	}
	return hits, err
}

// weigh reads what decides the places of deliveries that pass a filter.
func (r *reader) weigh(ids []int64, where string, args []any, each func(id int64, w *weight, p mailbox.Placed)) (map[int64]weight, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := r.rows("SELECT d.id, d.uid, d.thread, d.kind, d.reply_by, m.words, m.freq FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value LEFT JOIN message m ON m.id = d.msg WHERE "+where,
		append([]any{string(list)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[int64]weight, len(ids))
	for rows.Next() {
		var id, due int64
		var w weight
		if err := rows.Scan(&id, &w.uid, &w.thread, &w.kind, &due, &w.length, &w.freq); err != nil {
			return nil, err
		}
		each(id, &w, mailbox.Placed{ReplyBy: fromMicro(due)})
		out[id] = w
	}
	return out, rows.Err()
}
