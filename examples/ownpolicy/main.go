// Ownpolicy is a policy of one's own: what a few important people wrote is the last to
// leave the prompt. It stands around another policy, which orders the rest; the test
// holds it to the contract with policytest, and to its promise.
package main

import (
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// Important lets go of what some people wrote only when nothing else is left.
type Important struct {
	People []quire.Address
	Of     policy.Policy // orders the rest
}

// Name names the policy and its settings: receipts keep it.
func (i Important) Name() string { return fmt.Sprintf("%v last, of %s", i.People, policy.Name(i.Of)) }

// Victims yields those of the other policy, in its order, but what is important last.
// What is dead (the agent dropped it, say) comes first from the other policy, and leaves
// whoever wrote it.
func (i Important) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return func(yield func(policy.Victim) bool) {
		var last []policy.Victim
		for victim := range i.Of.Victims(v) {
			if !victim.Dead && slices.Contains(i.People, v.Units[victim.Unit].From) {
				last = append(last, victim)
			} else if !yield(victim) {
				return
			}
		}
		for _, victim := range last {
			if !yield(victim) {
				return
			}
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	for _, p := range []policy.Policy{policy.OldestFirst, Important{People: []quire.Address{"boss"}, Of: policy.OldestFirst}} {
		plan, err := crowded(p)
		if err != nil {
			return err
		}
		fmt.Println(policy.Name(p))
		if _, err := plan.WriteTo(os.Stdout); err != nil {
			return err
		}
	}
	return nil
}

// crowded plans a prompt that does not hold all the mail there is. The boss wrote first.
func crowded(p policy.Policy) (*compose.Plan, error) {
	var arrived []quire.Item
	for i := range 12 {
		from := quire.Address("mia")
		if i == 0 {
			from = "boss"
		}
		arrived = append(arrived, quire.Item{
			Message: quire.Message{
				Draft:    quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), Subject: fmt.Sprint("Letter ", i), Parts: []quire.Part{quire.Text{Text: strings.Repeat("So it goes. ", 40)}}},
				Envelope: quire.Envelope{From: from},
			},
			Delivery: quire.Delivery{UID: quire.UID(i + 1)},
		})
	}
	return compose.New(&compose.Options{Policy: p}).Plan(compose.Input{
		Arrived: arrived, Model: models.FindOver(quire.APIOpenAIChat, "gpt-5"), Budget: 1200,
	})
}
