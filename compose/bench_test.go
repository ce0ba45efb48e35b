package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
)

// window is a log of n messages, half of them the model's, of about so many
// tokens each, and what comes next.
func window(b *testing.B, n, tokens int) (compose.Input, *compose.Composer) {
	b.Helper()
	c := compose.New(nil)
	items := map[quire.MessageID]quire.Item{}
	item := func(i int) quire.Item {
		it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), Kind: quire.KindMail,
			Parts: []quire.Part{quire.Text{Text: strings.Repeat(fmt.Sprintf("word_%d in some file ", i), tokens/6)}}},
			Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: quire.UID(i + 1)}}
		if i%2 == 1 {
			it.Kind, it.Self = quire.KindTurn, true
		}
		items[it.ID] = it
		return it
	}
	cache := compose.CostOf("claude-opus-4-5")
	cache.Read = 1e-6 // else most of what is not used would leave, since it costs more than it is worth
	in := compose.Input{Model: models.Profile{Name: "m", Cache: cache, Dialect: models.Dialect{API: quire.APIAnthropic, LoopEvict: models.LoopResults, Marks: 4}},
		System: "Help.", Budget: 1 << 30, Scratch: &compose.Scratch{}, Now: time.Unix(0, 0),
		Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := items[id]; return it, ok }}
	for i := 0; i < n-1; i += 2 {
		in.Arrived = in.Arrived[:0]
		if i > 0 {
			in.Arrived = append(in.Arrived, item(i-1))
		}
		in.Arrived = append(in.Arrived, item(i))
		plan, err := c.Plan(in)
		if err != nil {
			b.Fatal(err)
		}
		in.State = plan.Next
	}
	in.Arrived = []quire.Item{item(n - 1), item(n)}
	return in, c
}

func BenchmarkPlanWarm(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			in, c := window(b, n, 128)
			plan, err := c.Plan(in)
			if err != nil {
				b.Fatal(err)
			}
			if stands := len(plan.Prompt.Messages); stands <= n {
				b.Fatalf("only %d of %d messages stand", stands, n)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Plan(in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(plan.Used), "tokens") // the loop forgets what was reported before
		})
	}
}

func BenchmarkPlanCut(b *testing.B) {
	in, c := window(b, 1000, 128)
	plan, err := c.Plan(in)
	if err != nil {
		b.Fatal(err)
	}
	cut := in
	cut.Budget = plan.Used * 9 / 10
	b.ReportAllocs()
	for b.Loop() {
		if plan, err = c.Plan(cut); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if _, err := c.Plan(in); err != nil { // what left is in memory again, as before a cut
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(len(plan.Prompt.Messages)), "messages")
}

func BenchmarkPlanCold(b *testing.B) {
	in, c := window(b, 1000, 128)
	b.ReportAllocs()
	for b.Loop() {
		in.Scratch = nil
		if _, err := c.Plan(in); err != nil {
			b.Fatal(err)
		}
	}
}
