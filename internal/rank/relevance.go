package rank

import (
	"cmp"
	"math"
	"slices"
)

// The shape of Relevance, one for all mailboxes: fitted together to three labelled
// conversations of two people, six of a user with an assistant and two Chinese diaries
// (docs/benchmarks.md has what others give).
const (
	repeats   = 0.6  // BM25's k1: a word said twice counts little more
	lengthen  = 0.5  // and its b: how far a long message has to say more
	NextTo    = 0.5  // of the scores of the messages before and after in the thread
	nearTo    = 0.1  // and of those two away
	inThread  = 0.65 // of the thread's own score
	ofBest    = 0.45 // of the mean score of the thread's best messages
	bestOnes  = 8    // how many those are
	bySender  = 1.5  // more, when the question names the sender
	fromNamed = 0.4  // and of the best score, whatever it says
	onDate    = 1.2  // more, of what was sent when the question says
	byDate    = 0.3  // and of what the date tells by itself
	nearDate  = 0.3  // of both, for the month when the day is wrong
	alike     = 0.4  // of words like those of the question
	kinds     = 0.85 // of what a word of the question is the name for
	asks      = 0.35 // of words with which one asks
	echo      = 0.16 // of the words that the best messages add
	echoes    = 10   // how many such words
	echoFrom  = 2    // of how many messages
	room      = 40   // tokens that any message takes, for what it is worth
	scarce    = 0.4  // how much it matters how many it takes
	together  = 0.4  // of two words of the question beside each other
)

// Worth is what a message that answers so well is worth for the tokens that it takes:
// room is scarce, and what is short leaves some for others. It is the less scarce the
// more of all there is fits, which is given as a part of it.
func Worth(score float64, tokens int, fits float64) float64 {
	return score / math.Pow(float64(max(tokens, 0))+room, scarce*(1-min(max(fits, 0), 1)))
}

// Relevance says how well passages answer a question asked in a few clumsy words; 0 means
// not at all. They are given by their numbers, in the mailbox's order; docs is how many
// messages the mailbox holds. A message is judged by its words and date and by words that
// people use for those asked, by its sender, by the messages around it in its thread, and
// by the thread: of an exchange, the answer often has none of the question's words.
//
// The same passages give the same scores, whatever was judged before. It takes time in
// proportion to the passages and to how many of them have the question's words, and to what
// the passages say when they are not those that were judged last.
func (j *Judge) Relevance(q Question, passages []int, docs int, older *Older) []float64 {
	if len(passages) == 0 {
		return nil
	}
	f := newField(j, passages, docs, older)
	list := f.ask(q)
	scores := f.spread(f.match(list), list)
	more := f.echoes(scores, list)
	if len(more) == len(list) {
		return scores
	}
	return f.spread(f.match(more), more)
}

// Older says of what share of a mailbox is judged: of the first N passages more are
// like them, which are not among them. nil: what the passages have counts as all.
type Older struct {
	N         int
	Frequency map[uint32]int // how many of those have a term of the question, by its number
}

// unindexed is how many passages are rather looked through.
const unindexed = 128

// field is the passages of one question.
type field struct {
	j       *Judge
	list    []int // the numbers of the passages
	docs    float64
	older   Older
	scale   float64 // messages of the mailbox for each of list behind the older ones
	mean    float64 // words of a passage
	terms   seeker
	pairs   seeker
	scanned int     // the first so many places are looked through, the others are in the index
	places  []int32 // by number: one more than the place of those in the index
	isName  map[*form]bool
	named   []bool    // by sender; nil: none
	dated   []float64 // by place, how well its date fits; nil: no date was asked for
	rare    float64   // what it tells that it fits
	senders []string
	from    []int // by place: its sender in senders
	threads []thread
	of      []int // by place: its thread in threads
	at      []int // by place: its place in the thread
}

// thread is the passages of one thread as one text.
type thread struct {
	members []int // places
	length  float64
}

func newField(j *Judge, list []int, docs int, older *Older) *field {
	n := len(list)
	f := &field{j: j, list: list, docs: float64(max(docs, n)), scale: 1,
		from: make([]int, n), of: make([]int, n), at: make([]int, n)}
	if older != nil && older.N < n {
		f.older, f.scale = *older, f.docs/float64(n-older.N)
	}
	threads, senders := make(map[int]int, n/4), map[string]int{}
	for i, number := range list {
		p := &j.list[number]
		k, ok := threads[p.Thread]
		if !ok {
			k = len(f.threads)
			threads[p.Thread] = k
			f.threads = append(f.threads, thread{})
		}
		t := &f.threads[k]
		f.of[i], f.at[i] = k, len(t.members)
		t.members = append(t.members, i)
		t.length += float64(p.Text.length)
		f.mean += float64(p.Text.length) / float64(n)
		s, ok := senders[p.Sender]
		if !ok {
			s = len(f.senders)
			senders[p.Sender] = s
			f.senders = append(f.senders, p.Sender)
		}
		f.from[i] = s
	}
	f.mean = max(f.mean, 1)
	if f.scanned = f.older.N; n-f.scanned <= unindexed || !j.asked {
		f.scanned, j.asked = n, true
		return f
	}
	j.index.enter(j, list[f.scanned:])
	f.places = make([]int32, len(j.list))
	for i, number := range list[f.scanned:] {
		f.places[number] = int32(f.scanned+i) + 1
	}
	return f
}

// frequency is how many messages of the mailbox have one of some terms, roughly, of
// which uses are known.
func (f *field) frequency(terms []uint32, uses []use) float64 {
	newer := 0
	for _, u := range uses {
		if int(u.place) >= f.older.N {
			newer++
		}
	}
	return f.estimate(terms, len(uses), newer)
}

// estimate is frequency when so many passages have one, and so many behind the older ones.
func (f *field) estimate(terms []uint32, all, newer int) float64 {
	older, told := 0, false
	for _, t := range terms {
		n, ok := f.older.Frequency[t]
		older, told = older+n, told || ok
	}
	if told {
		return float64(older + newer)
	}
	return max(f.scale*float64(newer), float64(all))
}

func idf(docs, df float64) float64 { return math.Log(1 + max(docs-df+0.5, 0.5)/(df+0.5)) }

// match is BM25 over what is asked for.
func (f *field) match(list []asked) []float64 {
	out := make([]float64, len(f.list))
	for _, a := range list {
		weight := a.weight * idf(f.docs, a.df)
		for _, u := range a.uses {
			n := float64(u.times)
			norm := repeats * (1 - lengthen + lengthen*float64(f.j.list[f.list[u.place]].Text.length)/f.mean)
			out[u.place] += weight * n * (repeats + 1) / (n + norm)
		}
	}
	return out
}

// spread adds to each score what its sender, date, neighbours and thread say.
func (f *field) spread(own []float64, list []asked) []float64 {
	best := slices.Max(own)
	out := make([]float64, len(own))
	for i := range own {
		v := own[i]
		if f.named != nil && f.named[f.from[i]] {
			v += bySender*own[i] + fromNamed*best
		}
		if f.dated != nil {
			v = v*(1+onDate*f.dated[i]) + byDate*f.rare*f.dated[i]
		}
		members := f.threads[f.of[i]].members
		for d, part := range [...]float64{nearTo, NextTo, 0, NextTo, nearTo} {
			if k := f.at[i] + d - 2; k >= 0 && k < len(members) {
				v += part * own[members[k]]
			}
		}
		out[i] = v
	}
	threads := f.matchThreads(list)
	for k, t := range f.threads {
		more := inThread*threads[k] + ofBest*f.bestOf(t.members, out)
		for _, i := range t.members {
			out[i] += more
		}
	}
	return out
}

// bestOf is the mean of the best scores of some places.
func (f *field) bestOf(members []int, scores []float64) float64 {
	var best [bestOnes + 1]float64
	n := 0
	for _, i := range members {
		at := n
		for at > 0 && best[at-1] < scores[i] {
			best[at] = best[at-1]
			at--
		}
		best[at] = scores[i]
		n = min(n+1, bestOnes)
	}
	sum := 0.0
	for _, v := range best[:n] {
		sum += v
	}
	return sum / bestOnes
}

// matchThreads is BM25 of threads among threads.
func (f *field) matchThreads(list []asked) []float64 {
	out := make([]float64, len(f.threads))
	mean := f.mean * float64(len(f.list)) / float64(len(f.threads))
	freq := make([]float64, len(f.threads))
	var some []int
	for _, a := range list {
		some = some[:0]
		for _, u := range a.uses {
			k := f.of[u.place]
			if freq[k] == 0 {
				some = append(some, k)
			}
			freq[k] += float64(u.times)
		}
		weight := a.weight * idf(float64(len(f.threads)), float64(len(some)))
		for _, k := range some {
			n := freq[k]
			freq[k] = 0
			out[k] += weight * n * (k1 + 1) / (n + k1*(1-b+b*f.threads[k].length/mean))
		}
	}
	return out
}

// echoes adds the terms that tell most about the best messages, with small weights.
func (f *field) echoes(scores []float64, list []asked) []asked {
	best := top(scores, echoFrom)
	sums := f.tell(best)
	if len(sums) == 0 {
		return list
	}
	added := make([]uint32, 0, len(sums))
	for n := range sums {
		added = append(added, n)
	}
	slices.SortFunc(added, func(x, y uint32) int { return cmp.Or(cmp.Compare(sums[y], sums[x]), cmp.Compare(x, y)) })
	added = added[:min(echoes, len(added))]
	var more seeker
	for _, n := range added {
		more.want(n)
	}
	f.find(&more)
	out := slices.Clone(list)
	for at, n := range added {
		uses := more.found[at]
		out = append(out, asked{echo * sums[n] / sums[added[0]], f.frequency([]uint32{n}, uses), uses})
	}
	return out
}

// tell says of the terms of some passages, but for those that are asked for, how much
// they tell. It counts who has them; the few that tell most are looked up then.
func (f *field) tell(best []int) map[uint32]float64 {
	var more seeker
	for _, i := range best {
		for _, c := range f.j.list[f.list[i]].Text.terms {
			if f.terms.slot(c.term) < 0 {
				more.want(c.term)
			}
		}
	}
	if len(more.found) == 0 {
		return nil
	}
	all := make([]int32, len(more.found))
	for _, n := range f.list[:f.older.N] {
		more.count(&f.j.list[n].Text, all)
	}
	older := slices.Clone(all)
	for _, n := range f.list[f.older.N:f.scanned] {
		more.count(&f.j.list[n].Text, all)
	}
	for at := 0; at < len(all) && f.scanned < len(f.list); at++ {
		all[at] += f.j.index.count(more.slots[at].n, f.places)
	}
	sums := make(map[uint32]float64, len(more.found))
	for _, i := range best {
		t := &f.j.list[f.list[i]].Text
		for _, c := range t.terms {
			if at := more.slot(c.term); at >= 0 {
				df := f.estimate([]uint32{c.term}, int(all[at]), int(all[at]-older[at]))
				sums[c.term] += min(float64(c.times), 2) * idf(f.docs, df) / (1 + float64(t.length)/f.mean)
			}
		}
	}
	return sums
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
	out := make([]int, 0, len(scores))
	for i := len(scores) - 1; i >= 0; i-- { // many have nothing of a question: they are in order then
		if scores[i] > 0 {
			out = append(out, i)
		}
	}
	better := len(out)
	for i := len(scores) - 1; i >= 0; i-- {
		if !(scores[i] > 0) {
			out = append(out, i)
		}
	}
	for _, part := range [...][]int{out[:better], out[better:]} {
		slices.SortFunc(part, func(x, y int) int {
			if c := cmp.Compare(scores[y], scores[x]); c != 0 {
				return c
			}
			return y - x
		})
	}
	return out
}
