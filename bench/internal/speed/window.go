package speed

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

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// prose makes one message's text of about 128 tokens: the same for the same number.
func prose(n int) string {
	words := strings.Fields("the report says that every invoice of this month was read twice before it went out and nobody knows why so we look at the export again file line error change test result build table index customer number")
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	for range 116 {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// window is a conversation of so many messages, with what comes next.
type window struct {
	n    int
	in   compose.Input
	c    *compose.Composer
	used int // tokens of the conversation without what comes next
	text []llms.ChatMessage
}

func newWindow(n int) (*window, error) {
	framing := models.FindOver(quire.APIOpenAIChat, "").Framing
	w := &window{n: n, c: compose.New(&compose.Options{Counter: tiktoken.O200k(), Framing: framing})}
	cost := models.FindOver(quire.APIOpenAIChat, "gpt-5").Cache
	items := make([]quire.Item, n+2)
	byID := map[quire.MessageID]*quire.Item{}
	for i := range items {
		it := &items[i]
		it.ID, it.UID, it.Kind, it.From = quire.MessageID(fmt.Sprint("m", i)), quire.UID(i+1), quire.KindMail, "mia"
		it.Parts = []quire.Part{quire.Text{Text: prose(i)}}
		if i%2 == 1 {
			it.Kind, it.Self, it.From = quire.KindTurn, true, "ada"
			w.text = append(w.text, llms.AIChatMessage{Content: prose(i)})
		} else {
			w.text = append(w.text, llms.HumanChatMessage{Content: prose(i)})
		}
		byID[it.ID] = it
	}
	w.in = compose.Input{Model: models.Profile{Name: "gpt-5", Cache: cost, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}},
		System: "You are helpful.", Budget: 1 << 30, Scratch: &compose.Scratch{}, Now: time.Unix(0, 0),
		Body: func(id quire.MessageID) (quire.Item, bool) {
			it, ok := byID[id]
			if !ok {
				return quire.Item{}, false
			}
			return *it, true
		}}
	// All but the last exchange come at once: how they came makes no difference.
	w.in.Arrived = items[:n-1]
	plan, err := w.c.Plan(w.in)
	if err != nil {
		return nil, err
	}
	w.in.State, w.in.Arrived, w.used = plan.Next, items[n-1:n+1], plan.Used
	return w, nil
}

func (w *window) plan(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.c.Plan(w.in); err != nil {
			b.Fatal(err)
		}
	}
}

// buffer does the same with langchaingo, without a limit.
func (w *window) buffer(b *testing.B) { w.limited(b, 1<<30) }

// limited does the same with langchaingo: SaveContext takes the exchange in and
// drops messages beyond the limit, LoadMemoryVariables makes the prompt's text. It
// counts runes over four, for want of the tokenizer that it asks for.
func (w *window) limited(b *testing.B, limit int) {
	out := log.Writer()
	log.SetOutput(io.Discard) // it logs each time that it has no tokenizer of the name it asks for
	defer log.SetOutput(out)
	ctx := context.Background()
	history := memory.NewChatMessageHistory()
	buffer := memory.NewConversationTokenBuffer(nil, limit, memory.WithChatHistory(history))
	in, answer := map[string]any{"input": prose(w.n - 1)}, map[string]any{"output": prose(w.n)}
	b.ReportAllocs()
	for b.Loop() {
		if err := history.SetMessages(ctx, slices.Clone(w.text[:w.n-1])); err != nil {
			b.Fatal(err)
		}
		if err := buffer.SaveContext(ctx, in, answer); err != nil {
			b.Fatal(err)
		}
		if _, err := buffer.LoadMemoryVariables(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
}
