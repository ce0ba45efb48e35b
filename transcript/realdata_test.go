package transcript

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// dataFiles lists real records, which are not part of this project: the test
// is skipped without QUIRE_DATA.
func dataFiles(t *testing.T, pattern string) []string {
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no real records to read")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("no %s in QUIRE_DATA", pattern)
	}
	return files
}

func content(t *testing.T, path string) []byte {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	if filepath.Ext(path) != ".gz" {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	b, err = io.ReadAll(z)
	require.NoError(t, err)
	return b
}

type anyMap = map[string]any

func num(m anyMap, path ...string) int {
	for _, p := range path[:len(path)-1] {
		m, _ = m[p].(anyMap)
	}
	n, _ := m[path[len(path)-1]].(float64)
	return int(n)
}

// Runs without tool calls: every assistant message is a call with usage, and
// what it printed comes from the environment.
func TestRealTextLoops(t *testing.T) {
	calls, observations := 0, 0
	for _, f := range dataFiles(t, "swebench-runs/*.json.gz") {
		rec, err := Open(context.Background(), f, nil)
		require.NoError(t, err)
		checkRecord(t, rec)
		require.Empty(t, rec.Problems, f)
		require.Len(t, rec.Sessions, 1)
		s := rec.Sessions[0]

		var doc anyMap
		require.NoError(t, json.Unmarshal(content(t, f), &doc))
		require.Equal(t, doc["instance_id"], s.ID)
		var want quire.Usage
		msgs, n := doc["messages"].([]any), 0
		for i, m := range msgs {
			m := m.(anyMap)
			if m["role"] == "system" {
				require.Equal(t, m["content"], s.System)
				continue
			}
			require.Equal(t, m["content"], quire.PlainText(s.Messages[i-1].Parts))
			if m["role"] != "assistant" {
				continue
			}
			u := m["extra"].(anyMap)["response"].(anyMap)["usage"].(anyMap)
			want.Input += num(u, "prompt_tokens")
			want.CachedInput += num(u, "prompt_tokens_details", "cached_tokens")
			want.Output += num(u, "completion_tokens")
			want.Reasoning += num(u, "completion_tokens_details", "reasoning_tokens")
			require.Equal(t, i-1, s.Calls[n].At)
			n++
		}
		require.Len(t, s.Messages, len(msgs)-1)
		require.Len(t, s.Calls, n)
		require.Equal(t, want, used(&s))
		for _, m := range s.Messages {
			if m.From == "environment" {
				observations++
			}
		}
		calls += n
	}
	require.Equal(t, calls, observations, "each command was answered")
	t.Logf("%d calls", calls)
}

// Coding sessions: a call for each answer's id, with its usage, and every line
// of the conversation in some message.
func TestRealClaudeSessions(t *testing.T) {
	for _, f := range dataFiles(t, "claude-code-sessions/*.jsonl*") {
		t.Run(filepath.Base(f), func(t *testing.T) {
			rec, err := Open(context.Background(), f, nil)
			require.NoError(t, err)
			checkRecord(t, rec)
			require.Empty(t, rec.Problems)

			type usage struct{ in, read, write, out int }
			uses := map[string]usage{}
			parts, side := 0, map[string]bool{}
			sc := bufio.NewScanner(bytes.NewReader(content(t, f)))
			sc.Buffer(nil, 64<<20)
			for sc.Scan() {
				var l anyMap
				require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
				m, _ := l["message"].(anyMap)
				if d, ok := l["data"].(anyMap); ok && d["type"] == "agent_progress" {
					m := d["message"].(anyMap)["message"].(anyMap)
					if id, ok := m["id"].(string); ok {
						side[id] = true
					}
				}
				if l["type"] != "user" && l["type"] != "assistant" {
					continue
				}
				if list, ok := m["content"].([]any); ok {
					parts += len(list)
				} else {
					parts++
				}
				if id, ok := m["id"].(string); ok {
					u := m["usage"].(anyMap)
					uses[id] = usage{num(u, "input_tokens"), num(u, "cache_read_input_tokens"),
						num(u, "cache_creation_input_tokens"), max(uses[id].out, num(u, "output_tokens"))}
				}
			}
			var want, got quire.Usage
			for _, u := range uses {
				want.Input += u.in + u.read + u.write
				want.CachedInput += u.read
				want.CacheWrite += u.write
				want.Output += u.out
			}
			calls, sideCalls, gotParts := 0, 0, 0
			for _, s := range rec.Sessions {
				if s.Sidechain {
					sideCalls += len(s.Calls)
					continue
				}
				calls += len(s.Calls)
				u := used(&s)
				got.Input += u.Input
				got.CachedInput += u.CachedInput
				got.CacheWrite += u.CacheWrite
				got.Output += u.Output
				for _, m := range s.Messages {
					gotParts += len(m.Parts)
				}
			}
			require.Len(t, uses, calls)
			require.Equal(t, want, got)
			require.Len(t, side, sideCalls)
			require.Equal(t, parts, gotParts)
			checkPairs(t, &rec.Sessions[0])
			t.Logf("%d calls, %d by subagents", calls, sideCalls)
		})
	}
}

// checkPairs holds that each result follows its call, before the next turn.
func checkPairs(t *testing.T, s *Session) {
	open := map[string]bool{}
	for i, m := range s.Messages {
		if m.Kind == quire.KindTurn {
			require.Empty(t, open, "message %d: calls are open", i)
			for _, p := range m.Parts {
				if c, ok := p.(quire.ToolCall); ok {
					open[c.ID] = true
				}
			}
		}
		if m.Kind == quire.KindResult {
			r := m.Parts[0].(quire.ToolResult)
			require.True(t, open[r.CallID], "message %d answers no open call", i)
			require.NotEmpty(t, r.Name)
			delete(open, r.CallID)
		}
	}
}

// Many runs in one file, with tool calls whose ids the provider used again.
func TestRealManyRuns(t *testing.T) {
	for _, f := range dataFiles(t, "tau-bench/*.json.gz") {
		rec, err := Open(context.Background(), f, nil)
		require.NoError(t, err)
		checkRecord(t, rec)

		var runs []anyMap
		require.NoError(t, json.Unmarshal(content(t, f), &runs))
		require.Len(t, rec.Sessions, len(runs))
		reused := 0
		for i, r := range runs {
			s := rec.Sessions[i]
			calls, messages := 0, 0
			ids := map[string]bool{}
			for _, m := range r["traj"].([]any) {
				m := m.(anyMap)
				if m["role"] != "system" {
					messages++
				}
				if m["role"] == "assistant" {
					calls++
				}
				list, _ := m["tool_calls"].([]any)
				for _, c := range list {
					id := c.(anyMap)["id"].(string)
					if ids[id] {
						reused++
					}
					ids[id] = true
				}
			}
			require.Len(t, s.Calls, calls)
			require.Len(t, s.Messages, messages)
			checkPairs(t, &s)
		}
		require.Len(t, rec.Problems, reused)
		for _, p := range rec.Problems {
			require.Equal(t, codeReused, p.Code)
		}
		t.Logf("%d runs, %d reused ids", len(runs), reused)
	}
}
