package agent

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

func TestDbg(t *testing.T) {
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	uid, _ := strconv.Atoi(os.Getenv("DUID"))
	u := quire.UID(uid)
	x := newTrial(t, uint64(seed))
	x.agent.o.OnPlan = func(p *compose.Plan) {
		for _, e := range p.Next.Set.Log {
			for _, sp := range e.Spans {
				if contains(sp.Shows, u) || sp.UID == u {
					fmt.Println("call", p.Call, "turn", p.Next.Turn, sp.UID, sp.Turn, sp.Class, sp.Mark, sp.Form, sp.Entered, sp.LastUse, sp.Refaults, sp.Shows, sp.Pinned)
				}
			}
		}
		for _, g := range p.Next.Ghosts {
			if g.UID == u {
				fmt.Println("    ghost", g)
			}
		}
		x.planned(p)
	}
	x.life(4)
}
