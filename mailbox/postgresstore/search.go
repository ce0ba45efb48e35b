package postgresstore

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/rank"
)

// candidates finds the newest deliveries with each term of a search, keeps what its
// filter lets through, and scores them.
func (r *reader) candidates(box int64, s *mailbox.Selection) ([]mailbox.Hit, error) {
	postings := make([]mailbox.Posting, len(s.Terms))
	for i, term := range s.Terms {
		uids, err := r.posting(box, sqlquery.Num(s.Top), term)
		if err != nil {
			return nil, err
		}
		if postings[i].Keys = uids; len(uids) > 0 {
			postings[i].Oldest = quire.UID(uids[len(uids)-1])
		}
	}
	return r.score(box, s, s.Shortlist(postings))
}

// inSpan is how many numbers of a mailbox have their terms in the index together: see
// tables. A term that stands in every message costs at most two spans, one that is in
// no message a look at each span (10 µs). Migrations know the number.
const inSpan = 2048

// atOnce is how many spans are looked through in one query at most.
const atOnce = 512

// posting finds the newest deliveries up to top with a term, span by span until there
// are enough: in how many spans that may be is guessed from those before. What is
// sorted and read does not grow with how many messages have a common term.
//
// OFFSET 0 has each span looked up by itself. Without it, and without statistics, the
// server compared each span with each message (25 s among 20,000).
func (r *reader) posting(box, top int64, term string) (uids []int64, err error) {
	next, looked, n := top/inSpan, int64(0), int64(1)
	if top%inSpan+1 < rank.Candidates {
		n = 2
	}
	for next >= 0 && len(uids) < rank.Candidates {
		n = min(n, next+1, atOnce)
		keys := make([]string, n)
		for i := range keys {
			keys[i] = inIndex(box, next-int64(i), term)
		}
		more, err := r.numbers("SELECT s.uid FROM unnest(?::text[]) k CROSS JOIN LATERAL (SELECT uid FROM search WHERE terms @> ARRAY[k] AND uid <= ? OFFSET 0) s ORDER BY s.uid DESC LIMIT ?",
			pgx.QueryExecModeCacheDescribe, keys, top, rank.Candidates-len(uids))
		if err != nil {
			return nil, err
		}
		uids = append(uids, more...)
		next, looked = next-n, looked+n
		n = 1 + looked*int64(rank.Candidates-len(uids))*5/4/int64(max(len(uids), 1))
	}
	return uids, nil
}

// inIndex is how a term is written in the index.
func inIndex(box, span int64, term string) string {
	return strconv.FormatInt(box, 10) + "·" + strconv.FormatInt(span, 10) + "·" + term
}

// score loads what it takes to score the candidates that pass the filter.
func (r *reader) score(box int64, s *mailbox.Selection, l mailbox.Shortlist) (hits []mailbox.Hit, err error) {
	if len(l.Keys) == 0 {
		return nil, nil
	}
	where, args := sqlquery.Filter("d", s)
	err = r.each(func(row pgx.Rows) error {
		var freq []byte
		var due int64
		c := mailbox.Candidate{Placed: &mailbox.Placed{}, Freq: make([]int, len(s.Terms))}
		if err := row.Scan(&c.UID, &c.Thread, &due, &c.Length, &freq); err != nil {
			return err
		}
		c.ReplyBy = fromMicro(due)
		for i, term := range s.Terms {
			if l.Has(int64(c.UID), i) {
				c.Freq[i] = rank.FreqOf(freq, term)
			}
		}
		hits = append(hits, s.Score(&c, l.DF))
		return nil
	}, "SELECT d.uid, d.thread, d.reply_by, m.words, m.freq"+fromDelivery+"WHERE d.box = ? AND d.uid = ANY (?) AND "+where, append([]any{box, l.Keys}, args...)...)
	return hits, err
}

// reindex builds the search index anew from the stored messages.
func reindex(ctx context.Context, tx pgx.Tx) error {
	w := newWriter(ctx, tx)
	if err := w.exec("DELETE FROM search"); err != nil {
		return err
	}
	ids, err := w.numbers("SELECT id FROM message WHERE head IS NOT NULL ORDER BY id")
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.reindex(id); err != nil {
			return err
		}
	}
	return nil
}

// reindex writes the terms of one message.
func (w *writer) reindex(id int64) error {
	var s mailbox.Stored
	if err := w.row("SELECT head, parts FROM message WHERE id = ?", id).Scan(&s.Head, &s.Parts); err != nil {
		return err
	}
	it, err := s.Item(quire.Delivery{})
	if err != nil {
		return err
	}
	if it.Parts, err = w.inflate(it.Parts); err != nil {
		return err
	}
	doc := rank.Analyze(mailbox.SearchText(&it.Draft))
	if err := w.exec("UPDATE message SET words = ?, freq = ? WHERE id = ?", doc.Length, doc.Repeats(), id); err != nil {
		return err
	}
	return w.exec("INSERT INTO search (box, uid, terms) SELECT d.box, d.uid, ARRAY(SELECT d.box || '·' || d.uid / ? || '·' || t FROM unnest(?::text[]) t) FROM delivery d WHERE d.msg = ?", inSpan, doc.Terms(), id)
}

// inflate puts the beginning of blobs back in place, as much as is indexed.
func (w *writer) inflate(parts []quire.Part) ([]quire.Part, error) {
	out := make([]quire.Part, len(parts))
	for i, p := range parts {
		switch q := p.(type) {
		case quire.Blob:
			var data []byte
			gone, err := none(w.row("SELECT data FROM chunk JOIN blob ON blob.id = chunk.blob WHERE digest = ? AND n = 0", q.Digest[:]).Scan(&data))
			if err != nil {
				return nil, err
			}
			if !gone {
				p = quire.Text{Text: string(data)}
			}
		case quire.ToolResult:
			var err error
			if q.Parts, err = w.inflate(q.Parts); err != nil {
				return nil, err
			}
			p = q
		}
		out[i] = p
	}
	return out, nil
}
