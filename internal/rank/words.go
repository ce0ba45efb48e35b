package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a piece of a text is.
type kind uint8

const (
	aWord kind = iota // letters and digits between others
	aPair             // two characters beside each other, of a script without spaces
	aChar             // one of those that stand in pairs
	alone             // one that has none beside it
)

// words calls yield with each piece of text and where it stands, until it returns
// false: words in lower case, with their accents where they are part of a letter; of
// scripts without spaces each character and each pair of neighbours. The bytes are good
// until yield returns.
func words(text string, yield func(word []byte, from, to int, k kind) bool) {
	s := splitter{text: text, yield: yield, ok: true}
	for i := 0; i < len(text) && s.ok; {
		if c := text[i]; c < utf8.RuneSelf { // nearly all of most texts
			if isWord[c] != 0 {
				s.letter(i, i+1, isWord[c])
			} else {
				s.flush()
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		s.other(r, i, i+size)
		i += size
	}
	s.flush()
}

// splitter is the state of words.
type splitter struct {
	text     string
	yield    func(word []byte, from, to int, k kind) bool
	ok       bool // yield wants more
	word     []byte
	from, to int
	run      [][2]int // characters of a script without spaces, beside each other
}

// letter appends a letter of ASCII to the word.
func (s *splitter) letter(from, to int, c byte) {
	if len(s.run) > 0 {
		s.flush()
	}
	if len(s.word) == 0 {
		s.from = from
	}
	if s.to = to; len(s.word) < MaxTerm {
		s.word = append(s.word, c)
	}
}

// other takes any other rune.
func (s *splitter) other(r rune, from, to int) {
	switch {
	case r >= 0xff01 && r <= 0xff5e: // the wide form of one of ASCII
		if c := isWord[r-0xfee0]; c != 0 {
			s.letter(from, to, c)
		} else {
			s.flush()
		}
	case accent(r):
		if len(s.word) > 0 {
			s.to = to
		}
	case unicode.Is(unicode.M, r): // a vowel, say, of the letter before
		switch {
		case len(s.run) > 0:
			s.run[len(s.run)-1][1] = to
		case len(s.word) > 0:
			s.append(r, from, to)
		}
	case unspaced(r):
		if len(s.word) > 0 {
			s.flush()
		}
		s.run = append(s.run, [2]int{from, to})
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		s.append(r, from, to)
	default:
		s.flush()
	}
}

func (s *splitter) append(r rune, from, to int) {
	if len(s.run) > 0 {
		s.flush()
	}
	if len(s.word) == 0 {
		s.from = from
	}
	r = unicode.ToLower(r)
	if s.to = to; len(s.word)+utf8.RuneLen(r) <= MaxTerm {
		s.word = utf8.AppendRune(s.word, r)
	}
}

// flush hands over the word, or the run of characters.
func (s *splitter) flush() {
	if len(s.word) > 0 {
		w := s.word
		s.word = s.word[:0]
		s.ok = s.ok && s.yield(w, s.from, s.to, aWord)
	}
	run := s.run
	s.run = s.run[:0]
	for i, c := range run {
		k := aChar
		if len(run) == 1 {
			k = alone
		}
		s.ok = s.ok && s.yield([]byte(Cut(s.text[c[0]:c[1]], MaxTerm)), c[0], c[1], k)
		if i+1 < len(run) {
			s.ok = s.ok && s.yield([]byte(Cut(s.text[c[0]:run[i+1][1]], MaxTerm)), c[0], run[i+1][1], aPair)
		}
	}
}

// isWord are the ASCII letters and digits in lower case, by rune; 0: none.
var isWord = func() (t [utf8.RuneSelf]byte) {
	for _, c := range []byte("0123456789abcdefghijklmnopqrstuvwxyz") {
		t[c] = c
		t[unicode.ToUpper(rune(c))] = c
	}
	return t
}()

// accent says whether r is a mark that many leave out: accents by themselves, and the
// vowels of Hebrew and Arabic.
func accent(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r >= 0x591 && r <= 0x5c7 && unicode.Is(unicode.Mn, r) || r >= 0x64b && r <= 0x65f || r == 0x670 || r == 0x640
}

// unspaced says whether r belongs to a script that puts no spaces between words, or,
// as Korean does, puts what English has as small words into the same one.
func unspaced(r rune) bool {
	return r >= 0xe00 && (r == 0x30fc || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)) && !unicode.IsDigit(r)
}

// fold takes the accents from a word in lower case.
func fold(word string) string {
	plainOnes := true
	for i := range len(word) {
		plainOnes = plainOnes && word[i] < utf8.RuneSelf
	}
	if plainOnes {
		return word
	}
	var b strings.Builder
	for _, r := range word {
		b.WriteString(foldRune(r))
	}
	return Cut(b.String(), MaxTerm)
}

func foldRune(r rune) string {
	if i := strings.IndexRune(accented, r); r >= utf8.RuneSelf && i >= 0 {
		return plain[utf8.RuneCountInString(accented[:i])]
	}
	return string(r)
}

// accented and plain are parallel: letters with accents, and without.
const accented = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšșţťŧțùúûüũūŭůűųŵýÿŷźżžßæœёάέήίόύώϊϋΐΰς"

var plain = strings.Fields("a a a a a a a a a c c c c c d d e e e e e e e e e g g g g h h i i i i i i i i i j k l l l l l n n n n o o o o o o o o o r r r s s s s s t t t t u u u u u u u u u u w y y y z z z ss ae oe е α ε η ι ο υ ω ι υ ι υ σ")
