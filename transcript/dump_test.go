package transcript

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

var update = flag.Bool("update", false, "write the .want files anew")

// dump prints a record for people: what the golden files hold.
func dump(rec *Record) string {
	var b strings.Builder
	for _, s := range rec.Sessions {
		fmt.Fprintf(&b, "session %s agent=%s user=%s model=%q title=%q parent=%q sidechain=%t\n", s.ID, s.Agent, s.User, s.Model, s.Title, s.Parent, s.Sidechain)
		if s.System != "" {
			fmt.Fprintf(&b, "  system %q\n", s.System)
		}
		for _, t := range s.Tools {
			fmt.Fprintf(&b, "  tool %s %q %s\n", t.Name, t.Description, t.Schema)
		}
		byID := map[quire.MessageID]int{}
		for i, m := range s.Messages {
			byID[m.ID] = i
			fmt.Fprintf(&b, "  %d line=%d %s %s -> %v", i, m.Line, m.Kind, m.From, m.To)
			if m.InReplyTo != "" {
				fmt.Fprintf(&b, " re=%d", byID[m.InReplyTo])
			}
			if m.Subject != "" || m.Auto != "" || len(m.CC) > 0 {
				fmt.Fprintf(&b, " cc=%v subject=%q auto=%s", m.CC, m.Subject, m.Auto)
			}
			if !m.Time.IsZero() {
				fmt.Fprintf(&b, " %s", m.Time.Format("15:04:05"))
			}
			b.WriteString("\n")
			dumpParts(&b, "    ", m.Parts)
		}
		for _, c := range s.Calls {
			fmt.Fprintf(&b, "  call [%d:%d] %s %+v\n", c.First, c.At, c.Model, c.Usage)
		}
	}
	for _, p := range rec.Problems {
		fmt.Fprintf(&b, "problem %s (%s)\n", p, p.Session)
	}
	return b.String()
}

func dumpParts(b *strings.Builder, in string, parts []quire.Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.ToolResult:
			fmt.Fprintf(b, "%sresult %s %s error=%t\n", in, p.CallID, p.Name, p.IsError)
			dumpParts(b, in+"  ", p.Parts)
		case quire.Opaque:
			fmt.Fprintf(b, "%sopaque %s %s\n", in, p.Kind, p.Raw)
		default:
			fmt.Fprintf(b, "%s%T %+q\n", in, p, p)
		}
	}
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f, ".want") {
			continue
		}
		n++
		t.Run(filepath.Base(f), func(t *testing.T) {
			rec, err := Open(context.Background(), f, nil)
			require.NoError(t, err)
			checkRecord(t, rec)
			got := dump(rec)
			if *update {
				require.NoError(t, os.WriteFile(f+".want", []byte(got), 0o644))
			}
			want, err := os.ReadFile(f + ".want")
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
	require.GreaterOrEqual(t, n, 8)
}

// checkRecord holds what is true of every record, whatever it was read from.
func checkRecord(t testing.TB, rec *Record) {
	ids := map[string]bool{}
	require.NotEmpty(t, rec.Sessions)
	for _, s := range rec.Sessions {
		require.False(t, ids[s.ID], "session id %q twice", s.ID)
		ids[s.ID] = true
		require.NoError(t, s.Agent.Valid())
		require.NotEmpty(t, s.Messages)
		seen := map[quire.MessageID]bool{}
		for i, m := range s.Messages {
			require.NoError(t, m.From.Valid(), "message %d", i)
			require.False(t, seen[m.ID], "message id twice")
			require.Len(t, string(m.ID), 36)
			seen[m.ID] = true
			require.Positive(t, m.Line)
			require.NotEmpty(t, append(m.To[:len(m.To):len(m.To)], m.CC...))
			for _, p := range m.Parts {
				_, result := p.(quire.ToolResult)
				require.Equal(t, m.Kind == quire.KindResult, result)
			}
		}
		at := -1
		for _, c := range s.Calls {
			require.Greater(t, c.At, at, "calls are in order")
			require.LessOrEqual(t, c.First, c.At)
			require.Equal(t, quire.KindTurn, s.Messages[c.At].Kind)
			at = c.At
		}
	}
	require.LessOrEqual(t, len(rec.Problems), maxProblems)
}
