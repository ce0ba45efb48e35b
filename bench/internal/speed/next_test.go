package speed

import (
	"testing"
	"time"

	tiktokengo "github.com/pkoukk/tiktoken-go"
	offline "github.com/pkoukk/tiktoken-go-loader"
	"github.com/tmc/langchaingo/llms"
)

// BenchmarkNextPrompt is the work between two model calls of a conversation of
// 1,000 messages and 128k tokens: a new answer and a new question are taken in,
// and the next prompt is made. quire's evicting calls are the rare ones: each
// frees more than half of the window.
func BenchmarkNextPrompt(b *testing.B) {
	w, err := newWindow(1000)
	if err != nil {
		b.Fatal(err)
	}
	text, err := llms.GetBufferString(w.text[:w.n-1], "Human", "AI")
	if err != nil {
		b.Fatal(err)
	}
	var quireTime, bufferTime time.Duration
	b.Run("quire/fits", func(b *testing.B) { quireTime = took(b, w.plan) })
	b.Run("langchaingo/ConversationTokenBuffer/fits", func(b *testing.B) { bufferTime = took(b, w.buffer) })
	b.Run("ratio/fits", func(b *testing.B) { ratio(b, bufferTime, quireTime) })
	b.Run("quire/evicts", func(b *testing.B) { quireTime = took(b, w.evict) })
	b.Run("langchaingo/ConversationTokenBuffer/evicts", func(b *testing.B) {
		bufferTime = took(b, func(b *testing.B) { w.limited(b, len([]rune(text))/4) }) // one more exchange is over it
	})
	b.Run("ratio/evicts", func(b *testing.B) { ratio(b, bufferTime, quireTime) })
	// What it takes in langchaingo to count the conversation exactly, as quire's
	// counts are: once, with the tokenizer of a model that it knows.
	b.Run("langchaingo/CountTokens", func(b *testing.B) {
		tiktokengo.SetBpeLoader(offline.NewOfflineLoader())
		n := 0
		for b.Loop() {
			n = llms.CountTokens("gpt-4", text)
		}
		b.ReportMetric(float64(n), "tokens")
	})
}

// evict plans with a budget that the conversation fills. A cut forgets what it let
// go: the next run is to find it again.
func (w *window) evict(b *testing.B) {
	in := w.in
	in.Budget = w.used
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if _, err := w.c.Plan(w.in); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		plan, err := w.c.Plan(in)
		if err != nil {
			b.Fatal(err)
		}
		if plan.CutReason == "" {
			b.Fatal("nothing left")
		}
	}
}

// took is the time of one run.
func took(b *testing.B, f func(*testing.B)) time.Duration {
	f(b)
	return b.Elapsed() / time.Duration(b.N)
}

// ratio reports how often the one fits into the other.
func ratio(b *testing.B, other, ours time.Duration) {
	if ours == 0 || other == 0 {
		b.Skip("run it together with the two that it compares")
	}
	for b.Loop() { // nothing: the figure is that of the two before
	}
	b.ReportMetric(float64(other)/float64(ours), "×")
	b.ReportMetric(0, "ns/op")
}
