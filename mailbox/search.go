package mailbox

import (
	"cmp"
	"math"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// posting is what the index says of one word of a search: the newest deliveries that
// have one of its terms, at most [rank.Candidates].
type posting struct {
	keys   []int64   // the newest first
	oldest quire.UID // of the last one; 0: there are fewer
}

// shortlist are the deliveries that are worth being loaded and scored.
type shortlist struct {
	keys []int64 // the most promising first, see [selection.hopeful]
	// df is how many deliveries have each term. Of a term that more have than were
	// listed it is as many as there are if it is as frequent in all of the mailbox as
	// in its newest part.
	df []int

	listed []listed // by key, the highest first
}

// listed is a delivery with terms of a search.
type listed struct {
	key   int64
	has   uint64  // a bit for each term
	worth float64 // of its terms
}

// has says whether a delivery has a term of the search.
func (l *shortlist) has(key int64, term int) bool {
	i, ok := l.find(key)
	return ok && l.listed[i].has>>term&1 == 1
}

func (l *shortlist) find(key int64) (int, bool) {
	return slices.BinarySearchFunc(l.listed, key, func(e listed, key int64) int { return cmp.Compare(key, e.key) })
}

// firstLoad is how many candidates are loaded at first; each time after, four times as
// many: each time is a statement.
const firstLoad = 128

// search finds the newest deliveries with each term, keeps what the filter lets
// through, and scores them until the page is settled.
func (s *selection) search(r driver.Read, box quire.Address) ([]hit, error) {
	top, err := r.Key(box, s.filter.Top)
	if err != nil || top == 0 {
		return nil, err
	}
	postings, err := s.postings(r, box, top, rank.Candidates)
	if err != nil {
		return nil, err
	}
	l := s.shortlist(postings)
	if s.Below > 0 && s.Below <= s.filter.Top {
		last, err := r.Key(box, s.Below-1)
		if err != nil {
			return nil, err
		}
		l.keys = slices.DeleteFunc(l.keys, func(key int64) bool { return key > last })
	}
	words := rank.Seek(rank.Numbers(s.terms))
	var hits []hit
	for left, n := l.keys, max(firstLoad, s.Limit+1); len(left) > 0; n *= 4 {
		part := slices.Sorted(slices.Values(left[:min(n, len(left))]))
		weights, err := r.Weights(box, part, &s.filter)
		if err != nil {
			return nil, err
		}
		for i := range weights {
			hits = append(hits, s.score(&l, words, &weights[i]))
		}
		left = s.hopeful(&l, left[len(part):], hits)
	}
	return s.page(hits), nil
}

// postings reads what the index says of each word, up to a key and at most so many.
func (s *selection) postings(r driver.Read, box quire.Address, top int64, most int) (list []posting, err error) {
	s.most = most
	list = make([]posting, len(s.terms))
	if err := r.AheadPostings(box, s.terms, top, most); err != nil {
		return nil, err
	}
	for i, anyOf := range s.terms {
		if list[i].keys, list[i].oldest, err = r.Posting(box, anyOf, top, most); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// score scores a candidate.
func (s *selection) score(l *shortlist, words rank.Sought, w *driver.Weight) hit {
	freq := make([]int, len(s.terms))
	words.Times(w.Freq, freq)
	for i := range freq {
		switch {
		case !l.has(w.Key, i):
			freq[i] = 0
		case freq[i] == 0: // what can't be read counts once
			freq[i] = 1
		}
	}
	return hit{w.Key, w.UID, w.Thread, driver.Due(w.ReplyBy), rank.Score(freq, l.df, w.Length, s.docs, int(s.filter.Top-w.UID))}
}

// shortlist chooses, of all deliveries with a term of the search, those that are
// scored: all of them when the query filters or has another order than relevance,
// else the [rank.Shortlist] that have the most telling terms, the newer ones first.
// postings are parallel to terms. Loading thousands of messages is what made a search
// for common words slow.
func (s *selection) shortlist(postings []posting) shortlist {
	l := shortlist{df: make([]int, len(postings)), listed: merge(postings)}
	idf := make([]float64, len(postings))
	for i, p := range postings {
		l.df[i] = s.frequency(p)
		idf[i] = rank.IDF(l.df[i], s.docs)
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
	if short := cmp.Or(s.short, rank.Shortlist); len(order) > short && s.order == byRelevance && s.To == "" && zeroFilter(s.Query) {
		order = order[:short]
	}
	l.keys = make([]int64, len(order))
	for i, e := range order {
		l.keys[i] = e.key
	}
	return l
}

// merge makes one list of the terms' lists.
func merge(postings []posting) []listed {
	rest := make([][]int64, len(postings))
	most := 0
	for i, p := range postings {
		rest[i] = p.keys
		most += len(p.keys)
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

// hopeful are those of keys that may stand on the page, or be the first one behind it, when
// hits are what matches of all others that may. Even if they said nothing but their terms,
// over and over, the rest would come later: a search that loads and scores a part of the
// keys, and then a part of what is hopeful, need not look at it.
func (s *selection) hopeful(l *shortlist, keys []int64, hits []hit) []int64 {
	if s.order != byRelevance || s.Collapse || len(hits) <= s.Limit {
		return keys
	}
	scores := make([]float64, 0, len(hits))
	for _, h := range hits {
		if s.behind == nil || s.compare(s.position(h), *s.behind) > 0 {
			scores = append(scores, h.score)
		}
	}
	if len(scores) <= s.Limit {
		return keys
	}
	slices.Sort(scores)
	last := scores[len(scores)-s.Limit-1]
	newer := 0
	if s.Below > 0 && s.Below <= s.filter.Top {
		newer = int(s.filter.Top - s.Below + 1)
	}
	byKey := slices.Clone(hits)
	slices.SortFunc(byKey, func(x, y hit) int { return cmp.Compare(x.key, y.key) })
	var out []int64
	for _, key := range keys {
		behind := newer // what is older than a hit has more behind it
		if at, _ := slices.BinarySearchFunc(byKey, key, func(h hit, key int64) int { return cmp.Compare(h.key, key) }); at < len(byKey) {
			behind = max(behind, int(s.filter.Top-byKey[at].uid)+1)
		}
		if i, _ := l.find(key); rank.Most(l.listed[i].worth, behind) >= last {
			out = append(out, key)
		}
	}
	return out
}

// frequency is how many deliveries have a term.
func (s *selection) frequency(p posting) int {
	n := len(p.keys)
	if n < cmp.Or(s.most, rank.Candidates) || p.oldest == 0 || p.oldest > s.filter.Top {
		return n
	}
	return max(n, int(float64(s.docs)*float64(n)/float64(s.filter.Top-p.oldest+1)))
}
