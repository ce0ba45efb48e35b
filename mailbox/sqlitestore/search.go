package sqlitestore

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// reindex builds the search index anew from the stored messages.
func reindex(ctx context.Context, tx session) error {
	w := newWriter(ctx, tx)
	if err := w.Exec("INSERT INTO search (search) VALUES ('delete-all')"); err != nil {
		return err
	}
	if err := w.Reindex(w.putTerms); err != nil {
		return err
	}
	return w.Exec("INSERT INTO meta (key, value) VALUES ('rank', ?) ON CONFLICT DO UPDATE SET value = excluded.value", strconv.Itoa(rank.Version))
}

// putTerms indexes the deliveries of a message.
func (w *writer) putTerms(msg int64, list []string) error {
	var placed [][2]int64
	err := w.Each(func(row sqldriver.Row) error {
		var p [2]int64
		err := row.Scan(&p[0], &p[1])
		placed = append(placed, p)
		return err
	}, "SELECT id, box FROM delivery WHERE msg = ?", msg)
	if err != nil {
		return err
	}
	for _, p := range placed {
		if err := w.Exec("INSERT INTO search (rowid, terms) VALUES (?, ?)", p[0], terms(p[1], list)); err != nil {
			return err
		}
	}
	return nil
}

// Key implements [driver.ReadIndex]: a delivery's row number is its key.
func (r *reader) Key(addr quire.Address, uid quire.UID) (key int64, err error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return 0, err
	}
	_, err = sqldriver.None(r.Row("SELECT id FROM delivery WHERE box = ? AND uid <= ? ORDER BY uid DESC LIMIT 1", box, sqldriver.Num(uid)).Scan(&key))
	return key, err
}

// Posting implements [driver.ReadIndex].
func (r *reader) Posting(addr quire.Address, term string, upTo int64, limit int) (keys []int64, last quire.UID, err error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, 0, err
	}
	keys, err = sqldriver.Numbers(r, "SELECT rowid FROM search WHERE search MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?", `"`+terms(box, []string{term})+`"`, upTo, limit)
	if n := len(keys); err == nil && n == limit {
		err = r.Row("SELECT uid FROM delivery WHERE id = ?", keys[n-1]).Scan(&last)
	}
	return keys, last, err
}

// Weights implements [driver.ReadIndex].
func (r *reader) Weights(_ quire.Address, keys []int64, f *driver.Filter) ([]driver.Weight, error) {
	if !bare(f) || r.weights == nil {
		where, args := sqldriver.Filter("d", f)
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
	out := make(map[int64]weight, len(ids))
	var w weight
	var due int64
	dest := []any{&w.Key, &w.UID, &w.Thread, &w.kind, &due, &w.Length, &w.Freq}
	err = r.Each(func(row sqldriver.Row) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		w.ReplyBy = sqldriver.Time(due)
		each(&w)
		out[w.Key] = w
		return nil
	}, "SELECT d.id, d.uid, d.thread, d.kind, d.reply_by, m.words, m.freq FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value"+sqldriver.WithMessage+"WHERE "+where, append([]any{string(list)}, args...)...)
	return out, err
}
