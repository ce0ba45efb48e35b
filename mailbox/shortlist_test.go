package mailbox

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// newestFirst are the numbers from high down, n of them, every step-th.
func newestFirst(high int64, n, step int) []int64 {
	keys := make([]int64, n)
	for i := range keys {
		keys[i] = high - int64(i*step)
	}
	return keys
}

func TestShortlistKeepsTheMostTelling(t *testing.T) {
	// Every second of 100,000 deliveries has a common word, three old ones a rare one.
	common := newestFirst(100_000, rank.Candidates, 2)
	s := &Selection{Docs: 100_000, Top: 100_000, Query: Query{Sort: SortRelevance}, Terms: []string{"common", "rare"}}
	l := s.Shortlist([]Posting{
		{Keys: common, Oldest: quire.UID(common[len(common)-1])},
		{Keys: []int64{7, 5, 3}},
	})
	assert.Equal(t, rank.Shortlist, len(l.Keys))
	assert.Equal(t, []int64{7, 5, 3, 100_000, 99_998}, l.Keys[:5], "the rare word first, then what is newest")
	assert.Equal(t, []bool{false, true}, []bool{l.Has(5, 0), l.Has(5, 1)})
	assert.Equal(t, []bool{true, false}, []bool{l.Has(100_000, 0), l.Has(100_000, 1)})
	assert.Equal(t, 3, l.DF[1])
	assert.InDelta(t, 50_000, l.DF[0], 50, "as dense as in the newest part")
}

func TestShortlistDoesNotCutWhatIsFilteredOrSorted(t *testing.T) {
	postings := []Posting{{Keys: newestFirst(5000, rank.Candidates, 1), Oldest: 4001}}
	for name, q := range map[string]Query{
		"a filter":      {From: "bob@example.org"},
		"another order": {Sort: SortNewest},
	} {
		s := &Selection{Docs: 5000, Top: 5000, Query: q}
		assert.Equal(t, rank.Candidates, len(s.Shortlist(postings).Keys), name)
	}
	s := &Selection{Docs: 5000, Top: 5000, Query: Query{Sort: SortRelevance}}
	assert.Equal(t, rank.Shortlist, len(s.Shortlist(postings).Keys), "neither")
}

func TestShortlistCountsWhatWasListedWhole(t *testing.T) {
	s := &Selection{Docs: 10, Top: 10}
	assert.Equal(t, []int{3, 0}, s.Shortlist([]Posting{{Keys: []int64{9, 5, 1}}, {}}).DF)
}

// A store that loads a key at a time and stops when it may finds the same page.
func TestSettledStopsNotTooEarlyAndNotTooLate(t *testing.T) {
	early := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
		s := &Selection{Docs: 5000, Top: 5000, Query: Query{Sort: SortRelevance, Limit: 1 + draw("limit", 4)}, Terms: []string{"a", "b", "c"}}
		if draw("old", 1) == 1 {
			s.Below = quire.UID(1 + draw("below", 4999))
		}
		if draw("next", 1) == 1 {
			s.After = &Position{Score: float64(draw("score", 9)), UID: quire.UID(draw("after", 5000))}
		}
		postings := make([]Posting, 3)
		for i := range postings {
			keys := map[int64]bool{}
			for range draw("keys", 12) {
				keys[int64(1+draw("key", 4999))] = true
			}
			for _, k := range slices.Backward(slices.Sorted(maps.Keys(keys))) {
				if s.Below == 0 || quire.UID(k) < s.Below {
					postings[i].Keys = append(postings[i].Keys, k)
				}
			}
		}
		l := s.Shortlist(postings)
		hit := func(key int64) Hit {
			c := Candidate{&Placed{Delivery: quire.Delivery{UID: quire.UID(key)}}, make([]int, 3), 1 + draw("length", 500)}
			for i := range c.Freq {
				if l.Has(key, i) {
					c.Freq[i] = 1 + draw("times", 50)
				}
			}
			return s.Score(&c, l.DF)
		}
		var all, some []Hit
		for i, k := range l.Keys {
			h := hit(k)
			all = append(all, h)
			if len(some) == i && !s.Settled(&l, i, some) {
				some = append(some, h)
			}
		}
		if len(some) < len(all) {
			early++
		}
		want, more := s.Select(all)
		got, gotMore := s.Select(some)
		if !assert.ObjectsAreEqual(want, got) || more != gotMore {
			t.Fatalf("%v %v, want %v %v", got, gotMore, want, more)
		}
	})
	assert.Positive(t, early)
}

func TestNothingIsSettledThatHasAnotherOrderOrThreads(t *testing.T) {
	s := &Selection{Docs: 9, Top: 9, Query: Query{Sort: SortRelevance, Limit: 1}, Terms: []string{"a", "b"}}
	l := s.Shortlist([]Posting{{Keys: []int64{9, 8, 7, 6, 5}}, {Keys: []int64{9, 8}}})
	hits := []Hit{{&Placed{Delivery: quire.Delivery{UID: 9}}, 90}, {&Placed{Delivery: quire.Delivery{UID: 8}}, 80}}
	assert.True(t, s.Settled(&l, 2, hits))
	assert.False(t, s.Settled(&l, 1, hits[:1]), "whether there is more is not known")
	s.Collapse = true
	assert.False(t, s.Settled(&l, 2, hits))
	s.Collapse, s.Sort = false, SortDue
	assert.False(t, s.Settled(&l, 2, hits))
	assert.True(t, s.Settled(&l, 5, nil), "there is no more to load")
}
