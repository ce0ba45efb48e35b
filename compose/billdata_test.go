package compose_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/transcript"
)

// recorded reads the sessions under QUIRE_DATA that a pattern finds.
func recorded(t *testing.T, pattern string, most int) []*transcript.Session {
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no real records to compose")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("no %s in QUIRE_DATA", pattern)
	}
	var out []*transcript.Session
	for _, f := range files[:min(most, len(files))] {
		rec, err := transcript.Open(t.Context(), f, nil)
		require.NoError(t, err)
		for i := range rec.Sessions {
			if s := &rec.Sessions[i]; len(s.Calls) > 0 && !s.Sidechain {
				out = append(out, s)
			}
		}
	}
	return out
}

// TestBillsOfRecordedRuns: the same for real work, composed in half of the room
// and less, at the times at which it was done.
func TestBillsOfRecordedRuns(t *testing.T) {
	for _, pattern := range []string{"claude-code-sessions/*.jsonl.gz", "swebench-runs/*.json.gz"} {
		sessions := recorded(t, pattern, 12)
		for _, name := range []string{"claude, from 512", "claude, 1h", "gpt-5.6, 6", "gpt-5", "gpt-5.5", "gemini flash", "deepseek v4", "vllm"} {
			if raced.On && name != "gpt-5" {
				continue
			}
			t.Run(pattern+"/"+name, func(t *testing.T) {
				t.Parallel()
				l := newLife(t, costNamed(t, name), 24_000)
				l.in.Tools = nil
				for _, s := range sessions {
					l.learn(s.Tools)
				}
				for _, s := range sessions {
					l.record(s)
				}
				t.Logf("%+v", l.tally)
				assert.Greater(t, l.tally.calls, 300)
				assert.Greater(t, l.tally.reads, l.tally.calls/2)
				assert.Positive(t, l.tally.cuts)
				assert.Zero(t, l.bills.older)
				l.billsAdd()
			})
		}
	}
}

func costNamed(t *testing.T, name string) price.CostModel {
	for _, c := range compose.Costs() {
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "no row "+name)
	return price.CostModel{}
}

// learn adds tools that the model may call.
func (l *life) learn(tools []quire.Tool) {
	for _, tool := range tools {
		if !slices.ContainsFunc(l.in.Tools, func(t quire.Tool) bool { return t.Name == tool.Name }) {
			l.in.Tools = append(l.in.Tools, tool)
		}
	}
}

// record plays a session: what the program was told arrives, and where it called
// a model, one is called.
func (l *life) record(s *transcript.Session) {
	open := map[string]quire.ToolCall{}
	next := 0
	for i := range s.Messages {
		m := &s.Messages[i]
		if m.Kind == quire.KindTurn {
			l.answer(open)
		}
		if next < len(s.Calls) && s.Calls[next].At == i {
			next++
			at := l.in.Now.Add(10 * time.Second)
			if gap := m.Time.Sub(l.at); !l.at.IsZero() && gap > 0 {
				at = l.in.Now.Add(gap)
			}
			l.in.Now, l.at = at, m.Time
			l.in.Notice = nil
			if l.rand.IntN(4) == 0 {
				l.in.Notice = &quire.Notice{Pending: 1, Tokens: 9, Headers: []quire.NoticeHeader{{UID: 900, From: "bo", Subject: l.words(3)}}}
			}
			l.call()
		}
		for _, p := range m.Parts {
			switch p := p.(type) {
			case quire.ToolCall:
				open[p.ID] = p
			case quire.ToolResult:
				delete(open, p.CallID)
			}
		}
		kind := m.Kind
		if kind != quire.KindTurn && kind != quire.KindResult {
			kind = quire.KindMail
		}
		l.arrive(m.From, kind, m.Parts...)
	}
	l.answer(open)
}

// answer makes results for calls that the record never answers.
func (l *life) answer(open map[string]quire.ToolCall) {
	for id, c := range open {
		l.arrive("me", quire.KindResult, quire.ToolResult{CallID: id, Name: c.Name, Parts: []quire.Part{quire.Text{Text: "(nothing)"}}, IsError: true})
		delete(open, id)
	}
}
