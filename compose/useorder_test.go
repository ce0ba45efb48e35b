package compose_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
)

// The newest holder of a name is the one that stands last: one that left and came back
// does so whatever a memo remembers of the time before.
func TestWhatCameBackIsTheNewestHolder(t *testing.T) {
	items := map[quire.MessageID]quire.Item{}
	add := func(uid quire.UID, kind quire.Kind, text string) quire.Item {
		id := quire.MessageID(uid.String())
		items[id] = quire.Item{Message: quire.Message{Draft: quire.Draft{ID: id, Kind: kind, Parts: []quire.Part{quire.Text{Text: text}}},
			Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: uid, Self: kind == quire.KindTurn}}
		return items[id]
	}
	c, memo := compose.New(nil), &compose.Scratch{}
	in := compose.Input{Model: models.Profile{Name: "m", Cache: compose.CostOf("claude-opus-4-5"), Dialect: models.Dialect{API: quire.APIAnthropic, Marks: 4}}, System: "Help.", Budget: 8000,
		Now: time.Unix(0, 0), Scratch: memo, Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := items[id]; return it, ok }}
	next := func(arrived ...quire.Item) *compose.Plan {
		in.Arrived, in.Now = arrived, in.Now.Add(26*time.Hour) // nothing is read: what is dead leaves
		p, err := c.Plan(in)
		require.NoError(t, err)
		in.State = p.Next
		return p
	}
	next(add(1, quire.KindMail, "look at pkg/some_file.go "+strings.Repeat("and so on ", 30)))
	next(add(2, quire.KindTurn, "I see."), add(3, quire.KindMail, "pkg/some_file.go is good "+strings.Repeat("and so on ", 30)))
	next(add(4, quire.KindTurn, "Now pkg/some_file.go."), add(5, quire.KindMail, "Yes."))
	in.State.Drop(1, true)
	next(add(6, quire.KindTurn, "Fine."), add(7, quire.KindMail, "And then?"))
	in.Offered = []quire.Item{items["#1"]}
	next(add(8, quire.KindTurn, "Well."), add(9, quire.KindMail, "And now?"))
	in.Offered = nil
	before := in
	warm := next(add(10, quire.KindTurn, "Look at pkg/some_file.go again."), add(11, quire.KindMail, "Yes?"))
	in = before
	in.Scratch = nil
	cold := next(items["#10"], items["#11"])
	assert.Equal(t, uses(cold), uses(warm))
	assert.Equal(t, map[quire.UID]int{1: 1, 3: 1, 4: 1}, uses(warm))
	assert.Equal(t, stored(t, cold.Next), stored(t, warm.Next))
}

// uses lists how often what stands was used.
func uses(p *compose.Plan) map[quire.UID]int {
	out := map[quire.UID]int{}
	for _, e := range p.Next.Set().Log {
		for _, sp := range e.Spans {
			if sp.Uses > 0 {
				out[sp.UID] = sp.Uses
			}
		}
	}
	return out
}
