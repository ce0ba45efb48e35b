package mailbox

import (
	"cmp"
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
	Keys []int64
	Has  map[int64][]bool // by key, parallel to Selection.Terms
	// DF is how many deliveries have each term. Of a term that more have than were
	// listed it is as many as there are if it is as frequent in all of the mailbox as
	// in its newest part.
	DF []int
}

// Shortlist chooses, of all deliveries with a term of the search, those that are
// scored: all of them when the query filters or has another order than relevance,
// else the [rank.Shortlist] that have the most telling terms, the newer ones first.
// postings are parallel to Terms. It is for implementers: loading thousands of
// messages is what made a search for common words slow.
func (s *Selection) Shortlist(postings []Posting) Shortlist {
	l := Shortlist{Has: map[int64][]bool{}, DF: make([]int, len(postings))}
	worth := map[int64]float64{}
	for i, p := range postings {
		l.DF[i] = s.frequency(p)
		idf := rank.IDF(l.DF[i], s.Docs)
		for _, k := range p.Keys {
			if l.Has[k] == nil {
				l.Has[k] = make([]bool, len(postings))
				l.Keys = append(l.Keys, k)
			}
			l.Has[k][i] = true
			worth[k] += idf
		}
	}
	if len(l.Keys) <= rank.Shortlist || s.Sort != SortRelevance || !zeroFilter(s.Query) {
		return l
	}
	slices.SortFunc(l.Keys, func(x, y int64) int { return cmp.Or(cmp.Compare(worth[y], worth[x]), cmp.Compare(y, x)) })
	l.Keys = l.Keys[:rank.Shortlist]
	return l
}

// frequency is how many deliveries have a term.
func (s *Selection) frequency(p Posting) int {
	n := len(p.Keys)
	if n < rank.Candidates || p.Oldest == 0 || p.Oldest > s.Top {
		return n
	}
	return max(n, int(float64(s.Docs)*float64(n)/float64(s.Top-p.Oldest+1)))
}
