package compose_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// odd makes messages with the numbers that nobody gives: none, and the last ones.
func odd(uid quire.UID, n int, parts ...quire.Part) quire.Item {
	it := quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: quire.KindMail, Parts: parts}, Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: uid}}
	it.ID = quire.MessageID(fmt.Sprintf("odd %d", n))
	return it
}

// TestOddNumbersAndRooms: messages without a number, with the largest one, without a
// body; references to what is not there; results of a thousand rows; rooms of next to
// nothing: a plan, or an error that says what is wrong.
func TestOddNumbersAndRooms(t *testing.T) {
	raced.Skip(t)
	rows := strings.Repeat("#7 from=mia \"x\" 9 tokens, handled\n", 1000)
	for budget := 1; budget < 1500; budget += 1 + budget/3 {
		for _, p := range []policy.Policy{policy.Default{}, policy.LRU, policy.ExcerptFirst{}} {
			c := compose.New(&compose.Options{Policy: p})
			byID := map[quire.MessageID]quire.Item{}
			in := compose.Input{Budget: budget, Model: models.Profile{Dialect: models.Dialect{API: quire.APIOpenAIChat}}, Notice: &quire.Notice{Void: []quire.UID{0, math.MaxUint64}},
				Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := byID[id]; return it, ok }}
			n := 0
			add := func(kind quire.Kind, uid quire.UID, parts ...quire.Part) {
				n++
				it := odd(uid, n, parts...)
				it.Kind, it.Self = kind, kind != quire.KindMail
				byID[it.ID] = it
				in.Arrived = append(in.Arrived, it)
			}
			ref := func(uid quire.UID, from, to int64) quire.Part {
				return quire.Ref{Message: "odd 1", UID: uid, Part: -1, From: from, To: to}
			}
			add(quire.KindMail, 0, quire.Text{Text: "no number"})
			add(quire.KindMail, 0)
			add(quire.KindMail, math.MaxUint64, quire.Text{Text: strings.Repeat("long ", 400)})
			for i := range 4 {
				name := []string{"context_pull", "mail_find", "context_pull", "read"}[i]
				add(quire.KindTurn, 0, quire.ToolCall{ID: "c", Name: name, Args: "{}"}, quire.ToolCall{ID: "d", Name: name, Args: "{}"})
				add(quire.KindResult, 0, quire.ToolResult{CallID: "c", Name: name, Parts: []quire.Part{ref(0, 0, 0), ref(math.MaxUint64, -5, math.MaxInt64), quire.Ref{Message: "gone", UID: 3}}})
				add(quire.KindResult, math.MaxUint64, quire.ToolResult{CallID: "d", Name: name, Parts: []quire.Part{quire.Text{Text: rows}}})
				plan, err := c.Plan(in)
				if err != nil {
					require.NotEmpty(t, err.Error())
				}
				if plan == nil {
					continue
				}
				require.True(t, err != nil || plan.Bound <= budget, "%d of %d", plan.Bound, budget)
				in.State, in.Arrived = reload(t, plan.Next), nil
				in.State.Drop(0, false)
				in.State.Drop(math.MaxUint64, true)
				_, _ = c.Quote(in, ref(0, 0, 0), ref(math.MaxUint64, 3, 2))
			}
		}
	}
}

// TestAStateFromBeforeTheContract: ghosts and spans without turns, and a turn that was
// open when the program was replaced.
func TestAStateFromBeforeTheContract(t *testing.T) {
	s := newScript(t)
	for _, line := range []string{"budget 900", "mail 1 from=mia: {60 words}", "turn 2: I see.", "mail 3 from=mia: {60 words}", "call",
		"turn 4: call c1 context_pull {\"uids\":[1]}", "pull 5 c1 #1", "call"} {
		require.NoError(t, s.run(line))
	}
	old := s.state
	old.SetTurn(0)
	for i := range old.Set().Log {
		for j := range old.Set().Log[i].Spans {
			old.Set().Log[i].Spans[j].Turn = 0
		}
	}
	*old.Ghosts() = []compose.Ghost{{UID: 1, Call: 1}}
	s.state = reload(t, old)
	for i := range 6 {
		for _, line := range []string{fmt.Sprintf("turn %d: call d%d read {\"n\":%d}", 20+2*i, i, i), fmt.Sprintf("result %d d%d: {150 words}", 21+2*i, i), "call"} {
			require.NoError(t, s.run(line))
		}
		require.LessOrEqual(t, s.last.Bound, 900)
	}
}
