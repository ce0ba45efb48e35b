package mailbox

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
	assert.Equal(t, []bool{false, true}, l.Has[5])
	assert.Equal(t, []bool{true, false}, l.Has[100_000])
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
