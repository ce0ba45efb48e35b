//go:build unix

package postgresstore_test

import (
	"cmp"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/chaos"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// TestChaos is that of package agent, on PostgreSQL. Nothing listens at the
// server: who listens at a connection holds the time of the bubble.
func TestChaos(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_CHAOS"), "1"))
	require.NoError(t, err, "QUIRE_CHAOS")
	first, err := strconv.ParseUint(cmp.Or(os.Getenv("QUIRE_CHAOS_FROM"), "0"), 10, 64)
	require.NoError(t, err, "QUIRE_CHAOS_FROM")
	server := dsn(t)
	o := chaos.Options{Seed: first, Agents: 10}
	if os.Getenv("QUIRE_CHAOS") == "" {
		o.Storm, o.Calm = 10*time.Minute, 80*time.Minute
	}
	for range n {
		name := schema(t, server)
		var rep *chaos.Report
		synctest.Test(t, func(t *testing.T) {
			s, err := postgresstore.OpenDeaf(t.Context(), server, &postgresstore.Options{Schema: name, Rules: chaos.Rules()})
			require.NoError(t, err)
			defer s.Close()
			o.Store = s
			rep = chaos.Run(t.Context(), o)
		})
		t.Log(rep)
		for _, f := range rep.Faults {
			t.Error(f)
		}
		o.Seed++
	}
}
