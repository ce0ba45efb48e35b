package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers/modeltest"
)

// TestAServerThatReadsLess: a server of one's own reports, as llama-server does, that it
// reads a tenth of the prompt: another agent has its slot. What its answers say means
// nothing here.
func TestAServerThatReadsLess(t *testing.T) {
	for _, c := range []struct {
		share float64 // of the prompt that is reported as read
		short bool
	}{{0.1, true}, {0.97, false}} {
		var script modeltest.Script
		for range 14 {
			s := modeltest.Say("Yes.")
			s.Reply.Usage = quire.Usage{Input: 3000, CachedInput: int(3000 * c.share), Output: 5}
			script = append(script, s)
		}
		srv := modeltest.NewServer(t, quire.APIOpenAIChat, script)
		var lines strings.Builder
		for i := range 14 {
			fmt.Fprintf(&lines, "Number %d. %s\n", i, strings.Repeat("Tea is on the table. ", 20))
		}
		file := filepath.Join(t.TempDir(), "mail.db")
		talk(t, 0, lines.String(), 0, "-model", "openai-chat:qwen3", "-base-url", srv.URL+"/v1", "-file", file)

		store, err := sqlitestore.Open(t.Context(), file, nil)
		require.NoError(t, err)
		list, err := store.Receipts(t.Context(), agentName, 1, 99)
		require.NoError(t, err)
		require.Len(t, list, 14)
		said, r := 0, compose.Receipt{}
		for i := range list {
			r, err = compose.DecodeReceipt(list[i].Data)
			require.NoError(t, err)
			for _, p := range r.Problems {
				assert.Contains(t, p, "as the provider reports; bills and cuts go by that")
				said++
			}
		}
		require.NoError(t, store.Close())
		if c.short {
			assert.Equal(t, 1, said)
			assert.InDelta(t, 0.2, r.Reads, 0.1)
			assert.Less(t, r.Bill.Read, r.Used/2)
		} else {
			assert.Zero(t, said)
			assert.Zero(t, r.Reads)
			assert.Greater(t, r.Bill.Read, r.Used/2)
		}
	}
}
