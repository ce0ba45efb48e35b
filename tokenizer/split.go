package tokenizer

// Split says how an encoding cuts text into pieces before it merges bytes
// inside each of them. The patterns are regular expressions with look-ahead
// and backtracking; here each is a scanner that reads every byte a small,
// fixed number of times, whatever the text is.
type Split uint8

const (
	// SplitCL100K is the pattern of cl100k_base (GPT-3.5, GPT-4).
	SplitCL100K Split = iota
	// SplitO200K is the pattern of o200k_base (GPT-4o and later).
	SplitO200K
)

// next returns the end of the piece that begins at b[i:]; i must be less than
// len(b). It looks ahead but never back: what a piece is does not depend on
// the text before it, so a text may be counted from any piece on.
func (s Split) next(t *classTable, b []byte, i int) int {
	if s == SplitCL100K {
		return nextCL100K(t, b, i)
	}
	return nextO200K(t, b, i)
}

// nextCL100K matches, first alternative first:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)
//	[^\r\n\p{L}\p{N}]?\p{L}+
//	\p{N}{1,3}
//	 ?[^\s\p{L}\p{N}]+[\r\n]*
//	\s*[\r\n]+
//	\s+(?!\S)
//	\s+
func nextCL100K(t *classTable, b []byte, i int) int {
	c, n := t.at(b, i)
	if c&classLetter != 0 {
		return t.letters(b, i+n)
	}
	if c&classNumber != 0 {
		return numbers(t, b, i+n)
	}
	if e := contraction(b, i); e > i {
		return e
	}
	after, m := t.at(b, i+n)
	if c&notPrefix == 0 && after&classLetter != 0 {
		return t.letters(b, i+n+m)
	}
	if c&classOther != 0 || b[i] == ' ' && after&classOther != 0 {
		e := t.run(b, i+n, classOther)
		for e < len(b) && (b[e] == '\r' || b[e] == '\n') {
			e++
		}
		return e
	}
	return spaces(t, b, i)
}

// nextO200K matches, first alternative first, with U for
// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], W for [\p{Ll}\p{Lm}\p{Lo}\p{M}] and C for
// (?i:'s|'t|'re|'ve|'m|'ll|'d)?:
//
//	[^\r\n\p{L}\p{N}]?U*W+C
//	[^\r\n\p{L}\p{N}]?U+W*C
//	\p{N}{1,3}
//	 ?[^\s\p{L}\p{N}]+[\r\n/]*
//	\s*[\r\n]+
//	\s+(?!\S)
//	\s+
func nextO200K(t *classTable, b []byte, i int) int {
	c, n := t.at(b, i)
	if c&classNumber != 0 {
		return numbers(t, b, i+n)
	}
	if c&classLetter != 0 {
		e, _ := word(t, b, i)
		return contraction(b, e)
	}
	if c&classNewline == 0 {
		e, lower := word(t, b, i+n)
		if !lower && c&classLower != 0 {
			// A mark stands in front of capitals only. The first pattern
			// fails with the mark as its prefix, but matches the mark alone
			// as W+ before the second pattern is tried.
			return contraction(b, i+n)
		}
		if e > i+n {
			return contraction(b, e)
		}
	}
	after, _ := t.at(b, i+n)
	if c&classOther != 0 || b[i] == ' ' && after&classOther != 0 {
		e := t.run(b, i+n, classOther)
		for e < len(b) && (b[e] == '\r' || b[e] == '\n' || b[e] == '/') {
			e++
		}
		return e
	}
	return spaces(t, b, i)
}

// word matches U*W+ at b[i:], and U+W* if that fails; lower says which of them
// matched. It returns i when neither does.
func word(t *classTable, b []byte, i int) (end int, lower bool) {
	c, n := t.at(b, i)
	if c&(classUpper|classLower) == classLower {
		return t.lowers(b, i+n), true
	}
	// U* takes all it can; both is the end of the last rune of it that could
	// be in W as well: there W+ finds its one rune if none follows.
	both, from := -1, i
	for c&classUpper != 0 {
		i += n
		if c&classLower != 0 {
			both = i
		}
		c, n = t.at(b, i)
	}
	switch {
	case c&classLower != 0:
		return t.lowers(b, i+n), true
	case both > from:
		return both, true
	}
	return i, false
}

// numbers ends a piece of up to three numbers, of which one ended at i.
func numbers(t *classTable, b []byte, i int) int {
	for range 2 {
		c, n := t.at(b, i)
		if c&classNumber == 0 {
			break
		}
		i += n
	}
	return i
}

// contraction returns the end of 's, 't, 're, 've, 'm, 'll or 'd at b[i:] in
// either case, or i. Case means ASCII here, as in the implementation that the
// tests compare with: 'ſ is not taken for 's.
func contraction(b []byte, i int) int {
	if i+1 >= len(b) || b[i] != '\'' {
		return i
	}
	// Setting bit 5 maps exactly the two cases of a letter to the small one.
	switch first := b[i+1] | 0x20; first {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v', 'l':
		want := byte('e')
		if first == 'l' {
			want = 'l'
		}
		if i+2 < len(b) && b[i+2]|0x20 == want {
			return i + 3
		}
	}
	return i
}

// spaces ends a piece that begins with white space at b[i:]: up to the last
// line break of the run; or all of the run at the end of the text; or the run
// but for its last rune, which goes with what follows; or its only rune.
func spaces(t *classTable, b []byte, i int) int {
	from, last, line := i, i, -1
	for {
		c, n := t.at(b, i)
		if c&classSpace == 0 {
			break
		}
		last = i
		i += n
		if c&classNewline != 0 {
			line = i
		}
	}
	switch {
	case line > 0:
		return line
	case i == len(b) || last == from:
		return i
	}
	return last
}
