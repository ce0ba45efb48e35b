package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// codingAgent is a client that starts quire mcp as coding agents do.
func codingAgent(t *testing.T, db, who string, more ...string) *sdk.ClientSession {
	t.Helper()
	cmd := exec.Command(program(t), append([]string{"mcp", "--db", db, "--box", who}, more...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	s, err := sdk.NewClient(&sdk.Implementation{Name: who, Version: "1"}, nil).Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, nil)
	require.NoError(t, err, stderr.String())
	t.Cleanup(func() { require.NoError(t, s.Close(), "it ends when its client leaves: "+stderr.String()) })
	return s
}

// useTool calls a tool, which must go well.
func useTool(t *testing.T, s *sdk.ClientSession, name string, args map[string]any) string {
	t.Helper()
	res, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: args})
	require.NoError(t, err)
	text := res.Content[0].(*sdk.TextContent).Text
	require.False(t, res.IsError, text)
	return text
}

// Two coding agents on one file mail each other, each through a server of its own: one waits
// by a background job, the other by the tool.
func TestTwoCodingAgentsMailEachOther(t *testing.T) {
	db := place(t)
	claude, codex := codingAgent(t, db, "claude"), codingAgent(t, db, "codex")
	waiting := func(who string) func() string { // a background job, whose end is the news
		var out bytes.Buffer
		job := exec.Command(program(t), "wait", "--db", db, "--box", who, "--timeout", "1m")
		job.Stdout = &out
		require.NoError(t, job.Start())
		return func() string {
			require.NoError(t, job.Wait())
			return strings.TrimSpace(out.String())
		}
	}
	news := waiting("codex")
	useTool(t, claude, "mail_send", map[string]any{"to": []string{"codex"}, "subject": "Parser", "text": "Please write the parser. Which grammar?"})
	require.Equal(t, "1", news())
	assert.Contains(t, useTool(t, codex, "mail_read", map[string]any{"numbers": []int{1}}), "Which grammar?")
	useTool(t, codex, "mail_send", map[string]any{"to": []string{"claude"}, "subject": "Grammar", "text": "LL or LR?", "question": true, "options": []string{"LL", "LR"}})
	assert.Contains(t, useTool(t, claude, "mail_wait", nil), `#1 from=codex question "Grammar"`)
	useTool(t, claude, "mail_answer", map[string]any{"number": 1, "text": "LL"})
	news = waiting("codex")
	assert.Equal(t, "1\n2", news(), "the task, and the answer")
	assert.Contains(t, useTool(t, codex, "mail_read", map[string]any{"numbers": []int{2}}), "\nLL\n")
	useTool(t, codex, "mail_reply", map[string]any{"number": 1, "text": "It is written.", "done": true})
	useTool(t, codex, "mail_done", map[string]any{"numbers": []int{2}})
	assert.Contains(t, useTool(t, claude, "mail_wait", nil), `from=codex "Re: Parser"`)
	assert.Equal(t, "Nothing found.", useTool(t, codex, "mail_find", map[string]any{"waiting": true}))
	assert.Contains(t, ok(t, "find", "--box", "claude"), "It is written.")
}

// What a client sends counts as an agent's, or, when it is asked for, as a person's.
func TestWhoStandsBehindAClient(t *testing.T) {
	db := place(t)
	useTool(t, codingAgent(t, db, "claude"), "mail_send", map[string]any{"to": []string{"mia"}, "text": "of an agent"})
	useTool(t, codingAgent(t, db, "bo", "--person"), "mail_send", map[string]any{"to": []string{"mia"}, "text": "of a person"})
	s, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	defer s.Close()
	page, err := s.Box("mia").Find(t.Context(), mailbox.Query{Oldest: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 2)
	assert.Equal(t, []quire.Trust{quire.TrustAgent, quire.TrustPerson}, []quire.Trust{page.Rows[0].Trust, page.Rows[1].Trust})
}

func TestMCPInThisProcess(t *testing.T) {
	place(t)
	assert.Equal(t, exitUsage, do(t, "", "mcp").code)
	assert.Equal(t, exitUsage, do(t, "", "mcp", "--box", "ada", "more").code)
	assert.Zero(t, do(t, "", "mcp", "--box", "ada").code, "the client leaves at once")
	ctx, cancel := context.WithCancel(t.Context())
	in, _ := io.Pipe()
	var out, stderr bytes.Buffer
	cancel()
	assert.Equal(t, exitInterrupted, run(ctx, []string{"mcp", "--box", "ada"}, in, &out, &stderr))
	assert.Empty(t, out.String(), "its output is the client's")
}
