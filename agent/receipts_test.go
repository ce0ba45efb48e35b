package agent

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
)

// TestReceiptsOfAdversarialTurnsReplay: whatever was pulled, kept and let go, the receipts
// and the mailbox give the same prompts again.
func TestReceiptsOfAdversarialTurnsReplay(t *testing.T) {
	for seed := uint64(3000); seed < uint64(3000+raced.Fewer(12)); seed++ {
		x := newTrial(t, seed)
		var plans []*compose.Plan
		x.agent.o.OnPlan = func(p *compose.Plan) {
			x.planned(p)
			plans = append(plans, p)
		}
		x.life(3)
		in := compose.Input{Model: x.agent.model().Profile, System: x.agent.system, Tools: x.agent.shown, Head: x.agent.o.Head}
		item := func(uid quire.UID) (quire.Item, bool) {
			items, err := x.store.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{uid}})
			return append(items, quire.Item{})[0], err == nil && len(items) == 1
		}
		ids := map[quire.MessageID]quire.Item{}
		for uid := quire.UID(1); ; uid++ {
			it, ok := item(uid)
			if !ok {
				break
			}
			ids[it.ID] = it
		}
		in.Body = func(id quire.MessageID) (quire.Item, bool) { it, ok := ids[id]; return it, ok }
		n := 0
		receipts := func(yield func(compose.Receipt, error) bool) {
			for _, p := range plans {
				if !yield(p.Receipt(), nil) {
					return
				}
			}
		}
		for r, err := range (compose.Replay{Composer: x.agent.o.Composer, Input: in, Item: item}).Run(receipts) {
			require.NoError(t, err, "seed %d, call %d", seed, n+1)
			require.Equal(t, plans[n].Prompt.Messages, r.Plan.Prompt.Messages, "seed %d, call %d\n%s\n%s", seed, n+1, written(plans[n]), written(r.Plan))
			n++
		}
		require.Len(t, plans, n)
	}
}
