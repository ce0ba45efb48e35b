package rank

import (
	"cmp"
	"math"
	"slices"
)

// The shape of Relevance, fitted to three of ten labelled conversations (LoCoMo,
// conversations 1 to 3; docs/benchmarks.md has what the others give).
const (
	repeats   = 0.35 // BM25's k1: a word said twice counts little more
	nextTo    = 0.55 // of the scores of the messages before and after in the thread
	nearTo    = 0.3  // and of those two away
	inThread  = 0.4  // of the thread's own score
	bySender  = 0.5  // more, when the question names the sender
	fromNamed = 0.4  // and of the best score, whatever it says
	onDate    = 0.5  // of a time that the question names
	alike     = 0.3  // of words like those of the question
	kinds     = 0.6  // of what a word of the question is the name for
	asks      = 0.5  // of words with which one asks
	echo      = 0.2  // of the words that the best messages add
	echoes    = 8    // how many such words
	echoFrom  = 2    // of how many messages
)

// Relevance says how well each passage answers a question asked in a few clumsy
// words; 0 means not at all. passages stand in the mailbox's order and were read by
// this Judge; docs is how many messages the mailbox holds. A message is judged by its
// words and date and by words that people use for those asked, by its sender, by the
// messages around it in its thread, and by the thread: of an exchange, the answer
// often has none of the question's words.
//
// The same passages give the same scores. It takes time in proportion to the
// passages and their terms.
func (j *Judge) Relevance(q Question, passages []Passage, docs int) []float64 {
	if len(passages) == 0 {
		return nil
	}
	f := newField(j, passages, docs)
	defer f.close()
	list, terms, named := f.ask(q)
	scores := f.spread(f.match(list), list, named)
	more := f.echoes(scores, list, terms)
	if len(more) == len(list) {
		return scores
	}
	return f.spread(f.match(more), more, named)
}

// field is the passages of one question.
type field struct {
	j       *Judge
	list    []Passage
	docs    float64
	mean    float64 // words of a passage
	slots   []slot  // the terms that were looked for
	sums    []int32 // scratch, by passage
	senders []string
	from    []int // by passage: its sender in senders
	threads []thread
	of      []int // by passage: its thread in threads
	at      []int // by passage: its place in the thread
}

// thread is the passages of one thread as one text.
type thread struct {
	members []int
	length  float64
}

func newField(j *Judge, list []Passage, docs int) *field {
	n := len(list)
	f := &field{j: j, list: list, docs: float64(max(docs, n)), sums: make([]int32, n),
		from: make([]int, n), of: make([]int, n), at: make([]int, n)}
	threads, senders := make(map[int]int, n/4), map[string]int{}
	for i := range list {
		k, ok := threads[list[i].Thread]
		if !ok {
			k = len(f.threads)
			threads[list[i].Thread] = k
			f.threads = append(f.threads, thread{})
		}
		t := &f.threads[k]
		f.of[i], f.at[i] = k, len(t.members)
		t.members = append(t.members, i)
		t.length += float64(list[i].Text.length)
		f.mean += float64(list[i].Text.length) / float64(n)
		s, ok := senders[list[i].Sender]
		if !ok {
			s = len(f.senders)
			senders[list[i].Sender] = s
			f.senders = append(f.senders, list[i].Sender)
		}
		f.from[i] = s
	}
	f.mean = max(f.mean, 1)
	return f
}

// named says, by sender, who is named by some terms, and takes those terms away. That
// all are named tells nothing.
func (f *field) named(terms []string) (named []bool, rest []string) {
	named = make([]bool, len(f.senders))
	isName := make([]bool, len(terms))
	all := true
	for s, name := range f.senders {
		for _, t := range f.j.words.query(name) {
			if k := slices.Index(terms, t); k >= 0 {
				named[s], isName[k] = true, true
			}
		}
		all = all && named[s]
	}
	for k, t := range terms {
		if !isName[k] {
			rest = append(rest, t)
		}
	}
	if all {
		clear(named)
	}
	return named, rest
}

func idf(docs, df float64) float64 { return math.Log(1 + max(docs-df+0.5, 0.5)/(df+0.5)) }

// match is BM25 over what is asked for.
func (f *field) match(list []asked) []float64 {
	out := make([]float64, len(f.list))
	for _, a := range list {
		weight := a.weight * idf(f.docs, float64(len(a.uses)))
		for _, u := range a.uses {
			n := float64(u.times)
			norm := repeats * float64(f.list[u.passage].Text.length) / f.mean
			out[u.passage] += weight * n * (repeats + 1) / (n + norm)
		}
	}
	return out
}

// spread adds to each score what its sender, its neighbours and its thread say.
func (f *field) spread(own []float64, list []asked, named []bool) []float64 {
	threads := f.matchThreads(list)
	best := slices.Max(own)
	out := make([]float64, len(own))
	for i := range own {
		v := own[i]
		if named[f.from[i]] {
			v += bySender*own[i] + fromNamed*best
		}
		members := f.threads[f.of[i]].members
		for d, part := range [...]float64{nearTo, nextTo, 0, nextTo, nearTo} {
			if k := f.at[i] + d - 2; k >= 0 && k < len(members) {
				v += part * own[members[k]]
			}
		}
		out[i] = v + inThread*threads[f.of[i]]
	}
	return out
}

// matchThreads is BM25 of threads among threads; their texts have no dates.
func (f *field) matchThreads(list []asked) []float64 {
	out := make([]float64, len(f.threads))
	mean := f.mean * float64(len(f.list)) / float64(len(f.threads))
	freq := make([]int32, len(f.threads))
	for _, a := range list {
		if a.date {
			continue
		}
		clear(freq)
		df := 0
		for _, u := range a.uses {
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

// echoes adds the terms that tell most about the best messages, with small weights.
func (f *field) echoes(scores []float64, list []asked, terms map[string]bool) []asked {
	has := map[int32]bool{}
	for t := range terms {
		has[f.j.numbers[t]] = true
	}
	best := top(scores, echoFrom)
	f.lookFor(best)
	sums := map[int32]float64{}
	for _, i := range best {
		t := &f.list[i].Text
		for _, c := range t.terms {
			if !has[c.term] {
				sums[c.term] += min(float64(c.times), 2) * idf(f.docs, float64(len(f.uses(c.term)))) / (1 + float64(t.length)/f.mean)
			}
		}
	}
	added := make([]int32, 0, len(sums))
	for n := range sums {
		added = append(added, n)
	}
	slices.SortFunc(added, func(x, y int32) int {
		return cmp.Or(cmp.Compare(sums[y], sums[x]), cmp.Compare(f.j.terms[x], f.j.terms[y]))
	})
	out := slices.Clone(list)
	for _, n := range added[:min(echoes, len(added))] {
		out = f.add(out, echo*sums[n]/sums[added[0]], f.uses(n))
	}
	return out
}

// top are the indexes of the n best scores above 0, as [Order] would list them.
func top(scores []float64, n int) []int {
	var best []int
	for i, v := range scores {
		if v <= 0 {
			continue
		}
		at := len(best)
		for at > 0 && scores[best[at-1]] <= v {
			at--
		}
		if best = slices.Insert(best, at, i); len(best) > n {
			best = best[:n]
		}
	}
	return best
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
