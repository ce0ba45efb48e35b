package mailbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Selection is a [Query] as all stores carry it out. [NewSelection] makes it;
// a store finds what matches, and [Selection.Select] makes the page of it.
//
// A query's pages are of the mailbox as it was at the first one: mail that
// comes in between is not in them.
type Selection struct {
	Query           // checked: Limit, Sort and Now are set, times are instants
	Terms []string  // of Text; when there are none, a query with Text finds nothing
	Top   quire.UID // only deliveries up to here
	Docs  int       // deliveries in the mailbox at the first page
	After *Position // where the page before ended; nil: this is the first
	hash  string
}

// Position is a place in the order of a page.
type Position struct {
	Score float64   `json:"s,omitzero"`
	Due   int64     `json:"d,omitzero"` // microseconds since 1970; math.MaxInt64: never
	UID   quire.UID `json:"u"`
}

// Hit is a delivery that matches.
type Hit struct {
	*Placed
	Score float64
}

// cursor is what Page.Next holds.
type cursor struct {
	Hash  string    `json:"h"`
	Top   quire.UID `json:"t"`
	Docs  int       `json:"n"`
	After Position  `json:"a"`
}

// NewSelection checks a query. now is the store's clock, used when q.Now is
// zero. A cursor of another query is [ErrInvalid].
func NewSelection(q Query, meta Meta, now time.Time) (*Selection, error) {
	if q.Now.IsZero() {
		q.Now = now
	}
	q.From, q.To, q.Thread = searchable(q.From), searchable(q.To), searchable(q.Thread)
	q.Kinds = slices.Clone(q.Kinds)
	for i, k := range q.Kinds {
		q.Kinds[i] = searchable(k)
	}
	switch {
	case q.Limit == 0:
		q.Limit = defaultRows
	case q.Limit < 0 || q.Limit > maxRows:
		q.Limit = maxRows
	}
	switch q.Sort {
	case SortNewest, SortRelevance:
		q.Sort = SortNewest
		if q.Text != "" {
			q.Sort = SortRelevance
		}
	case SortOldest, SortDue:
	default:
		return nil, invalid("there is no order %q: use newest (empty), oldest, relevance or due", q.Sort)
	}
	s := &Selection{Query: q, Top: max(meta.NextUID, 1) - 1, Docs: meta.Total}
	s.Now, s.Query.After, s.Before = Instant(q.Now), ceil(q.After), ceil(q.Before)
	if q.Text != "" {
		s.Terms = rank.QueryTerms(q.Text)
	}
	return s, s.resume()
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

// resume reads the cursor.
func (s *Selection) resume() error {
	q := s.Query
	q.Cursor, q.Limit, q.Now = "", 0, time.Time{}
	b, err := json.Marshal(q)
	if err != nil {
		return invalid("the query can't be written: %w", err)
	}
	s.hash = quire.DigestOf(b).Short()
	if s.Cursor == "" {
		return nil
	}
	var c cursor
	b, err = base64.RawURLEncoding.DecodeString(s.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Hash != s.hash {
		return invalid("the cursor is not of this query: start with the first page")
	}
	s.Top, s.Docs, s.After = c.Top, c.Docs, &c.After
	return nil
}

// ceil is the first instant that is not before t.
func ceil(t time.Time) time.Time {
	if i := Instant(t); i.Before(t) {
		return i.Add(time.Microsecond)
	} else {
		return i
	}
}

// Match says whether a delivery matches, but for the text.
func (s *Selection) Match(p *Placed) bool {
	return p.UID <= s.Top && s.Query.match(p, s.Now)
}

// match is the filter of a query whose times are instants.
func (q *Query) match(p *Placed, now time.Time) bool {
	return (q.From == "" || p.From == q.From || p.From.Base() == q.From) &&
		(q.To == "" || p.SentTo == q.To) &&
		(q.Thread == "" || p.Thread == q.Thread) &&
		(len(q.Kinds) == 0 || slices.Contains(q.Kinds, p.Kind)) &&
		p.Flags.Has(q.Has) && p.Flags&q.Not == 0 &&
		(!q.Incoming || !p.Self) &&
		(q.After.IsZero() || !p.Sent.Before(q.After)) &&
		(q.Before.IsZero() || p.Sent.Before(q.Before)) &&
		p.UID > q.Above && (q.Below == 0 || p.UID < q.Below) &&
		(!q.Pending || p.Pending(now))
}

// position is where a hit stands.
func (s *Selection) position(h Hit) Position {
	pos := Position{UID: h.UID}
	switch s.Sort {
	case SortRelevance:
		pos.Score = h.Score
	case SortDue:
		pos.Due = math.MaxInt64
		if !h.ReplyBy.IsZero() {
			pos.Due = h.ReplyBy.UnixMicro()
		}
	}
	return pos
}

// compare orders positions: the first one of a page is the least.
func (s *Selection) compare(x, y Position) int {
	newer := cmp.Compare(y.UID, x.UID)
	switch s.Sort {
	case SortOldest:
		return -newer
	case SortRelevance:
		return cmp.Or(cmp.Compare(y.Score, x.Score), newer)
	case SortDue:
		return cmp.Or(cmp.Compare(x.Due, y.Due), newer)
	}
	return newer
}

// Select makes a page of what matches: it collapses threads, orders, and cuts.
// hits may be less than all when a store has done some of this itself.
func (s *Selection) Select(hits []Hit) (page []Hit, more bool) {
	if s.Collapse {
		newest := map[quire.MessageID]quire.UID{}
		for _, h := range hits {
			newest[h.Thread] = max(newest[h.Thread], h.UID)
		}
		hits = slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { return newest[h.Thread] != h.UID })
	}
	for _, h := range hits {
		if s.After == nil || s.compare(s.position(h), *s.After) > 0 {
			page = append(page, h)
		}
	}
	slices.SortFunc(page, func(x, y Hit) int { return s.compare(s.position(x), s.position(y)) })
	if len(page) > s.Limit {
		return page[:s.Limit], true
	}
	return page, false
}

// Next is the cursor behind a page's last hit.
func (s *Selection) Next(last Hit) string {
	b, err := json.Marshal(cursor{s.hash, s.Top, s.Docs, s.position(last)})
	if err != nil { // plain numbers: only a score that is no number
		panic(fmt.Sprintf("mailbox: cursor: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Candidate is a message that has terms of a search.
type Candidate struct {
	*Placed
	Freq   []int // parallel to Terms
	Length int   // [rank.Doc].Length
}

// Score scores a candidate. df says, parallel to Terms, how many of the
// deliveries up to Top have the term: [Shortlist].DF.
func (s *Selection) Score(c *Candidate, df []int) Hit {
	return Hit{c.Placed, rank.Score(c.Freq, df, c.Length, s.Docs, int(s.Top-c.UID))}
}
