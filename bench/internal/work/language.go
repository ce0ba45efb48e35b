package work

import (
	"hash/fnv"
	"strings"
)

// mirror is the other wording of a thing: each of its words read backwards, but
// for small ones. It stands for a paraphrase. Whoever knows the language
// understands both, and no search by words finds one with the other.
func mirror(thing string) string {
	words := strings.Fields(thing)
	for i, w := range words {
		if len(w) < 4 {
			continue
		}
		b := []byte(w)
		for x, y := 0, len(b)-1; x < y; x, y = x+1, y-1 {
			b[x], b[y] = b[y], b[x]
		}
		words[i] = string(b)
	}
	return strings.Join(words, " ")
}

// fact is a sentence that says what something is.
type fact struct {
	thing, value string
}

// sentences cuts a text at full stops and line breaks.
func sentences(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		for {
			i := strings.Index(line, ". ")
			if i < 0 {
				break
			}
			out = append(out, line[:i+1])
			line = line[i+2:]
		}
		out = append(out, line)
	}
	return out
}

// factIn reads "The THING is VALUE.", also behind a word and a colon.
func factIn(sentence string) (fact, bool) {
	is := strings.LastIndex(sentence, " is ")
	if is < 0 || !strings.HasSuffix(sentence, ".") {
		return fact{}, false
	}
	value := strings.TrimSpace(sentence[is+4 : len(sentence)-1])
	if value == "" || strings.ContainsAny(value, " .,") {
		return fact{}, false
	}
	head := strings.ToLower(sentence[:is])
	if i := strings.LastIndex(head, ": "); i >= 0 {
		head = head[i+2:]
	}
	thing, ok := strings.CutPrefix(strings.TrimSpace(head), "the ")
	return fact{thing, value}, ok && thing != ""
}

// factsIn lists the facts of a text, in order.
func factsIn(text string) []fact {
	if !strings.Contains(text, " is ") {
		return nil
	}
	var out []fact
	for _, s := range sentences(text) {
		if f, ok := factIn(s); ok {
			out = append(out, f)
		}
	}
	return out
}

// need is something that a job wants to know.
type need struct {
	thing string
	from  string // who told it; "": anybody
}

// met says whether a fact is what is needed, in either wording.
func (n *need) met(f *fact) bool {
	return f.thing == n.thing || f.thing == mirror(n.thing)
}

// probe is one step of a list: a tool to be run on a word, or on what an earlier
// step gave.
type probe struct {
	number int
	on     string
	of     int // a step; 0: on is given
}

// job is what a mail asks for.
type job struct {
	id      string
	uid     int
	number  int // what a reply names
	from    string
	needs   []need
	steps   []probe
	handTo  string // hand it over to this address
	ask     string // who is to be asked for what nobody has said
	answer  string // who wants the answer; "": the sender
	passing []need // to be looked up by whom it is handed to
	partly  bool   // some of it is not shown
}

// readJob reads a mail that begins with "Job ID."; nil is none.
func readJob(text string) *job {
	var j *job
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "Job "); ok && j == nil {
			if id, ok := strings.CutSuffix(rest, "."); ok && !strings.Contains(id, " ") {
				j = &job{id: id}
			}
			continue
		}
		if j != nil {
			j.read(strings.TrimSuffix(line, "."))
		}
	}
	return j
}

// read reads a line of a job.
func (j *job) read(line string) {
	word, rest, _ := strings.Cut(line, ": ")
	switch {
	case word == "Need":
		j.needs = append(j.needs, readNeed(rest))
	case word == "Need there":
		j.passing = append(j.passing, readNeed(rest))
	case strings.HasPrefix(word, "Step "):
		if p, ok := readProbe(strings.TrimPrefix(word, "Step "), rest); ok {
			j.steps = append(j.steps, p)
		}
	case strings.HasPrefix(line, "Hand it over to "):
		j.handTo = strings.TrimPrefix(line, "Hand it over to ")
	case strings.HasPrefix(line, "Ask "):
		j.ask, _, _ = strings.Cut(strings.TrimPrefix(line, "Ask "), " ")
	case strings.HasPrefix(line, "Answer to "):
		j.answer = strings.TrimPrefix(line, "Answer to ")
	}
}

// readNeed reads "the THING" or "the THING, which SENDER told you".
func readNeed(s string) need {
	thing, from, _ := strings.Cut(s, ", which ")
	from, _, _ = strings.Cut(from, " ")
	return need{strings.ToLower(strings.TrimPrefix(thing, "the ")), from}
}

// readProbe reads "run probe on WORD" or "run probe on the result of step N".
func readProbe(number, rest string) (probe, bool) {
	p := probe{number: atoi(number)}
	on, ok := strings.CutPrefix(rest, "run probe on ")
	if of, earlier := strings.CutPrefix(on, "the result of step "); earlier {
		p.of = atoi(of)
	} else {
		p.on = on
	}
	return p, ok && p.number > 0
}

// resultOf is what the result of a step is called.
func resultOf(id string, step int) need {
	return need{thing: "result " + itoa(step) + " of " + strings.ToLower(id)}
}

// ruleIn reads a standing instruction: the word that ends each answer, and whether
// it is to be pinned.
func ruleIn(text string) (word string, pin bool) {
	const begins = "From now on, end each answer with the word "
	i := strings.Index(text, begins)
	if i < 0 {
		return "", false
	}
	word, _, _ = strings.Cut(text[i+len(begins):], ".")
	return word, strings.Contains(text, "Pin this.")
}

// hashOf is a number that follows from words alone.
func hashOf(words ...string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	x := h.Sum64() // the low bits of this hash are weak
	x ^= x >> 32
	x *= 0x9E3779B97F4A7C15
	return x ^ x>>29
}

// atoi reads a number that is not negative; anything else is 0.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1<<40 {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
