package mailbox

import (
	"cmp"
	"math"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Posting is what a store's index says of one term of a search: the newest
// deliveries up to Selection.Top that have it, at most [rank.Candidates].
type Posting struct {
	// Keys are numbers of deliveries, newest first: any that are in the order of
	// UIDs, and the same for one delivery in each posting.
	Keys []int64
	// Oldest is the UID of the last one. It is asked for only if there are
	// [rank.Candidates] of them.
	Oldest quire.UID
}

// Shortlist are the deliveries that are worth being loaded and scored.
type Shortlist struct {
	Keys []int64 // the most promising first, see [Selection.Settled]
	// DF is how many deliveries have each term. Of a term that more have than were
	// listed it is as many as there are if it is as frequent in all of the mailbox as
	// in its newest part.
	DF []int

	listed []listed // by key, the highest first
}

// listed is a delivery with terms of a search.
type listed struct {
	key   int64
	has   uint64  // a bit for each term
	worth float64 // of its terms
}

// Has says whether a delivery has a term of the search: the place of one in
// Selection.Terms.
func (l *Shortlist) Has(key int64, term int) bool {
	i, ok := l.find(key)
	return ok && l.listed[i].has>>term&1 == 1
}

func (l *Shortlist) find(key int64) (int, bool) {
	return slices.BinarySearchFunc(l.listed, key, func(e listed, key int64) int { return cmp.Compare(key, e.key) })
}

// Shortlist chooses, of all deliveries with a term of the search, those that are
// scored: all of them when the query filters or has another order than relevance,
// else the [rank.Shortlist] that have the most telling terms, the newer ones first.
// postings are parallel to Terms. It is for implementers: loading thousands of
// messages is what made a search for common words slow.
func (s *Selection) Shortlist(postings []Posting) Shortlist {
	l := Shortlist{DF: make([]int, len(postings)), listed: merge(postings)}
	idf := make([]float64, len(postings))
	for i, p := range postings {
		l.DF[i] = s.frequency(p)
		idf[i] = rank.IDF(l.DF[i], s.Docs)
	}
	for k := range l.listed {
		for i := range idf {
			if l.listed[k].has>>i&1 == 1 {
				l.listed[k].worth += idf[i]
			}
		}
	}
	order := slices.Clone(l.listed)
	slices.SortFunc(order, func(x, y listed) int { return cmp.Or(cmp.Compare(y.worth, x.worth), cmp.Compare(y.key, x.key)) })
	if len(order) > rank.Shortlist && s.Sort == SortRelevance && zeroFilter(s.Query) {
		order = order[:rank.Shortlist]
	}
	l.Keys = make([]int64, len(order))
	for i, e := range order {
		l.Keys[i] = e.key
	}
	return l
}

// merge makes one list of the terms' lists.
func merge(postings []Posting) []listed {
	rest := make([][]int64, len(postings))
	most := 0
	for i, p := range postings {
		rest[i] = p.Keys
		most += len(p.Keys)
	}
	out := make([]listed, 0, most)
	for {
		next := listed{key: math.MinInt64}
		for i, keys := range rest {
			switch {
			case len(keys) == 0 || keys[0] < next.key:
			case keys[0] > next.key || next.has == 0:
				next = listed{key: keys[0], has: 1 << i}
			default:
				next.has |= 1 << i
			}
		}
		if next.has == 0 {
			return out
		}
		for i, keys := range rest {
			if len(keys) > 0 && keys[0] == next.key {
				rest[i] = keys[1:]
			}
		}
		out = append(out, next)
	}
}

// Settled says that nothing but what is loaded can stand on the page, or be the first
// one behind it: hits are those of Keys[:loaded] that match. So a store that loads and
// scores a part of the keys, and then the next part, may stop here: even if the next
// message said nothing but its terms, over and over, it would come later.
func (s *Selection) Settled(l *Shortlist, loaded int, hits []Hit) bool {
	if loaded >= len(l.Keys) {
		return true
	}
	if s.Sort != SortRelevance || s.Collapse || len(hits) <= s.Limit {
		return false
	}
	scores := make([]float64, 0, len(hits))
	for _, h := range hits {
		if s.After == nil || s.compare(s.position(h), *s.After) > 0 {
			scores = append(scores, h.Score)
		}
	}
	if len(scores) <= s.Limit {
		return false
	}
	slices.Sort(scores)
	newer := 0
	if s.Below > 0 && s.Below <= s.Top {
		newer = int(s.Top - s.Below + 1)
	}
	i, _ := l.find(l.Keys[loaded])
	return rank.Most(l.listed[i].worth, newer) < scores[len(scores)-s.Limit-1]
}

// frequency is how many deliveries have a term.
func (s *Selection) frequency(p Posting) int {
	n := len(p.Keys)
	if n < rank.Candidates || p.Oldest == 0 || p.Oldest > s.Top {
		return n
	}
	return max(n, int(float64(s.Docs)*float64(n)/float64(s.Top-p.Oldest+1)))
}
