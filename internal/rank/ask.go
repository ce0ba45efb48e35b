package rank

import (
	"slices"
	"time"
)

// asked is something that a question asks for, and the passages that have it.
type asked struct {
	weight float64
	df     float64 // messages of the mailbox that have it, roughly
	uses   []use
}

// wanted is something that a question asks for, before it is looked for.
type wanted struct {
	weight float64
	terms  []uint32
	slots  []int32
	pair   bool
}

// ask reads a question: what it asks for, which passages' senders it names, and which
// were sent when it says.
func (f *field) ask(q Question) []asked {
	forms := slices.Clone(f.j.words.read(q.Text))
	in := languageOf(forms)
	f.byName(forms)
	f.byAsker(q, forms, in)
	f.byDate(q)
	groups := related()
	var list []wanted
	var exact []string
	before := ""
	for _, form := range forms {
		term := form.in(in)
		if form.kind == aChar || term == "" || f.isName[form] || slices.Contains(exact, term) {
			continue
		}
		if len(exact) == maxAsked {
			break
		}
		exact = append(exact, term)
		weight := 1.0
		if frames(term) {
			weight = asks
		}
		list = f.want(list, weight, form.all(term), "")
		if form.kind == aWord && before != "" {
			p := pairNumber(TermNumber(before), TermNumber(term))
			list = append(list, wanted{weight: together, slots: []int32{f.pairs.want(p)}, pair: true})
		}
		if before = term; form.kind != aWord {
			before = ""
		}
	}
	for _, w := range exact {
		for _, g := range groups.alike[w] {
			list = f.want(list, alike, g, w)
		}
		for _, g := range groups.kinds[w] {
			list = f.want(list, kinds, g, w)
		}
	}
	f.find(&f.terms)
	for place, n := range f.list {
		f.pairs.pairs(&f.j.list[n].Text, place)
	}
	var out []asked
	first := make([]int32, len(f.list))
	for _, w := range list {
		seeker := &f.terms
		if w.pair {
			seeker = &f.pairs
		}
		if uses := seeker.union(w.slots, first); len(uses) > 0 {
			out = append(out, asked{w.weight, f.frequency(w.terms, uses), uses})
		}
	}
	return out
}

// find has a seeker find who has its terms: of the first passages by a look at each, of
// the others by the index.
func (f *field) find(s *seeker) {
	for place, n := range f.list[:f.scanned] {
		s.terms(&f.j.list[n].Text, place)
	}
	if f.scanned == len(f.list) {
		return
	}
	for at := range s.slots {
		s.found[at] = f.j.index.list(s.slots[at].n, f.places, s.found[at])
	}
}

// want asks for some terms as one, without a term that is asked for by itself.
func (f *field) want(list []wanted, weight float64, terms []string, but string) []wanted {
	w := wanted{weight: weight}
	for _, t := range terms {
		if t != but {
			n := TermNumber(t)
			w.terms, w.slots = append(w.terms, n), append(w.slots, f.terms.want(n))
		}
	}
	if len(w.slots) == 0 {
		return list
	}
	return append(list, w)
}

// byName finds the senders that the question names, and that those words are names.
// That all are named tells nothing.
func (f *field) byName(forms []*form) {
	f.isName = map[*form]bool{}
	named, all := make([]bool, len(f.senders)), true
	for s, sender := range f.senders {
		for _, n := range f.j.name(sender) {
			for _, form := range forms {
				if form.kind != aChar && form.term == n.term {
					named[s], f.isName[form] = true, true
				}
			}
		}
		all = all && named[s]
	}
	if !all {
		f.named = named
	}
}

// byAsker takes the asker for named when the question speaks of him, and names nobody.
func (f *field) byAsker(q Question, forms []*form, in int) {
	if slices.Contains(f.named, true) || !slices.ContainsFunc(forms, func(w *form) bool { return w.first>>in&1 == 1 }) {
		return
	}
	asker := slices.Index(f.senders, q.Asker)
	if q.Asker == "" {
		asker = f.speaker()
	}
	if asker >= 0 {
		f.named = make([]bool, len(f.senders))
		f.named[asker] = true
	}
}

// moreOften is how much more a sender speaks of himself, word by word, than any other
// does, to be taken for "I".
const moreOften = 2

// speaker is the sender who speaks of himself far more than the others; -1: there is
// none, or one sender only.
func (f *field) speaker() int {
	first, length := make([]float64, len(f.senders)), make([]float64, len(f.senders))
	for i, n := range f.list {
		t := &f.j.list[n].Text
		first[f.from[i]] += float64(t.first)
		length[f.from[i]] += float64(t.length)
	}
	most, second, who := 0.0, 0.0, -1
	for s := range first {
		switch share := first[s] / max(length[s], 1); {
		case share > most:
			most, second, who = share, most, s
		case share > second:
			second = share
		}
	}
	if len(first) < 2 || most < moreOften*second {
		return -1
	}
	return who
}

// byDate finds what was sent when the question says.
func (f *field) byDate(q Question) {
	now := q.Now
	for _, n := range f.list {
		if q.Now.IsZero() && f.j.list[n].Sent.After(now) {
			now = f.j.list[n].Sent
		}
	}
	for _, s := range Dates(q.Text, now) {
		month := months(s.From.Year(), s.From.Month(), 1)
		if s.To.Sub(s.From) != 24*time.Hour {
			month = s
		}
		if f.dated == nil {
			f.dated = make([]float64, len(f.list))
		}
		for i, n := range f.list {
			sent := f.j.list[n].Sent
			switch {
			case s.Has(sent):
				f.dated[i] = max(f.dated[i], 1)
			case month.Has(sent): // when the day is wrong
				f.dated[i] = max(f.dated[i], nearDate)
			}
		}
	}
	n := 0
	for _, v := range f.dated {
		if v == 1 {
			n++
		}
	}
	f.rare = idf(f.docs, f.scale*float64(n))
}
