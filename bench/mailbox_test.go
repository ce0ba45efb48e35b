package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

type mailboxRow struct {
	Op     string   `json:"op"`
	Store  string   `json:"store"`
	N      int      `json:"n"`
	P50    float64  `json:"p50_us"`
	P99    float64  `json:"p99_us"`
	PerS   float64  `json:"per_s"`
	CPU    float64  `json:"cpu_us"`
	Driver *float64 `json:"driver_per_s"`
}

func TestMailboxMeasuresEachCall(t *testing.T) {
	raced.Skip(t)
	for _, store := range []string{"memory", "sqlite"} {
		list := rows[mailboxRow](t, "mailbox", "-n", "1000", "-store", store)
		var ops []string
		for _, r := range list {
			ops = append(ops, r.Op)
			assert.Equal(t, store, r.Store)
			assert.Equal(t, 1000, r.N)
			assert.Positive(t, r.P50, r.Op)
			assert.LessOrEqual(t, r.P50, r.P99, r.Op)
			assert.Positive(t, r.PerS, r.Op)
			if compared := r.Op == "send" && store == "sqlite"; assert.Equal(t, compared, r.Driver != nil, r.Op) && compared {
				assert.Positive(t, *r.Driver)
			}
		}
		assert.Equal(t, []string{"open", "status", "list", "pending", "get", "thread", "changes", "snapshot", "search-common", "search-3", "recall-first", "recall", "recall-agent", "send"}, ops)
	}
}

// TestMailboxMeasuresWhatIsKept: some calls only, and what is there is not filled again.
func TestMailboxMeasuresWhatIsKept(t *testing.T) {
	raced.Skip(t)
	file, profile := filepath.Join(t.TempDir(), "mail.db"), filepath.Join(t.TempDir(), "cpu")
	for range 2 {
		list := rows[mailboxRow](t, "mailbox", "-n", "1000", "-keep", file, "-only", "get,recall", "-cpuprofile", profile)
		require.Len(t, list, 3)
		assert.Equal(t, []string{"open", "get", "recall"}, []string{list[0].Op, list[1].Op, list[2].Op})
		about, err := os.Stat(profile)
		require.NoError(t, err)
		assert.Positive(t, about.Size())
	}
	s, err := sqlitestore.Open(t.Context(), file, nil)
	require.NoError(t, err)
	defer s.Close()
	status, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, 1000, status.Total)
}

func TestMailboxCommandLine(t *testing.T) {
	t.Setenv("QUIRE_POSTGRES_DSN", "")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, 0, "-store postgres wants QUIRE_POSTGRES_DSN"},
		{[]string{"-n", "9"}, 2, "at least 1,000"},
		{[]string{"-store", "paper"}, 2, "use sqlite, postgres or memory"},
		{[]string{"-store", "memory", "-keep", "it"}, 2, "can't be kept"},
		{[]string{"-only", "get,recal"}, 2, `no call "recal"`},
		{[]string{"-store", "postgres"}, 2, "set QUIRE_POSTGRES_DSN"},
		{[]string{"more"}, 2, `what is "more"?`},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"mailbox"}, c.args...), &out, &errs)
		require.Equal(t, c.code, code, c.args)
		assert.Contains(t, errs.String(), c.says)
	}
}
