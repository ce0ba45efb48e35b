package work

import "strings"

// lines reads text as quire renders it: handles, fences, stubs, tombstones and the
// notice. d is the call whose result it is; nil: it is none. What stands between
// fences is a body, whatever it looks like.
func (s *sight) lines(text string, turn, mail bool, at int, d *did) {
	p := parser{s: s, turn: turn, mail: mail, d: d, at: at}
	for _, line := range strings.Split(text, "\n") {
		p.line(line)
		p.at += len(line) + 1
	}
	p.flush()
}

// parser reads a text line by line.
type parser struct {
	s          *sight
	d          *did
	turn, mail bool
	at         int
	open       *note // the message whose handle was read last
	fence      string
	notice     bool
	body       []string
}

func (p *parser) line(line string) {
	switch {
	case p.fence != "":
		if line == "<</mail "+p.fence {
			p.fence = ""
			p.flush()
			return
		}
		p.content(line)
	case p.notice:
		p.notice = line != "<</notice>>"
		if m := noticeRE.FindStringSubmatch(line); m != nil {
			p.s.rows = append(p.s.rows, row{uid: atoi(m[1]), from: m[2], subject: m[3], waiting: true, turn: true})
		}
	case strings.HasPrefix(line, "<<notice>>"):
		p.flush()
		p.notice = true
	case p.handle(line):
	case fenceRE.MatchString(line):
		p.fence = fenceRE.FindStringSubmatch(line)[1]
		p.begin() // what stood before between handle and fence is said about the message
	case p.open != nil:
		p.content(line)
	}
}

// handle reads a line that heads a message, or stands for one.
func (p *parser) handle(line string) bool {
	if !strings.HasPrefix(line, "[#") {
		return false
	}
	if m := stubRE.FindStringSubmatch(line); m != nil {
		p.flush()
		if p.d != nil {
			p.d.uid, p.d.stub = atoi(m[1]), true
		}
		return true
	}
	m := handleRE.FindStringSubmatch(line)
	if m == nil {
		return strings.Contains(line, " left") && strings.HasSuffix(line, "]") // a tombstone: too many to guess from
	}
	p.flush()
	n := &note{uid: atoi(m[1]), from: m[2], tool: m[3], turn: p.turn, mail: p.mail, at: p.at}
	if k := kindRE.FindStringSubmatch(m[4]); k != nil {
		n.kind = k[1]
	}
	if k := subjRE.FindStringSubmatch(m[4]); k != nil {
		n.subject = k[1]
	}
	if p.d != nil && p.d.uid == 0 {
		p.d.uid = n.uid
	}
	p.open = n
	return true
}

// begin forgets what stood between a handle and its fence, but for the range that
// is shown.
func (p *parser) begin() {
	for _, line := range p.body {
		if p.open != nil && strings.HasPrefix(line, "[bytes ") {
			p.open.ranged = true
		}
	}
	p.body = nil
}

func (p *parser) content(line string) {
	if p.open != nil && strings.HasPrefix(line, gapLine) {
		p.open.gap = true
		if p.d != nil && p.open.uid == p.d.uid {
			p.d.gap = true
		}
	}
	p.body = append(p.body, line)
}

// flush ends the message that is open.
func (p *parser) flush() {
	n := p.open
	p.open = nil
	if n == nil {
		return
	}
	n.body = strings.Join(p.body, "\n")
	p.body = nil
	switch {
	case n.tool == toolFind, n.tool == toolPull && cutRE.FindString(strings.SplitN(n.body, "\n", 2)[0]) == "":
		for _, line := range strings.Split(n.body, "\n") {
			p.s.row(line, p.turn)
		}
	case n.tool == toolPull:
		p.s.cut(n)
	case mailTool(n.tool):
	case n.kind == "note" && strings.HasPrefix(n.subject, "Found in your mailbox"):
		p.s.sheet(n)
	default:
		p.s.notes = append(p.s.notes, *n)
	}
}

// cut reads bytes of a message that a pull shows without its handle.
func (s *sight) cut(n *note) {
	head, body, _ := strings.Cut(n.body, "\n")
	if m := cutRE.FindStringSubmatch(head); m != nil {
		s.notes = append(s.notes, note{uid: atoi(m[1]), body: body, ranged: true, turn: n.turn, at: n.at})
	}
}

// senders fills in who sent what was shown without a handle.
func (s *sight) senders() {
	from := map[int]string{}
	for i := range s.rows {
		from[s.rows[i].uid] = s.rows[i].from
	}
	for i := range s.notes {
		if n := &s.notes[i]; n.from != "" {
			from[n.uid] = n.from
		}
	}
	for i := range s.notes {
		if n := &s.notes[i]; n.from == "" && n.uid > 0 {
			n.from = from[n.uid]
		}
	}
}

// row reads a line of a search, or of what a pull names beside what it shows.
func (s *sight) row(line string, turn bool) {
	m := rowRE.FindStringSubmatch(line)
	if m == nil {
		return
	}
	s.rows = append(s.rows, row{uid: atoi(m[1]), from: m[2], kind: m[3], subject: m[4], waiting: m[5] == "waiting",
		snippet: strings.ReplaceAll(m[6], "*", ""), turn: turn})
}

// sheet reads what was recalled: under a line for each sender, a line for each
// message that begins with its number; of a long one it says that it is there in part.
func (s *sight) sheet(n *note) {
	from := ""
	for _, line := range strings.Split(n.body, "\n") {
		if name, ok := strings.CutSuffix(line, ":"); ok && !strings.Contains(name, " ") {
			from = name
			continue
		}
		number, text, ok := strings.Cut(line, " ")
		if uid := atoi(strings.TrimPrefix(number, "#")); ok && uid > 0 && strings.HasPrefix(number, "#") {
			s.notes = append(s.notes, note{uid: uid, from: from, body: text, gap: strings.HasPrefix(text, "(in part) "), told: true, turn: n.turn, at: n.at})
		}
	}
}

// waitsAgain takes mail into the turn of which an event says that it waits again.
func (s *sight) waitsAgain() {
	for i := range s.notes {
		e := &s.notes[i]
		if e.kind != "event" || !e.turn {
			continue
		}
		for _, m := range againRE.FindAllStringSubmatch(e.body, -1) {
			for k := range s.notes {
				if s.notes[k].uid == atoi(m[1]) {
					s.notes[k].turn, s.notes[k].mail = true, true
				}
			}
		}
	}
}
