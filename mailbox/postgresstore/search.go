package postgresstore

import (
	"context"
	"fmt"
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

// UIDs implements [driver.ReadIndex].
func (r *reader) UIDs(_ quire.Address, keys []int64) ([]quire.UID, error) {
	uids := make([]quire.UID, len(keys))
	for i, key := range keys {
		uids[i] = quire.UID(key)
	}
	return uids, nil
}

// AheadPostings implements [driver.ReadIndex].
func (r *reader) AheadPostings(addr quire.Address, words [][]string, upTo int64, limit int) error {
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(words) == 0 {
		return err
	}
	found, err := r.postings(box, upTo, words, limit)
	if err != nil {
		return err
	}
	r.posted = map[string][]int64{}
	for i, anyOf := range words {
		r.posted[asked(addr, anyOf, upTo, limit)] = found[i]
	}
	return nil
}

// asked names a question to Posting.
func asked(addr quire.Address, anyOf []string, upTo int64, limit int) string {
	return fmt.Sprintf("%q %q %d %d", addr, anyOf, upTo, limit)
}

// Posting implements [driver.ReadIndex].
func (r *reader) Posting(addr quire.Address, anyOf []string, upTo int64, limit int) (keys []int64, oldest quire.UID, err error) {
	box, err := r.ID(addr)
	if err != nil {
		return nil, 0, err
	}
	keys, known := r.posted[asked(addr, anyOf, upTo, limit)]
	if !known {
		found, err := r.postings(box, upTo, [][]string{anyOf}, limit)
		if err != nil {
			return nil, 0, err
		}
		keys = found[0]
	}
	if len(keys) > 0 {
		oldest = quire.UID(keys[len(keys)-1])
	}
	return keys, oldest, nil
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

// seeking is a word whose newest deliveries are looked for, span by span.
type seeking struct {
	anyOf  []string
	uids   []int64 // the newest first
	next   int64   // the span to look into; below 0: there is none
	looked int64   // how many were looked into
	n      int64   // how many are next
}

// postings finds, of each of some words, the newest deliveries up to top with any of its terms,
// span by span until there are enough: in how many spans that may be is guessed from those
// before. What is sorted and read does not grow with how many messages have a common term.
// All words are looked for at once: a long question asks the server two or three times.
//
// Each word is looked up by itself. Without that, and without statistics, the server
// compared each span with each message (25 s among 20,000). Each span by itself took twice
// as long, and the server guessed so high that it compiled the statement each time.
func (r *reader) postings(box, top int64, words [][]string, limit int) ([][]int64, error) {
	list := make([]seeking, len(words))
	for i, anyOf := range words {
		list[i] = seeking{anyOf: anyOf, next: top / inSpan, n: 1}
		if top%inSpan+1 < int64(limit) {
			list[i].n = 2
		}
	}
	for {
		var of []int64 // parallel to keys: the place of the word
		var keys []string
		for i := range list {
			of, keys = list[i].keys(box, int64(i), limit, of, keys)
		}
		if len(keys) == 0 {
			break
		}
		found := make([][]int64, len(list))
		err := r.Each(func(row sqldriver.Row) error {
			var at int64
			var uids []int64
			err := row.Scan(&at, &uids)
			found[at] = uids
			return err
		}, "SELECT w.word, ARRAY(SELECT uid FROM search WHERE terms && w.keys AND uid <= ? ORDER BY uid DESC LIMIT ?) FROM (SELECT word, array_agg(key) keys FROM unnest(?::bigint[], ?::text[]) k(word, key) GROUP BY word) w",
			pgx.QueryExecModeCacheDescribe, top, limit, of, keys)
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].add(found[i], limit)
		}
	}
	out := make([][]int64, len(list))
	for i := range list {
		out[i] = list[i].uids
	}
	return out, nil
}

// keys appends what is looked up next of a word, if anything is, and its place.
func (s *seeking) keys(box, place int64, limit int, of []int64, keys []string) ([]int64, []string) {
	if s.n = min(s.n, s.next+1, atOnce); len(s.uids) >= limit {
		s.n = 0
	}
	for span := s.next; span > s.next-s.n; span-- {
		for _, term := range s.anyOf {
			of, keys = append(of, place), append(keys, inIndex(box, span, term))
		}
	}
	return of, keys
}

// add takes what was found in those spans.
func (s *seeking) add(uids []int64, limit int) {
	if s.n == 0 {
		return
	}
	s.uids = append(s.uids, uids[:min(len(uids), limit-len(s.uids))]...)
	s.next, s.looked = s.next-s.n, s.looked+s.n
	s.n = 1 + s.looked*int64(limit-len(s.uids))*5/4/int64(max(len(s.uids), 1))
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
