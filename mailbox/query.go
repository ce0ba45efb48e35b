package mailbox

import (
	"context"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Query selects deliveries. The zero value is all of them, newest first; those of a search
// come by relevance. Ties are broken by UID, newest first.
type Query struct {
	Text     string // words: rows that share one come, best first
	From     quire.Address
	To       quire.Address // only what was sent to this plus-address or group
	Thread   quire.MessageID
	Kinds    []quire.Kind // "" is KindMail
	Has, Not quire.Flags
	Pending  bool      // only what Item.Pending says at Now
	Incoming bool      // only what others sent
	After    time.Time // sent at or after
	Before   time.Time // sent before
	Above    quire.UID // only UIDs greater than this
	Below    quire.UID // only UIDs smaller than this; 0: no limit
	Oldest   bool      // oldest first
	Due      bool      // what is due first, and then newest first
	Collapse bool      // one row a thread: its newest match
	Limit    int       // rows; 0: 20, at most 1,000
	Plain    bool      // rows of a search, too, have the beginning of the body as Snippet: quicker, since no body is read
	Cursor   string    // of the page before; "" is the first
	Now      time.Time
}

// Page is one page of a query's rows.
type Page struct {
	State quire.State
	Rows  []Row
	More  bool
	Next  string // cursor of the next page, when More
}

// Row is a delivery without its body.
type Row struct {
	quire.Item         // Parts is nil
	Snippet    string  // one line, cleaned: the beginning of the body, or what of it answers Text best
	Matches    []Range // where words of Text stand in Snippet, in order
	Bytes      int64   // of the body
	Tokens     int     // of the body, stored or estimated
	Score      float64 // of Text; 0 without
}

// Range are bytes [From, To) of a text.
type Range struct{ From, To int }

// Query finds deliveries: headers and snippets, never bodies.
func (s *Store) Query(ctx context.Context, addr quire.Address, q Query) (Page, error) {
	var page Page
	now := s.o.Clock()
	err := s.view(ctx, "query", addr, func(r driver.Read, box quire.Address) error {
		b, err := r.Box(box)
		if err != nil {
			return err
		}
		sel, err := newSelection(q, b, now)
		if err != nil {
			return err
		}
		if page, err = sel.rows(r, box); err != nil {
			return err
		}
		page.State, err = stateAt(r, b.Modseq)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

// rows makes the page.
func (s *selection) rows(r driver.Read, box quire.Address) (page Page, err error) {
	hits, err := s.hits(r, box)
	if err != nil || len(hits) == 0 {
		return page, err
	}
	if len(hits) > s.Limit {
		hits = hits[:s.Limit]
		page.More = true
		if page.Next, err = s.next(hits[len(hits)-1]); err != nil {
			return page, err
		}
	}
	uids := make([]quire.UID, len(hits))
	for i, h := range hits {
		uids[i] = h.uid
	}
	items, err := r.Items(box, uids, len(s.terms) > 0 && !s.Plain)
	if err != nil {
		return page, err
	}
	if len(items) != len(hits) {
		return page, fmt.Errorf("%d of %d messages of a page: %w", len(items), len(hits), ErrCorrupt)
	}
	page.Rows = make([]Row, len(items))
	for i, it := range items {
		if page.Rows[i], err = s.row(it, hits[i].score); err != nil {
			return page, err
		}
	}
	return page, nil
}

// Status counts a mailbox.
type Status struct {
	State   quire.State
	Total   int
	Pending int // incoming, visible now, unhandled, not held, superseded, retracted or expired
	NextUID quire.UID
	Oldest  time.Time // when the oldest pending one was sent; zero: none
}

// Status reads a mailbox's state and counts. An address that never got mail has an
// empty mailbox, not an error.
func (s *Store) Status(ctx context.Context, addr quire.Address) (Status, error) {
	var st Status
	now := instant(s.o.Clock())
	err := s.view(ctx, "status", addr, func(r driver.Read, box quire.Address) error {
		b, err := r.Box(box)
		if err != nil {
			return err
		}
		st = Status{Total: b.Total, NextUID: b.NextUID}
		if st.State, err = stateAt(r, b.Modseq); err != nil {
			return err
		}
		st.Pending, st.Oldest, err = r.Pending(box, now)
		return err
	})
	return st, err
}
