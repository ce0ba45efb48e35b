package tiktoken_test

import (
	"math/rand/v2"
	"testing"

	oracle "github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// pair is one of our encodings beside the implementation it must equal.
type pair struct {
	ours   *tokenizer.Encoding
	theirs *oracle.Tiktoken
}

// pairs returns both encodings. The oracle's loader is a variable of its
// package, so only tests may do this.
func pairs(t testing.TB) []pair {
	t.Helper()
	oracle.SetBpeLoader(loader.NewOfflineLoader())
	var out []pair
	for _, e := range []*tokenizer.Encoding{tiktoken.CL100k(), tiktoken.O200k()} {
		theirs, err := oracle.GetEncoding(e.Name())
		require.NoError(t, err)
		out = append(out, pair{e, theirs})
	}
	return out
}

// want is what the oracle counts. Bad UTF-8 is replaced first, as on the wire.
func (p pair) want(s string) int { return len(p.theirs.EncodeOrdinary(jsontext.Clean(s))) }

// differs reports on t when the two counts of s are not the same.
func (p pair) differs(t testing.TB, s string) bool {
	t.Helper()
	got, want := p.ours.CountText(s), p.want(s)
	if got != want {
		t.Errorf("%s: %q: %d tokens, the oracle says %d", p.ours.Name(), s, got, want)
	}
	return got != want
}

func forEach(t *testing.T, f func(t *testing.T, p pair)) {
	for _, p := range pairs(t) {
		t.Run(p.ours.Name(), func(t *testing.T) {
			t.Parallel()
			f(t, p)
		})
	}
}

// TestEqualsOracle compares counts on more than half a million strings; a
// tenth of the random ones under the race detector or -short.
func TestEqualsOracle(t *testing.T) {
	random := 400_000
	if raced.On || testing.Short() {
		random = 20_000
	}
	forEach(t, func(t *testing.T, p pair) {
		n, wrong := 0, 0
		for s := range corpus(random) {
			if raced.On && n < 100_000 && n%8 != 0 {
				n++
				continue
			}
			n++
			if p.differs(t, s) {
				if wrong++; wrong == 20 {
					t.Fatal("and so on")
				}
			}
		}
		t.Logf("%d strings", n)
	})
}

// TestEveryRune compares counts with every rune of Unicode among others.
func TestEveryRune(t *testing.T) {
	shifts := 2
	if raced.On || testing.Short() {
		shifts = 1
	}
	forEach(t, func(t *testing.T, p pair) {
		wrong, n := 0, 0
		for shift := range shifts {
			for s := range everyRune(shift * 5) {
				if n++; raced.On && n%16 != 0 {
					continue
				}
				if p.differs(t, s) {
					if wrong++; wrong == 20 {
						t.Fatal("and so on")
					}
				}
			}
		}
	})
}

// traps are strings that one implementation or another miscounts.
var traps = []string{
	"", " ", "\n", "\n \n", "\n  \n", "x\n\t\ny", "a  b", "a   1", "a \n b", "  \n  x", "\u00a0\u00a0x",
	"hello \x7f world abc", "'ſ", "'ſi", "x'ſy", "'LLx", "don't DON'T", "'", "''s", "s's's",
	"Ǆǅǆ", "ǅabc", "ABCǅ", "A中Bb", "中AB", "\u0301ABC", "\u0301\u0301A", "!\u0301a", "e\u0301", " \u0301A",
	"\xff", "a\xffb", "\xe2\x80", "\xed\xa0\x80", "ab\xc3", "\xff\xff\xff \xff", "\ufffd",
	"///\n/abc", "a/\n//b", "1234567", "١٢٣٤", "Ⅷ²³¼", "<|endoftext|>", "<|im_start|>user",
	"👩‍👩‍👧‍👦🇩🇪", "日本語のテキスト", "สวัสดีครับ", "नमस्ते दुनिया", "مرحبا بالعالم",
}

func TestKnownTraps(t *testing.T) {
	forEach(t, func(t *testing.T, p pair) {
		for _, s := range traps {
			p.differs(t, s)
		}
	})
}

// FuzzCount looks for a text that the two count differently.
func FuzzCount(f *testing.F) {
	ps := pairs(f)
	for _, s := range traps {
		f.Add(s)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 64 {
		f.Add(draw(rng, i))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2048 {
			t.Skip("the oracle takes quadratic time")
		}
		for _, p := range ps {
			p.differs(t, s)
		}
	})
}
