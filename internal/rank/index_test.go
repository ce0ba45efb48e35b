package rank

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestScoresAreTheSameWhateverWasJudgedBefore: by one judge that enters passages in its
// index question by question, and by a new one each time.
func TestScoresAreTheSameWhateverWasJudgedBefore(t *testing.T) {
	const all = 4 * unindexed
	made := rand.New(rand.NewPCG(1, 2))
	passages := make([]Passage, all)
	for i := range passages {
		words := make([]string, 2+made.IntN(12))
		for k := range words {
			words[k] = fmt.Sprintf("w%dx", int(200*made.Float64()*made.Float64()))
		}
		passages[i] = Passage{Text: Analyze(strings.Join(words, " ")).Text(), Sender: []string{"mia", "bob", "eva"}[i%3], Thread: i / 5}
	}
	rebuilt, added := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var kept Judge
		for i := range passages {
			kept.Add(passages[i])
		}
		from, to := 0, unindexed+rapid.IntRange(1, 2*unindexed).Draw(t, "first")
		for range rapid.IntRange(1, 5).Draw(t, "questions") {
			var list []int
			skip := rapid.IntRange(2, 40).Draw(t, "without each")
			for i := from; i < to; i++ {
				if i%skip != 0 {
					list = append(list, i)
				}
			}
			var older *Older
			if n := rapid.IntRange(0, len(list)-1).Draw(t, "older"); n > 0 {
				older = &Older{N: n % 30, Frequency: map[uint32]int{TermNumber("w3x"): 40}}
			}
			var words []string
			for range rapid.IntRange(1, 6).Draw(t, "words") {
				words = append(words, fmt.Sprintf("w%dx", rapid.IntRange(0, 200).Draw(t, "word")))
			}
			q := Question{Text: strings.Join(words, " ")}
			var fresh Judge
			numbers := make([]int, len(list))
			for k, i := range list {
				numbers[k] = fresh.Add(passages[i])
			}
			held := kept.index.n
			got := kept.Relevance(q, list, 3*all, older)
			require.Equal(t, fresh.Relevance(q, numbers, 3*all, older), got)
			plain := &fresh
			plain.index = index{}
			f := newField(plain, numbers, 3*all, older)
			f.scanned, f.places = len(numbers), nil // looked through, all of them
			asked := f.ask(q)
			scores := f.spread(f.match(asked), asked)
			if more := f.echoes(scores, asked); len(more) > len(asked) {
				scores = f.spread(f.match(more), more)
			}
			require.Equal(t, scores, got)
			switch {
			case held > 0 && kept.index.later > 0 && kept.index.n > held:
				added++
			case held > 0 && kept.index.n != held:
				rebuilt++
			}
			from = min(from+rapid.IntRange(0, 20).Draw(t, "gone"), all-2*unindexed)
			to = min(max(to+rapid.IntRange(0, 120).Draw(t, "came"), from+unindexed), all)
		}
	})
	require.NotZero(t, added)
	require.NotZero(t, rebuilt)
}
