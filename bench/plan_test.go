package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tiktokengo "github.com/pkoukk/tiktoken-go"
	offline "github.com/pkoukk/tiktoken-go-loader"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

const (
	messages = 1000
	each     = 128 // tokens of a message, about
)

// prose makes one message's text: the same for the same number.
func prose(n int) string {
	words := strings.Fields("the report says that every invoice of this month was read twice before it went out and nobody knows why so we look at the export again file line error change test result build table index customer number")
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	for range each - 12 {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// BenchmarkNextPrompt is the work between two model calls of a conversation of
// 1,000 messages and 128k tokens: a new answer and a new question are taken in,
// and the next prompt is made. quire's evicting calls are the rare ones: each
// frees more than half of the window.
func BenchmarkNextPrompt(b *testing.B) {
	var quireTime, bufferTime time.Duration
	b.Run("quire/fits", func(b *testing.B) {
		in, c, used := window(b)
		in.Budget = used + 20_000 // a twentieth is kept for a notice
		quireTime = plans(b, in, c)
	})
	b.Run("langchaingo/ConversationTokenBuffer/fits", func(b *testing.B) { bufferTime = buffers(b, 1<<30) })
	b.Run("ratio/fits", func(b *testing.B) { ratio(b, bufferTime, quireTime) })
	b.Run("quire/evicts", func(b *testing.B) {
		in, c, used := window(b)
		in.Budget = used
		quireTime = plans(b, in, c)
	})
	// It counts runes over four, for want of the tokenizer that it asks for.
	b.Run("langchaingo/ConversationTokenBuffer/evicts", func(b *testing.B) { bufferTime = buffers(b, limit(b)) })
	b.Run("ratio/evicts", func(b *testing.B) { ratio(b, bufferTime, quireTime) })
	b.Run("langchaingo/CountTokens", counts)
}

// counts is what it takes in langchaingo to count the conversation exactly, as
// quire's counts are: once, with the tokenizer of a model that it knows.
func counts(b *testing.B) {
	tiktokengo.SetBpeLoader(offline.NewOfflineLoader())
	text, err := llms.GetBufferString(conversation(), "Human", "AI")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n = llms.CountTokens("gpt-4", text)
	}
	b.ReportMetric(float64(n), "tokens")
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

func plans(b *testing.B, in compose.Input, c *compose.Composer) time.Duration {
	plan, err := c.Plan(in)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(plan.Used), "tokens")
	b.ReportAllocs()
	warm := in
	warm.Budget = 1 << 30
	for b.Loop() {
		if plan.Cut != "" { // a cut forgets what it let go: the next run is to find it again
			b.StopTimer()
			if _, err := c.Plan(warm); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		if _, err := c.Plan(in); err != nil {
			b.Fatal(err)
		}
	}
	return b.Elapsed() / time.Duration(b.N)
}

// window is the conversation in quire, with what arrives next.
func window(b *testing.B) (in compose.Input, c *compose.Composer, used int) {
	b.Helper()
	framing, _ := tokenizer.FramingFor(quire.APIOpenAIChat)
	c = compose.New(&compose.Options{Counter: tiktoken.O200k(), Framing: framing})
	items := make([]quire.Item, messages+2)
	byID := map[quire.MessageID]*quire.Item{}
	for i := range items {
		it := &items[i]
		it.ID, it.UID, it.Kind, it.From = quire.MessageID(fmt.Sprint("m", i)), quire.UID(i+1), quire.KindMail, "mia"
		it.Parts = []quire.Part{quire.Text{Text: prose(i)}}
		if i%2 == 1 {
			it.Kind, it.Self, it.From = quire.KindTurn, true, "ada"
		}
		byID[it.ID] = it
	}
	in = compose.Input{Model: quire.ModelInfo{Name: "gpt-5", Row: quire.Row{API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups}},
		System: "You are helpful.", Budget: 1 << 30, Price: cost(), Memo: &compose.Memo{}, Now: time.Unix(0, 0),
		Body: func(id quire.MessageID) (quire.Item, bool) {
			it, ok := byID[id]
			if !ok {
				return quire.Item{}, false
			}
			return *it, true
		}}
	for i := 0; i < messages; i += 2 {
		in.Arrived = items[max(0, i-1) : i+1]
		plan, err := c.Plan(in)
		if err != nil {
			b.Fatal(err)
		}
		in.State, used = plan.Next, plan.Used
	}
	in.Arrived = items[messages-1 : messages+1]
	return in, c, used
}

func cost() price.CostModel {
	for _, m := range price.Table() {
		if m.Provider == "openai" && !m.Exact {
			return m
		}
	}
	return price.CostModel{}
}

// buffers does the same with langchaingo: SaveContext takes the exchange in and
// drops messages beyond the limit, LoadMemoryVariables makes the prompt's text.
func buffers(b *testing.B, limit int) time.Duration {
	out := log.Writer()
	log.SetOutput(io.Discard) // it logs each time that it has no tokenizer of the name it asks for
	defer log.SetOutput(out)
	ctx := context.Background()
	whole := conversation()
	history := memory.NewChatMessageHistory()
	buffer := memory.NewConversationTokenBuffer(nil, limit, memory.WithChatHistory(history))
	in, answer := map[string]any{"input": prose(messages - 1)}, map[string]any{"output": prose(messages)}
	b.ReportAllocs()
	for b.Loop() {
		if err := history.SetMessages(ctx, slices.Clone(whole)); err != nil {
			b.Fatal(err)
		}
		if err := buffer.SaveContext(ctx, in, answer); err != nil {
			b.Fatal(err)
		}
		if _, err := buffer.LoadMemoryVariables(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
	return b.Elapsed() / time.Duration(b.N)
}

func conversation() []llms.ChatMessage {
	var out []llms.ChatMessage
	for i := range messages - 1 {
		if i%2 == 1 {
			out = append(out, llms.AIChatMessage{Content: prose(i)})
		} else {
			out = append(out, llms.HumanChatMessage{Content: prose(i)})
		}
	}
	return out
}

// limit is what the conversation takes in langchaingo's own count: one more
// exchange is over it.
func limit(b *testing.B) int {
	text, err := llms.GetBufferString(conversation(), "Human", "AI")
	if err != nil {
		b.Fatal(err)
	}
	return len([]rune(text)) / 4
}
