package rank

import (
	"slices"
	"time"
)

// Judge says how well messages answer questions. It gives each term a number, so that
// what it has read is small and quick to judge. The zero value is ready; it is not safe
// for concurrent use.
type Judge struct {
	words   Analyzer
	known   map[string]int32 // by word: the number of its term; 0 for a stop word
	numbers map[string]int32 // of a term, from 1 on
	terms   []string         // by number
	at      []int32          // by number: scratch, all 0 between calls
}

// Text is a text in the numbers of the one Judge that read it.
type Text struct {
	length int
	terms  []count
}

// count says how often a text has a term.
type count struct{ term, times int32 }

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
	// Now is what "yesterday" in Text is before. The zero time: the newest message's.
	Now time.Time
}

// Read reads the first [MaxText] bytes of a text. The Judge keeps each new term for
// good: who reads without end begins with a new one from time to time.
func (j *Judge) Read(text string) Text {
	var t Text
	words(Cut(text, MaxText), func(word []byte, _, _ int) bool {
		n, known := j.known[string(word)]
		if !known {
			n = j.learn(string(word))
		}
		if n == 0 {
			return true
		}
		t.length++
		if k := j.at[n]; k > 0 {
			t.terms[k-1].times++
			return true
		}
		t.terms = append(t.terms, count{n, 1})
		j.at[n] = int32(len(t.terms))
		return true
	})
	for _, c := range t.terms {
		j.at[c.term] = 0
	}
	return t
}

// learn finds the number of a word.
func (j *Judge) learn(word string) int32 {
	n := int32(0)
	if term := termOf(word); term != "" {
		n = j.number(term)
	}
	if j.known == nil || len(j.known) >= maxStems {
		j.known = map[string]int32{}
	}
	j.known[word] = n
	return n
}

// Terms is how many different terms the Judge keeps.
func (j *Judge) Terms() int { return len(j.numbers) }

func (j *Judge) number(term string) int32 {
	n, ok := j.numbers[term]
	if !ok {
		if j.numbers == nil {
			j.numbers, j.terms, j.at = map[string]int32{}, make([]string, 1), make([]int32, 1)
		}
		n = int32(len(j.at))
		j.numbers[term] = n
		j.terms, j.at = append(j.terms, term), append(j.at, 0)
	}
	return n
}

// Holds says whether a passage has all the words of a text, stop words aside; false for
// a text of none.
func (j *Judge) Holds(text string, p *Passage) bool {
	terms := j.words.query(text)
	for _, t := range terms {
		n := j.numbers[t]
		if n == 0 || !slices.ContainsFunc(p.Text.terms, func(c count) bool { return c.term == n }) {
			return false
		}
	}
	return len(terms) > 0
}
