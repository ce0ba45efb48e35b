package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// Call is one call of a life: what was predicted of it, and what the server reported.
type Call struct {
	Estimate int // tokens of input that were likely
	Bound    int // that it would not exceed; 0 while nothing was learned
	Input    int // reported
	Reads    int // tokens that the cache would have, as predicted
	Cached   int // that it had, by the server's log; -1 where there is no log
	Tools    int // calls of tools that it made
}

const agentName = "ada"

// Live runs an agent for so many calls, with a server's model and a store in memory. Each
// turn answers one mail of up to 400 words: the model searches its mailbox, and says that
// it is done. The answers mean nothing; see package engine.
func Live(ctx context.Context, o *Options, each func(Call)) error {
	model, err := ollamamodel.New(o.Model, &ollamamodel.Options{BaseURL: o.URL, Window: o.Window})
	if err != nil {
		return err
	}
	log, err := follow(o.Log)
	if err != nil {
		return err
	}
	defer log.close()
	store := memstore.New(nil)
	defer store.Close()
	calls, learned := 0, false
	var broken error
	ada, err := agent.New(store.Box(agentName), model, &agent.Options{
		System: "You keep the books of a small firm, and answer what comes in.", Budget: o.Budget,
		OnStep: func(i agent.StepInfo) {
			if calls++; calls > o.Calls {
				return
			}
			c := Call{Estimate: i.Plan.Estimate, Input: i.Reply.Usage.Input, Reads: reads(i.Plan), Tools: len(i.Results)}
			if learned {
				c.Bound = i.Plan.Bound
			}
			learned = true
			var err error
			if c.Cached, err = log.cached(c.Input); err != nil {
				broken = fmt.Errorf("call %d: %w", calls, err)
			}
			each(c)
		},
	})
	if err != nil {
		return err
	}
	for n := 1; calls < o.Calls; n++ {
		before := calls
		draft := quire.Mail(agentName, fmt.Sprintf("Invoice %d", n), prose(n))
		if _, err := store.Box("mia").Send(ctx, draft); err != nil {
			return err
		}
		if _, err := ada.Turn(ctx); err != nil {
			return fmt.Errorf("call %d: %w", calls, err)
		}
		if calls == before {
			broken = fmt.Errorf("turn %d made no call", n)
		}
		if broken != nil {
			return broken
		}
	}
	return nil
}

// reads is what a plan's bill says is read, in the provider's tokens: the bill is in counted
// ones, and the estimate says what all of them will be there.
func reads(p *compose.Plan) int {
	if p.Used == 0 {
		return 0
	}
	return p.Bill.Read * p.Estimate / p.Used
}

// prose is a text of 20 to 400 words, the same for the same number.
func prose(n int) string {
	r := rand.New(rand.NewPCG(14, uint64(n)))
	words := strings.Fields("the invoice of this month was read twice before it went out and nobody in the office knows why the export of table index customer number 4711 failed with error line 230 so please look at /srv/export/run.log again before Friday and tell Übermorgen GmbH that {\"status\":\"late\"} stands")
	var b strings.Builder
	for i := range 20 + r.IntN(381) {
		if i > 0 {
			b.WriteByte(' ')
		}
		if r.IntN(60) == 0 {
			fmt.Fprintf(&b, "%d-%x", r.IntN(100000), r.Uint32())
			continue
		}
		b.WriteString(words[r.IntN(len(words))])
	}
	return b.String()
}
