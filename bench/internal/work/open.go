package work

import (
	"slices"
	"strings"
)

// open brings in what the turn points at and does not show: a job of which only a
// part is shown, a job to which a reply came, what the notice names.
func (m *mind) open() (Act, bool) {
	if !m.s.tools[toolPull] {
		return Act{}, false
	}
	for i := range m.s.notes {
		n := &m.s.notes[i]
		if !n.turn || !n.mail {
			continue
		}
		if n.gap && n.uid > 0 && strings.HasPrefix(n.subject, "Job ") && m.trusted(n.from) && m.undone(n) && !m.visible(n.uid) && !m.refused(n.uid) {
			return m.pull(n.uid)
		}
		if id := question(n.subject); id != "" && strings.HasPrefix(n.subject, "Re: ") {
			if act, ok := m.recallJob(id); ok {
				return act, true
			}
		}
	}
	for i := range m.s.rows {
		r := &m.s.rows[i]
		if r.turn && r.waiting && !m.visible(r.uid) && !m.refused(r.uid) && !m.called(toolPull, `"uids":[`+itoa(r.uid)+`]`) {
			return m.pull(r.uid)
		}
	}
	return Act{}, false
}

// undone says whether a job that is shown in part is still to be done.
func (m *mind) undone(n *note) bool {
	j := &job{id: strings.TrimPrefix(n.subject, "Job ")}
	return !m.settled(j)
}

// recallJob looks for the job that a reply is about.
func (m *mind) recallJob(id string) (Act, bool) {
	j := &job{id: id}
	if m.settled(j) {
		return Act{}, false
	}
	for i := range m.s.notes {
		if o := readJob(m.s.notes[i].body); o != nil && o.id == id {
			return Act{}, false // it is done by now, or can't be
		}
	}
	for i := range m.s.rows {
		r := &m.s.rows[i]
		stands := func(n note) bool { return n.uid == r.uid && !n.gap && !n.ranged && !n.told } // it takes no job from a note
		if r.turn && r.subject == "Job "+id && !slices.ContainsFunc(m.s.notes, stands) && !m.refused(r.uid) {
			return m.pull(r.uid)
		}
	}
	if find := m.finds(); find != "" && !m.called(find, `"words":"Job `+id+`"`) {
		return use(find, args{"words": "Job " + id}), true
	}
	return Act{}, false
}
