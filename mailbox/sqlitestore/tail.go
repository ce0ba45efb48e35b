package sqlitestore

import (
	"strconv"
	"strings"
)

// Each commit that adds to an index of FTS5 makes a segment of it and writes seven pages, and
// segments of one message each are merged again and again: that was more than a third of
// what a send takes. So the terms of the newest deliveries are rows of table tail, one
// page, and go to the index together. A search looks through them as well.

// tailLength is up to how many deliveries the tail has: each whose number is a multiple of
// it takes them all along.
const tailLength = 32

// tailBytes is up to how long the terms of a delivery are kept in the tail, in bytes: each
// search reads all of it.
const tailBytes = 8 << 10

// index has a delivery found by its terms: it adds them to the tail, or to the index.
func (w *writer) index(id int64, terms string) error {
	if w.indexed || len(terms) > tailBytes && id%tailLength != 0 {
		return w.Exec("INSERT INTO search (rowid, terms) VALUES (?, ?)", id, terms)
	}
	if err := w.Exec("INSERT INTO tail (id, terms) VALUES (?, ?)", id, terms); err != nil || id%tailLength != 0 {
		return err
	}
	w.indexed = true // what else this transaction adds makes it no slower
	if err := w.Exec("INSERT INTO search (rowid, terms) SELECT id, terms FROM tail ORDER BY id"); err != nil {
		return err
	}
	_, err := w.exec("DELETE FROM tail")
	return err
}

// tailRow is a delivery in the tail. Its terms stand between spaces.
type tailRow struct {
	id    int64
	terms string
}

// inTail finds the deliveries in the tail that have one of some terms.
func (r *reader) inTail(terms []string, upTo int64) (ids []int64, err error) {
	if r.tail == nil || r.weights == nil { // a writer may have changed it
		if r.tail, err = r.readTail(); err != nil {
			return nil, err
		}
	}
	for _, row := range r.tail {
		if row.id <= upTo && row.hasAny(terms) {
			ids = append(ids, row.id)
		}
	}
	return ids, nil
}

func (t *tailRow) hasAny(terms []string) bool {
	for _, term := range terms {
		for at := 0; ; at++ {
			n := strings.Index(t.terms[at:], term)
			if n < 0 {
				break
			}
			at += n
			if end := at + len(term); t.terms[at-1] == ' ' && t.terms[end] == ' ' {
				return true
			}
		}
	}
	return false
}

func (r *reader) readTail() ([]tailRow, error) {
	var all string
	// One row for all of them: to hand over each takes longer than to find it.
	if err := r.Row("SELECT coalesce(group_concat(id || ' ' || terms || ' ', char(10)), '') FROM tail").Scan(&all); err != nil {
		return nil, err
	}
	list := make([]tailRow, 0, tailLength)
	for line := range strings.Lines(all) {
		n := strings.IndexByte(line, ' ')
		id, err := strconv.ParseInt(line[:max(n, 0)], 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, tailRow{id, line[n:]})
	}
	return list, nil
}
