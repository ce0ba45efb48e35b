package rank

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// said is a passage of thread 0.
func said(sender, text string) Passage { return Passage{Doc: Analyze(text), Sender: sender} }

// best is the passage that answers a question best.
func best(question string, list ...Passage) int {
	return Order(Relevance(question, list, len(list)))[0]
}

func TestRelevanceFindsOtherFormsOfAWord(t *testing.T) {
	assert.Equal(t, 1, best("Who was painting the house?", said("a", "rain all day"), said("b", "we painted the houses"), said("a", "soup again")))
}

func TestTheSenderThatAQuestionNamesComesFirst(t *testing.T) {
	list := []Passage{said("mia", "the budget is late"), {Doc: Analyze("the budget is late"), Sender: "ben", Thread: 1}, {Doc: Analyze("soup"), Sender: "joe", Thread: 2}}
	assert.Equal(t, 0, best("What did Mia say of the budget?", list...))
	assert.Equal(t, 1, best("What did Ben say of the budget?", list...))
	assert.Equal(t, 1, best("What about the budget?", list...), "else the later one")
}

// The answer stands beside the question, without any of its words.
func TestNeighboursOfAThreadShareTheirScores(t *testing.T) {
	list := []Passage{
		{Doc: Analyze("weather soup"), Sender: "mia", Thread: 1}, {Doc: Analyze("Which port does the server use?"), Sender: "mia"},
		{Doc: Analyze("8443"), Sender: "ben"}, {Doc: Analyze("bread wine"), Sender: "mia", Thread: 2},
	}
	order := Order(Relevance("server port", list, 4))
	assert.Equal(t, []int{1, 2}, order[:2])
	list[2].Thread = 3
	scores := Relevance("server port", list, 4)
	assert.Zero(t, scores[2], "of another thread")
}

func TestADateInAQuestionCounts(t *testing.T) {
	on := func(month time.Month, day int) Passage {
		return Passage{Doc: Analyze("we met there"), Sender: "mia", Thread: int(month)*40 + day, Sent: time.Date(2026, month, day, 9, 0, 0, 0, time.UTC)}
	}
	list := []Passage{on(time.May, 3), on(time.June, 3), on(time.June, 17)}
	assert.Equal(t, 0, best("Where did we go last May?", list...))
	assert.Equal(t, 1, best("Where on June 3rd?", list...))
	assert.Equal(t, 2, best("Where on 17 June 2026?", list...))
	assert.Empty(t, datesIn("the 3 of us and 17 others"), "days without a month are no days")
}

func TestRelevanceIsANumberAndTheSameEachTime(t *testing.T) {
	assert.Nil(t, Relevance("x", nil, 5))
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"", "port", "server ports", "mia", "the", "8 May 2026", "\xff漢", "soup soup soup"})
		n := rapid.IntRange(1, 12).Draw(t, "n")
		var list []Passage
		for range n {
			list = append(list, Passage{Doc: Analyze(words.Draw(t, "text")), Sender: words.Draw(t, "from"), Thread: rapid.IntRange(0, 2).Draw(t, "thread"),
				Sent: time.Unix(rapid.Int64Range(-1e9, 1e10).Draw(t, "sent"), 0)})
		}
		q, docs := words.Draw(t, "q"), rapid.IntRange(-3, 100).Draw(t, "docs")
		scores := Relevance(q, list, docs)
		require.Len(t, scores, n)
		for _, s := range scores {
			require.GreaterOrEqual(t, s, 0.0)
			require.Less(t, s, 1e6)
		}
		require.Equal(t, scores, Relevance(q, list, docs))
	})
}

func TestAnAnalyzerRemembersWithoutADifference(t *testing.T) {
	var a Analyzer
	for _, text := range []string{"The paintings of Mia", "painting, painted; the THE", "漢字 caf\u00e9", "The paintings of Mia"} {
		assert.Equal(t, Analyze(text), a.Analyze(text))
	}
}
