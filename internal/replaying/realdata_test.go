package replaying

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
	"github.com/quire-dev/quire/transcript"
)

// TestRealRecords replays real records, which are not part of this project:
// every prompt must be one that its provider takes, and fit. Without QUIRE_DATA
// it is skipped; it takes every twentieth record, or all of them with
// QUIRE_REPLAY=all.
func TestRealRecords(t *testing.T) {
	raced.Skip(t)
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no real records to replay")
	}
	step := 20
	if os.Getenv("QUIRE_REPLAY") == "all" {
		step = 1
	}
	var files []string
	for _, pattern := range []string{"swebench-runs/*.json.gz", "claude-code-sessions/*.jsonl*"} {
		list, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for i := 0; i < len(list); i += step {
			files = append(files, list[i])
		}
	}
	require.NotEmpty(t, files)
	apis := []quire.API{quire.APIOpenAIChat, quire.APIAnthropic, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict}
	for _, budget := range []int{8000, 16000, 32000} {
		var results []*Result
		for i, f := range files {
			rec, err := transcript.Open(context.Background(), f, nil)
			require.NoError(t, err)
			for s := range rec.Sessions {
				r, err := Run(context.Background(), &rec.Sessions[s], Options{
					Budget: budget, Counter: tiktoken.O200k(), Policy: policy.Default{}, Schedule: policy.Watermark{},
					Cost: models.FindOver(quire.APIAnthropic, "claude-opus-4-5").Cache, API: apis[i%len(apis)],
				})
				require.NoError(t, err, f)
				results = append(results, r)
			}
		}
		sum := Sum(results...)
		for _, r := range results {
			for _, c := range r.Calls {
				require.Empty(t, c.Violations, "%s, %s, budget %d, call %d", r.Session, r.API, budget, c.N)
				require.False(t, c.Over, "%s, %s, budget %d, call %d: %d tokens %v", r.Session, r.API, budget, c.N, c.Sent, c.Problems)
			}
		}
		require.Positive(t, sum.Calls)
		t.Logf("budget %d: %d calls, %d tokens instead of %d, price %.0f instead of %.0f, body recall %d of %d",
			budget, sum.Calls, sum.Sent, sum.Whole, sum.Bill.Cost, sum.WholeBill.Cost, sum.Recall.Body, sum.Recall.Used)
	}
}
