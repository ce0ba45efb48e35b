package rank

import (
	"strings"
	"sync"
	"unicode"
)

// frames says whether a term is one with which one asks, more than one that one asks for.
func frames(term string) bool { return framing()[term] || small(term) }

var framing = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, t := range englishTerms("kind type sort mention say said tell told describe discuss share both common likely consider think might possible specific according name call way") {
		m[t] = true
	}
	return m
})

// small says whether a term of a script without spaces is made of nothing but what its
// language has as small words and endings: those scripts have no stop words, since
// nothing says where a word ends.
func small(term string) bool {
	for _, r := range term {
		if r < 0x3000 || !unicode.Is(unicode.Hiragana, r) && !strings.ContainsRune(smallOnes, r) {
			return false
		}
	}
	return term != ""
}

// smallOnes are the pronouns, particles, question words and auxiliaries of Chinese and the
// particles and endings of Korean, character by character. Japanese writes nearly all of
// its own in hiragana.
const smallOnes = "的了着过吗呢吧啊呀么我你您他她它们咱这那哪谁什怎几多少是有在和与或也就都还又很不没要会能可以到从把被给让对向个些里儿为因所但而且时候" +
	"們這誰麼幾過還沒會從給讓對個裡兒為時" +
	"은는이가을를에서의도만로으와과하고했습니다요어아네지까야였었겠입디언제누구무엇뭐얼마왜떻게있없나저"

// telling are the words of a question that say what it is about; all of them, when none does.
func telling(words [][]string) [][]string {
	var out [][]string
	for _, w := range words {
		if !small(w[0]) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return words
	}
	return out
}
