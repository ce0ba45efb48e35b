package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/internal/words"
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
	var s driver.Message
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
	draft, err := quire.DecodeDraft(s.Head)
	if err == nil {
		draft.Parts, err = quire.DecodeParts(s.Parts)
	}
	if err != nil {
		return 0, fmt.Errorf("message %s: %w: %w", s.ID, mailbox.ErrCorrupt, err)
	}
	parts, err := inflate(ctx, tx, draft.Parts)
	if err != nil {
		return 0, err
	}
	found := words.Of(draft.Subject, quire.PlainText(parts))
	if _, err := tx.ExecContext(ctx, "UPDATE message SET words = ?, freq = ? WHERE id = ?", found.Length, found.Freq, next); err != nil {
		return 0, err
	}
	return next, reindexDeliveries(ctx, tx, next, found.Terms)
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

// Key implements [driver.ReadIndex]: a delivery's row number is its key.
func (r *reader) Key(addr quire.Address, uid quire.UID) (key int64, err error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return 0, err
	}
	err = r.row("SELECT id FROM delivery WHERE box = ? AND uid <= ? ORDER BY uid DESC LIMIT 1", box, sqlquery.Num(uid)).Scan(&key)
	if err == sql.ErrNoRows {
		err = nil
	}
	return key, err
}

// Posting implements [driver.ReadIndex].
func (r *reader) Posting(addr quire.Address, term string, upTo int64, limit int) (keys []int64, last quire.UID, err error) {
	box, err := r.box(addr)
	if err != nil || box == 0 {
		return nil, 0, err
	}
	keys, err = r.numbers("SELECT rowid FROM search WHERE search MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?", `"`+terms(box, []string{term})+`"`, upTo, limit)
	if n := len(keys); err == nil && n == limit {
		err = r.row("SELECT uid FROM delivery WHERE id = ?", keys[n-1]).Scan(&last)
	}
	return keys, last, err
}

// Weights implements [driver.ReadIndex].
func (r *reader) Weights(_ quire.Address, keys []int64, f *driver.Filter) ([]driver.Weight, error) {
	if !bare(f) || r.weights == nil {
		where, args := sqlquery.Filter("d", f)
		list := make([]driver.Weight, 0, len(keys))
		_, err := r.weigh(keys, where, args, func(w *weight) { list = append(list, w.Weight) })
		return list, err
	}
	list := make([]driver.Weight, 0, len(keys))
	add := func(w *weight) {
		if f.Match(&driver.Delivery{Delivery: quire.Delivery{UID: w.UID}, Kind: w.kind}) {
			list = append(list, w.Weight)
		}
	}
	missing := r.weights.take(keys, add)
	if len(missing) == 0 {
		return list, nil
	}
	fresh, err := r.weigh(missing, "1", nil, add)
	if err == nil {
		r.weights.keep(fresh)
	}
	return list, err
}

// weigh reads what decides the places of deliveries that pass a filter.
func (r *reader) weigh(ids []int64, where string, args []any, each func(w *weight)) (map[int64]weight, error) {
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
		var due int64
		var w weight
		if err := rows.Scan(&w.Key, &w.UID, &w.Thread, &w.kind, &due, &w.Length, &w.Freq); err != nil {
			return nil, err
		}
		w.ReplyBy = fromMicro(due)
		each(&w)
		out[w.Key] = w
	}
	return out, rows.Err()
}
