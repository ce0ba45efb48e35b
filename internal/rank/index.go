package rank

// index says which passages have a term, of those that most questions judge: the newest
// ones. They are entered when they are judged first, so that a question looks at those
// that have its terms and at no others.
type index struct {
	heads   []int32 // by the low bits of a term: the first entry of those that have them, and 1
	entries []entry
	uses    []use  // of the entries, by number in place of place
	held    []bool // by number: it is entered
	n       int    // how many are
	later   int    // of them, in entries' later
}

// entry is what is known of a term.
type entry struct {
	term     uint32
	next     int32 // the next one with the same low bits, and 1
	from, to int32 // its uses
	later    []use // and those of passages that were entered later
}

// bulk is how many passages are entered at once, rather than each by itself.
const bulk = 64

// enter sees that some passages of a judge are entered. When many are missing, or many are
// there that are not asked for, the index is made anew of those.
func (x *index) enter(j *Judge, numbers []int) {
	var missing []int
	for _, n := range numbers {
		if n >= len(x.held) || !x.held[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > bulk || x.later > bulk+len(numbers)/4 || x.n+len(missing) > bulk+2*len(numbers) {
		x.build(j, numbers)
		return
	}
	x.hold(j, missing)
	for _, n := range missing {
		for _, c := range j.list[n].Text.terms {
			e := &x.entries[x.of(c.term, true)]
			e.later = append(e.later, use{int32(n), c.times})
		}
	}
	x.later += len(missing)
}

// build makes it anew of some passages.
func (x *index) build(j *Judge, numbers []int) {
	*x = index{}
	x.hold(j, numbers)
	all := 0
	for _, n := range numbers {
		all += len(j.list[n].Text.terms)
	}
	places := make([]int32, 0, all) // the entry of each term, in order
	for _, n := range numbers {
		for _, c := range j.list[n].Text.terms {
			at := x.of(c.term, true)
			x.entries[at].to++
			places = append(places, at)
		}
	}
	from := int32(0)
	for i := range x.entries {
		e := &x.entries[i]
		e.from, e.to, from = from, from, from+e.to
	}
	x.uses = make([]use, all)
	k := 0
	for _, n := range numbers {
		for _, c := range j.list[n].Text.terms {
			e := &x.entries[places[k]]
			x.uses[e.to] = use{int32(n), c.times}
			e.to++
			k++
		}
	}
}

// hold marks passages as entered.
func (x *index) hold(j *Judge, numbers []int) {
	for len(x.held) < len(j.list) {
		x.held = append(x.held, make([]bool, max(len(j.list)-len(x.held), len(x.held)/4))...)
	}
	for _, n := range numbers {
		x.held[n] = true
	}
	x.n += len(numbers)
}

// of is the entry of a term, made if there is none and that is wanted; -1: there is none.
func (x *index) of(term uint32, wanted bool) int32 {
	if len(x.heads) > 0 {
		at := x.heads[term&uint32(len(x.heads)-1)]
		for at > 0 && x.entries[at-1].term != term {
			at = x.entries[at-1].next
		}
		if at > 0 {
			return at - 1
		}
	}
	if !wanted {
		return -1
	}
	if len(x.entries) >= len(x.heads) {
		x.heads = make([]int32, max(1<<12, 4*len(x.heads)))
		for i := range x.entries {
			x.link(i)
		}
	}
	x.entries = append(x.entries, entry{term: term})
	x.link(len(x.entries) - 1)
	return int32(len(x.entries)) - 1
}

func (x *index) link(i int) {
	head := &x.heads[x.entries[i].term&uint32(len(x.heads)-1)]
	x.entries[i].next, *head = *head, int32(i)+1
}

// list appends who has a term, of the passages that have a place, which is one more than
// what places has for their number.
func (x *index) list(term uint32, places []int32, out []use) []use {
	at := x.of(term, false)
	if at < 0 {
		return out
	}
	e := &x.entries[at]
	for _, part := range [...][]use{x.uses[e.from:e.to], e.later} {
		for _, u := range part {
			if p := places[u.place]; p > 0 {
				out = append(out, use{p - 1, u.times})
			}
		}
	}
	return out
}

// count is how many those are.
func (x *index) count(term uint32, places []int32) (n int32) {
	at := x.of(term, false)
	if at < 0 {
		return 0
	}
	e := &x.entries[at]
	for _, part := range [...][]use{x.uses[e.from:e.to], e.later} {
		for _, u := range part {
			if places[u.place] > 0 {
				n++
			}
		}
	}
	return n
}
