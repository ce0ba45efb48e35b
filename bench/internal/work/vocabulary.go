package work

import (
	"math/rand/v2"
	"strings"
)

// vocabulary makes up words: no two are the same, nor each other backwards.
type vocabulary struct {
	r     *rand.Rand
	taken map[string]bool
	onset []string
	vowel []string
}

// newVocabulary draws the sounds of a language, too, so that two seeds share few words.
func newVocabulary(r *rand.Rand) *vocabulary {
	onsets := strings.Fields("b d f g h j k l m n p r s t v z br dr kl pr st tr")
	vowels := strings.Fields("a e i o u ai eo ou")
	r.Shuffle(len(onsets), func(i, j int) { onsets[i], onsets[j] = onsets[j], onsets[i] })
	r.Shuffle(len(vowels), func(i, j int) { vowels[i], vowels[j] = vowels[j], vowels[i] })
	return &vocabulary{r: r, taken: map[string]bool{}, onset: onsets[:14], vowel: vowels[:5]}
}

// word returns a new word of two or three syllables.
func (v *vocabulary) word() string {
	for {
		var b strings.Builder
		for range 2 + v.r.IntN(2) {
			b.WriteString(v.onset[v.r.IntN(len(v.onset))])
			b.WriteString(v.vowel[v.r.IntN(len(v.vowel))])
		}
		w := b.String()
		if m := mirror(w); len(w) >= 4 && m != w && !v.taken[w] && !v.taken[m] {
			v.taken[w] = true
			return w
		}
	}
}

func (v *vocabulary) words(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = v.word()
	}
	return out
}

// name is a word with a capital.
func name(w string) string { return strings.ToUpper(w[:1]) + w[1:] }
