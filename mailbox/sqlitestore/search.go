package sqlitestore

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// reindex builds the search index anew from the stored messages.
func reindex(ctx context.Context, tx session) error {
	w := newWriter(ctx, tx)
	for _, query := range []string{"INSERT INTO search (search) VALUES ('delete-all')", "DELETE FROM tail"} {
		if err := w.Exec(query); err != nil {
			return err
		}
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

// UIDs implements [driver.ReadIndex].
func (r *reader) UIDs(_ quire.Address, keys []int64) ([]quire.UID, error) {
	defer r.long()()
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	err = r.Row("SELECT json_group_array(d.uid) FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value", string(list)).Scan(&list)
	if err != nil {
		return nil, err
	}
	var uids []quire.UID
	for _, n := range numbersIn(list) {
		uids = append(uids, quire.UID(n))
	}
	return uids, nil
}

// AheadPostings implements [driver.ReadIndex].
func (r *reader) AheadPostings(quire.Address, [][]string, int64, int) error { return nil }

// Posting implements [driver.ReadIndex].
func (r *reader) Posting(addr quire.Address, anyOf []string, upTo int64, limit int) (keys []int64, last quire.UID, err error) {
	defer r.long()()
	box, err := r.ID(addr)
	if err != nil || box == 0 {
		return nil, 0, err
	}
	words := make([]string, len(anyOf))
	for i := range anyOf {
		words[i] = terms(box, anyOf[i:i+1])
	}
	either := `"` + strings.Join(words, `" OR "`) + `"`
	// One row for all of them: to hand over each takes longer than to find it.
	var list []byte
	err = r.Row("SELECT json_group_array(rowid) FROM (SELECT rowid FROM search WHERE search MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?)", either, upTo, limit).Scan(&list)
	if err != nil {
		return nil, 0, err
	}
	newest, err := r.inTail(words, upTo)
	if err != nil {
		return nil, 0, err
	}
	keys = append(newest, numbersIn(list)...)
	slices.SortFunc(keys, func(x, y int64) int { return cmp.Compare(y, x) }) // they are, but nothing promises it
	keys = keys[:min(len(keys), limit)]
	if n := len(keys); n == limit {
		err = r.Row("SELECT uid FROM delivery WHERE id = ?", keys[n-1]).Scan(&last)
	}
	return keys, last, err
}

// numbersIn reads a JSON array of numbers of rows.
func numbersIn(list []byte) []int64 {
	out := make([]int64, 0, len(list)/2)
	n := int64(0)
	for _, c := range list {
		switch {
		case c >= '0' && c <= '9':
			n = 10*n + int64(c-'0')
		case n > 0:
			out, n = append(out, n), 0
		}
	}
	return out
}

// Weights implements [driver.ReadIndex].
func (r *reader) Weights(_ quire.Address, keys []int64, f *driver.Filter) ([]driver.Weight, error) {
	if !bare(f) || r.weights == nil {
		where, args := r.Filter("d", f)
		list := make([]driver.Weight, 0, len(keys))
		_, err := r.weigh(keys, where, args, func(w *driver.Weight) { list = append(list, *w) })
		return list, err
	}
	list := make([]driver.Weight, 0, len(keys))
	add := func(w *driver.Weight) {
		if f.Match(&driver.Delivery{Delivery: quire.Delivery{UID: w.UID}, Kind: w.Kind}) {
			list = append(list, *w)
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
func (r *reader) weigh(ids []int64, where string, args []any, each func(w *driver.Weight)) (map[int64]driver.Weight, error) {
	defer r.long()()
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]driver.Weight, len(ids))
	err = r.Each(func(row sqldriver.Row) error {
		w, err := r.scanWeight(row)
		if err != nil {
			return err
		}
		each(&w)
		out[w.Key] = w
		return nil
	}, "SELECT "+weightColumns+" FROM json_each(?) j CROSS JOIN delivery d ON d.id = j.value"+sqldriver.WithMessage+"WHERE "+where, append([]any{string(list)}, args...)...)
	return out, err
}

// weightColumns are those of a delivery d and its message m.
const weightColumns = "d.id, d.uid, d.thread, d.sender, d.kind, d.sent, d.reply_by, m.tokens, m.words, m.freq"

func (r *reader) scanWeight(row sqldriver.Row) (w driver.Weight, err error) {
	var sent, due int64
	err = row.Scan(&w.Key, &w.UID, r.ScanID(&w.Thread), &w.From, &w.Kind, &sent, &due, &w.Tokens, &w.Length, &w.Freq)
	w.Sent, w.ReplyBy = sqldriver.Time(sent), sqldriver.Time(due)
	return w, err
}

// WeightsOf implements [driver.ReadIndex].
func (r *reader) WeightsOf(addr quire.Address, uids []quire.UID, f *driver.Filter) ([]driver.Weight, error) {
	defer r.long()()
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	where, args := r.Filter("d", f)
	var from string
	if first, last := uids[0], uids[len(uids)-1]; oneAfterTheOther(uids) { // the newest: they lie beside each other
		from = "delivery d INDEXED BY delivery_uid"
		where, args = "d.box = ? AND d.uid >= ? AND d.uid <= ? AND "+where, append([]any{box, sqldriver.Num(first), sqldriver.Num(last)}, args...)
	} else {
		list, err := json.Marshal(uids)
		if err != nil {
			return nil, err
		}
		from = "json_each(?) j CROSS JOIN delivery d ON d.box = ? AND d.uid = j.value"
		args = append([]any{string(list), box}, args...)
	}
	out := make([]driver.Weight, 0, len(uids))
	err = r.Each(func(row sqldriver.Row) error {
		w, err := r.scanWeight(row)
		out = append(out, w)
		return err
	}, "SELECT "+weightColumns+" FROM "+from+sqldriver.WithMessage+"WHERE "+where, args...)
	return out, err
}

func oneAfterTheOther(uids []quire.UID) bool {
	for i, uid := range uids {
		if uid != uids[0]+quire.UID(i) {
			return false
		}
	}
	return true
}
