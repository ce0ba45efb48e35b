package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// looping plays one turn of n calls of a tool, of which nothing is used again.
func looping(t *testing.T, model string, rule models.LoopEvict, c *compose.Composer, n int, see func(*compose.Plan)) {
	t.Helper()
	cost := compose.CostOf(model)
	in := compose.Input{Now: time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC), Budget: 100_000,
		Model: models.Profile{Name: model, Cache: cost, Dialect: models.Dialect{API: quire.APIAnthropic, LoopEvict: rule, Marks: 4}}}
	all := map[quire.MessageID]quire.Item{}
	in.Body = func(id quire.MessageID) (quire.Item, bool) { it, ok := all[id]; return it, ok }
	add := func(kind quire.Kind, self bool, parts ...quire.Part) {
		uid := quire.UID(len(all) + 1)
		it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: quire.MessageID(fmt.Sprint("m", uid)), Kind: kind, Parts: parts}},
			Delivery: quire.Delivery{UID: uid, Self: self}}
		all[it.ID], in.Arrived = it, append(in.Arrived, it)
	}
	add(quire.KindMail, false, quire.Text{Text: "Read all files."})
	for i := range n {
		plan, err := c.Plan(in)
		require.NoError(t, err)
		see(plan)
		in.State, in.Arrived, in.Now = plan.Next, nil, in.Now.Add(time.Second)
		id := fmt.Sprint("c", i)
		add(quire.KindTurn, true, quire.ToolCall{ID: id, Name: "read", Args: fmt.Sprintf(`{"file":"part_%d.go"}`, i)})
		add(quire.KindResult, true, quire.ToolResult{CallID: id, Name: "read", Parts: []quire.Part{quire.Text{Text: strings.Repeat(fmt.Sprintf("func name_%d_of_it() ", i), 150)}}})
	}
}

// An open loop ends for its price, though all of it fits; where the provider takes no
// change in it, no result of what stays becomes a stub.
func TestOpenLoopsEndForTheirPrice(t *testing.T) {
	for rule, stubs := range map[models.LoopEvict]bool{models.LoopResults: true, models.LoopNone: false} {
		v := policy.Value{Miss: 0.5}
		ended, shorter := 0, 0
		looping(t, "claude-opus-5", rule, compose.New(&compose.Options{Policy: v, Schedule: v}), 80, func(p *compose.Plan) {
			if strings.Contains(p.CutReason, "the open loop begins anew") {
				ended++
			}
			assert.LessOrEqual(t, p.Used, 60_000, "nothing forced it")
			for i := range p.Next.Set().Log {
				for _, sp := range p.Next.Set().Log[i].Spans {
					if sp.Form == resident.FormStub {
						shorter++
					}
				}
			}
		})
		if stubs {
			assert.Positive(t, shorter, "results leave by themselves")
		} else {
			assert.Positive(t, ended, "what stays as it is leaves with its loop")
			assert.Zero(t, shorter)
		}
	}
	looping(t, "claude-opus-5", models.LoopResults, compose.New(&compose.Options{Schedule: policy.RentOrBuy{}}), 20, func(p *compose.Plan) {
		assert.NotContains(t, p.CutReason, "begins anew", "another schedule does not ask for it")
	})
}
