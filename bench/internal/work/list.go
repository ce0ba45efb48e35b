package work

import (
	"regexp"
	"strings"
)

// What a compose.Session shows: its list's messages as they are, and lines of its own.
var (
	leftRE    = regexp.MustCompile(`\[… \d+ bytes left out; context_pull #(\d+) shows any range …\]`)
	leftoutRE = regexp.MustCompile(`^\[what \S+ returned is left out; context_pull #(\d+) shows it\]$`)
	pulledRE  = regexp.MustCompile(`^\[#(\d+) ([^,\]\n]+)(, bytes \d+ to \d+ of \d+)?(?:; from=\d+ goes on)?\]\n`)
	foundRE   = regexp.MustCompile(`^#(\d+) (assistant|result|result of \S+|\S+): (?:… )?(.*?)(?: …)?$`)
	sentRE    = regexp.MustCompile(`^Mail \d+ from (\S+): ((?:Job|(?:Re: )?Question) \S+)?`)
)

// stands makes a note one that stands in the list, where only a line for what is cut
// out of it says what it is pulled by.
func (n *note) stands() {
	n.number, n.uid = n.uid, 0
	if m := leftRE.FindStringSubmatch(n.body); m != nil {
		n.gap, n.uid = true, atoi(m[1])
	}
}

// answer reads what a tool returned into the list of a session.
func (s *sight) answer(d *did, turn bool, at int) {
	switch {
	case leftoutRE.MatchString(d.result):
		d.uid, d.stub = atoi(leftoutRE.FindStringSubmatch(d.result)[1]), true
	case d.name == toolContextFind:
		for _, line := range strings.Split(d.result, "\n") {
			s.found(line, turn)
		}
	case d.name == toolPull:
		s.pulled(d, turn, at)
	case !mailTool(d.name):
		n := note{tool: d.name, body: d.result, turn: turn, at: at}
		n.stands()
		d.uid, d.gap = n.uid, n.gap
		s.notes = append(s.notes, n)
	}
}

// found reads a row of context_find.
func (s *sight) found(line string, turn bool) {
	m := foundRE.FindStringSubmatch(line)
	if m == nil {
		return
	}
	r := row{uid: atoi(m[1]), snippet: m[3], turn: turn}
	switch {
	case m[2] == "assistant":
		r.from = (&mind{s: s}).self()
	case strings.HasPrefix(m[2], "result"):
		r.kind = "result"
	}
	if h := sentRE.FindStringSubmatch(m[3]); h != nil && r.from == "" {
		r.from, r.subject = h[1], h[2]
	}
	s.rows = append(s.rows, r)
}

// pulled reads what context_pull shows: a message of the list, or a range of it.
func (s *sight) pulled(d *did, turn bool, at int) {
	m := pulledRE.FindStringSubmatch(d.result)
	if m == nil {
		return
	}
	n := note{uid: atoi(m[1]), body: d.result[len(m[0]):], ranged: m[3] != "", turn: turn, at: at}
	n.gap = leftRE.MatchString(n.body)
	if tool, ok := strings.CutPrefix(m[2], "result of "); ok {
		n.tool = tool
	}
	if h := plainRE.FindStringSubmatch(n.body); h != nil && n.tool == "" {
		n.number, n.from, n.subject, n.body = atoi(h[1]), h[2], h[3], n.body[len(h[0]):]
	}
	s.notes = append(s.notes, n)
}

// listOrder: what stands in the list is newer than what left it, and a row with words
// that stand there names nothing that is not seen.
func (s *sight) listOrder() {
	const standing = 1 << 40
	var texts []string
	for i := range s.notes {
		n := &s.notes[i]
		if n.uid > 0 && !(n.mail && n.gap) {
			continue
		}
		n.order = standing + i
		if len(s.rows) > 0 && !n.gap {
			texts = append(texts, strings.Join(strings.Fields(n.subject+" "+n.body), " "))
		}
	}
	kept := s.rows[:0]
	for _, r := range s.rows {
		text := r.snippet
		if h := plainRE.FindStringSubmatch(text); h != nil {
			text = h[3]
		}
		seen := false
		for _, t := range texts {
			seen = seen || strings.Contains(t, text)
		}
		if !seen {
			kept = append(kept, r)
		}
	}
	s.rows = kept
}
