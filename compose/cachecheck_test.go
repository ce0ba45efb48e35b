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

// TestIsMyCacheWorking: one call on a plan and what was reported for it, with the cause of
// a miss, also where the state was stored in between.
func TestIsMyCacheWorking(t *testing.T) {
	opus, _ := models.Find("claude-opus-5")
	sonnet, _ := models.Find("claude-sonnet-5")
	long := quire.Text{Text: strings.Repeat("What about this and that? ", 300)}
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	type change struct {
		want   string
		read   bool // the provider reads what was promised
		change func(in *compose.Input)
	}
	calls := []change{
		{"first", false, func(*compose.Input) {}},
		{"", true, func(*compose.Input) {}},
		{"forgotten", false, func(*compose.Input) {}},
		{"model", false, func(in *compose.Input) { in.Model = sonnet }},
		{"model", true, func(*compose.Input) {}},
		{"system", false, func(in *compose.Input) { in.System += " Be kind." }},
		{"tools", false, func(in *compose.Input) { in.Tools = append(in.Tools, quire.Tool{Name: "more"}) }},
		{"expired", false, func(in *compose.Input) { in.Now = in.Now.Add(2 * time.Hour) }},
		{"unreported", false, func(*compose.Input) {}},
	}
	b := &bound{t: t, items: map[quire.MessageID]quire.Item{}}
	in := compose.Input{Model: opus, System: "You are Ada.", Budget: 60_000, Tools: []quire.Tool{{Name: "find"}}, Now: now,
		Body: func(id quire.MessageID) (quire.Item, bool) { it, ok := b.items[id]; return it, ok }}
	var was *compose.Receipt
	for n, c := range calls {
		if n == 4 {
			in.Model = opus
		}
		in.Now = in.Now.Add(time.Minute)
		c.change(&in)
		in.State, in.Arrived = b.state, nil
		if n > 0 {
			in.Arrived = append(in.Arrived, b.item("ada", quire.KindTurn, quire.Text{Text: "It is fine."}))
		}
		in.Arrived = append(in.Arrived, b.item("mia", quire.KindMail, long))
		plan, err := compose.New(nil).Plan(in)
		require.NoError(t, err)
		usage := quire.Usage{Input: plan.Bill.Input(), Output: 5}
		if c.read {
			usage.CachedInput = plan.Bill.Read
		}
		if c.want == "unreported" {
			usage = quire.Usage{}
		}
		check := plan.CheckCache(usage)
		if c.want == "model" && c.read { // it was called lately: its cache may be there yet
			assert.Contains(t, []string{"", "model"}, check.Miss, "call %d: %s", n, check.Why)
		} else {
			assert.Equal(t, c.want, check.Miss, "call %d: %s", n, check.Why)
		}
		assert.Regexp(t, `^promised \d+%, read \d+%: .`, check.Why)
		kept := keep(t, plan, usage, was)
		assert.Equal(t, check, kept.CheckCache(was), "what is kept of the call says the same")
		was = kept
		stored, err := plan.Next.MarshalBinary()
		require.NoError(t, err)
		b.state = compose.State{}
		require.NoError(t, b.state.UnmarshalBinary(stored))
	}
}

// keep stores the receipt of a call, and reads it with the setup that the one before it said.
func keep(t *testing.T, plan *compose.Plan, usage quire.Usage, was *compose.Receipt) *compose.Receipt {
	t.Helper()
	r := plan.Receipt()
	r.Usage = usage
	stored, err := r.Encode()
	require.NoError(t, err)
	r, err = compose.DecodeReceipt(stored)
	require.NoError(t, err)
	if r.Setup == nil {
		r.Setup = was.Setup
	}
	return &r
}
