package work

import (
	"regexp"
	"strings"
)

// note is a message that stands in a request, or a part of one.
type note struct {
	uid     int // what it is pulled by; 0: nobody said
	number  int // what mail names it by
	order   int // what is newer has more
	from    string
	kind    string
	subject string
	tool    string // of a result
	body    string
	gap     bool // some of it is not shown
	told    bool // it stands on a recalled note, and not as mail
	ranged  bool // a range of it that was pulled
	turn    bool // it stands in the turn that goes on
	mail    bool // it came by itself, and was not pulled
	at      int  // bytes of the request's texts before it
}

// row is a message that is named and not shown.
type row struct {
	uid     int
	order   int
	from    string
	kind    string
	subject string
	snippet string
	waiting bool
	turn    bool
}

// did is a call with what came of it.
type did struct {
	call
	result string
	uid    int  // of the result; 0: it has none
	stub   bool // the result's text left
	gap    bool
	done   bool // the result is there
	turn   bool
}

// sight is what the reader sees in one request.
type sight struct {
	system string
	tools  map[string]bool
	notes  []note
	rows   []row
	calls  []did
	says   []string // texts of the model in the turn that goes on
	listed bool     // a compose.Session made the prompt, and its tools are there
}

// look reads a request. The turn that goes on begins behind the last message of
// the model that calls no tool.
func look(r *request) *sight {
	s := &sight{system: r.system, tools: r.tools, listed: r.tools[toolContextFind]}
	start := 0
	for i := range r.messages {
		if m := &r.messages[i]; m.role == "assistant" && len(m.calls) == 0 {
			start = i + 1
		}
	}
	at := len(r.system)
	byID := map[string]int{}
	for i := range r.messages {
		m := &r.messages[i]
		turn := i >= start
		if m.role == "assistant" {
			for _, c := range m.calls {
				byID[c.id] = len(s.calls)
				s.calls = append(s.calls, did{call: c, turn: turn})
				at += len(c.args)
			}
			if turn {
				s.says = append(s.says, m.texts...)
			}
			at += size(m.texts)
			continue
		}
		for _, res := range m.results {
			n, ok := byID[res.id]
			if !ok {
				continue
			}
			s.results(&s.calls[n], res.text, turn, at)
			at += len(res.text)
		}
		if len(m.texts) > 0 {
			s.user(m.texts, turn, at)
			at += size(m.texts)
		}
	}
	s.senders()
	s.waitsAgain()
	s.inOrder()
	return s
}

func size(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n
}

var (
	plainRE  = regexp.MustCompile(`^Mail (\d+) from (\S+): ([^\n]*)(?:\n|$)`)
	handleRE = regexp.MustCompile(`^\[#(\d+) (?:from=([^\s\]]+)|tool=([^\s\]]+))([^\n]*)\]$`)
	kindRE   = regexp.MustCompile(` kind=([^\s\]]+)`)
	subjRE   = regexp.MustCompile(` subject="([^"]*)"`)
	stubRE   = regexp.MustCompile(`^\[#(\d+) tool=\S+ body left; `)
	fenceRE  = regexp.MustCompile(`^<<mail (#\d+ [0-9a-f]+>>)$`)
	rowRE    = regexp.MustCompile(`^#(\d+) from=(\S+)(?: ([a-z]+))?(?: "(.*)")? \d+ tokens, (above|yours|handled|waiting|put off)(?:: (.*))?$`)
	noticeRE = regexp.MustCompile(`^#(\d+) from=(\S+)(?: kind=\S+)?(?: "(.*)")?`)
	cutRE    = regexp.MustCompile(`^Bytes \d+ to \d+ of \d+ of #(\d+):$`)
	againRE  = regexp.MustCompile(`(?m)^#(\d+) waits for you (?:again|still); it stands above\.$`)
)

// gapLine begins a line in place of what is not shown.
const gapLine = "[… "

// user reads what somebody sent: in the plain rendering each text is a message, in
// quire's all together are one.
func (s *sight) user(texts []string, turn bool, at int) {
	if !s.listed && !plainRE.MatchString(texts[0]) {
		s.text(strings.Join(texts, "\n"), turn, at)
		return
	}
	for _, text := range texts {
		s.text(text, turn, at)
		at += len(text)
	}
}

// inOrder says what is newer: by the numbers, or as a session does.
func (s *sight) inOrder() {
	for i := range s.notes {
		n := &s.notes[i]
		n.order = n.uid
		if n.number == 0 {
			n.number = n.uid
		}
	}
	for i := range s.rows {
		s.rows[i].order = s.rows[i].uid
	}
	if s.listed {
		s.listOrder()
	}
}

// text reads what somebody sent, in either rendering.
func (s *sight) text(text string, turn bool, at int) {
	if rest, ok := strings.CutPrefix(text, summaryHead+"\n"); ok {
		for _, line := range strings.Split(rest, "\n") {
			if m := plainRE.FindStringSubmatch(line); m != nil {
				subject, facts, _ := strings.Cut(m[3], " |")
				s.notes = append(s.notes, note{uid: atoi(m[1]), from: m[2], subject: subject, body: facts, gap: true, at: at})
			}
		}
		return
	}
	if m := plainRE.FindStringSubmatch(text); m != nil {
		n := note{uid: atoi(m[1]), from: m[2], subject: m[3], body: text[len(m[0]):], turn: turn, mail: true, at: at}
		if s.listed {
			n.stands()
		}
		s.notes = append(s.notes, n)
		return
	}
	if !s.listed {
		s.lines(text, turn, true, at, nil)
	}
}

// results reads what a tool returned.
func (s *sight) results(d *did, text string, turn bool, at int) {
	d.result, d.done = text, true
	if s.listed {
		s.answer(d, turn, at)
		return
	}
	if m := plainRE.FindStringSubmatch(text); m != nil {
		s.notes = append(s.notes, note{uid: atoi(m[1]), from: m[2], subject: m[3], body: text[len(m[0]):], turn: turn, at: at})
		return
	}
	s.lines(text, turn, false, at, d)
	if d.uid == 0 && !d.stub {
		s.plainResult(d, turn, at)
	}
}

// plainResult reads a result without a handle.
func (s *sight) plainResult(d *did, turn bool, at int) {
	if m := cutRE.FindStringSubmatch(strings.SplitN(d.result, "\n", 2)[0]); m != nil {
		_, body, _ := strings.Cut(d.result, "\n")
		s.notes = append(s.notes, note{uid: atoi(m[1]), body: body, ranged: true, turn: turn, at: at})
		return
	}
	if mailTool(d.name) && d.name != toolFind {
		return
	}
	if d.name == toolFind {
		for _, line := range strings.Split(d.result, "\n") {
			s.row(line, turn)
		}
		return
	}
	s.notes = append(s.notes, note{tool: d.name, body: d.result, turn: turn, at: at, gap: strings.Contains(d.result, "\n"+gapLine)})
}
