package rank

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestATextIsStemmedInItsLanguage(t *testing.T) {
	for text, want := range map[string][]string{
		"Wir haben die Rechnungen nicht bezahlt": {"bezahlt", "rechnung"},
		"nous avons payé les factures":           {"factur", "pai"},
		"las canciones de la niña":               {"cancion", "nin"},
		"Мы нашли книги":                         {"книг", "нашл"},
		"they read the книги":                    {"read", "книг"},
		"vi har inte fått räkningarna":           {"fatt", "rakning"},
		"emails in one word: Rechnungen":         {"email", "one", "rechnungen", "word"},
		"die hard":                               {"die", "hard"},
		"मेरी किताबें":                           {"किताबें", "मेरी"},
	} {
		assert.Equal(t, want, Analyze(text).Terms(), text)
	}
}

// TestASearchFindsAWordOfAnyLanguage although a search of one word does not say in
// which it is.
func TestASearchFindsAWordOfAnyLanguage(t *testing.T) {
	for search, text := range map[string]string{
		"rechnung":   "Wir haben die Rechnungen nicht bezahlt",
		"Rechnungen": "Die Rechnung ist noch nicht bezahlt",
		"factura":    "las facturas de la casa",
		"fatture":    "non ho ancora la fattura della casa",
		"книгу":      "мы нашли книги",
		"invoice":    "all of the invoices",
		"手机":         "我同事的手机号",
		"號":          "號碼",
	} {
		assert.Equal(t, 1, len(Matches(text, QueryTerms(search))), "%s in %s", search, text)
	}
	assert.Empty(t, Matches("机手", QueryTerms("手机")), "a pair in the other order")
}

func TestWithWhichWordsOneSpeaksOfOneself(t *testing.T) {
	for text, want := range map[string]int{
		"I said that my boat is mine": 3, "ich habe mein Boot und er nicht": 2, "我的船": 1, "the boat": 0, "io non ho la mia barca": 2, "mi": 0,
	} {
		assert.Equal(t, want, Analyze(text).First, text)
	}
}

// TestAnyTextIsAnalysed: stemmers are others' programs.
func TestAnyTextIsAnalysed(t *testing.T) {
	var letters []string
	for _, l := range languages {
		letters = append(letters, strings.Fields(l.stop)...)
	}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "words") {
			for range rapid.IntRange(1, 6).Draw(t, "parts") {
				b.WriteString(rapid.OneOf(rapid.SampledFrom(letters), rapid.StringN(0, 3, -1), rapid.SampledFrom([]string{"ing", "ción", "ungen", "İ", "ß", "ў", "ة", "\u0301", "ー"})).Draw(t, "part"))
			}
			b.WriteByte(' ')
		}
		d := Analyze(b.String())
		for term := range d.Freq {
			if term == "" || len(term) > MaxTerm || strings.ContainsAny(term, " \"·") {
				t.Fatalf("the term %q of %q", term, b.String())
			}
		}
	})
}

// TestStemsKeepTheFirstLetter: a [Finder] relies on it.
func TestStemsKeepTheFirstLetter(t *testing.T) {
	letters := rapid.SampledFrom([]rune("abcdefghijklmnopqrstuvwxyzäöüßéèêàçñãõøåæœıİşğő"))
	check := func(t require.TestingT, word string) {
		f := newForm(word, aWord)
		if f.keepsFirst() {
			for _, term := range f.all(f.term) {
				require.True(t, len(term) == 1 || term[0] == word[0], "%s: %s", word, term)
			}
		}
	}
	for word := range meanings {
		check(t, word)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringMatching("[a-z]").Draw(t, "first")+rapid.StringOfN(letters, 0, 12, -1).Draw(t, "word"))
	})
	require.False(t, newForm("العربية", aWord).keepsFirst())
}

// TestAFinderFindsWhatALookAtEachWordDoes: also the one that has seen other texts.
func TestAFinderFindsWhatALookAtEachWordDoes(t *testing.T) {
	word := rapid.SampledFrom(append(slices.Sorted(maps.Keys(meanings)), "invoice", "invoices", "Rechnungen", "buna", "p", "éclair", "漢字", "книги", "العربية", "7th"))
	text := rapid.Map(rapid.SliceOfN(word, 0, 12), func(list []string) string { return strings.Join(list, " ") })
	rapid.Check(t, func(t *rapid.T) {
		search := QueryTerms(text.Draw(t, "search"))
		f := NewFinder(search)
		for range 3 {
			in := text.Draw(t, "text")
			var a Analyzer
			language := languageOf(a.read(in))
			var want []Match
			words(in, func(w []byte, from, to int, k kind) bool {
				term := a.form(w, k).in(language)
				i := slices.IndexFunc(search, func(list []string) bool { return slices.Contains(list, term) })
				if i >= 0 {
					want = append(want, Match{i, from, to})
				}
				return true
			})
			require.Equal(t, want, f.Matches(in))
		}
	})
}
