package tiktoken_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pkoukk/tiktoken-go-loader/assets"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// TestVocabulariesArePinned holds the data to the files that OpenAI publishes.
func TestVocabulariesArePinned(t *testing.T) {
	for name, want := range map[string]string{
		"cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
		"o200k_base":  "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
	} {
		data, err := assets.Assets.ReadFile(name + ".tiktoken")
		require.NoError(t, err)
		sum := sha256.Sum256(data)
		assert.Equal(t, want, hex.EncodeToString(sum[:]), name)
	}
}

func TestEncodings(t *testing.T) {
	assert.Equal(t, "cl100k_base", tiktoken.CL100k().Name())
	assert.Equal(t, "o200k_base", tiktoken.O200k().Name())
	assert.Same(t, tiktoken.O200k(), tiktoken.O200k())
}

func TestForModel(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o-mini": "o200k_base", "gpt-4.1": "o200k_base", "gpt-4.5-preview": "o200k_base", "gpt-5.1": "o200k_base",
		"o3-mini": "o200k_base", "gpt-4": "cl100k_base", "gpt-4-turbo": "cl100k_base", "gpt-3.5-turbo": "cl100k_base",
		"claude-opus-4-6": "", "gemini-3-pro": "", "": "",
	} {
		e, ok := tiktoken.ForModel(model)
		assert.Equal(t, want != "", ok, model)
		if ok {
			assert.Equal(t, want, e.Name(), model)
		}
	}
}

// TestNoAllocations holds the steady state to none, for strings too: they are
// counted without a copy.
func TestNoAllocations(t *testing.T) {
	if raced.On {
		t.Skip("the race detector makes pools forget")
	}
	text := strings.Repeat("Hello, world! naïve caseOfCamels 日本語\n  x := 12345;\n", 2000)
	inputs := map[string]string{
		"text": text, "short": "hi", "empty": "", "broken": "ab\xff" + text, "long": strings.Repeat("x", 5000),
	}
	for _, e := range []*tokenizer.Encoding{tiktoken.CL100k(), tiktoken.O200k()} {
		for name, s := range inputs {
			for call, f := range map[string]func(){
				"CountText": func() { e.CountText(s) },
				"CountUpTo": func() { e.CountUpTo(s, 100) },
				"Head":      func() { e.Head(s, 100) },
				"Tail":      func() { e.Tail(s, 100) },
			} {
				assert.Zero(t, testing.AllocsPerRun(20, f), "%s %s %s", e.Name(), name, call)
			}
		}
	}
}

// TestConcurrentUse counts the same texts in many goroutines; the race
// detector and the equal results are the test.
func TestConcurrentUse(t *testing.T) {
	e := tiktoken.O200k()
	var texts []string
	var want []int
	for s := range corpus(2000) {
		if len(s) > 6 {
			texts = append(texts, s)
			want = append(want, e.CountText(s))
		}
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range texts {
				k := (i + g*997) % len(texts)
				if got := e.CountText(texts[k]); got != want[k] {
					t.Errorf("%q: %d, alone %d", texts[k], got, want[k])
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestHostile counts a megabyte of each, which a quadratic counter would not
// finish. (For how long it takes see BenchmarkHostile.)
func TestHostile(t *testing.T) {
	size := 1 << 20
	if raced.On || testing.Short() {
		size = 1 << 17
	}
	for name, s := range hostile(size) {
		n := tiktoken.O200k().CountText(s)
		assert.Positive(t, n, name)
		assert.LessOrEqual(t, n, 3*len(s), name) // U+FFFD has three bytes
	}
}

func Example() {
	fmt.Println(tiktoken.O200k().CountText("How many tokens is this?"))
	// Output: 6
}

func ExampleForModel() {
	counter := tokenizer.Counter(tokenizer.Approx{})
	if e, ok := tiktoken.ForModel("gpt-5.1"); ok {
		counter = e
	}
	fmt.Println(counter.Name(), counter.CountText("Hello, world!"))
	// Output: o200k_base 4
}
