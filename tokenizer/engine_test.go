package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/pkoukk/tiktoken-go-loader/assets"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

// loadO200K reads a real vocabulary. Package tiktoken, which does that for
// users, imports this one.
func loadO200K(t testing.TB) *Encoding {
	t.Helper()
	f, err := assets.Assets.Open("o200k_base.tiktoken")
	require.NoError(t, err)
	defer f.Close()
	e, err := NewEncoding("o200k_base", SplitO200K, f)
	require.NoError(t, err)
	return e
}

// TestVocabulariesAreRead holds our reading of them to the loader's.
func TestVocabulariesAreRead(t *testing.T) {
	for _, name := range []string{"cl100k_base.tiktoken", "o200k_base.tiktoken"} {
		f, err := assets.Assets.Open(name)
		require.NoError(t, err)
		v, err := readVocabulary(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		ranks, err := loader.NewOfflineLoader().LoadTiktokenBpe(name)
		require.NoError(t, err)
		require.Equal(t, len(ranks), v.size())
		for token, rank := range ranks {
			if got := v.find([]byte(token)); int(got) != rank {
				t.Fatalf("%s: %q has rank %d; want %d", name, token, got, rank)
			}
		}
	}
}

func TestClassesAreThoseOfUnicode(t *testing.T) {
	table := classes()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		var want class
		letter, number, space := unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsSpace(r)
		for _, b := range []struct {
			is  bool
			set class
		}{
			{letter, classLetter},
			{number, classNumber},
			{space, classSpace},
			{r == '\r' || r == '\n', classNewline},
			{!letter && !number && !space, classOther},
			{unicode.In(r, unicode.Lu, unicode.Lt, unicode.Lm, unicode.Lo, unicode.M), classUpper},
			{unicode.In(r, unicode.Ll, unicode.Lm, unicode.Lo, unicode.M), classLower},
		} {
			if b.is {
				want |= b.set
			}
		}
		b := utf8.AppendRune(nil, r)
		got, n := table.at(b, 0)
		if got != want || n != len(b) {
			t.Fatalf("%U: class %07b, size %d; want %07b, %d", r, got, n, want, len(b))
		}
	}
	bad, n := table.at([]byte("\xffx"), 0)
	assert.Equal(t, classOther, bad, "a bad byte is U+FFFD, a sign")
	assert.Equal(t, 1, n)
}

// TestBothMergesAgree compares the two ways to merge a piece on pieces that
// either can take.
func TestBothMergesAgree(t *testing.T) {
	v := loadO200K(t).words
	rng := rand.New(rand.NewPCG(1, 1))
	s := new(scratch)
	for range 20_000 {
		n := 2 + rng.IntN(maxShort-1)
		kinds := 1 + rng.IntN(255)
		var p shortText
		for i := range n {
			p[i] = byte(97 + rng.IntN(kinds))
		}
		if short, long := v.mergeShort(&p, n), v.mergeLong(p[:n], s); short != long {
			t.Fatalf("%q: %d and %d", p[:n], short, long)
		}
	}
}

// TestMemoChangesNothing counts pieces with a memo that is full of others, and
// without one. Behind a piece stands what it must not see.
func TestMemoChangesNothing(t *testing.T) {
	v := loadO200K(t).words
	rng := rand.New(rand.NewPCG(2, 2))
	used := new(memo)
	for range 200_000 {
		n := 1 + rng.IntN(maxMemo)
		p := make([]byte, n+rng.IntN(20))
		for i := range p {
			p[i] = byte(rng.IntN(2)) // many that end in zeros
			if i >= 8 {
				p[i] = p[i-1-i%4] // and many equal pieces
			}
		}
		p = p[:n]
		require.Equal(t, v.count(p), v.countShort(p, used), "%q", p)
	}
	// What is in it is told, whatever v would count.
	names := []string{" quirexq", "quireStatusXqInternal"}
	for _, p := range names {
		v.countShort([]byte(p), used)
	}
	for i := range used.short {
		used.short[i][1] ^= 1 << countAt
	}
	for i := range used.names {
		used.names[i][3] ^= 1 << countAt
	}
	for _, p := range names {
		assert.Equal(t, v.count([]byte(p))^1, v.countShort([]byte(p), used), "%q was counted before", p)
	}
}

// mergeSlowly is what merging means, with nothing done to be quick: of all pairs of
// neighbours that are a token, the one with the lowest rank, the leftmost of equals.
func mergeSlowly(v *vocabulary, p []byte) int {
	var parts [][]byte
	for i := range p {
		parts = append(parts, p[i:i+1])
	}
	for {
		least, at := none, 0
		for i := range len(parts) - 1 {
			pair := p[offset(p, parts[i]):][:len(parts[i])+len(parts[i+1])]
			if r := v.rank(pair); r < least {
				least, at = r, i
			}
		}
		if least == none {
			return len(parts)
		}
		parts[at] = p[offset(p, parts[at]):][:len(parts[at])+len(parts[at+1])]
		parts = append(parts[:at+1], parts[at+2:]...)
	}
}

// offset returns where in p its part begins.
func offset(p, part []byte) int { return cap(p) - cap(part) }

// madeVocabulary has the single bytes and n tokens of 2 to 12 letters of few, in any
// order: no training would give it, so nothing holds in it but what holds in all.
func madeVocabulary(t *testing.T, rng *rand.Rand, letters, n int) *vocabulary {
	var b strings.Builder
	for c := range 256 {
		b.WriteString(line([]byte{byte(c)}, c))
	}
	seen := map[string]bool{}
	for range n {
		token := anyLetters(rng, letters, 2+min(rng.IntN(11), rng.IntN(11)))
		if !seen[string(token)] {
			seen[string(token)] = true
			b.WriteString(line(token, 255+len(seen)))
		}
	}
	v, err := readVocabulary(strings.NewReader(b.String()))
	require.NoError(t, err)
	return v
}

// anyLetters draws n of the first letters, some of it the same again and again.
func anyLetters(rng *rand.Rand, letters, n int) []byte {
	p := make([]byte, n)
	period := 0
	for i := range p {
		if rng.IntN(32) == 0 {
			period = rng.IntN(min(i, 12) + 1)
		}
		if p[i] = byte('a' + rng.IntN(letters)); period > 0 {
			p[i] = p[i-period]
		}
	}
	return p
}

// TestWindowsAreExact holds what is counted in windows to what merging means, for
// vocabularies and texts of any kind. Windows so small that they do not always meet
// must say so.
func TestWindowsAreExact(t *testing.T) {
	raced.Skip(t)
	rng := rand.New(rand.NewPCG(4, 4))
	s := new(scratch)
	met, not, wrong := 0, 0, 0
	for range 300 {
		v := madeVocabulary(t, rng, 1+rng.IntN(4), 1+rng.IntN(200))
		for range 20 {
			p := anyLetters(rng, 1+rng.IntN(4), 1+rng.IntN(300))
			want := mergeSlowly(v, p)
			require.Equal(t, want, v.mergeLong(p, s), "%q", p)
			for _, size := range []int{4, 8, 16, 24, 64, 100, 299} {
				n, ok := v.countWindows(longPiece{text: p}, size, s)
				if !ok {
					not++
					continue
				}
				if met++; n != want {
					wrong++
					t.Errorf("%q in windows of %d: %d tokens; want %d", p, size, n, want)
				}
				require.Less(t, wrong, 10)
			}
		}
	}
	assert.Greater(t, met, not, "most windows meet")
	assert.Greater(t, not, 100, "some do not")
}

// TestWindowsOfAnyBytes does the same with bytes that are no UTF-8, which are
// mended window by window.
func TestWindowsOfAnyBytes(t *testing.T) {
	e := loadO200K(t)
	rng := rand.New(rand.NewPCG(5, 5))
	s := new(scratch)
	for range 2_000 {
		kinds := []string{"\xff", "\xe4\xb8", "\u4e2d", "\U0001f600", "=", "\u0301"}[rng.IntN(5):]
		var b []byte
		for n := rng.IntN(400); len(b) < n; {
			b = append(b, strings.Repeat(kinds[rng.IntN(len(kinds))], 1+rng.IntN(3)*rng.IntN(40))...)
		}
		var mended []byte
		for _, r := range string(b) {
			mended = utf8.AppendRune(mended, r)
		}
		if len(mended) == 0 {
			continue
		}
		want := e.words.mergeLong(mended, s)
		for _, size := range []int{100, 400, 1024} {
			if n, ok := e.words.countWindows(longPiece{text: b, bad: true}, size, s); ok && n != want {
				t.Fatalf("%q in windows of %d: %d tokens; want %d", b, size, n, want)
			}
		}
		require.Equal(t, want, e.words.countLong(longPiece{text: b, bad: true}, s), "%q", b)
	}
}

// descending returns a text in which each pair of letters is a token of a lower
// rank than the pair before: the last merges first, and which letters pair up is
// decided there, far behind.
func descending(v *vocabulary, n int) []byte {
	p := []byte{'e'}
	for len(p) < n {
		limit := none
		for {
			best, at := uint32(0), byte(0)
			for c := byte('a'); c <= 'z'; c++ {
				if r := v.pairs[uint32(p[len(p)-1])<<8|uint32(c)]; r < limit && r >= best {
					best, at = r, c
				}
			}
			if at == 0 {
				break
			}
			p, limit = append(p, at), best
		}
		p = append(p, 'z', 'q')
	}
	return p[:n]
}

// TestLongPiecesAreMergedOnce counts bytes merged, not time: windows overlap by a
// quarter, and only a text that was made for it is merged again.
func TestLongPiecesAreMergedOnce(t *testing.T) {
	v := loadO200K(t).words
	const n = 1 << 16
	rng := rand.New(rand.NewPCG(3, 3))
	letters := make([]byte, n)
	for i := range letters {
		letters[i] = byte('a' + rng.IntN(26))
	}
	repeat := func(s string) []byte { return []byte(strings.Repeat(s, n/len(s))) }
	for name, p := range map[string][]byte{
		"letters": letters, "descending": descending(v, n), "a": repeat("a"), "blank": repeat(" "), "line": repeat("\n"), "ab": repeat("ab"),
		"emoji": repeat("😀"), "blanks and lines": repeat(strings.Repeat(" ", 99) + "\n"),
	} {
		s := new(scratch)
		got := v.countLong(longPiece{text: p}, s)
		assert.LessOrEqual(t, s.merged, n*3/2, name)
		assert.LessOrEqual(t, cap(s.tree[0]), 2*firstWindow, name)
		s.merged = 0
		assert.Equal(t, v.mergeLong(p, s), got, name)
	}
}

// TestSplitIsLinear cuts megabytes of what makes a backtracking matcher
// quadratic. It has no limit of time of its own: a quadratic scanner would
// take hours and run into that of the test binary.
func TestSplitIsLinear(t *testing.T) {
	raced.Skip(t)
	const size = 4 << 20
	table := classes()
	for _, unit := range []string{" ", "\n", " \n", "\n ", "\r\n", "\u3000", "  x", "a", "A", "Aa", "中A", "\u0301A", "\u0301", "'", "/\n", "1", "\xff"} {
		b := []byte(strings.Repeat(unit, size/len(unit)))
		for _, s := range []Split{SplitCL100K, SplitO200K} {
			i := 0
			for i < len(b) {
				end := s.next(table, b, i)
				if end <= i {
					t.Fatalf("%q: an empty piece at %d", unit, i)
				}
				i = end
			}
			require.Equal(t, len(b), i)
		}
	}
}

// TestSplit shows the pieces of what is hard to see from the patterns.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		split Split
		in    string
		want  []string
	}{
		{SplitCL100K, "I'LL don't", []string{"I", "'LL", " don", "'t"}},
		{SplitO200K, "I'LL don't", []string{"I'LL", " don't"}},
		{SplitO200K, "x'ſ", []string{"x", "'ſ"}}, // a word, not a contraction
		{SplitCL100K, "'ſi", []string{"'ſi"}},
		{SplitO200K, "HTTPServer", []string{"HTTPServer"}},
		{SplitO200K, "myHTTPServer", []string{"my", "HTTPServer"}},
		{SplitO200K, "中AB", []string{"中", "AB"}},
		{SplitO200K, "\u0301ABC", []string{"\u0301", "ABC"}},
		{SplitO200K, "ǅabc", []string{"ǅabc"}},
		{SplitCL100K, "a   1", []string{"a", "  ", " ", "1"}},
		{SplitCL100K, "a   b", []string{"a", "  ", " b"}},
		{SplitO200K, "x\n \n  y", []string{"x", "\n \n", " ", " y"}},
		{SplitO200K, "\n  y", []string{"\n", " ", " y"}},
		{SplitO200K, "x  ", []string{"x", "  "}},
		{SplitCL100K, "//\n/", []string{"//\n", "/"}},
		{SplitO200K, "//\n/", []string{"//\n/"}},
		{SplitCL100K, "12345", []string{"123", "45"}},
		{SplitCL100K, "\x7f w", []string{"\x7f", " w"}},
	} {
		var got []string
		for b := []byte(c.in); len(b) > 0; {
			n := c.split.next(classes(), b, 0)
			got = append(got, string(b[:n]))
			b = b[n:]
		}
		assert.Equal(t, c.want, got, "%q", c.in)
	}
}

func TestVocabularyErrors(t *testing.T) {
	all := func() string { // the 256 bytes
		var b strings.Builder
		for c := range 256 {
			b.WriteString(line([]byte{byte(c)}, c))
		}
		return b.String()
	}()
	v, err := readVocabulary(strings.NewReader(all + "\n" + line([]byte("ab"), 256)))
	require.NoError(t, err)
	assert.Equal(t, 257, v.size())
	assert.Equal(t, 2, v.maxLen)
	assert.EqualValues(t, 256, v.find([]byte("ab")))
	assert.Equal(t, none, v.find([]byte("ba")))

	for in, want := range map[string]string{
		"":                                "tokenizer: vocabulary: byte 0x00 is not a token",
		"IQ==\n":                          `tokenizer: vocabulary: line 1: rank: strconv.Atoi: parsing "": invalid syntax`,
		"IQ== 1\n":                        "tokenizer: vocabulary: line 1: rank 1 where 0 is due",
		"IQ 0\n":                          "tokenizer: vocabulary: line 1: token: illegal base64 data at input byte 0",
		" 0\n":                            "tokenizer: vocabulary: line 1: empty token",
		"IQ== 0\nIQ== 1\n":                `tokenizer: vocabulary: token "!" twice`,
		strings.Repeat("A", 1<<17) + " 0": "tokenizer: vocabulary: line 1: bufio.Scanner: token too long",
	} {
		_, err := readVocabulary(strings.NewReader(in))
		var e *vocabularyError
		require.ErrorAs(t, err, &e)
		assert.EqualError(t, err, want)
	}
}
