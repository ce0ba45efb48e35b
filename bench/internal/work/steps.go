package work

import (
	"encoding/json"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// probeArgs are the arguments of the tool that a list of steps runs.
type probeArgs struct {
	Job  string `json:"job"`
	On   string `json:"on"`
	Step int    `json:"step"`
}

// probeOf is what the result of a call of the tool is called.
func probeOf(d *did) string {
	var a probeArgs
	if json.Unmarshal([]byte(d.args), &a) != nil {
		return ""
	}
	want := resultOf(a.Job, a.Step)
	return want.thing
}

// step goes on with a list of steps, behind the last one that can be seen: by its
// call, by what it gave, or by a row that names that. What a step needs and can't be had any more is run again.
func (m *mind) step(j *job) Act {
	at := 0
	for i, p := range j.steps {
		want := resultOf(j.id, p.number)
		if v, _ := m.seen(j, &want); v != "" || m.ran(want.thing) || m.listed(&want) {
			at = i + 1
		}
	}
	for again := 0; again < len(j.steps); again++ {
		if at == len(j.steps) {
			want := resultOf(j.id, j.steps[at-1].number)
			v, act, ok := m.resolve(j, &want)
			if ok {
				return act
			}
			if v != "" {
				return m.reply(j, v)
			}
			at-- // it is gone: it is run again
			continue
		}
		p := &j.steps[at]
		if p.of == 0 {
			return runProbe(j, p, p.on)
		}
		want := resultOf(j.id, p.of)
		v, act, ok := m.resolve(j, &want)
		if ok {
			return act
		}
		if v != "" {
			return runProbe(j, p, v)
		}
		at = p.of - 1
	}
	return m.reply(j, unknown)
}

// listed says whether a row of a search tells that the result is there.
func (m *mind) listed(n *need) bool {
	for i := range m.s.rows {
		if r := &m.s.rows[i]; r.kind == "result" && m.likely(n, r) == 3 {
			return true
		}
	}
	return false
}

// ran says whether a call for the result can be seen.
func (m *mind) ran(thing string) bool {
	for i := range m.s.calls {
		if d := &m.s.calls[i]; d.name == toolProbe && probeOf(d) == thing {
			return true
		}
	}
	return false
}

func runProbe(j *job, p *probe, on string) Act {
	return use(toolProbe, args{"job": j.id, "on": on, "step": p.number})
}
