package tiktoken_test

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// call is one model call of a recorded run.
type call struct{ estimated, reported int }

// recordedCalls reads the runs under QUIRE_DATA: the prompt of each call, as
// estimated by o200k_base, and the tokens that the provider reported.
func recordedCalls(t *testing.T) [][]call {
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no recorded runs to learn from")
	}
	files, err := filepath.Glob(filepath.Join(dir, "swebench-runs", "*.json.gz"))
	require.NoError(t, err)
	var runs [][]call
	for _, f := range files {
		runs = append(runs, readRun(t, f))
	}
	if len(runs) == 0 {
		t.Skipf("no recorded runs in %s", dir)
	}
	return runs
}

func readRun(t *testing.T, file string) []call {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var run struct {
		Messages []struct {
			Role    string
			Content string
			Extra   struct {
				Response struct {
					Usage struct {
						Input int `json:"prompt_tokens"`
					}
				}
			}
		}
	}
	require.NoError(t, json.NewDecoder(z).Decode(&run))
	framing, _ := tokenizer.FramingFor(quire.APIGemini)
	var calls []call
	sum := framing.Reply
	for _, m := range run.Messages {
		if n := m.Extra.Response.Usage.Input; m.Role == "assistant" && n > 0 {
			calls = append(calls, call{sum, n})
		}
		sum += framing.Message(tiktoken.O200k(), []quire.Part{quire.Text{Text: m.Content}})
	}
	return calls
}

// TestCalibrationOnRecordedRuns predicts each call of each run from the calls
// before it, starting every run from nothing, and counts how often the real
// number was within the bound that was stated.
func TestCalibrationOnRecordedRuns(t *testing.T) {
	for _, keep := range []bool{false, true} {
		var all, in80, in95, in99 int
		var raw, fixed, ratios float64
		var c tokenizer.Calibration
		for _, run := range recordedCalls(t) {
			if !keep {
				c = tokenizer.Calibration{}
			}
			for _, call := range run {
				all++
				ratios += float64(call.reported) / float64(call.estimated)
				raw += math.Abs(float64(call.estimated)/float64(call.reported) - 1)
				fixed += math.Abs(float64(c.Apply(call.estimated))/float64(call.reported) - 1)
				in80 += one(call.reported <= c.Upper(call.estimated, 0.8))
				in95 += one(call.reported <= c.Upper(call.estimated, 0.95))
				in99 += one(call.reported <= c.Upper(call.estimated, 0.99))
				c = c.Observe(call.estimated, call.reported)
			}
		}
		n := float64(all)
		t.Logf("kept over runs %v: %d calls, mean ratio %.3f, mean error %.2f%% raw, %.2f%% calibrated; within the bound for 0.8 %.3f, 0.95 %.3f, 0.99 %.3f; last %v",
			keep, all, ratios/n, 100*raw/n, 100*fixed/n, float64(in80)/n, float64(in95)/n, float64(in99)/n, c)
		require.Less(t, fixed, raw)
		require.Greater(t, float64(in95)/n, 0.93)
		require.Greater(t, float64(in99)/n, 0.98)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
