package compose_test

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// mails are a small mailbox: long messages of one sender.
func mails(n int) []quire.Item {
	items := make([]quire.Item, n)
	for i := range items {
		it := &items[i]
		it.ID, it.UID, it.Kind, it.From = quire.MessageID(fmt.Sprint("m", i+1)), quire.UID(i+1), quire.KindMail, "mia"
		it.Parts = []quire.Part{quire.Text{Text: fmt.Sprintf("Report %d. ", i+1) + strings.Repeat("All is well. ", 20)}}
	}
	return items
}

// bodies finds messages by id, as a composer asks for them.
func bodies(items []quire.Item) func(quire.MessageID) (quire.Item, bool) {
	return func(id quire.MessageID) (quire.Item, bool) {
		for _, it := range items {
			if it.ID == id {
				return it, true
			}
		}
		return quire.Item{}, false
	}
}

// calls composes one call for each message, and keeps the receipts as a store
// would.
func calls(c *compose.Composer, in compose.Input, items []quire.Item) ([]compose.Receipt, compose.State) {
	var receipts []compose.Receipt
	for i := range items {
		in.Arrived = items[i : i+1]
		plan, err := c.Plan(in)
		if err != nil {
			fmt.Println(err)
			return nil, in.State
		}
		receipts = append(receipts, plan.Receipt())
		in.State = plan.Next
		in.State.EndTurn()
	}
	return receipts, in.State
}

// Why does the last call not see message #1?
func ExampleExplain() {
	items := mails(6)
	in := compose.Input{Body: bodies(items), Budget: 400, Now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	receipts, _ := calls(compose.New(nil), in, items)
	d, call, ok := compose.Explain(receipts, 1)
	fmt.Println(ok, "in call", call, "-", d)
	// Output:
	// true in call 4 - + out     #1     mail         117  12% within 2 calls; reload 598, rent 23
}

// What would another schedule have done with the same calls?
func ExampleReplay() {
	items := mails(6)
	in := compose.Input{Body: bodies(items), Budget: 400, Now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	receipts, _ := calls(compose.New(nil), in, items)

	replay := compose.Replay{
		Composer: compose.New(&compose.Options{Schedule: policy.Watermark{High: 1, Low: 0.4}}),
		Input:    in,
		Item: func(uid quire.UID) (quire.Item, bool) {
			if uid == 0 || int(uid) > len(items) {
				return quire.Item{}, false
			}
			return items[uid-1], true
		},
	}
	for r, err := range replay.Run(inOrder(receipts)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if r.Was.Used != r.Plan.Used {
			fmt.Printf("call %d took %d tokens, and would have taken %d\n", r.Was.Call, r.Was.Used, r.Plan.Used)
		}
	}
	// Output:
	// call 4 took 261 tokens, and would have taken 144
	// call 5 took 378 tokens, and would have taken 261
	// call 6 took 261 tokens, and would have taken 380
}

func inOrder(receipts []compose.Receipt) iter.Seq2[compose.Receipt, error] {
	return func(yield func(compose.Receipt, error) bool) {
		for _, r := range receipts {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// What would it take to show message #1 again?
func ExampleComposer_Quote() {
	items := mails(6)
	c := compose.New(nil)
	in := compose.Input{Body: bodies(items), Budget: 380, Now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	_, in.State = calls(c, in, items)

	q, err := c.Quote(in, quire.Ref{Message: items[0].ID, UID: 1, Part: -1})
	fmt.Println(q.Tokens, "tokens, of at most", q.Room, q.Fits, err)
	for _, d := range q.Leaves {
		fmt.Println(d)
	}
	// Output:
	// 124 tokens, of at most 226 true <nil>
	// + out     #5     mail         117  18% within 2 calls; reload 595, rent 23
}
