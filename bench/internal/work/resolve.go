package work

import (
	"regexp"
	"slices"
	"strings"
)

// resolve finds the value of a need: among what is seen, else by an action that
// brings it nearer, ok is true then. Neither means that it is not known.
func (m *mind) resolve(j *job, n *need) (value string, act Act, ok bool) {
	value, newer := m.seen(j, n)
	if act, ok := m.point(j, n, newer, value != ""); ok {
		return "", act, true
	}
	if value != "" {
		return value, Act{}, false
	}
	if v := m.fromStub(j, n); v != "" {
		return v, Act{}, false
	}
	if act, ok := m.search(j, n); ok {
		return "", act, true
	}
	return m.snippet(n), Act{}, false
}

// survey is how the reader begins every second job: it searches for all that it does
// not see before it pulls anything.
func (m *mind) survey(j *job) (Act, bool) {
	if hashOf("survey", j.id)%2 == 0 || !m.s.tools[toolPull] {
		return Act{}, false
	}
	for i := range j.needs {
		n := &j.needs[i]
		if v, _ := m.seen(j, n); v != "" || m.named(n) {
			continue
		}
		if act, ok := m.search(j, n); ok {
			return act, true
		}
	}
	return Act{}, false
}

// named says whether a row names a message that may hold the value.
func (m *mind) named(n *need) bool {
	return slices.ContainsFunc(m.s.rows, func(r row) bool { return m.likely(n, &r) > 0 && !m.visible(r.uid) && !m.refused(r.uid) })
}

// toldValue is a value that is seen.
type toldValue struct {
	value string
	order int
}

// seen is the newest value that is seen, and how new the message is that says it.
func (m *mind) seen(j *job, n *need) (string, int) {
	var found []toldValue
	hidden := false
	for i := range m.s.notes {
		o := &m.s.notes[i]
		if n.from != "" && o.from != n.from {
			continue
		}
		for _, f := range factsIn(o.body) {
			if !n.met(&f) {
				continue
			}
			if o.at > blindBeyond && m.slip(j) == blind {
				hidden = true
				continue
			}
			found = append(found, toldValue{f.value, o.order})
		}
	}
	if hidden {
		m.slipped = j.id
	}
	if len(found) == 0 {
		return "", 0
	}
	slices.SortStableFunc(found, func(a, b toldValue) int { return a.order - b.order })
	first, last := found[0], found[len(found)-1]
	if first.value != last.value && m.slip(j) == firstOf {
		m.slipped = j.id
		return first.value, last.order // it thinks that it has what is newest
	}
	return last.value, last.order
}

// slip is the mistake of a job.
func (m *mind) slip(j *job) slip {
	if m.careful {
		return noSlip
	}
	return slipFor(j.id)
}

// visible says whether a message is seen whole.
func (m *mind) visible(uid int) bool {
	return slices.ContainsFunc(m.s.notes, func(n note) bool { return n.uid == uid && !n.gap && !n.ranged })
}

// point pulls what could hold the value: rows of a search first, the likeliest and
// then the newest, then what is shown in part, then stubs. Of what is older than a
// value that is seen nothing is wanted.
func (m *mind) point(j *job, n *need, newer int, have bool) (Act, bool) {
	if !m.s.tools[toolPull] {
		return Act{}, false
	}
	best, strength := 0, 0 // of rows that have the words the newest, else of the teller's
	for i := range m.s.rows {
		r := &m.s.rows[i]
		k := m.likely(n, r)
		if k == 0 || r.order <= newer || m.visible(r.uid) || m.refused(r.uid) {
			continue
		}
		if k = min(k, 2); k > strength || k == strength && r.uid > best {
			best, strength = r.uid, k
		}
	}
	if best > 0 {
		return m.pull(best)
	}
	if have {
		return Act{}, false
	}
	if act, ok := m.stub(n); ok {
		return act, true
	}
	return m.part(n)
}

// likely says how likely the message of a row holds the value: 3, it says so; 2, it
// has the words; 1, it is of who told it; 0, it is not.
func (m *mind) likely(n *need, r *row) int {
	if n.from != "" && r.from != "" && r.from != n.from || strings.HasPrefix(r.subject, "Job ") || r.from == m.self() && r.kind != "result" {
		return 0
	}
	for _, f := range factsIn(r.snippet) {
		if n.met(&f) {
			return 3
		}
	}
	text := strings.ToLower(r.subject + " " + r.snippet)
	switch {
	case strings.Contains(text, n.thing) || strings.Contains(text, mirror(n.thing)):
		return 2
	case n.from != "" && r.from != "":
		return 1
	}
	return 0
}

// self is the address of the agent, as the system prompt says.
func (m *mind) self() string {
	name, ok := strings.CutPrefix(m.s.system, "You are ")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// stub pulls a result of which only a stub is left, when its call was for the value.
func (m *mind) stub(n *need) (Act, bool) {
	for i := range m.s.calls {
		d := &m.s.calls[i]
		if d.name == toolProbe && (d.stub || d.gap) && probeOf(d) == n.thing && !m.visible(d.uid) && !m.refused(d.uid) {
			return m.pull(d.uid)
		}
	}
	return Act{}, false
}

// part pulls what is shown in part, if its head names the thing or who told it.
func (m *mind) part(n *need) (Act, bool) {
	for i := len(m.s.notes) - 1; i >= 0; i-- {
		o := &m.s.notes[i]
		if !o.gap && !o.ranged || o.tool != "" || n.from != "" && o.from != n.from || m.visible(o.uid) || m.refused(o.uid) {
			continue
		}
		if n.from != "" || strings.Contains(strings.ToLower(o.subject), n.thing) {
			return m.pull(o.uid)
		}
	}
	return Act{}, false
}

// search asks the mailbox: by the job's words, then by who told it.
func (m *mind) search(j *job, n *need) (Act, bool) {
	find := m.finds()
	if find == "" {
		return Act{}, false
	}
	if m.slip(j) == noSearch {
		m.slipped = j.id
		return Act{}, false
	}
	first := args{"words": n.thing}
	if !m.called(find, `"words":"`+n.thing+`"`) {
		return use(find, first), true
	}
	by := "from"
	if m.s.listed {
		by = "words" // it has no other way to name who told it
	}
	if n.from != "" && !m.called(find, `"`+by+`":"`+n.from+`"`) {
		return use(find, args{by: n.from}), true
	}
	return Act{}, false
}

// finds is the tool that searches; "": there is none.
func (m *mind) finds() string {
	for _, name := range []string{toolFind, toolContextFind} {
		if m.s.tools[name] {
			return name
		}
	}
	return ""
}

// snippet is the value that a row of a search says, for when its message can't be
// pulled.
func (m *mind) snippet(n *need) string {
	value, newest := "", 0
	for i := range m.s.rows {
		r := &m.s.rows[i]
		if m.likely(n, r) < 3 || r.uid < newest || n.from != "" && r.from != n.from {
			continue
		}
		for _, f := range factsIn(r.snippet) {
			if n.met(&f) {
				value, newest = f.value, r.uid
			}
		}
	}
	return value
}

var numberRE = regexp.MustCompile(`\d{3,}`)

// fromStub is the mistake of taking a number from what only names a message.
func (m *mind) fromStub(j *job, n *need) string {
	if m.slip(j) != stubAsText {
		return ""
	}
	for i := range m.s.rows {
		if v := numberRE.FindString(m.s.rows[i].snippet); v != "" && m.likely(n, &m.s.rows[i]) > 0 {
			m.slipped = j.id
			return v
		}
	}
	return ""
}
