package rank

import "math"

// Candidates is how many of the newest messages with a term a store retrieves.
// What is older is not found by that term: the bound is what keeps a search for
// a common word in a large mailbox quick.
const Candidates = 1000

// Shortlist is how many of the messages with a term a store scores for a search that
// names words only: those with the rarest terms, and of them the newest.
const Shortlist = 500

// The shape of the score. Length is measured against a fixed number of words
// and not against the mailbox's mean, so that a page does not change with mail
// that comes in between.
const (
	k1        = 1.2
	b         = 0.75
	typical   = 150.0 // words of a message
	freshness = 1000  // numbers after which a message weighs three quarters
)

// IDF is what a term tells that df of docs messages have: BM25's inverse document
// frequency, above 0 for any term.
func IDF(df, docs int) float64 {
	d := float64(max(df, 1))
	return math.Log(1 + (max(float64(docs)-d, 0)+0.5)/(d+0.5))
}

// Score is how well a message answers a search: BM25 over its terms, times a
// weight between 1 for the newest message and 1/2 for very old ones.
//
// freq and df are parallel: how often the message has each term of the search,
// and how many messages have it. docs is how many
// messages the mailbox holds, newer how many of them came after this one, and
// length the message's [Doc.Length].
func Score(freq, df []int, length, docs, newer int) float64 {
	norm := k1 * (1 - b + b*float64(length)/typical)
	sum := 0.0
	for i, f := range freq {
		if f <= 0 {
			continue
		}
		tf := float64(f)
		sum += IDF(df[i], docs) * (tf * (k1 + 1) / (tf + norm))
	}
	age := float64(max(newer, 0)) / freshness
	return sum * (0.5 + 0.5/(1+age))
}

// Most is more than [Score] gives to any message after which at least newer others
// came, and whose terms have an [IDF] of worth together.
func Most(worth float64, newer int) float64 {
	age := float64(max(newer, 0)) / freshness
	const rounding = 1 + 1e-9
	return worth * (k1 + 1) * (0.5 + 0.5/(1+age)) * rounding
}
