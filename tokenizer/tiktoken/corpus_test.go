package tiktoken_test

import (
	"iter"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// symbols has at least one string for each thing that the split patterns tell
// apart, and what implementations have got wrong: title case, marks, numbers
// that are not digits, white space beyond ASCII, DEL, the long s in a
// contraction, halves of UTF-8 sequences.
var symbols = []string{
	"a", "s", "t", "l", "re", "ve", "m", "d", "S", "T", "LL", "E", "Z", "ſ", "é", "ǅ", "ʰ", "中", "ا", "\u0301",
	"\u0903", "1", "²", "Ⅷ", " ", "  ", "\t", "\n", "\r", "\r\n", "\u00a0", "\u2028", "\u0085", "\u3000",
	"'", "!", "/", "_", "😀", "\u200d", "\ufe0f", "\x00", "\x7f", "\ufffd", "\ue000", "\xff", "\xe2\x80", "\xed\xa0\x80", "\xf0\x9f",
}

// blanks is for long runs of white space, the scanner's hard case.
var blanks = []string{" ", " ", " ", "\n", "\r", "\t", "\u00a0", "\u3000", "x", "1", "."}

// quotes is for contractions.
var quotes = []string{"'", "'s", "'S", "'ll", "'Ll", "'re", "'VE", "'m", "'D", "'t", "'ſ", "don", "I", "we", "E", "l", "e", " "}

// words is for text as it is in mail and in code.
var words = []string{
	"the", "mailbox", "Context", "HTTPServer", "snake_case_name", "camelCaseName", "func", "return", "{", "}", "(", ")",
	"://", "...", "==", "\"key\":", "12345", "3.14", "0x1F", " ", " ", " ", "\n", "\n\n", "\t", "    ", ",", ";", "über",
	"straße", "naïve", "日本語", "こんにちは", "Привет", "мир", "שלום", "สวัสดี", "नमस्ते", "👩‍👩‍👧", "🇩🇪", "don't", "they'LL", "<|endoftext|>", "//", "/*",
}

// glue joins n strings drawn from set.
func glue(rng *rand.Rand, set []string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(set[rng.IntN(len(set))])
	}
	return b.String()
}

// anyRunes joins n runes of all planes, half of them from the first.
func anyRunes(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		limit := 0x110000
		if rng.IntN(2) == 0 {
			limit = 0x10000
		}
		b.WriteRune(rune(rng.IntN(limit)))
	}
	return b.String()
}

// anyBytes is mostly invalid UTF-8.
func anyBytes(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.IntN(256))
	}
	return string(b)
}

// longPiece is one unbroken run, long enough for the heap.
func longPiece(rng *rand.Rand, n int) string {
	kinds := []string{"a", "ab", " ", "=", "中", "é", "😀", "\u0301", "Aa", "aaab", "\xff"}
	if rng.IntN(2) == 0 {
		return strings.Repeat(kinds[rng.IntN(len(kinds))], n/2)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}

// corpus yields every string of up to three symbols, then n random strings.
func corpus(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range symbols {
			for _, b := range append([]string{""}, symbols...) {
				for _, c := range append([]string{""}, symbols...) {
					if !yield(a + b + c) {
						return
					}
				}
			}
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range n {
			if !yield(draw(rng, i)) {
				return
			}
		}
	}
}

// draw makes one random string; i chooses its kind.
func draw(rng *rand.Rand, i int) string {
	switch i % 16 {
	case 0, 1, 2, 3, 4, 5:
		return glue(rng, symbols, 4+rng.IntN(10))
	case 6, 7:
		return glue(rng, blanks, 2+rng.IntN(12))
	case 8, 9:
		return glue(rng, quotes, 2+rng.IntN(6))
	case 10, 11, 12:
		return glue(rng, words, 2+rng.IntN(8))
	case 13:
		return anyRunes(rng, 1+rng.IntN(8))
	case 14:
		return anyBytes(rng, 1+rng.IntN(16))
	}
	if i%256 == 15 {
		return longPiece(rng, 50+rng.IntN(150))
	}
	return glue(rng, symbols[:24], 1+rng.IntN(24)) // words of all alphabets
}

// everyRune yields strings that together hold every rune, each of them among
// neighbours that change with shift.
func everyRune(shift int) iter.Seq[string] {
	around := []string{"a", " ", "A", "1", "!", "\n", "'s", "", "\u0301", "中", "/", "  "}
	return func(yield func(string) bool) {
		var b strings.Builder
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if utf8.ValidRune(r) {
				b.WriteRune(r)
				b.WriteString(around[(int(r)+shift)%len(around)])
			}
			if b.Len() > 200 || r == utf8.MaxRune {
				if !yield(b.String()) {
					return
				}
				b.Reset()
			}
		}
	}
}
