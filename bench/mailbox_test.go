package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

type mailboxRow struct {
	Op     string   `json:"op"`
	Store  string   `json:"store"`
	N      int      `json:"n"`
	P50    float64  `json:"p50_us"`
	P99    float64  `json:"p99_us"`
	PerS   float64  `json:"per_s"`
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
		assert.Equal(t, []string{"open", "status", "list", "pending", "get", "thread", "changes", "snapshot", "search-common", "search-3", "recall-first", "recall", "send"}, ops)
	}
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
		{[]string{"-store", "postgres"}, 2, "set QUIRE_POSTGRES_DSN"},
		{[]string{"more"}, 2, `what is "more"?`},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"mailbox"}, c.args...), &out, &errs)
		require.Equal(t, c.code, code, c.args)
		assert.Contains(t, errs.String(), c.says)
	}
}
