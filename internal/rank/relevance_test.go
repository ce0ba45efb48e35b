package rank

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// talk is what a Judge reads in a test.
type talk struct {
	Judge
}

// said adds a passage of a thread.
func (t *talk) said(thread int, sender, text string) *talk {
	t.Add(Passage{Text: Analyze(text).Text(), Sender: sender, Thread: thread})
	return t
}

func (t *talk) scores(question string) []float64 {
	return t.Relevance(Question{Text: question}, t.all(), t.Len(), nil)
}

func (t *talk) all() []int {
	list := make([]int, t.Len())
	for i := range list {
		list[i] = i
	}
	return list
}

// best are the passages that answer a question, the best one first.
func (t *talk) best(question string) []int { return Order(t.scores(question)) }

func TestRelevanceFindsOtherFormsOfAWord(t *testing.T) {
	talk := new(talk).said(0, "a", "rain all day").said(0, "b", "we painted the houses").said(0, "a", "soup again")
	assert.Equal(t, 1, talk.best("Who was painting the house?")[0])
}

func TestTheSenderThatAQuestionNamesComesFirst(t *testing.T) {
	talk := new(talk).said(0, "mia", "the budget is late").said(1, "ben", "the budget is late").said(2, "joe", "soup")
	assert.Equal(t, 0, talk.best("What did Mia say of the budget?")[0])
	assert.Equal(t, 1, talk.best("What did Ben say of the budget?")[0])
	assert.Equal(t, 1, talk.best("What about the budget?")[0], "else the later one")
	assert.Equal(t, 1, talk.best("What did Mia, Ben and Joe say of the budget?")[0], "all of them: that tells nothing")
}

// What the named sender said at all counts, and what was asked for counts more.
func TestANamedSenderIsHeardOnTheSubjectAndBesidesIt(t *testing.T) {
	talk := new(talk).said(0, "mia", "the budget is late").said(1, "ben", "the budget is late").said(2, "mia", "soup").said(3, "joe", "bread")
	scores := talk.scores("What did Mia say of the budget?")
	assert.Positive(t, scores[2], "hers")
	assert.Greater(t, scores[0]-scores[1], scores[2]*1.01, "hers, and about the budget")
	assert.Zero(t, scores[3])
}

func TestANameOfTwoSendersNamesBoth(t *testing.T) {
	for range 20 { // the order of a map must not decide
		talk := new(talk).said(0, "ann-lee", "soup").said(1, "ann-may", "soup").said(2, "joe", "soup")
		assert.Equal(t, []int{1, 0, 2}, talk.best("Ann's soup"))
	}
}

func TestWordsThatStandForOthers(t *testing.T) {
	talk := new(talk).said(0, "joe", "the weather again").said(1, "mia", "my puppy sleeps").said(2, "joe", "the roof leaks").said(3, "joe", "we went to Lisbon in Portugal")
	assert.Equal(t, 1, talk.best("Has anybody a dog?")[0], "alike")
	assert.Equal(t, 3, talk.best("Which countries did somebody see?")[0], "a kind")
	assert.Positive(t, talk.scores("Which countries did somebody see?")[3], "not by its place")
	assert.Zero(t, talk.scores("Who was in Portugal?")[1], "what is of a kind is not asked for by the others of it")
	talk.said(4, "joe", "the dog next door")
	assert.Equal(t, []int{4, 1}, talk.best("Has anybody a dog?")[:2], "the word itself comes first")
}

func TestWordsWithWhichOneAsksTellLess(t *testing.T) {
	talk := new(talk).said(0, "mia", "it is a kind of a mess").said(1, "joe", "the cheese is from Emmental").said(2, "joe", "no rain today")
	assert.Equal(t, 1, talk.best("What kind of cheese?")[0])
}

func TestWordsBesideEachOtherTellMore(t *testing.T) {
	for range 2 {
		talk := new(talk).said(0, "mia", "a green boat and there the house of a dull colour").said(1, "mia", "a green house and there the boat of a dull colour").said(2, "joe", "soup")
		assert.Equal(t, 0, talk.best("Is it the green boat?")[0])
		assert.Equal(t, 1, talk.best("Is it the green house?")[0])
	}
}

func TestIMeansTheAsker(t *testing.T) {
	talk := new(talk).said(0, "mia", "the budget is late").said(1, "ben", "the budget is late").said(2, "joe", "soup")
	by := func(asker, text string) int {
		return Order(talk.Relevance(Question{Text: text, Asker: asker}, talk.all(), 3, nil))[0]
	}
	for asker, want := range map[string]int{"mia": 0, "ben": 1, "joe": 1, "nobody": 1, "": 1} {
		assert.Equal(t, want, by(asker, "What did I say of the budget?"), asker)
	}
	assert.Equal(t, 1, by("mia", "What of the budget?"), "nobody speaks of himself")
	assert.Equal(t, 1, by("mia", "What did Ben tell me of the budget?"), "a name says more")
	assert.Equal(t, 0, by("mia", "Was habe ich von dem budget gesagt?"), "in another language")
	assert.Equal(t, 0, by("mia", "我说budget什么了？"))
}

// Who asks is not always known: it is the one who speaks of himself, if one does.
func TestIMeansTheOneWhoSpeaksOfHimself(t *testing.T) {
	two := func(one, other string) int {
		talk := new(talk).said(0, "user", one+" the boat is green").said(1, "helper", other+" the boat is green")
		return talk.best("What did I say of my boat?")[0]
	}
	assert.Equal(t, 0, two("I think that my idea is good, and I mean it:", "Sure. Boats are painted often:"))
	assert.Equal(t, 1, two("I think that my idea is good, and I mean it:", "I think that my idea is good, and I mean it:"), "both do: that tells nothing")
}

func TestAMessageIsWorthLessTheMoreTokensItTakes(t *testing.T) {
	assert.Greater(t, Worth(1, 10, 0), Worth(1, 100, 0))
	assert.Greater(t, Worth(2, 100, 0), Worth(1, 50, 0), "but by far not in proportion")
	assert.Greater(t, Worth(1, -5, -1), 0.0)
	assert.InDelta(t, Worth(1, 10, 1), Worth(1, 1000, 2), 0, "when all fits")
}

// Of a mailbox that is not all judged, a word is as common as it is in all of it.
func TestWordsAreAsCommonAsInAllOfTheMailbox(t *testing.T) {
	talk := new(talk).said(0, "mia", "soup").said(1, "mia", "zeppelin").said(2, "joe", "bread").said(3, "joe", "bread")
	q := Question{Text: "soup zeppelin"}
	scores := talk.Relevance(q, talk.all(), 1000, &Older{N: 2, Frequency: map[uint32]int{TermNumber("soup"): 800, TermNumber("zeppelin"): 1}})
	assert.Greater(t, scores[1], 1.5*scores[0])
	scores = talk.Relevance(q, talk.all(), 1000, &Older{N: 2, Frequency: map[uint32]int{TermNumber("soup"): 1, TermNumber("zeppelin"): 800}})
	assert.Greater(t, scores[0], 1.5*scores[1])
}

// The answer stands beside the question, without any of its words.
func TestNeighboursOfAThreadShareTheirScores(t *testing.T) {
	talk := new(talk).said(1, "mia", "weather soup").said(0, "mia", "Which port does the server use?").said(0, "ben", "8443").said(2, "mia", "bread wine")
	assert.Equal(t, []int{1, 2}, talk.best("server port")[:2])
	talk.list[2].Thread = 3
	assert.Zero(t, talk.scores("server port")[2], "of another thread")
}

func TestTheNearerInAThreadTheMore(t *testing.T) {
	talk := new(talk).said(0, "mia", "which port does the server use").said(0, "ben", "8443").said(0, "mia", "thanks").said(0, "ben", "welcome").said(1, "joe", "soup")
	scores := talk.scores("server port")
	for i := range 3 {
		assert.Greater(t, scores[i], scores[i+1], "message %d of the thread", i)
	}
	assert.Positive(t, scores[3], "the thread's own")
	assert.Zero(t, scores[4])
}

// What the best messages add to the question's words is looked for, too.
func TestWordsOfTheBestMessagesCount(t *testing.T) {
	talk := new(talk).said(0, "mia", "the server stands in rack seven").said(1, "ben", "rack seven is hot").said(2, "joe", "soup")
	scores := talk.scores("Where is the server?")
	assert.Positive(t, scores[1])
	assert.Greater(t, scores[0], scores[1])
	assert.Zero(t, scores[2])
}

func TestADateInAQuestionCounts(t *testing.T) {
	talk := new(talk).said(0, "mia", "we met there").said(1, "mia", "we met there").said(2, "mia", "we met there")
	for i, on := range []time.Time{date(2026, 5, 3), date(2026, 6, 3), date(2026, 6, 17)} {
		talk.list[i].Sent = on.Add(9 * time.Hour)
	}
	assert.Equal(t, 0, talk.best("Where did we go last May?")[0])
	assert.Equal(t, 1, talk.best("Where on June 3rd?")[0])
	assert.Equal(t, 2, talk.best("Where on 17 June 2026?")[0])
	assert.Equal(t, 1, talk.best("Where two weeks ago?")[0], "before the newest")
	assert.Equal(t, 0, Order(talk.Relevance(Question{Text: "yesterday", Now: date(2026, 5, 4)}, talk.all(), 3, nil))[0])
	assert.Equal(t, []int{2, 1}, talk.best("Where on 18 June 2026?")[:2], "the month, when the day is wrong")
}

func TestRelevanceIsANumberAndTheSameEachTime(t *testing.T) {
	assert.Nil(t, new(Judge).Relevance(Question{Text: "x"}, nil, 5, nil))
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"", "port", "server ports", "mia", "the", "8 May 2026", "\xff漢", "soup soup soup", "a dog", "pet", "last week"})
		n := rapid.IntRange(1, 12).Draw(t, "n")
		one, other := new(talk), new(talk)
		other.Add(Passage{Text: Analyze("something that the other one did not read: server, soup").Text()})
		for range n {
			text, from, thread := words.Draw(t, "text"), words.Draw(t, "from"), rapid.IntRange(0, 2).Draw(t, "thread")
			sent := time.Unix(rapid.Int64Range(-1e9, 1e10).Draw(t, "sent"), 0)
			for _, talk := range []*talk{one, other} {
				talk.said(thread, from, text).list[talk.Len()-1].Sent = sent
			}
		}
		q, docs := Question{Text: words.Draw(t, "q")}, rapid.IntRange(-3, 100).Draw(t, "docs")
		scores := one.Relevance(q, one.all(), docs, nil)
		require.Len(t, scores, n)
		for _, s := range scores {
			require.GreaterOrEqual(t, s, 0.0)
			require.Less(t, s, 1e6)
		}
		require.Equal(t, scores, one.Relevance(q, one.all(), docs, nil))
		require.Equal(t, scores, other.Relevance(q, other.all()[1:], docs, nil), "what else a Judge has read changes nothing")
	})
}

func TestTopIsTheBeginningOfTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOf(rapid.SampledFrom([]float64{0, 1, 2, 3})).Draw(t, "scores")
		n := rapid.IntRange(1, 4).Draw(t, "n")
		var want []int
		for _, i := range Order(scores) {
			if len(want) < n && scores[i] > 0 {
				want = append(want, i)
			}
		}
		require.Equal(t, want, top(scores, n))
	})
}
