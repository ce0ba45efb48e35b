package rank

import (
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTermsOfATextAreFoldedAndStemmed(t *testing.T) {
	for text, want := range map[string][]string{
		"":                     nil,
		"The Invoices of ACME": {"acm", "invoic"},
		"Café, naïve; RÉSUMÉ Łódź straße": {"cafe", "lodz", "naiv", "resume", "strasse"},
		"cafe\u0301": {"cafe"},
		"queries boxes patches dishes glasses buses status analysis ties": {"analysi", "box", "buse", "dish", "glass", "patch", "queri", "status", "tie"},
		"漢字かな テスト 猫":                                                      {"か", "かな", "な", "ス", "スト", "テ", "テス", "ト", "字", "字か", "漢", "漢字", "猫"},
		"Привет МИР 42 v1.10":                                             {"10", "42", "v1", "мир", "привет"},
		"\x00\xff\u202e!?":                                                nil,
		"a\u00adb don't":                                                  {"b", "don"},
	} {
		assert.Equal(t, want, Analyze(text).Terms(), "%q", text)
	}
}

func TestLengthAndFrequenciesLeaveStopWordsOut(t *testing.T) {
	d := Analyze("The error and the errors: an ERROR in a log")
	assert.Equal(t, 4, d.Length)
	assert.Equal(t, map[string]int{"error": 3, "log": 1}, d.Freq)
}

func TestOnlyTheBeginningOfATextIsIndexed(t *testing.T) {
	text := strings.Repeat("é", MaxText/2-1) + " é beyond" // the é begins before the end
	assert.NotContains(t, Analyze(text).Freq, "beyond")
	assert.Equal(t, MaxTerm, len(Analyze(strings.Repeat("x", 5000)).Terms()[0]))
	for n := range 8 {
		assert.True(t, utf8.ValidString(Cut("aé漢🙂", n)), n)
	}
	assert.Equal(t, "aé", Cut("aé漢", 5))
	assert.Equal(t, "aé漢", Cut("aé漢", 6))
}

func TestASearchHasABoundedNumberOfDifferentTerms(t *testing.T) {
	assert.Equal(t, []string{"late", "invoic"}, firsts(QueryTerms("late? Invoices, LATE invoice")), "in their order of first use")
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "w%d ", i)
	}
	terms := QueryTerms(b.String())
	assert.Len(t, terms, MaxQueryTerms)
	assert.Equal(t, []string{"w0"}, terms[0])
	assert.Empty(t, QueryTerms("the and of"))
}

// firsts are the first terms of words.
func firsts(words [][]string) (out []string) {
	for _, w := range words {
		out = append(out, w[0])
	}
	return out
}

func TestMoreOfAWordRarerWordsShorterAndNewerMessagesScoreHigher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.IntRange(1, 1000).Draw(t, "freq")
		df := rapid.IntRange(1, Candidates-1).Draw(t, "df")
		length := rapid.IntRange(1, 100_000).Draw(t, "length")
		docs := rapid.IntRange(2*Candidates, 1_000_000).Draw(t, "docs")
		newer := rapid.IntRange(0, 1_000_000).Draw(t, "newer")
		s := Score([]int{f}, []int{df}, length, docs, newer)
		require.Positive(t, s)
		require.False(t, math.IsInf(s, 0))
		require.Greater(t, Score([]int{f + 1}, []int{df}, length, docs, newer), s)
		require.Less(t, Score([]int{f}, []int{df + 1}, length, docs, newer), s)
		require.Less(t, Score([]int{f}, []int{df}, length+1, docs, newer), s)
		require.Less(t, Score([]int{f}, []int{df}, length, docs, newer+1), s)
		require.Greater(t, Score([]int{f, 1}, []int{df, df}, length, docs, newer), s, "another word")
		require.Equal(t, s, Score([]int{f, 0}, []int{df, df}, length, docs, newer), "a word that it does not have")
	})
}

// What a store may hand over in a mailbox that changes meanwhile is a number too.
func TestAScoreIsAlwaysANumber(t *testing.T) {
	for _, n := range []int{-1, 0, 1, math.MaxInt32} {
		for _, docs := range []int{-5, 0, 1, 1000} {
			s := Score([]int{1, n}, []int{n, 0}, max(n, 0), docs, n)
			assert.False(t, math.IsNaN(s) || math.IsInf(s, 0) || s < 0, "%d %d: %v", n, docs, s)
		}
	}
}

// Stores keep terms: whoever changes what is found or how it is ordered raises
// Version, so that they build their indexes anew.
func TestAnotherWayOfAnalysingHasAnotherVersion(t *testing.T) {
	text := "The queries of Café Łódź: invoices, ties, glasses, 漢字 and status codes v1.10 don't matter; errors ERROR error."
	d := Analyze(text)
	got := fmt.Sprint(Version, d.Length, d.Freq, firsts(QueryTerms(text)), crc32.ChecksumIEEE(d.Pack()))
	got += fmt.Sprintf(" %.9g", Score([]int{3, 1, 0}, []int{7, 400, 2}, 33, 5000, 120))
	assert.Equal(t, "5 16 map[10:1 cafe:1 code:1 don:1 error:3 glass:1 invoic:1 lodz:1 matter:1 queri:1 status:1 tie:1 v1:1 字:1 漢:1 漢字:1] [queri cafe lodz invoic tie glass 漢字 status code v1 10 don matter error] 3870765443 15.1207639", got, "raise Version, then write down what it gives")
}

func TestNoMessageScoresMoreThanTheMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		freq, df := make([]int, 3), make([]int, 3)
		worth := 0.0
		for i := range freq {
			freq[i], df[i] = rapid.IntRange(1, 1_000_000).Draw(t, "times"), rapid.IntRange(1, 1000).Draw(t, "df")
			worth += IDF(df[i], 1000)
		}
		newer := rapid.IntRange(0, 100_000).Draw(t, "newer")
		s := Score(freq, df, rapid.IntRange(0, 100).Draw(t, "length"), 1000, newer+rapid.IntRange(0, 10).Draw(t, "more"))
		if s >= Most(worth, newer) {
			t.Fatalf("%v of at most %v", s, Most(worth, newer))
		}
	})
}

// A snippet shows what a search found.
func TestMatchesFindsWhatAnalyzeFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom([]string{"skis", "dying", "Only", "Éclair", "ßtraße", "İstanbul", "yellowing", "漢字", "the", "ｆｕｌｌ", "9ths", "книги", "الكتب", "เพื่อน", "die", "und", "Bücher"}), rapid.StringMatching(`[a-zA-Z]{1,12}`), rapid.String())).Draw(t, "words")
		text := strings.Join(words, " ")
		d := Analyze(text)
		for term, n := range d.Freq {
			if got := Matches(text, [][]string{{"\x00"}, {term}}); len(got) != n {
				t.Fatalf("%q: %d of %d", term, len(got), n)
			}
		}
	})
}
