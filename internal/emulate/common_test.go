package emulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/price"
)

// sized gives the segments of a request other tokens.
func sized(r *emulate.Request, tokens ...int) *emulate.Request {
	for i := range r.Segments {
		r.Segments[i].Tokens = tokens[min(i, len(tokens)-1)]
	}
	return r
}

func TestCommonReadsDownToTheInterval(t *testing.T) {
	for _, c := range []struct {
		name            string
		provider, model string
		hidden          int
		common, total   int
		reads           int
	}{
		{"from 1024 on", "openai", "gpt-5", 0, 1023, 3000, 0},
		{"1024", "openai", "gpt-5", 0, 1024, 3000, 1024},
		{"in steps of 128", "openai", "gpt-5", 0, 1151, 3000, 1024},
		{"the next step", "openai", "gpt-5", 0, 1152, 3000, 1152},
		{"GPT-5.5: in steps of 2048", "openai", "gpt-5.5", 0, 2047, 3000, 0},
		{"GPT-5.5: 2048", "openai", "gpt-5.5", 0, 2048, 3000, 2048},
		{"counted with what stands before, reported in steps", "openai", "gpt-5.5", 48, 2000, 3000, 1920},
		{"blocks of 16", "vllm", "vllm", 0, 47, 3000, 32},
		{"never the last token", "vllm", "vllm", 0, 48, 48, 32},
		{"but the one before it", "vllm", "vllm", 0, 48, 49, 48},
		{"llama.cpp: to the token", "llama.cpp", "llama.cpp", 0, 47, 3000, 47},
		{"llama.cpp: never the last token", "llama.cpp", "llama.cpp", 0, 48, 48, 47},
		{"Ollama: to the token", "ollama", "ollama", 0, 1025, 3000, 1025},
		{"OpenAI: never the last token", "openai", "gpt-5", 0, 1152, 1152, 1024},
		{"to the token", "google", "gemini-2.5-flash", 0, 1025, 3000, 1025},
	} {
		rules := rulesOf(t, c.model)
		rules.Hidden = c.hidden
		cache := emulate.New(rules)
		_, err := cache.Send(sized(prompt("a b"), c.common, 500))
		require.NoError(t, err)
		out, err := cache.Send(sized(prompt("a c"), c.common, c.total-c.common))
		require.NoError(t, err)
		assert.Equal(t, c.reads, out.Read, c.name)
		assert.Equal(t, c.total, out.Input(), c.name)
	}
}

func TestCommonFindsAnyPrefix(t *testing.T) {
	p := play(t, rulesOf(t, "gemini-2.5-flash"))
	p.reads(0, 4, prompt("a b c d"), "")
	p.reads(3, 2, prompt("a b c x y"), "up to where they part, without a mark")
	p.reads(4, 1, prompt("a b c d z"), "the first one is still there")
	p.reads(2, 0, prompt("a b ~n"), "the tail does not count as written")
	r := prompt("a b ~n d")
	p.reads(3, 0, r, "the tail of an earlier request can be read; what stands behind a tail is not counted as written")
	lost := prompt("q w")
	lost.Lost = true
	p.reads(0, 2, lost, "")
	p.reads(0, 2, prompt("q w"), "lost requests leave nothing")
	r = prompt("a b")
	r.Scope = "another key"
	p.reads(0, 2, r, "")
}

func TestCommonIsGoneAfterItsLife(t *testing.T) {
	cache := emulate.New(rulesOf(t, "gpt-5"))
	read := func(at time.Duration, words string) int {
		out, err := cache.Send(after(at, sized(prompt(words), 1280)))
		require.NoError(t, err)
		return out.Read
	}
	assert.Equal(t, 0, read(0, "a b c"))
	assert.Equal(t, 1280, read(4*time.Minute, "a x"), "and a is refreshed")
	assert.Equal(t, 1280, read(8*time.Minute, "a b"), "b is gone, a is not")
	assert.Equal(t, 2560, read(13*time.Minute-1, "a b c"), "c is gone")
	assert.Equal(t, 0, read(18*time.Minute-1, "a b c"), "all is")
}

func TestCommonCountsAsWrittenWhatIsStable(t *testing.T) {
	rules := emulate.For(price.CostModel{Read: 0.1, Write: 1, MinPrefix: 1500})
	p := play(t, rules)
	p.reads(0, 0, prompt("a ~n"), "too short to be kept")
	p.reads(0, 2, prompt("a b ~n"), "")
	out := p.reads(2, 1, prompt("a b c ~n"), "")
	assert.InDelta(t, 2000*0.1+1000+1000, out.Cost, 1e-9)
}
