package compose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// What was encoded of a plan's state is used for no state that has something else.
func TestWhatWasEncodedIsOfThatState(t *testing.T) {
	items := map[quire.MessageID]quire.Item{}
	in := compose.Input{Now: time.Unix(0, 0), Budget: 1 << 20, Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := items[id]; return it, ok }}
	encoded := func(what string, s compose.State) {
		got, err := s.MarshalBinary()
		require.NoError(t, err)
		want, err := s.Unkept().MarshalBinary()
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), what)
	}
	for i := range 8 {
		model := fmt.Sprint("m", i/3) // another ledger comes with another model
		in.Model = models.Profile{Name: model, Cache: price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1, TTL: time.Hour}, Dialect: models.Dialect{API: quire.APIOpenAIChat}}
		it := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: fmt.Sprint("some words ", i)}}},
			Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: quire.UID(i + 1)}}
		items[it.ID] = it
		in.Arrived = []quire.Item{it}
		plan, err := compose.New(nil).Plan(in)
		require.NoError(t, err)
		encoded("as planned", plan.Next)
		in.State = plan.Next
		for what, change := range map[string]func(*compose.State){
			"dropped":    func(s *compose.State) { s.Drop(it.UID, true) },
			"pinned":     func(s *compose.State) { s.Pin(it.UID, true) },
			"withheld":   func(s *compose.State) { s.Withhold(it.UID, true) },
			"turn ended": func(s *compose.State) { s.EndTurn() },
			"learned":    func(s *compose.State) { *s = s.LearnAhead(plan, plan.Used+7) },
			"other": func(s *compose.State) {
				other := *plan
				other.Prompt.Model = "other"
				*s = s.LearnAhead(&other, plan.Used+7)
			},
		} {
			s := plan.Next
			change(&s)
			encoded(what, s)
		}
	}
}
