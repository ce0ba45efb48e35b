package wire_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

var update = flag.Bool("update", false, "write the golden files")

func text(s string) quire.Part { return quire.Text{Text: s} }

// turn is a conversation that the goldens show call by call.
func turn(model string) []quire.PromptMessage {
	return []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{text("[#1 from=mia tokens=9]"), text("What is in <a> & \"b\"?")}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{
			quire.Reasoning{Model: model, ID: "rs_1", Text: "Both, side by side.", Signature: "c2ln", Data: "b3BhcXVl"},
			text("Let me read both."),
			quire.ToolCall{ID: "toolu_01", Name: "read", Args: `{"path":"b","from":12345678901234567890,"a":1}`, Signature: "dGhvdWdodA=="},
			quire.ToolCall{ID: "toolu_02", Name: "read", Args: `{"path":"a"`},
		}},
		{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: "toolu_01", Name: "read", Parts: []quire.Part{text("[#2]"), text("b holds 2 lines\n1\n2")}},
			quire.ToolResult{CallID: "toolu_02", Name: "read", IsError: true, Parts: []quire.Part{text("no such argument")}},
		}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{text("b holds two lines; a can't be read.")}},
		{Role: quire.RoleUser, Parts: []quire.Part{text("[#4 from=mia tokens=3]"), text("Try a again.")}},
		{Role: quire.RoleUser, Parts: []quire.Part{text("[#5 from=bob tokens=6]"), quire.Image{MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n"), Width: 2, Height: 1}}},
	}
}

// call is the prompt of one model call: the first n messages.
func call(model string, n int, notice string, marks ...quire.CacheMark) *quire.Prompt {
	return &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 1000, CacheKey: "ada", Notice: notice, Marks: marks,
		Tools: []quire.Tool{
			{Name: "list", Schema: []byte(`{"type": "object", "properties": {}}`)},
			{Name: "read", Description: "Reads a file.", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
		},
		Messages: turn(model)[:n],
	}
}

// TestGoldens shows, for every carrier of the notice, the pieces of five calls of
// one conversation. A "~" marks what is gone at the next call, a "*" a cache mark.
func TestGoldens(t *testing.T) {
	for _, c := range []struct {
		file  string
		api   quire.API
		model string
	}{
		{"anthropic", quire.APIAnthropic, "claude-opus-5"},
		{"anthropic-bound", quire.APIAnthropic, "claude-opus-5-5"},
		{"openai-chat", quire.APIOpenAIChat, "gpt-4.1"},
		{"openai-chat-marks", quire.APIOpenAIChat, "gpt-6"},
		{"openai-responses", quire.APIOpenAIResponses, "gpt-6"},
		{"gemini", quire.APIGemini, "gemini-3-pro"},
		{"strict", quire.APIStrict, "mistral-small"},
		{"ollama", quire.APIOllama, "qwen3:8b"},
	} {
		t.Run(c.file, func(t *testing.T) {
			calls := []*quire.Prompt{
				call(c.model, 1, "2 mails wait", quire.CacheMark{After: 0, TTL: time.Hour}, quire.CacheMark{After: 1}),
				call(c.model, 3, "1 mail is urgent", quire.CacheMark{After: 1}, quire.CacheMark{After: 3}),
				call(c.model, 5, "3 mails wait", quire.CacheMark{After: 3}, quire.CacheMark{After: 5}),
				call(c.model, 5, ""),
				call(c.model, 6, "4 mails wait", quire.CacheMark{After: 5}, quire.CacheMark{After: 6}),
			}
			var b strings.Builder
			var last []wire.Segment
			for i, p := range calls {
				segs, err := wire.Segments(c.api, p)
				require.NoError(t, err)
				fmt.Fprintf(&b, "call %d: %d messages\n", i+1, len(p.Messages))
				show(&b, segs)
				body, err := wire.Encode(c.api, p, nil)
				require.NoError(t, err)
				require.Empty(t, promptcheck.Check(c.api, body))
				assert.LessOrEqual(t, len(wire.Stable(last)), len(wire.Stable(segs)))
				for k, s := range wire.Stable(last) {
					assert.Equal(t, string(s.Bytes), string(segs[k].Bytes), "call %d does not begin as the one before it", i+1)
				}
				last = segs
			}
			body, err := wire.Encode(c.api, calls[4], &wire.Options{Stream: true})
			require.NoError(t, err)
			fmt.Fprintf(&b, "call 5 as it is sent, streamed\n%s\n", body)
			compare(t, filepath.Join("testdata", c.file+".txt"), b.String())
		})
	}
}

func show(b *strings.Builder, segs []wire.Segment) {
	for _, s := range segs {
		flag := " "
		if s.Mark {
			flag = "*"
		}
		if s.Volatile {
			flag = "~"
		}
		msg := "  "
		if s.Message >= 0 {
			msg = fmt.Sprintf("%2d", s.Message)
		}
		fmt.Fprintf(b, "  %-8s %s %s %s\n", s.Level, msg, flag, s.Bytes)
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run go test -update to write it")
	require.Equal(t, string(want), got)
}
