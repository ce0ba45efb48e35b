package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/internal/replaying"
)

func runArgs(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(context.Background(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// TestProgressIsForTerminals: however long a replay takes, a file has no progress in it;
// what could not be read is said everywhere.
func TestProgressIsForTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer file.Close()
	p := newProgress(file)
	p.start = time.Time{} // begun long ago
	p.tick("call %d", 1)
	p.say("x could not be read")
	p.end()
	log, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.Equal(t, "x could not be read\n", string(log))

	var b bytes.Buffer
	p = &progress{w: &b, live: true}
	p.tick("call %d", 1)
	p.end()
	require.Equal(t, "\r\x1b[Kcall 1\r\x1b[K", b.String())
}

func TestSample(t *testing.T) {
	raced.Skip(t)
	for _, args := range [][]string{{}, {"-budget", "8000"}, {"-check", "-budget", "8000"}, {"-schedule", "strict"}} {
		status, out, errs := runArgs(t, args...)
		require.Equal(t, 0, status, "%v: %s", args, out)
		require.Empty(t, errs)
		require.Contains(t, out, "broken rules           0\n")
		require.Contains(t, out, "over the budget        0\n")
	}
}

func TestCallByCall(t *testing.T) {
	_, without, _ := runArgs(t)
	_, with, _ := runArgs(t, "-calls")
	require.Greater(t, bytes.Count([]byte(with), []byte("\n")), bytes.Count([]byte(without), []byte("\n"))+60)
}

func TestJSON(t *testing.T) {
	status, out, _ := runArgs(t, "-json")
	require.Equal(t, 0, status)
	var results []*replaying.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Len(t, results, 1)
	s := replaying.Sum(results...)
	require.Equal(t, 60, s.Calls)
	require.Less(t, s.Sent, s.Whole)
	require.Positive(t, s.Left)
	require.Equal(t, s.Bill.Read+s.Bill.Write+s.Bill.Uncached, s.Sent)
	require.LessOrEqual(t, s.Recall.Body, s.Recall.Name)
	require.LessOrEqual(t, s.Recall.Name, s.Recall.Used)
	for _, c := range results[0].Calls {
		require.LessOrEqual(t, c.Sent, 16000)
		require.LessOrEqual(t, c.Kept, c.Sent)
	}
}

// TestTokensThatLeft: what a call is said to have lost is at least what its prompt is
// shorter by, and what all calls lost explains how much shorter the prompts are.
func TestTokensThatLeft(t *testing.T) {
	_, out, _ := runArgs(t, "-json")
	var results []*replaying.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	calls := results[0].Calls
	left, cuts := 0, 0
	for i := 1; i < len(calls); i++ {
		c, was := &calls[i], &calls[i-1]
		left += c.LeftTokens
		require.Equal(t, c.Left > 0, c.LeftTokens > 0, "call %d", c.N)
		if c.Left == 0 {
			continue
		}
		cuts++
		entered := c.Whole - was.Whole
		require.InDelta(t, was.Sent+entered-c.Sent, c.LeftTokens, 200, "call %d: all but tombstones, and excerpts of what entered", c.N)
	}
	require.Positive(t, cuts)
	last := calls[len(calls)-1]
	require.InDelta(t, last.Whole-last.Sent, left, 400)
}

func TestDeterministic(t *testing.T) {
	_, a, _ := runArgs(t, "-json", "-budget", "6000")
	_, b, _ := runArgs(t, "-json", "-budget", "6000")
	require.Equal(t, a, b)
}

// Every policy and schedule that can be named keeps the rules.
func TestEveryChoice(t *testing.T) {
	raced.Skip(t)
	for _, p := range replaying.Names(replaying.Policies) {
		for _, s := range replaying.Names(replaying.Schedules) {
			status, out, _ := runArgs(t, "-policy", p, "-schedule", s, "-budget", "9000")
			require.Equal(t, 0, status, "%s %s\n%s", p, s, out)
		}
	}
}

func TestTooSmallABudget(t *testing.T) {
	status, out, _ := runArgs(t, "-budget", "300")
	require.Equal(t, 1, status)
	require.Contains(t, out, "of 300")
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"-policy", "best"}, {"-schedule", "never"}, {"-price", "gratis"}, {"-encoding", "p50k"}, {"-api", "smtp"}, {"-budget", "0"}, {"-nonsense"}} {
		status, out, errs := runArgs(t, args...)
		require.Equal(t, 2, status, "%v", args)
		require.Empty(t, out)
		require.Contains(t, errs, "replay -help")
	}
}

func TestHelpAndLists(t *testing.T) {
	status, _, errs := runArgs(t, "-help")
	require.Equal(t, 0, status)
	require.Contains(t, errs, "Examples:")
	status, out, _ := runArgs(t, "-price", "list")
	require.Equal(t, 0, status)
	require.Contains(t, out, "PROVIDER")
	require.NotContains(t, out, "2026-")
	_, out, _ = runArgs(t, "-price", "list", "-v")
	require.Contains(t, out, "2026-")
}

// A file that can't be read does not keep the others from being replayed.
func TestMissingFile(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.json")
	require.NoError(t, os.WriteFile(good, []byte(`[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]`), 0o600))
	status, out, errs := runArgs(t, "missing.json", good)
	require.Equal(t, 1, status)
	require.Contains(t, errs, "missing.json")
	require.Contains(t, out, "model calls            1\n")
}

// TestAFolder: one sentence that says what to do.
func TestAFolder(t *testing.T) {
	folder := t.TempDir()
	status, out, errs := runArgs(t, folder)
	require.Equal(t, 1, status)
	require.Empty(t, out)
	require.Equal(t, "replay: transcript: "+folder+": it is a folder: name the files in it\n", errs)
	empty := filepath.Join(folder, "empty.json")
	require.NoError(t, os.WriteFile(empty, []byte(`[{"role":"user","content":"a"}]`), 0o600))
	status, _, errs = runArgs(t, folder, empty)
	require.Equal(t, 1, status)
	require.Contains(t, errs, "no model calls in what was read")
}

// The sample is what its generator writes.
func TestSampleIsGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generator")
	}
	out, err := exec.Command("go", "run", "gen_sample.go").Output()
	require.NoError(t, err)
	require.True(t, bytes.Equal(sample, out), "run: go run gen_sample.go > sample.jsonl")
}
