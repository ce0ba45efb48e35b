package agent_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/chaos"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// TestChaos: 20 agents whose models, tools and store fail in every way, and whose
// processes are killed: at the end nobody is down, nothing is unanswered or answered
// twice, and nobody was told what did not happen. That a bubble ends says that no
// goroutine leaks.
func TestChaos(t *testing.T) {
	for kind, open := range map[string]func(*testing.T) *mailbox.Store{
		"memory": func(*testing.T) *mailbox.Store { return memstore.New(&mailbox.Options{Rules: chaos.Rules()}) },
		"sqlite": func(t *testing.T) *mailbox.Store {
			s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), &sqlitestore.Options{Rules: chaos.Rules(), Normal: true, Poll: time.Minute})
			require.NoError(t, err)
			return s.Store
		},
	} {
		t.Run(kind, func(t *testing.T) {
			o := chaosOptions(t)
			if o.Storm > 0 && kind == "sqlite" { // the race detector makes it slow
				o.Storm, o.Calm = o.Storm/4, o.Calm/4
			}
			for range seeds(t) {
				var rep *chaos.Report
				synctest.Test(t, func(t *testing.T) {
					o.Store = open(t)
					defer o.Store.Close()
					rep = chaos.Run(t.Context(), o)
				})
				t.Log(rep)
				for _, f := range rep.Faults {
					t.Error(f)
				}
				o.Seed++
			}
		})
	}
}

// seeds is how many worlds are tried: one small one, or what QUIRE_CHAOS says.
func seeds(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_CHAOS"), "1"))
	require.NoError(t, err, "QUIRE_CHAOS")
	return n
}

// chaosOptions are the first world's: QUIRE_CHAOS_FROM is its seed, and QUIRE_CHAOS_TRACE
// an agent of which is told what it does.
func chaosOptions(t *testing.T) chaos.Options {
	first, err := strconv.ParseUint(cmp.Or(os.Getenv("QUIRE_CHAOS_FROM"), "0"), 10, 64)
	require.NoError(t, err, "QUIRE_CHAOS_FROM")
	o := chaos.Options{Seed: first, Fickle: os.Getenv("QUIRE_CHAOS_FICKLE") != ""}
	if os.Getenv("QUIRE_CHAOS") == "" {
		o.Storm, o.Calm = 20*time.Minute, 160*time.Minute
	}
	if o.Of = quire.Address(os.Getenv("QUIRE_CHAOS_TRACE")); o.Of != "" {
		o.Trace = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	}
	return o
}
