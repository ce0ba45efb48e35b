package mailbox

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
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
	s := &selection{docs: 100_000, filter: driver.Filter{Top: 100_000}, order: byRelevance, terms: [][]string{{"common"}, {"rare"}}}
	l := s.shortlist([]posting{
		{keys: common, oldest: quire.UID(common[len(common)-1])},
		{keys: []int64{7, 5, 3}},
	})
	assert.Equal(t, rank.Shortlist, len(l.keys))
	assert.Equal(t, []int64{7, 5, 3, 100_000, 99_998}, l.keys[:5], "the rare word first, then what is newest")
	assert.Equal(t, []bool{false, true}, []bool{l.has(5, 0), l.has(5, 1)})
	assert.Equal(t, []bool{true, false}, []bool{l.has(100_000, 0), l.has(100_000, 1)})
	assert.Equal(t, 3, l.df[1])
	assert.InDelta(t, 50_000, l.df[0], 50, "as dense as in the newest part")
}

func TestShortlistDoesNotCutWhatIsFilteredOrSorted(t *testing.T) {
	postings := []posting{{keys: newestFirst(5000, rank.Candidates, 1), oldest: 4001}}
	for name, q := range map[string]Query{
		"a filter":      {From: "bob@example.org"},
		"another order": {},
	} {
		s := &selection{docs: 5000, filter: driver.Filter{Top: 5000}, Query: q}
		assert.Equal(t, rank.Candidates, len(s.shortlist(postings).keys), name)
	}
	s := &selection{docs: 5000, filter: driver.Filter{Top: 5000}, order: byRelevance}
	assert.Equal(t, rank.Shortlist, len(s.shortlist(postings).keys), "neither")
}

func TestShortlistCountsWhatWasListedWhole(t *testing.T) {
	s := &selection{docs: 10, filter: driver.Filter{Top: 10}}
	assert.Equal(t, []int{3, 0}, s.shortlist([]posting{{keys: []int64{9, 5, 1}}, {}}).df)
}

// A store that loads a key at a time, of what is hopeful, finds the same page.
func TestWhatIsNotHopefulIsNotMissed(t *testing.T) {
	early := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
		s := &selection{docs: 5000, filter: driver.Filter{Top: 5000}, order: byRelevance, Query: Query{Limit: 1 + draw("limit", 4)}, terms: [][]string{{"a"}, {"b"}, {"c"}}}
		if draw("old", 1) == 1 {
			s.Below = quire.UID(1 + draw("below", 4999))
		}
		if draw("next", 1) == 1 {
			s.behind = &position{Score: float64(draw("score", 9)), UID: quire.UID(draw("after", 5000))}
		}
		postings := make([]posting, 3)
		for i := range postings {
			keys := map[int64]bool{}
			for range draw("keys", 12) {
				keys[int64(1+draw("key", 4999))] = true
			}
			for _, k := range slices.Backward(slices.Sorted(maps.Keys(keys))) {
				if s.Below == 0 || quire.UID(k) < s.Below {
					postings[i].keys = append(postings[i].keys, k)
				}
			}
		}
		l := s.shortlist(postings)
		load := func(key int64) hit {
			times := map[string]int{}
			for i, term := range s.terms {
				if l.has(key, i) {
					times[term[0]] = 1 + draw("times", 50)
				}
			}
			w := driver.Weight{Key: key, UID: quire.UID(key), Length: 1 + draw("length", 500), Freq: rank.Doc{Freq: times}.Pack()}
			return s.score(&l, rank.Seek(rank.Numbers(s.terms)), &w)
		}
		var all, some []hit
		of := map[int64]hit{}
		for _, k := range l.keys {
			of[k] = load(k)
			all = append(all, of[k])
		}
		for left := l.keys; len(left) > 0; {
			some = append(some, of[left[0]])
			left = s.hopeful(&l, left[1:], some)
		}
		if len(some) < len(all) {
			early++
		}
		if want, got := s.page(all), s.page(some); !assert.ObjectsAreEqual(want, got) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
	assert.Positive(t, early)
}

func TestAllIsHopefulOfAnotherOrderOrThreads(t *testing.T) {
	s := &selection{docs: 9, filter: driver.Filter{Top: 9}, order: byRelevance, Query: Query{Limit: 1}, terms: [][]string{{"a"}, {"b"}}}
	l := s.shortlist([]posting{{keys: []int64{9, 8, 7, 6, 5}}, {keys: []int64{9, 8}}})
	hits := []hit{{key: 9, uid: 9, score: 90}, {key: 8, uid: 8, score: 80}}
	rest := []int64{7, 6, 5}
	assert.Empty(t, s.hopeful(&l, rest, hits))
	assert.Equal(t, rest, s.hopeful(&l, rest, hits[:1]), "whether there is more is not known")
	s.Collapse = true
	assert.Equal(t, rest, s.hopeful(&l, rest, hits))
	s.Collapse, s.order = false, driver.OrderDue
	assert.Equal(t, rest, s.hopeful(&l, rest, hits))
}

// Of two deliveries with the same words the older one has more behind it.
func TestWhatIsOldIsLessHopeful(t *testing.T) {
	s := &selection{docs: 9000, filter: driver.Filter{Top: 9000}, order: byRelevance, Query: Query{Limit: 1}, terms: [][]string{{"a"}}}
	l := s.shortlist([]posting{{keys: []int64{90, 80, 50, 10}}})
	most := rank.Most(l.listed[0].worth, 0)
	hits := []hit{{key: 90, uid: 9000, score: most}, {key: 50, uid: 10, score: 0.7 * most}}
	assert.Equal(t, []int64{80}, s.hopeful(&l, []int64{80, 10}, hits))
}
