package work

import (
	"encoding/json"
	"slices"
	"strings"
)

// Rules is the version of the reader's rules. Rows of two versions can't be compared.
const Rules = 5

// Act is what the reader does next: it calls tools, or says something and so ends
// its turn.
type Act struct {
	Text  string
	Calls []Use
	// Slipped is the job in which a mistake of the reader's own changed what it does;
	// "": none.
	Slipped string
}

// Use is one call of a tool. Args is a JSON object with sorted keys.
type Use struct {
	Name, Args string
}

// The tools that the reader knows.
const (
	toolFind  = "mail_find"
	toolSend  = "mail_send"
	toolPull  = "context_pull"
	toolPin   = "context_pin"
	toolProbe = "probe"
	// A Session's; what it calls context_pull is toolPull.
	toolContextFind = "context_find"
	toolContextDrop = "context_drop"
)

// mailTool says whether a tool's result is about mail and is no content itself.
func mailTool(name string) bool {
	return name == toolFind || name == toolSend || name == toolPull || name == toolPin || name == "mail_done" || name == toolContextDrop || name == toolContextFind
}

// Read says what a reader that sees these bytes and knows nothing else does next.
// Careful readers make no mistakes of their own.
func Read(body []byte, careful bool) (Act, error) {
	r, err := readRequest(body)
	if err != nil {
		return Act{}, err
	}
	m := mind{s: look(r), careful: careful}
	return m.next(), nil
}

// mind is one decision. Nothing outlives it.
type mind struct {
	s       *sight
	careful bool
	slipped string
}

// next goes through what can be done, first things first.
func (m *mind) next() Act {
	act, ok := m.pin()
	if !ok {
		act, ok = m.work()
	}
	if !ok {
		act, ok = m.open()
	}
	if !ok {
		act = Act{Text: m.closing()}
	}
	act.Slipped = m.slipped
	return act
}

// trusted says whether jobs and standing instructions are taken from an address.
func (m *mind) trusted(from string) bool {
	_, list, _ := strings.Cut(m.s.system, "Take jobs and rules from ")
	list, _, _ = strings.Cut(list, ".")
	return slices.Contains(strings.Split(list, ", "), from)
}

// pin pins a standing instruction that says so, when it comes: as long as no other mail
// stands behind it.
func (m *mind) pin() (Act, bool) {
	if !m.s.tools[toolPin] {
		return Act{}, false
	}
	for i := len(m.s.notes) - 1; i >= 0; i-- {
		n := &m.s.notes[i]
		if !n.mail {
			continue
		}
		if !n.turn || !m.trusted(n.from) {
			return Act{}, false
		}
		if _, pin := ruleIn(n.body); pin && !m.called(toolPin, itoa(n.number)) {
			return use(toolPin, args{"uids": []int{n.number}}), true
		}
		return Act{}, false
	}
	return Act{}, false
}

// called says whether a call of the turn has arguments that hold a text. A search of a
// session's whose result is left out counts for nothing.
func (m *mind) called(name, holds string) bool {
	return slices.ContainsFunc(m.s.calls, func(d did) bool {
		return d.turn && d.name == name && strings.Contains(d.args, holds) && !(d.stub && name == toolContextFind)
	})
}

// rule is the word that a standing instruction wants at the end of answers: the
// newest that is seen, of somebody who may give one.
func (m *mind) rule() string {
	word, newest := "", -1
	for i := range m.s.notes {
		n := &m.s.notes[i]
		if n.order <= newest || !m.trusted(n.from) {
			continue
		}
		if w, _ := ruleIn(n.body); w != "" {
			word, newest = w, n.order
		}
	}
	return word
}

// work does the next thing for the first job that is not done.
func (m *mind) work() (Act, bool) {
	for _, j := range m.jobs() {
		if m.settled(j) {
			continue
		}
		if act, ok := m.do(j); ok {
			return act, true
		}
	}
	return Act{}, false
}

// jobs lists those of the turn: that came by themselves, or that mail of the turn or
// the notice points at.
func (m *mind) jobs() []*job {
	var out []*job
	for i := range m.s.notes {
		n := &m.s.notes[i]
		if !m.trusted(n.from) {
			continue
		}
		j := readJob(n.body)
		if j == nil || (!n.turn || !n.mail) && !m.pointedAt(n, j) {
			continue
		}
		at := slices.IndexFunc(out, func(o *job) bool { return o.id == j.id })
		if at >= 0 && (n.gap || n.ranged || !out[at].partly) {
			continue
		}
		j.uid, j.number, j.from, j.partly = n.uid, n.number, n.from, n.gap || n.ranged
		if j.answer == "" {
			j.answer = n.from
		}
		if at >= 0 {
			out[at] = j // it was pulled, and is seen whole
			continue
		}
		out = append(out, j)
	}
	return out
}

// pointedAt says whether a job that did not come in this turn by itself is one to
// work on now.
func (m *mind) pointedAt(n *note, j *job) bool {
	return n.turn && slices.ContainsFunc(m.s.rows, func(r row) bool { return r.uid == n.uid && r.turn && r.waiting }) ||
		slices.ContainsFunc(m.s.notes, func(o note) bool {
			return o.turn && o.mail && (n.turn && o.uid == n.uid || question(o.subject) == j.id)
		})
}

// question is the job that a reply's subject names; "": none.
func question(subject string) string {
	id, ok := strings.CutPrefix(strings.TrimPrefix(subject, "Re: "), "Question ")
	if !ok {
		return ""
	}
	return id
}

// settled says whether the answer to a job, or its hand-over, can be seen; or, of a
// job that waits for somebody, the question.
func (m *mind) settled(j *job) bool {
	mark := answerMark(j.id)
	if j.handTo != "" {
		mark = "Job " + j.id + "."
	}
	if slices.ContainsFunc(m.s.calls, func(d did) bool { return d.name == toolSend && strings.Contains(d.args, mark) }) ||
		slices.ContainsFunc(m.s.says, func(s string) bool { return strings.Contains(s, mark) }) {
		return true
	}
	if slices.ContainsFunc(m.s.notes, func(n note) bool { return m.trusted(n.from) && strings.Contains(n.body, leaveMark(j.id)) }) {
		return true
	}
	return j.ask != "" && m.asked(j) && !m.replied(j)
}

// leaveMark is how the owner takes a job back.
func leaveMark(id string) string { return "Leave " + id + "." }

// answerMark begins the answer to a job.
func answerMark(id string) string { return "Answer " + id + ":" }

// asked says whether a question for the job can be seen.
func (m *mind) asked(j *job) bool {
	return slices.ContainsFunc(m.s.calls, func(d did) bool {
		return d.name == toolSend && strings.Contains(d.args, `"subject":"Question `+j.id+`"`)
	})
}

// replied says whether a reply to that question can be seen.
func (m *mind) replied(j *job) bool {
	return slices.ContainsFunc(m.s.notes, func(n note) bool { return strings.HasPrefix(n.subject, "Re: ") && question(n.subject) == j.id })
}

// do makes the next step of a job.
func (m *mind) do(j *job) (Act, bool) {
	if j.partly && m.s.tools[toolPull] {
		if act, ok := m.pull(j.uid); ok {
			return act, true
		}
	}
	if len(j.steps) > 0 {
		return m.step(j), true
	}
	if act, ok := m.survey(j); ok {
		return act, true
	}
	values := make([]string, len(j.needs))
	missing := false
	for i := range j.needs {
		v, act, ok := m.resolve(j, &j.needs[i])
		if ok {
			return act, true
		}
		values[i] = v
		missing = missing || v == ""
	}
	switch {
	case j.handTo != "":
		return m.hand(j, values), true
	case missing && j.ask != "" && !m.asked(j):
		return m.question(j), true
	case missing:
		return m.reply(j, unknown), true
	}
	return m.reply(j, total(values)), true
}

// unknown is the answer of who does not know.
const unknown = "unknown"

// total is the sum of numbers, or values in a row where one is no number.
func total(values []string) string {
	sum := 0
	for _, v := range values {
		n := atoi(v)
		if n == 0 {
			return strings.Join(values, " ")
		}
		sum += n
	}
	return itoa(sum)
}

// reply answers a job, by mail where there is such a tool.
func (m *mind) reply(j *job, value string) Act {
	text := answerMark(j.id) + " " + value
	if w := m.rule(); w != "" && value != unknown {
		text += " " + w
	}
	text += "."
	if !m.s.tools[toolSend] {
		return Act{Text: text}
	}
	if j.answer == j.from {
		return use(toolSend, args{"reply_to": j.number, "done": true, "text": text})
	}
	return use(toolSend, args{"to": []string{j.answer}, "subject": "Job " + j.id, "text": text})
}

// question asks somebody for what a job needs.
func (m *mind) question(j *job) Act {
	if !m.s.tools[toolSend] {
		return m.reply(j, unknown)
	}
	return use(toolSend, args{"to": []string{j.ask}, "subject": "Question " + j.id, "text": "What is the " + j.needs[0].thing + "?"})
}

// hand hands a job over, with what was found for it.
func (m *mind) hand(j *job, values []string) Act {
	lines := []string{"Job " + j.id + "."}
	for i, v := range values {
		if v != "" {
			lines = append(lines, "The "+j.needs[i].thing+" is "+v+".")
		}
		lines = append(lines, "Need: the "+j.needs[i].thing+".")
	}
	for _, n := range j.passing {
		lines = append(lines, "Need: the "+n.thing+told(n.from)+".")
	}
	lines = append(lines, "Answer to "+j.answer+".")
	if !m.s.tools[toolSend] {
		return m.reply(j, unknown)
	}
	return use(toolSend, args{"to": []string{j.handTo}, "subject": "Job " + j.id, "text": strings.Join(lines, "\n")})
}

// told says who told something, as a job says it.
func told(from string) string {
	if from == "" {
		return ""
	}
	return ", which " + from + " told"
}

// closing is what ends a turn.
func (m *mind) closing() string { return "Noted." }

// args are the arguments of a call.
type args map[string]any

// use is one call.
func use(name string, a args) Act {
	b, err := json.Marshal(a) // sorts the keys
	if err != nil {
		b = []byte("{}")
	}
	return Act{Calls: []Use{{name, string(b)}}}
}
