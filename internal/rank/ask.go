package rank

import (
	"slices"
	"sync"
	"time"
)

// asked is something that a question asks for, and the passages that have it.
type asked struct {
	weight float64
	df     float64 // messages of the mailbox that have it, roughly
	uses   []use   // by place
}

// ask reads a question: what it asks for, which passages' senders it names, and which
// were sent when it says.
func (f *field) ask(q Question) (list []asked) {
	forms := slices.Clone(f.j.words.read(q.Text))
	in := languageOf(forms)
	f.byName(forms)
	f.byAsker(q, forms, in)
	f.byDate(q)
	groups := related()
	var exact []string
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
		if framing()[term] {
			weight = asks
		}
		list = f.add(list, weight, form.all(term), "")
	}
	for _, w := range exact {
		for _, g := range groups.alike[w] {
			list = f.add(list, alike, g, w)
		}
		for _, g := range groups.kinds[w] {
			list = f.add(list, kinds, g, w)
		}
	}
	return list
}

// add asks for some terms as one, without a term that is asked for by itself.
func (f *field) add(list []asked, weight float64, terms []string, but string) []asked {
	var numbers []uint32
	for _, t := range terms {
		if t != but {
			numbers = append(numbers, TermNumber(t))
		}
	}
	return f.addNumbers(list, weight, numbers)
}

func (f *field) addNumbers(list []asked, weight float64, terms []uint32) []asked {
	for _, t := range terms {
		f.asked[t] = true
	}
	uses := f.usesOf(terms)
	if len(uses) == 0 {
		return list
	}
	return append(list, asked{weight, f.frequency(terms, uses), uses})
}

// usesOf are the passages of the question that have some terms.
func (f *field) usesOf(terms []uint32) []use {
	n := 0
	for _, t := range terms {
		n += len(f.j.uses[t])
	}
	if n == 0 {
		return nil
	}
	out := make([]use, 0, min(n, len(f.list)))
	some := 0
	for _, t := range terms {
		all := f.j.uses[t]
		if len(all) > 0 {
			some++
		}
		for _, u := range all {
			place := f.place[u.passage]
			switch {
			case place < 0:
			case some == 1 || f.sums[place] == 0:
				f.sums[place] = u.times
				out = append(out, use{place, 0})
			default:
				f.sums[place] += u.times
			}
		}
	}
	for i := range out {
		out[i].times = f.sums[out[i].passage]
	}
	for i := range out {
		f.sums[out[i].passage] = 0
	}
	return out
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

// framing are terms with which one asks, more than those that one asks for.
var framing = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, t := range englishTerms("kind type sort mention say said tell told describe discuss share both common likely consider think might possible specific according name call way") {
		m[t] = true
	}
	return m
})
