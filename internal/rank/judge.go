package rank

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Judge says how well messages answer questions. The zero value is ready; it is not safe
// for concurrent use.
type Judge struct {
	words Analyzer
	list  []Passage          // by number
	index index              // of those that were judged last, the older ones aside
	asked bool               // before: for one question an index would not pay
	names map[string][]*form // of senders, as they are in questions
}

// Passage is a message as a [Judge] sees it.
type Passage struct {
	Text   Text
	Sender string // the name by which a question may call the sender
	Thread int    // the same number for messages of one thread
	Sent   time.Time
}

// Question is what a [Judge] is asked.
type Question struct {
	Text string
	// Asker is the sender that "I" in Text means. Empty: the one who speaks of himself
	// far more than all others, if there is one.
	Asker string
	// Now is what "yesterday" in Text is before. The zero time: the newest message's.
	Now time.Time
}

// Add makes a passage known, and returns its number: one more than that of the one
// before. It is kept for good: who adds without end begins with a new Judge from time
// to time.
func (j *Judge) Add(p Passage) int {
	n := len(j.list)
	j.list = append(j.list, p)
	return n
}

// Len is how many passages the Judge knows.
func (j *Judge) Len() int { return len(j.list) }

// Thread is the thread of a passage.
func (j *Judge) Thread(number int) int { return j.list[number].Thread }

// maxAsked is how many different words of a question count.
const maxAsked = 96

// common is the part of the messages that have a word from which on it tells nothing.
const common = 0.25

// Touches says whether a passage is about a text: it has two of its words, or one that
// few of some passages have, small ones of scripts without spaces aside; or it is from
// somebody whom the text names.
func (j *Judge) Touches(text string, number int, among []int) bool {
	p := &j.list[number]
	held := 0
	for _, word := range Numbers(telling(j.words.query(text, maxAsked))) {
		if !slices.ContainsFunc(word, p.Text.has) {
			continue
		}
		if held++; held > 1 {
			return true
		}
		if j.few(word, among) {
			return true
		}
	}
	named := j.name(p.Sender)
	return slices.ContainsFunc(j.words.read(text), func(w *form) bool {
		return slices.ContainsFunc(named, func(n *form) bool { return n.term == w.term })
	})
}

// few says whether few of some passages have one of a word's terms.
func (j *Judge) few(word []uint32, among []int) bool {
	known := slices.DeleteFunc(slices.Clone(word), func(term uint32) bool { return j.index.of(term, false) < 0 })
	left := int(max(common*float64(len(among)), 1))
	for _, n := range among {
		terms := word
		if n < len(j.index.held) && j.index.held[n] {
			terms = known
		}
		if slices.ContainsFunc(terms, j.list[n].Text.has) {
			if left--; left < 0 {
				return false
			}
		}
	}
	return true
}

// Holds says whether a passage has all the words of a text, stop words aside; false for
// a text of none.
func (j *Judge) Holds(text string, number int) bool {
	list := j.words.query(text, maxAsked)
	for _, word := range Numbers(list) {
		if !slices.ContainsFunc(word, j.list[number].Text.has) {
			return false
		}
	}
	return len(list) > 0
}

func (t *Text) has(term uint32) bool {
	_, ok := slices.BinarySearchFunc(t.terms, term, func(c count, term uint32) int { return cmp.Compare(c.term, term) })
	return ok
}

// name lists the words of a sender's name.
func (j *Judge) name(sender string) []*form {
	list, ok := j.names[sender]
	if !ok {
		if j.names == nil || len(j.names) >= maxForms {
			j.names = map[string][]*form{}
		}
		for _, f := range j.words.read(sender) {
			if f.kind != aChar && f.stop>>inEnglish&1 == 0 {
				list = append(list, f)
			}
		}
		j.names[strings.Clone(sender)] = list
	}
	return list
}
