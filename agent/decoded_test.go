package agent

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
)

// TestAProcessThatGoesOnSendsWhatANewOneWould: what an agent keeps in memory from step to
// step changes no byte of a prompt, a state or a receipt, whoever wrote in between.
func TestAProcessThatGoesOnSendsWhatANewOneWould(t *testing.T) {
	for seed := range uint64(raced.Fewer(30)) {
		want := lived(t, seed, func(x *trial) { x.restart() })
		for name, next := range map[string]func(*trial){
			"one process": func(*trial) {},
			"two in turn": func(x *trial) { x.agent, x.other = x.other, x.agent },
		} {
			got := lived(t, seed, next)
			require.Len(t, got, len(want), "seed %d, %s", seed, name)
			for i := range want { // the first difference says enough
				require.Equal(t, want[i], got[i], "seed %d, %s, %d of %d", seed, name, i, len(want))
			}
		}
	}
}

// lived is all that an agent sent and stored in some turns; next chooses who goes on after
// a step.
func lived(t *testing.T, seed uint64, next func(*trial)) (out []string) {
	x := newTrial(t, seed)
	stepped, model := x.of.OnStep, x.of.Model
	x.of.OnStep = func(s StepInfo) {
		stepped(s)
		next(x)
		snap, err := x.store.Snapshot(t.Context(), "ada")
		require.NoError(t, err)
		receipts, err := x.store.Receipts(t.Context(), "ada", s.Plan.Call, s.Plan.Call)
		require.NoError(t, err)
		out = append(out, fmt.Sprintf("%x", snap.Agent.State), string(receipts[0].Data))
	}
	x.of.Model = modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
		out = append(out, bytesOf(t, p))
		return model.Generate(t.Context(), p)
	})
	x.restart()
	x.other = x.agent
	x.restart()
	x.life(3)
	return out
}
