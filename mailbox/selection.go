package mailbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// byRelevance is the order of a search for words, unless the query has another one.
const byRelevance driver.Order = "relevance"

// selection is a [Query] as it is carried out.
//
// A query's pages are of the mailbox as it was at the first one: mail that comes in
// between is not in them.
type selection struct {
	Query  // checked: Limit is set
	order  driver.Order
	filter driver.Filter // what it lets through, but for the text
	terms  [][]string    // of Text, by word; when there are none, a query with Text finds nothing
	finder *rank.Finder  // of terms, once a snippet was looked for
	most   int           // deliveries that are listed of each word
	short  int           // and those that are scored; 0: [rank.Shortlist]
	docs   int           // deliveries in the mailbox at the first page
	behind *position     // where the page before ended; nil: this is the first
}

// position is a place in the order of a page.
type position struct {
	Score float64   `json:"s,omitzero"`
	Due   int64     `json:"d,omitzero"` // [driver.Due]
	UID   quire.UID `json:"u"`
}

// hit is a delivery that matches.
type hit struct {
	key    int64 // in the index; 0: nobody looked there
	uid    quire.UID
	thread quire.MessageID
	due    int64
	score  float64
}

// cursor is what Page.Next holds.
type cursor struct {
	Hash  string    `json:"h"`
	Top   quire.UID `json:"t"`
	Docs  int       `json:"n"`
	After position  `json:"a"`
}

// newSelection checks a query. now is the store's clock, used when q.Now is zero. A
// cursor of another query is [ErrInvalid].
func newSelection(q Query, box driver.Box, now time.Time) (*selection, error) {
	if q.Now.IsZero() {
		q.Now = now
	}
	q.From, q.To, q.Thread = searchable(q.From), searchable(q.To), searchable(q.Thread)
	q.Kinds = slices.Clone(q.Kinds)
	for i, k := range q.Kinds {
		if q.Kinds[i] = searchable(k); k == "" { // as in a draft
			q.Kinds[i] = quire.KindMail
		}
	}
	switch {
	case q.Limit == 0:
		q.Limit = defaultRows
	case q.Limit < 0 || q.Limit > maxRows:
		q.Limit = maxRows
	}
	if !validInstant(q.After) || !validInstant(q.Before) {
		return nil, invalid("the query's times: years 1 to 9999 are wanted")
	}
	order, err := q.order()
	if err != nil {
		return nil, err
	}
	q.Now, q.After, q.Before = instant(q.Now), ceil(q.After), ceil(q.Before)
	s := &selection{Query: q, order: order, docs: box.Total, filter: driver.Filter{Top: max(box.NextUID, 1) - 1, From: q.From, To: q.To, Thread: q.Thread, Kinds: q.Kinds,
		Has: q.Has, Not: q.Not, Pending: q.Pending, Incoming: q.Incoming, After: q.After, Before: q.Before, Above: q.Above, Below: q.Below, Now: q.Now}}
	if q.Text != "" {
		s.terms = rank.QueryTerms(q.Text)
	}
	return s, s.resume()
}

// order is that of the rows.
func (q *Query) order() (driver.Order, error) {
	switch {
	case q.Oldest && q.Due:
		return "", invalid("the rows can't be in two orders: ask for the oldest first, or for what is due first")
	case q.Oldest:
		return driver.OrderOldest, nil
	case q.Due:
		return driver.OrderDue, nil
	case q.Text != "":
		return byRelevance, nil
	}
	return driver.OrderNewest, nil
}

// searchable is s, or what nothing has when no store can have s: not all of them take
// NUL and bytes that are not UTF-8 in a query.
func searchable[S ~string](s S) S {
	if !storable(string(s)) {
		return "\x01"
	}
	return s
}

// storable says whether every store can keep s in a column of text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// hash tells one query's cursors from another's.
func (s *selection) hash() (string, error) {
	q := s.Query
	q.Cursor, q.Limit, q.Now = "", 0, time.Time{}
	b, err := json.Marshal(q)
	if err != nil {
		return "", invalid("the query can't be written: %w", err)
	}
	return quire.DigestOf(b).Short(), nil
}

// resume reads the cursor.
func (s *selection) resume() error {
	if s.Cursor == "" {
		return nil
	}
	hash, err := s.hash()
	if err != nil {
		return err
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(s.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Hash != hash {
		return invalid("the cursor is not of this query: start with the first page")
	}
	s.filter.Top, s.docs, s.behind = c.Top, c.Docs, &c.After
	return nil
}

// ceil is the first instant that is not before t.
func ceil(t time.Time) time.Time {
	if i := instant(t); i.Before(t) {
		return i.Add(time.Microsecond)
	} else {
		return i
	}
}

// hits finds the page and, if there is one, the first hit behind it.
func (s *selection) hits(r driver.Read, box quire.Address) ([]hit, error) {
	if s.Text != "" {
		return s.search(r, box)
	}
	f := driver.Find{Filter: s.filter, Order: s.order, Collapse: s.Collapse, Limit: s.Limit + 1}
	if s.behind != nil {
		f.Behind = &driver.Position{Due: s.behind.Due, UID: s.behind.UID}
	}
	list, err := r.Find(box, &f)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, len(list))
	for i, d := range list {
		hits[i] = hit{uid: d.UID, thread: d.Thread, due: driver.Due(d.ReplyBy)}
	}
	return hits, nil
}

// position is where a hit stands.
func (s *selection) position(h hit) position {
	pos := position{UID: h.uid}
	switch s.order {
	case byRelevance:
		pos.Score = h.score
	case driver.OrderDue:
		pos.Due = h.due
	}
	return pos
}

// compare orders positions: the first one of a page is the least.
func (s *selection) compare(x, y position) int {
	if s.order == byRelevance {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(y.UID, x.UID))
	}
	return s.order.Compare(driver.Position{Due: x.Due, UID: x.UID}, driver.Position{Due: y.Due, UID: y.UID})
}

// page makes a page, and one hit more, of the hits of a search: it collapses threads,
// orders, and cuts.
func (s *selection) page(hits []hit) []hit {
	if s.Collapse {
		newest := map[quire.MessageID]quire.UID{}
		for _, h := range hits {
			newest[h.thread] = max(newest[h.thread], h.uid)
		}
		hits = slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return newest[h.thread] != h.uid })
	}
	var page []hit
	for _, h := range hits {
		if s.behind == nil || s.compare(s.position(h), *s.behind) > 0 {
			page = append(page, h)
		}
	}
	slices.SortFunc(page, func(x, y hit) int { return s.compare(s.position(x), s.position(y)) })
	return page[:min(len(page), s.Limit+1)]
}

// next is the cursor behind a page's last hit.
func (s *selection) next(last hit) (string, error) {
	hash, err := s.hash()
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(cursor{hash, s.filter.Top, s.docs, s.position(last)})
	if err != nil { // plain numbers: only a score that is no number
		panic(fmt.Sprintf("mailbox: cursor: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
