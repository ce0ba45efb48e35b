package rank

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Passage is a message as [Relevance] sees it.
type Passage struct {
	Doc    Doc
	Sender string // the name by which a question may call the sender
	Thread int    // the same number for messages of one thread
	Sent   time.Time
}

// The shape of Relevance, fitted to three of ten labelled conversations (LoCoMo,
// conversations 1 to 3; docs/benchmarks.md has what the others give).
const (
	repeats   = 0.35 // BM25's k1: a word said twice counts little more
	nextTo    = 0.55 // of the scores of the messages before and after in the thread
	nearTo    = 0.3  // and of those two away
	inThread  = 0.3  // of the thread's own score
	bySender  = 0.25 // more, when the search names the sender
	fromNamed = 0.3  // and of the best score, whatever it says
	onDate    = 0.5  // of a month, year or day that the search names
	echo      = 0.2  // of the words that the best messages add
	echoes    = 8    // how many such words
	echoFrom  = 2    // of how many messages
)

// Relevance says how well each passage answers a question asked in a few clumsy
// words; 0 means not at all. passages stand in the mailbox's order; docs is how many
// messages it holds. A message is judged by its words and date, by its sender, by
// the messages around it in its thread, and by the thread: of an exchange, the
// answer often has none of the question's words.
//
// The same passages give the same scores. It takes time and memory in proportion to
// the passages and their terms.
func Relevance(question string, passages []Passage, docs int) []float64 {
	if len(passages) == 0 {
		return nil
	}
	f := newField(passages, docs)
	asked, named := f.ask(question)
	scores := f.spread(f.match(asked), asked, named)
	more := f.echoes(scores, asked)
	if len(more) == len(asked) {
		return scores
	}
	return f.spread(f.match(more), more, named)
}

// weighted is a term of a question.
type weighted struct {
	term   string
	weight float64
}

// field is the passages of one question.
type field struct {
	list    []Passage
	docs    float64
	mean    float64          // words of a passage
	terms   map[string][]use // of the terms that were asked for, see uses
	threads []thread
	of      []int // by passage: its thread in threads
	at      []int // by passage: its place in the thread
}

// use says how often a passage has a term.
type use struct{ passage, times int }

// thread is the passages of one thread as one text.
type thread struct {
	members []int
	length  float64
}

func newField(list []Passage, docs int) *field {
	f := &field{list: list, docs: float64(max(docs, len(list))), terms: map[string][]use{}, of: make([]int, len(list)), at: make([]int, len(list))}
	known := map[int]int{}
	for i := range list {
		k, ok := known[list[i].Thread]
		if !ok {
			k = len(f.threads)
			known[list[i].Thread] = k
			f.threads = append(f.threads, thread{})
		}
		t := &f.threads[k]
		f.of[i], f.at[i] = k, len(t.members)
		t.members = append(t.members, i)
		t.length += float64(list[i].Doc.Length)
		f.mean += float64(list[i].Doc.Length) / float64(len(list))
	}
	f.mean = max(f.mean, 1)
	return f
}

// uses are the passages with a term, in order. A question needs few of all terms:
// each is looked for when it is needed first.
func (f *field) uses(term string) []use {
	list, known := f.terms[term]
	if known {
		return list
	}
	date := strings.HasPrefix(term, "@")
	for i := range f.list {
		n := f.list[i].Doc.Freq[term]
		if date && slices.Contains(dated(f.list[i].Sent), term) {
			n = 1
		}
		if n > 0 {
			list = append(list, use{i, n})
		}
	}
	f.terms[term] = list
	return list
}

// idf is what a term tells.
func (f *field) idf(term string) float64 { return idf(f.docs, float64(len(f.uses(term)))) }

// ask reads a question: its terms, without the names of senders, and who is named.
func (f *field) ask(question string) (asked []weighted, named map[string]bool) {
	senders := map[string]bool{}
	for i := range f.list {
		senders[f.list[i].Sender] = true
	}
	named = map[string]bool{}
	byTerm := map[string]string{}
	for s := range senders {
		for _, term := range QueryTerms(s) {
			byTerm[term] = s
		}
	}
	for _, term := range QueryTerms(question) {
		if s, ok := byTerm[term]; ok {
			named[s] = true
			continue
		}
		asked = append(asked, weighted{term, 1})
	}
	for _, term := range datesIn(question) {
		asked = append(asked, weighted{term, onDate})
	}
	if len(named) == len(senders) {
		clear(named) // all of them: that tells nothing
	}
	return asked, named
}

func idf(docs, df float64) float64 { return math.Log(1 + max(docs-df+0.5, 0.5)/(df+0.5)) }

// match is BM25 over the terms, and over dates.
func (f *field) match(asked []weighted) []float64 {
	out := make([]float64, len(f.list))
	for _, a := range asked {
		weight := a.weight * f.idf(a.term)
		for _, u := range f.uses(a.term) {
			n := float64(u.times)
			norm := repeats * float64(f.list[u.passage].Doc.Length) / f.mean
			out[u.passage] += weight * n * (repeats + 1) / (n + norm)
		}
	}
	return out
}

// spread adds to each score what its sender, its neighbours and its thread say.
func (f *field) spread(own []float64, asked []weighted, named map[string]bool) []float64 {
	threads := f.matchThreads(asked)
	best := slices.Max(own)
	out := make([]float64, len(own))
	for i := range own {
		p := &f.list[i]
		v := own[i]
		if named[p.Sender] {
			v += bySender*own[i] + fromNamed*best
		}
		members := f.threads[f.of[i]].members
		for _, d := range []struct {
			away int
			part float64
		}{{-2, nearTo}, {-1, nextTo}, {1, nextTo}, {2, nearTo}} {
			if k := f.at[i] + d.away; k >= 0 && k < len(members) {
				v += d.part * own[members[k]]
			}
		}
		out[i] = v + inThread*threads[f.of[i]]
	}
	return out
}

// matchThreads is BM25 of threads among threads.
func (f *field) matchThreads(asked []weighted) []float64 {
	out := make([]float64, len(f.threads))
	mean := f.mean * float64(len(f.list)) / float64(len(f.threads))
	freq := make([]int, len(f.threads))
	for _, a := range asked {
		if strings.HasPrefix(a.term, "@") {
			continue // a thread's texts have no dates
		}
		clear(freq)
		df := 0
		for _, u := range f.uses(a.term) {
			if k := f.of[u.passage]; freq[k] == 0 {
				df++
			}
			freq[f.of[u.passage]] += u.times
		}
		weight := a.weight * idf(float64(len(f.threads)), float64(df))
		for k := range freq {
			if n := float64(freq[k]); n > 0 {
				out[k] += weight * n * (k1 + 1) / (n + k1*(1-b+b*f.threads[k].length/mean))
			}
		}
	}
	return out
}

// echoes adds the words that tell most about the best messages, with small weights.
func (f *field) echoes(scores []float64, asked []weighted) []weighted {
	has := map[string]bool{}
	for _, a := range asked {
		has[a.term] = true
	}
	sums := map[string]float64{}
	for _, i := range Order(scores)[:min(echoFrom, len(scores))] {
		if scores[i] <= 0 {
			break
		}
		doc := &f.list[i].Doc
		for term, n := range doc.Freq {
			if !has[term] {
				sums[term] += min(float64(n), 2) * f.idf(term) / (1 + float64(doc.Length)/f.mean)
			}
		}
	}
	list := make([]weighted, 0, len(sums))
	for term, v := range sums {
		list = append(list, weighted{term, v})
	}
	slices.SortFunc(list, func(x, y weighted) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.term, y.term))
	})
	out := slices.Clone(asked)
	for _, e := range list[:min(echoes, len(list))] {
		out = append(out, weighted{e.term, echo * e.weight / list[0].weight})
	}
	return out
}

// Order lists the indexes of scores, the best one first; of equal ones the later one.
func Order(scores []float64) []int {
	out := make([]int, len(scores))
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(x, y int) int { return cmp.Or(cmp.Compare(scores[y], scores[x]), cmp.Compare(y, x)) })
	return out
}

// dated are the terms of a date: year, month and day.
func dated(t time.Time) []string {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return []string{"@" + strconv.Itoa(t.Year()), "@" + strings.ToLower(t.Month().String()), "@d" + strconv.Itoa(t.Day())}
}

// datesIn finds months, years and days in a question. A day counts beside a month
// only: other small numbers are none.
func datesIn(question string) []string {
	var out []string
	days := []string{}
	month := false
	for _, w := range strings.FieldsFunc(strings.ToLower(question), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }) {
		n, err := strconv.Atoi(strings.TrimRight(w, "stndrh"))
		switch {
		case err == nil && n >= 1 && n <= 31:
			days = append(days, "@d"+strconv.Itoa(n))
		case err == nil && n >= 1900 && n < 2200 && len(w) == 4:
			out = append(out, "@"+w)
		default:
			for m := time.January; m <= time.December; m++ {
				if w == strings.ToLower(m.String()) {
					out, month = append(out, "@"+w), true
				}
			}
		}
	}
	if month {
		out = append(out, days...)
	}
	return out
}
