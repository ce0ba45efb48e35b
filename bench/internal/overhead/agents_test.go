package overhead

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers/scripted"
)

// BenchmarkAgents is a step of one agent, and of one among fifty, on one file that is
// synced with each commit. The model answers at once. "ns/op" of the first over that of the
// second is how much more they get done together.
func BenchmarkAgents(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			store, err := sqlitestore.Open(b.Context(), filepath.Join(b.TempDir(), "agents.db"), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
				r := scripted.Text("Done.")
				return &r, nil
			})
			var agents []*agent.Agent
			for i := range n {
				a, err := agent.New(store.Box(quire.Address(fmt.Sprintf("agent%d", i))), model, &agent.Options{Budget: 8000, Owner: "mia"})
				if err != nil {
					b.Fatal(err)
				}
				agents = append(agents, a)
			}
			steps := make(chan int)
			var all sync.WaitGroup
			for i, a := range agents {
				all.Add(1)
				go func() {
					defer all.Done()
					for k := range steps {
						d := quire.Mail(quire.Address(fmt.Sprintf("agent%d", i)), "", prose(k, 60))
						if _, err := store.Box("mia").Send(b.Context(), d); err != nil {
							b.Error(err)
							return
						}
						if _, err := a.Step(b.Context()); err != nil {
							b.Error(err)
							return
						}
					}
				}()
			}
			k := 0
			for b.Loop() {
				steps <- k
				k++
			}
			close(steps)
			all.Wait()
		})
	}
}
