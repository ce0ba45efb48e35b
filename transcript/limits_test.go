package transcript

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A record holds no more messages than it may, whatever it is read from.
func TestMaxMessages(t *testing.T) {
	lines := func(n int, f string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, f, i, i-1)
		}
		return b.String()
	}
	for name, in := range map[string]string{
		"chat":      lines(10, `{"role":"user","content":"%d%d"}`+"\n"),
		"document":  `[{"role":"user","content":"a"}` + lines(10, `,{"role":"user","content":"%d%d"}`) + `]`,
		"run":       `{"messages":[{"role":"user","content":"a"}` + lines(10, `,{"role":"user","content":"%d%d"}`) + `]}`,
		"parts":     lines(10, `{"role":"user","content":["a","%d%d"]}`+"\n"),
		"runs":      lines(10, `{"id":"%d %d","messages":[{"role":"user","content":"a"}]}`+"\n"),
		"claude":    lines(10, `{"type":"user","uuid":"%d","parentUuid":"%d","message":{"content":"a"}}`+"\n"),
		"subagents": lines(10, `{"type":"user","uuid":"%d","agentId":"%d","isSidechain":true,"message":{"content":"a"}}`+"\n"),
		"codex":     lines(10, `{"type":"response_item","payload":{"type":"message","role":"user","content":"%d%d"}}`+"\n"),
		"gemini":    lines(10, `{"id":"%d","type":"user","content":"%d"}`+"\n"),
		"log":       lines(10, `{"model":"m","messages":[{"role":"user","content":"%d%d"}],"choices":[{"message":{"role":"assistant","content":"a"}}]}`+"\n"),
		"mbox":      lines(10, "From a\nMessage-ID: <%d@b>\n\n%d\n\n"),
	} {
		rec := readString(t, in+strings.Repeat("\n", 9), &Options{MaxMessages: 5})
		n := 0
		for _, s := range rec.Sessions {
			n += len(s.Messages)
		}
		want := 5
		if name == "parts" {
			want = 2
		}
		require.Equal(t, want, n, name)
		require.Equal(t, []string{codeTruncated}, codes(rec), name)
		require.ErrorContains(t, rec.Problems[0].Err, "Options.MaxMessages", name)
	}
	_, err := Read(context.Background(), strings.NewReader(`{"role":"user","content":["a","b","c"]}`+"\n"), "x", &Options{MaxMessages: 2})
	require.ErrorIs(t, err, ErrNothing)
	require.ErrorContains(t, err, "Options.MaxMessages")
}

// Objects of many fields and lists of many blocks take no more memory than others.
func TestWideObjects(t *testing.T) {
	var b strings.Builder
	for i := range maxBlocks + 10 {
		fmt.Fprintf(&b, `"f%d":[%d],`, i, i)
	}
	f, err := parseFields([]byte("{" + b.String() + `"role":"user","content":"a"}`))
	require.NoError(t, err)
	require.Len(t, f, maxOthers+2)
	require.Equal(t, "test: user=a\n", tell(readString(t, "{"+b.String()+`"role":"user","content":"a"}`, nil)))

	blocks := `{"role":"user","content":["a"` + strings.Repeat(`,"a"`, maxBlocks+9) + "]}\n"
	rec := readString(t, blocks, nil)
	require.Len(t, rec.Sessions[0].Messages[0].Parts, maxBlocks)
	require.ErrorContains(t, rec.Problems[0].Err, "10 blocks were left out")
	parts := `{"role":"user","parts":[{"text":"a"}` + strings.Repeat(`,{"text":"a"}`, maxBlocks+9) + "]}\n"
	rec = readString(t, parts, nil)
	require.Len(t, rec.Sessions[0].Messages[0].Parts, maxBlocks)
	require.Equal(t, []string{codeField}, codes(rec))
}

// What damaged lines cost is bounded: each of these would take hours if a place were
// looked at anew for each place before it.
func TestHostileLines(t *testing.T) {
	const n = 100_000
	for name, in := range map[string]string{
		"openings":         `{"x":` + strings.Repeat(`{"`, n),
		"objects in half":  `{"role":"user","content":"a"}` + "\n" + strings.Repeat(`{"role":"user","content":"a`, n),
		"messages in half": said("S", "user", "u", "", "q", "") + `{"type":"user","message":{"content":[` + strings.Repeat(`{"type":"text","text":"a"},`, n),
		"depth":            `{"role":"user","content":"a"}` + "\n" + strings.Repeat(`{"a":`, n),
	} {
		rec, err := Read(context.Background(), strings.NewReader(in), "x", nil)
		if err == nil {
			require.NotEmpty(t, rec.Problems, name)
		}
	}
}

// cancelling cancels what it is read for.
type cancelling struct {
	r      io.Reader
	cancel func()
	left   int
}

func (c *cancelling) Read(p []byte) (int, error) {
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.r.Read(p[:min(len(p), 100)])
}

// Reading ends with its context, in each form.
func TestCancelledMidway(t *testing.T) {
	for _, line := range []string{`{"role":"user","content":"a"}`, strings.TrimSpace(said("", "user", "u", "", "q", "")), strings.TrimSpace(spoke("user", "q")),
		strings.TrimSpace(gem("user", "1", "q", "")), "From a\n\nb\n"} {
		ctx, cancel := context.WithCancel(context.Background())
		rec, err := Read(ctx, &cancelling{strings.NewReader(strings.Repeat(line+"\n", 10_000)), cancel, 20}, "x", nil)
		require.Nil(t, rec)
		require.Equal(t, context.Canceled, err)
	}
}
