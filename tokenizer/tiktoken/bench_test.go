package tiktoken_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// The texts of the benchmarks are made here, with shapes like real ones: words
// by a falling frequency, source code of many identifiers, JSON of tool calls.
// Go's own source is taken where it is installed, and with QUIRE_DATA set to a
// folder of real runs, so are those.

var prose = strings.Fields(`the of and to a in that it is was for on with as at be this from or had by not
but what some we can out other were all there when up use your how said each she which do their time if will
way about many then them write would like so these her long make thing see him two has look more day could go
come did number sound no most people my over know water than call first who may down side been now find
schedule meeting yesterday remember apartment definitely grandmother photography volunteering conversation
appreciate encouragement marathon restaurant ceramics beautiful camping adoption counselor pottery sunset`)

var stems = strings.Fields(`get set make parse read write open close find index count merge token buffer reader
node tree list map key value err ctx req resp config option handler server client conn state lock table row
scan split prefix suffix offset length start end next prev head tail cache pool batch commit digest unit`)

// zipf draws an index below n, small ones far more often.
func zipf(rng *rand.Rand, n int) int {
	return int(float64(n) * rng.Float64() * rng.Float64() * rng.Float64())
}

func makeProse(rng *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		w := prose[zipf(rng, len(prose))]
		switch rng.IntN(14) {
		case 0:
			b.WriteString(w + ". ")
		case 1:
			b.WriteString(w + ", ")
		case 2:
			b.WriteString(strings.ToUpper(w[:1]) + w[1:] + " ")
		case 3:
			b.WriteString("I'm " + w + "! ")
		default:
			b.WriteString(w + " ")
		}
		if rng.IntN(60) == 0 {
			fmt.Fprintf(&b, "\n\nOn %d May %d, ", 1+rng.IntN(30), 2000+rng.IntN(30))
		}
	}
	return b.String()[:size]
}

// idents makes the names of one program: some hundreds, as a package has.
func idents(rng *rand.Rand) []string {
	out := make([]string, 600)
	for i := range out {
		out[i] = stems[rng.IntN(len(stems))]
		for range rng.IntN(3) {
			w := stems[rng.IntN(len(stems))]
			out[i] += strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return out
}

func makeCode(rng *rand.Rand, size int) string {
	names := idents(rng)
	ident := func() string { return names[zipf(rng, len(names))] }
	var b strings.Builder
	for b.Len() < size {
		tabs := strings.Repeat("\t", rng.IntN(4))
		switch rng.IntN(7) {
		case 0:
			fmt.Fprintf(&b, "\n// %s returns the %s of %s.\nfunc (%c *%s) %s(%s int) error {\n", ident(), ident(),
				ident(), 'a'+rng.IntN(26), ident(), ident(), ident())
		case 1:
			fmt.Fprintf(&b, "%sif %s != nil {\n%s\treturn %s\n%s}\n", tabs, ident(), tabs, ident(), tabs)
		case 2:
			fmt.Fprintf(&b, "%sfor i := 0; i < len(%s); i++ {\n", tabs, ident())
		case 3:
			fmt.Fprintf(&b, "%s%s := %s.%s(%s[%d:], 0x%X)\n", tabs, ident(), ident(), ident(), ident(), rng.IntN(100), rng.IntN(1<<20))
		default:
			fmt.Fprintf(&b, "%s%s.%s = %s(%s, \"%s\")\n", tabs, ident(), ident(), ident(), ident(), ident())
		}
	}
	return b.String()[:size]
}

func makeJSON(rng *rand.Rand, size int) string {
	names := idents(rng)
	ident := func() string { return names[zipf(rng, len(names))] }
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, `{"id":"call_%08x","name":"%s","arguments":{"path":"/src/%s/%s.go","line":%d,"text":"%s"},"ok":true},`+"\n",
			rng.Uint32(), ident(), ident(), ident(), rng.IntN(2000),
			strings.ReplaceAll(makeProse(rng, 20+rng.IntN(80)), "\n", `\n`))
	}
	return b.String()[:size]
}

// text is one kind of text, as several samples of one size. The benchmarks go
// round them, so that nothing is remembered from the same text a moment ago.
type text struct {
	name    string
	samples []string
}

const samples = 8

// goroot is where the source of Go's library stands; "" where there is no go.
func goroot(tb testing.TB) string {
	out, err := exec.CommandContext(tb.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func texts(tb testing.TB, size int) []text {
	rng := rand.New(rand.NewPCG(5, 6))
	out := []text{
		slices("prose", makeProse(rng, samples*size), size),
		slices("code", makeCode(rng, samples*size), size),
		slices("json", makeJSON(rng, samples*size), size),
	}
	files := []struct{ name, glob string }{{"go-source", filepath.Join(goroot(tb), "src/net/http/*.go")}}
	if dir := os.Getenv("QUIRE_DATA"); dir != "" {
		files = append(files, []struct{ name, glob string }{
			{"real-prose", filepath.Join(dir, "locomo/*.json")},
			{"real-session", filepath.Join(dir, "claude-code-sessions/*.jsonl")},
		}...)
	}
	for _, f := range files {
		if s := readAll(tb, f.glob); len(s) >= 2*size {
			out = append(out, slices(f.name, s, size))
		}
	}
	return out
}

// slices cuts samples of size bytes out of s, evenly spaced.
func slices(name, s string, size int) text {
	t := text{name: name}
	n := min(samples, len(s)/size)
	for i := range n {
		t.samples = append(t.samples, s[len(s)/n*i:][:size])
	}
	return t
}

// readAll joins the files of a pattern, a few megabytes of them at most.
func readAll(tb testing.TB, glob string) string {
	files, err := filepath.Glob(glob)
	if err != nil {
		tb.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		if b.Write(data); b.Len() > 4<<20 {
			break
		}
	}
	return b.String()
}

// BenchmarkCount counts the same texts with ours and, for a moment, with the
// oracle, and reports how many times faster ours is: "x-baseline".
func BenchmarkCount(b *testing.B) {
	for _, p := range pairs(b) {
		for _, size := range []int{1 << 10, 100 << 10} {
			for _, t := range texts(b, size) {
				b.Run(fmt.Sprintf("%s/%s/%dKB", p.ours.Name(), t.name, size>>10), func(b *testing.B) {
					p.differs(b, t.samples[0])
					rate := baseline(p, t)
					b.SetBytes(int64(size))
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						p.ours.CountText(t.samples[i%len(t.samples)])
						i++
					}
					ours := float64(size) * float64(b.N) / b.Elapsed().Seconds()
					b.ReportMetric(ours/rate, "x-baseline")
				})
			}
		}
	}
}

// baseline returns the oracle's bytes a second on t, the best of three.
func baseline(p pair, t text) float64 {
	best := 0.0
	for range 3 {
		n, i, start := 0, 0, time.Now()
		for time.Since(start) < 50*time.Millisecond {
			s := t.samples[i%len(t.samples)]
			p.theirs.EncodeOrdinary(s)
			n += len(s)
			i++
		}
		best = max(best, float64(n)/time.Since(start).Seconds())
	}
	return best
}

// BenchmarkHostile counts a megabyte of what makes other counters quadratic.
func BenchmarkHostile(b *testing.B) {
	for _, e := range []*tokenizer.Encoding{tiktoken.CL100k(), tiktoken.O200k()} {
		for name, s := range hostile(1 << 20) {
			b.Run(e.Name()+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					e.CountText(s)
				}
			})
		}
	}
}

// hostile yields texts of about size bytes by name.
func hostile(size int) iter.Seq2[string, string] {
	rng := rand.New(rand.NewPCG(7, 8))
	letters, base64 := make([]byte, size), make([]byte, size)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range letters {
		letters[i] = byte('a' + rng.IntN(26))
		base64[i] = alphabet[rng.IntN(64)]
	}
	return func(yield func(string, string) bool) {
		_ = yield("letters", string(letters)) && yield("base64", string(base64)) &&
			yield("bytes", anyBytes(rng, size)) && yield("runes", anyRunes(rng, size/3))
		for _, unit := range []string{"a", " ", "\n", " \n", "\r\n", "!", "=", "A", "Aa", "中", "😀", "\u0301", "'", "0", " x", "\xff", "中A"} {
			if !yield(fmt.Sprintf("%+q", unit), strings.Repeat(unit, size/len(unit))) {
				return
			}
		}
	}
}
