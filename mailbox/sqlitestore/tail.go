package sqlitestore

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"

	"github.com/quire-dev/quire/mailbox"
)

// Each commit that adds to an index of FTS5 makes a segment of it and writes seven pages, and
// segments of one message each are merged again and again: that was more than a third of
// what a send takes. So the terms of the newest deliveries are rows of table tail, one
// page, and go to the index together. A search looks through them as well.

const (
	// tailLength is up to how many deliveries the tail has: each whose number is a multiple of
	// it takes them all along.
	tailLength = 32
	// tailBytes is up to how long the terms of a delivery are kept in the tail, in bytes: each
	// search reads all of it.
	tailBytes = 8 << 10
	// tailPages is how many pages of the index are merged half of a tail later, at most: half
	// of what such tails need in the long run. FTS5 merges four times as much at once, and
	// more seldom, so by itself it leaves a search twice as many segments to look into.
	tailPages = 32
)

// index has a delivery found by its terms: it adds them to the tail, or to the index.
func (w *writer) index(id int64, terms string) error {
	last := id%tailLength == 0
	if w.indexed || len(terms) > tailBytes && !last {
		return w.Exec("INSERT INTO search (rowid, terms) VALUES (?, ?)", id, terms)
	}
	if err := w.Exec("INSERT INTO tail (id, terms) VALUES (?, ?)", id, terms); err != nil {
		return err
	}
	switch {
	case last:
		w.indexed = true // what else this transaction adds makes it no slower
		if err := w.Exec("INSERT INTO search (rowid, terms) SELECT id, terms FROM tail ORDER BY id"); err != nil {
			return err
		}
		_, err := w.exec("DELETE FROM tail")
		return err
	case id%tailLength == tailLength/2:
		return w.Exec("INSERT INTO search (search, rank) VALUES ('merge', ?)", tailPages)
	}
	return nil
}

// inTail finds the deliveries in the tail that have one of some terms.
func (r *reader) inTail(terms []string, upTo int64) (ids []int64, err error) {
	if r.tails == nil || !r.tailRead { // a writer may have changed it
		// One row for all of them: to hand over each takes longer than to find it.
		var text string
		if err := r.Row("SELECT coalesce(group_concat(id || ' ' || terms, char(10)), '') FROM tail").Scan(&text); err != nil {
			return nil, err
		}
		if r.tail, err = r.tails.of(text); err != nil {
			return nil, err
		}
		r.tailRead = true
	}
	for _, b := range r.tail {
		rows := uint64(0)
		for _, term := range terms {
			rows |= b.rows[term]
		}
		for ; rows != 0; rows &= rows - 1 {
			if id := b.ids[bits.TrailingZeros64(rows)]; id <= upTo {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// tailBlock are up to 64 deliveries of the tail: which of them have a term.
type tailBlock struct {
	ids  []int64
	rows map[string]uint64 // by bits
}

// tails keep what the tail was when it was read last, since many searches find the same one.
// They are safe for concurrent use; nil ones keep nothing.
type tails struct {
	mu   sync.Mutex
	text string
	list []tailBlock
}

// of is the tail whose text is that.
func (t *tails) of(text string) (list []tailBlock, err error) {
	if t == nil {
		return readTail(text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if text != t.text {
		if list, err = readTail(text); err != nil {
			return nil, err
		}
		t.text, t.list = text, list
	}
	return t.list, nil
}

// readTail reads lines of a number and terms.
func readTail(text string) (list []tailBlock, err error) {
	for n := 0; text != ""; n++ {
		if n%64 == 0 {
			list = append(list, tailBlock{rows: make(map[string]uint64, len(text)/16)})
		}
		var line, term string
		line, text, _ = strings.Cut(text, "\n")
		number, terms, _ := strings.Cut(line, " ")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: the tail of the index has the number %.40q", mailbox.ErrCorrupt, number)
		}
		b := &list[len(list)-1]
		b.ids = append(b.ids, id)
		for terms != "" {
			term, terms, _ = strings.Cut(terms, " ")
			b.rows[term] |= 1 << (n % 64)
		}
	}
	return list, nil
}
