package rank

import (
	"slices"
	"sync"
	"time"
)

// asked is something that a question asks for, and the passages that have it.
type asked struct {
	weight float64
	uses   []use
	date   bool
}

// slot is a term that was looked for.
type slot struct {
	term int32
	uses []use
}

// use says how often a passage has a term.
type use struct {
	passage int32
	times   int32
}

// ask reads a question: what it asks for, and which senders it names.
func (f *field) ask(q Question) (list []asked, terms map[string]bool, named []bool) {
	words := f.j.words.query(q.Text)
	terms = map[string]bool{}
	for _, w := range words {
		terms[w] = true
	}
	named, exact := f.named(words)
	groups := related()
	need := slices.Clone(exact)
	for _, w := range exact {
		need = append(need, slices.Concat(slices.Concat(groups.alike[w]...), slices.Concat(groups.kinds[w]...))...)
	}
	f.look(need)
	for _, w := range exact {
		weight := 1.0
		if framing()[w] {
			weight = asks
		}
		list = f.add(list, weight, f.uses(f.j.numbers[w]))
	}
	for _, w := range exact {
		for _, g := range groups.alike[w] {
			list = f.add(list, alike, f.union(g, w))
		}
		for _, g := range groups.kinds[w] {
			list = f.add(list, kinds, f.union(g, w))
		}
	}
	return f.addDates(list, q), terms, named
}

func (f *field) add(list []asked, weight float64, uses []use) []asked {
	if len(uses) == 0 {
		return list
	}
	return append(list, asked{weight: weight, uses: uses})
}

// addDates adds those of the question.
func (f *field) addDates(list []asked, q Question) []asked {
	now := q.Now
	for i := range f.list {
		if q.Now.IsZero() && f.list[i].Sent.After(now) {
			now = f.list[i].Sent
		}
	}
	spans := Dates(q.Text, now)
	for _, s := range spans {
		if s.To.Sub(s.From) == 24*time.Hour {
			spans = append(spans, months(s.From.Year(), s.From.Month(), 1))
		}
	}
	for _, s := range spans {
		var uses []use
		for i := range f.list {
			if s.Has(f.list[i].Sent) {
				uses = append(uses, use{int32(i), 1})
			}
		}
		if len(uses) > 0 {
			list = append(list, asked{onDate, uses, true})
		}
	}
	return list
}

// union is a group of terms as one, without a term that is asked for by itself.
func (f *field) union(group []string, but string) []use {
	clear(f.sums)
	any := false
	for _, t := range group {
		if t == but {
			continue
		}
		for _, u := range f.uses(f.j.numbers[t]) {
			f.sums[u.passage] += u.times
			any = true
		}
	}
	if !any {
		return nil
	}
	var out []use
	for i, n := range f.sums {
		if n > 0 {
			out = append(out, use{int32(i), n})
		}
	}
	return out
}

// look finds the passages with some terms.
func (f *field) look(terms []string) {
	first := len(f.slots)
	for _, t := range terms {
		f.mark(f.j.numbers[t])
	}
	f.scan(first)
}

// lookFor finds the passages with any term of some.
func (f *field) lookFor(passages []int) {
	first := len(f.slots)
	for _, i := range passages {
		for _, c := range f.list[i].Text.terms {
			f.mark(c.term)
		}
	}
	f.scan(first)
}

// mark gives a term a slot, if it has none; 0 is no term.
func (f *field) mark(term int32) {
	if term > 0 && f.j.at[term] == 0 {
		f.slots = append(f.slots, slot{term: term})
		f.j.at[term] = int32(len(f.slots))
	}
}

// scan finds the passages with the terms of the slots from first on.
func (f *field) scan(first int) {
	for i := range f.list {
		for _, c := range f.list[i].Text.terms {
			if at := int(f.j.at[c.term]); at > first {
				f.slots[at-1].uses = append(f.slots[at-1].uses, use{int32(i), c.times})
			}
		}
	}
}

// uses are the passages with a term that was looked for, in order.
func (f *field) uses(term int32) []use {
	if term > 0 && f.j.at[term] > 0 {
		return f.slots[f.j.at[term]-1].uses
	}
	return nil
}

// close takes the marks away.
func (f *field) close() {
	for _, s := range f.slots {
		f.j.at[s.term] = 0
	}
}

// framing are terms with which one asks, more than those that one asks for.
var framing = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, t := range termsOf("kind type sort mention say said tell told describe discuss share both common likely consider think might possible specific according name call way") {
		m[t] = true
	}
	return m
})
