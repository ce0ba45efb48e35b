package work

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	owner = "mia"
	first = "ada"
	next  = "ben"
)

// weaver writes a life.
type weaver struct {
	s     *Spec
	r     *rand.Rand
	v     *vocabulary
	life  *Life
	base  []string // words of what is said in passing
	heard []string // words of things that jobs ask for: noise has them, too
	slots []slot   // what comes, in order
	rule  string
	n     int // jobs so far
	told  int // facts without the words of their job so far
	facts int
}

// slot is one place in the order of what comes.
type slot struct {
	mail   []Mail
	during []Mail
}

// weave writes a life of so many jobs. The same spec, seed and number are the same life.
func weave(s *Spec, seed uint64, number, jobs int) *Life {
	r := rand.New(rand.NewPCG(seed, hashOf(s.Name, itoa(number))))
	w := &weaver{s: s, r: r, v: newVocabulary(r), life: &Life{Seed: fmt.Sprintf("%d/%s/%d", seed, s.Name, number), Output: s.Output, Replies: map[string]Reply{}}}
	w.base = w.v.words(150)
	w.agents()
	warm := s.Before[1]
	if s.Facts == 0 {
		warm = 4
	}
	rounds := (jobs + s.Together - 1) / s.Together
	w.slots = make([]slot, warm+rounds*(s.Between+1)+1)
	w.begin()
	for i := range rounds {
		at := warm + i*(s.Between+1)
		for range min(s.Together, jobs-i*s.Together) {
			w.job(at)
		}
		for range s.During {
			w.slots[at].during = append(w.slots[at].during, w.noise(first))
		}
	}
	w.fill()
	return w.life
}

func (w *weaver) agents() {
	say := func(addr, from string) Agent {
		return Agent{Address: addr, Tool: w.s.Steps > 0,
			System: "You are " + addr + ". Take jobs and rules from " + from + ". Look up what you do not see, and answer each job once."}
	}
	w.life.Agents = []Agent{say(first, owner)}
	if w.s.HandOver {
		w.life.Agents = append(w.life.Agents, say(next, owner+", "+first))
	}
}

// begin writes the rule, if there is one.
func (w *weaver) begin() {
	if w.s.Rule == "" {
		return
	}
	w.rule = w.v.word()
	text := "From now on, end each answer with the word " + w.rule + "."
	if w.s.Rule == "pinned" {
		text += " Pin this."
	}
	w.put(0, Mail{From: owner, To: first, Subject: "How to answer", Body: text})
}

func (w *weaver) put(at int, m Mail) {
	at = min(max(at, 0), len(w.slots)-1)
	w.slots[at].mail = append(w.slots[at].mail, m)
}

// fill makes events of the slots: what is empty gets mail that matters to nobody.
func (w *weaver) fill() {
	for i := range w.slots {
		s := &w.slots[i]
		if len(s.mail) == 0 {
			s.mail = append(s.mail, w.noise(first))
			if len(w.life.Agents) > 1 {
				s.mail = append(s.mail, w.noise(next))
			}
		}
		w.life.Events = append(w.life.Events, Event{Mail: s.mail, During: s.during})
	}
	for _, l := range w.life.Replies { // the last one is waited for
		for len(w.life.Events) < len(w.slots)+l.After+2 {
			w.life.Events = append(w.life.Events, Event{Mail: []Mail{w.noise(first)}})
		}
		break
	}
}

// between draws a number of a range.
func (w *weaver) between(r [2]int) int { return r[0] + w.r.IntN(r[1]-r[0]+1) }

// pick draws a word of what is said in passing; one of twelve is a word of a thing
// that somebody asks for.
func (w *weaver) pick() string {
	if len(w.heard) > 0 && w.r.IntN(40) == 0 {
		return w.heard[w.r.IntN(len(w.heard))]
	}
	return w.base[w.r.IntN(len(w.base))]
}

var filler = []string{
	"We looked at %s and %s before the %s came.",
	"There was some talk about %s, but nobody minds.",
	"%s went on as before, with a bit more %s than last week.",
	"Please have a look at %s when you find the time.",
	"As for %s, %s said that it can wait.",
	"I will send the rest of %s after the %s.",
	"It rained, so the %s stayed inside with %s.",
	"Nothing new from %s or %s.",
	"They moved the %s next to the %s, which helps.",
	"More on %s and on %s in the next issue.",
}

// sentence is one that says nothing.
func (w *weaver) sentence() string {
	list := w.s.Filler
	if len(list) == 0 {
		list = filler
	}
	t := list[w.r.IntN(len(list))]
	for strings.Contains(t, "%s") {
		t = strings.Replace(t, "%s", w.pick(), 1)
	}
	return name(t)
}

// prose is about so many words that say nothing.
func (w *weaver) prose(words int) []string {
	var out []string
	for n := 0; n < words; {
		s := w.sentence()
		n += strings.Count(s, " ") + 1
		out = append(out, s)
	}
	return out
}

// paragraphs writes sentences, five to a line.
func paragraphs(list []string) string {
	var b strings.Builder
	for i, s := range list {
		switch {
		case i == 0:
		case i%5 == 0:
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}

// noise is a message that matters to nobody: every second one a newsletter.
func (w *weaver) noise(to string) Mail {
	from := "news-" + w.base[w.r.IntN(6)]
	if w.r.IntN(2) == 0 {
		from = w.base[6+w.r.IntN(6)]
	}
	return Mail{From: from, To: to, Auto: strings.HasPrefix(from, "news-"), Subject: name(w.pick()) + " and " + w.pick(),
		Body: paragraphs(w.prose(w.between(w.s.NoiseWords)))}
}
