package work

import (
	"regexp"
	"strings"
)

var (
	partRE  = regexp.MustCompile(`pull a part of it with from=(\d+) to=(\d+)`)
	sizeRE  = regexp.MustCompile(`It has (\d+) bytes`)
	partsRE = regexp.MustCompile(`^\[#\d+ [^,\]\n]+, bytes (\d+) to (\d+) of (\d+)(?:; from=\d+ goes on)?\]\n`)
	shownRE = regexp.MustCompile(`(?m)^(?:\[b|B)ytes \d+ to (\d+) of (\d+)(?:\]| of #\d+:)$`)
	argsRE  = regexp.MustCompile(`"from":(\d+),"to":(\d+),`)
)

// piece is how many bytes of a large message the reader asks for when nobody said how
// many fit.
const piece = 30_000

// least is the shortest range that is asked for.
const least = 600

// overlap is the bytes that two ranges share, so that no sentence is cut in both.
const overlap = 200

// reading is how far pulls of one message got in the turn.
type reading struct {
	began, refused bool
	above          bool // it was said to stand there already
	from, to       int  // the next range; to 0: none, but all
	width          int  // of a range that fits; 0: nobody said
	end, size      int  // what was shown
}

// reading goes through the pulls of a message that are seen.
func (m *mind) reading(uid int) reading {
	var r reading
	mark := `"uids":[` + itoa(uid) + `]}`
	for i := range m.s.calls {
		if d := &m.s.calls[i]; d.turn && d.name == toolPull && strings.HasSuffix(d.args, mark) {
			r.add(d)
		}
	}
	if r.began && r.width == 0 && r.end == 0 {
		for i := range m.s.notes { // what was pulled whole, or is said to be there, has a gap
			if n := &m.s.notes[i]; (n.turn && !n.mail || r.above) && n.uid == uid && n.gap {
				r.from, r.to = 1, 1+piece
			}
		}
	}
	return r
}

func (r *reading) add(d *did) {
	r.began = true
	if s := sizeRE.FindStringSubmatch(d.result); s != nil {
		r.size = atoi(s[1])
	}
	if p := partRE.FindStringSubmatch(d.result); p != nil {
		r.from, r.to = atoi(p[1]), atoi(p[2])
		r.width = r.to - r.from
		return
	}
	r.above = strings.HasSuffix(d.result, " is above.")
	r.refused = r.refused || strings.Contains(d.result, "does not fit now")
	from, to := 0, 0
	a := argsRE.FindStringSubmatch(d.args)
	switch p := partsRE.FindStringSubmatch(d.result); {
	case p != nil:
		from, to, r.size = atoi(p[1]), atoi(p[2]), atoi(p[3])
	case a == nil:
		return
	default:
		from, to = atoi(a[1]), atoi(a[2])
		if s := shownRE.FindStringSubmatch(d.result); s != nil {
			to, r.size = atoi(s[1]), atoi(s[2])
		}
	}
	r.width = to - from
	if strings.Contains(d.result, "\n"+gapLine) { // its middle is not shown: half of it, again
		r.width = max(least, r.width/2)
		r.from, r.to = from, from+r.width
		return
	}
	if from+overlap < r.end {
		r.end = from // it was read again, so something was missing
	}
	if to > r.end {
		r.end = to
		r.from = max(1, to-overlap)
		r.to = r.from + r.width
	}
}

// pull pulls a message: all of it, or the next range when it was said to be too large.
func (m *mind) pull(uid int) (Act, bool) {
	r := m.reading(uid)
	a := args{"uids": []int{uid}}
	switch {
	case r.refused || r.size > 0 && r.end >= r.size:
		return Act{}, false
	case r.to > 0:
		a["from"], a["to"] = r.from, r.to
	}
	return use(toolPull, a), true
}

// refused says whether a pull of the message can't get on: there was no room for any
// of it, or all of its ranges were pulled.
func (m *mind) refused(uid int) bool {
	_, ok := m.pull(uid)
	return !ok
}
