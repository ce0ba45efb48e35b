package postgresstore

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// Key implements [driver.ReadIndex]: a delivery's number is its key.
func (r *reader) Key(addr quire.Address, uid quire.UID) (int64, error) {
	_, err := r.ID(addr)
	return sqldriver.Num(uid), err
}

// Posting implements [driver.ReadIndex].
func (r *reader) Posting(addr quire.Address, anyOf []string, upTo int64, limit int) (keys []int64, oldest quire.UID, err error) {
	box, err := r.ID(addr)
	if err != nil {
		return nil, 0, err
	}
	if keys, err = r.posting(box, upTo, anyOf, limit); err == nil && len(keys) > 0 {
		oldest = quire.UID(keys[len(keys)-1])
	}
	return keys, oldest, err
}

// Weights implements [driver.ReadIndex].
func (r *reader) Weights(addr quire.Address, keys []int64, f *driver.Filter) (list []driver.Weight, err error) {
	box, err := r.ID(addr)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	where, args := r.Filter("d", f)
	err = r.Each(func(row sqldriver.Row) error {
		var w driver.Weight
		var sent, due int64
		err := row.Scan(&w.UID, &w.Thread, &w.From, &w.Kind, &sent, &due, &w.Tokens, &w.Length, &w.Freq)
		w.Key, w.Sent, w.ReplyBy = sqldriver.Num(w.UID), sqldriver.Time(sent), sqldriver.Time(due)
		list = append(list, w)
		return err
	}, "SELECT d.uid, d.thread, d.sender, d.kind, d.sent, d.reply_by, m.tokens, m.words, m.freq"+sqldriver.FromDelivery+"WHERE d.box = ? AND d.uid = ANY (?) AND "+where, append([]any{box, keys}, args...)...)
	return list, err
}

// WeightsOf implements [driver.ReadIndex].
func (r *reader) WeightsOf(addr quire.Address, uids []quire.UID, f *driver.Filter) ([]driver.Weight, error) {
	return r.Weights(addr, numbersOf(uids), f)
}

// inSpan is how many numbers of a mailbox have their terms in the index together: see
// tables. A term that stands in every message costs at most two spans, one that is in
// no message a look at each span (10 µs). Migrations know the number.
const inSpan = 2048

// atOnce is how many spans are looked through in one query at most.
const atOnce = 512

// posting finds the newest deliveries up to top with any of some terms, span by span until there
// are enough: in how many spans that may be is guessed from those before. What is
// sorted and read does not grow with how many messages have a common term.
//
// OFFSET 0 has each span looked up by itself. Without it, and without statistics, the
// server compared each span with each message (25 s among 20,000).
func (r *reader) posting(box, top int64, anyOf []string, limit int) (uids []int64, err error) {
	next, looked, n := top/inSpan, int64(0), int64(1)
	if top%inSpan+1 < int64(limit) {
		n = 2
	}
	for next >= 0 && len(uids) < limit {
		n = min(n, next+1, atOnce)
		keys := make([]string, 0, n*int64(len(anyOf)))
		for i := range n {
			for _, term := range anyOf {
				keys = append(keys, inIndex(box, next-i, term))
			}
		}
		more, err := sqldriver.Numbers(r, "SELECT DISTINCT s.uid FROM unnest(?::text[]) k CROSS JOIN LATERAL (SELECT uid FROM search WHERE terms @> ARRAY[k] AND uid <= ? OFFSET 0) s ORDER BY s.uid DESC LIMIT ?",
			pgx.QueryExecModeCacheDescribe, keys, top, limit-len(uids))
		if err != nil {
			return nil, err
		}
		uids = append(uids, more...)
		next, looked = next-n, looked+n
		n = 1 + looked*int64(limit-len(uids))*5/4/int64(max(len(uids), 1))
	}
	return uids, nil
}

// inBox puts the number of a mailbox, and of the delivery's span in it, before terms.
func inBox(box, uid int64, terms []string) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = inIndex(box, uid/inSpan, t)
	}
	return out
}

// inIndex is how a term is written in the index.
func inIndex(box, span int64, term string) string {
	return strconv.FormatInt(box, 10) + "·" + strconv.FormatInt(span, 10) + "·" + term
}

// reindex builds the search index anew from the stored messages.
func reindex(ctx context.Context, tx pgx.Tx) error {
	p := &pipeline{limit: preparing, next: &pgx.Batch{}, tx: tx}
	w := newWriter(ctx, p, false)
	if err := w.Exec("DELETE FROM search"); err != nil {
		return err
	}
	err := w.Reindex(func(msg int64, terms []string) error {
		return w.Exec("INSERT INTO search (box, uid, terms) SELECT d.box, d.uid, ARRAY(SELECT d.box || '·' || d.uid / ? || '·' || t FROM unnest(?::text[]) t) FROM delivery d WHERE d.msg = ?", inSpan, terms, msg)
	})
	if err != nil {
		return err
	}
	return p.flush(ctx)
}
