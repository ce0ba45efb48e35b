package emulate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/transcript"
)

// measured is what emulating the recorded calls of one set gave, beside what the
// provider had reported for them.
type measured struct {
	calls, input       int
	read, reported     int
	wrote, reportWrote int
	close              int // calls whose read is the reported one, to 1 % of the input
	missed             int // calls that read at most a tenth of what was emulated
	missedTokens       int
	more               int // tokens read beyond what was emulated
}

// TestReportedReads plays recorded calls, sized as the provider counted them,
// and holds what it reported against what is emulated. Nothing is tuned: the
// rules are those of the table. The table that it prints is for people; what is
// asserted is only that records and emulator are about the same thing.
func TestReportedReads(t *testing.T) {
	raced.Skip(t)
	hour := func(r *emulate.Rules) { r.Lives = r.Lives[1:] }
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "calls of\trule\tcalls\tinput\tread: emulated\treported\tshare\twritten: emulated\treported\tcalls within 1%\tmissed\ttokens missed\ttokens beyond")
	for _, c := range []struct {
		pattern, provider, model, name string
		change                         func(*emulate.Rules)
	}{
		{"claude-code-sessions/*.jsonl*", "anthropic", "claude-opus-4-5", "5 minutes", nil},
		{"claude-code-sessions/*.jsonl*", "anthropic", "claude-opus-4-5", "an hour", hour},
		{"swebench-runs/*.json.gz", "google", "gemini-3-pro", "gemini", nil},
	} {
		p, known := models.Find(c.model)
		require.True(t, known)
		cost := p.Cache
		rules := emulate.For(cost)
		if c.change != nil {
			c.change(&rules)
		}
		var m measured
		for _, s := range recorded(t, c.pattern) {
			replay(t, s, rules, &m)
		}
		assert.Positive(t, m.calls, c.pattern)
		assert.Greater(t, m.read, m.input/2, "these are agents, which append")
		assert.Greater(t, m.reported, m.input/2)
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%.4f\t%d\t%d\t%.1f%%\t%d\t%d\t%d\n", strings.SplitN(c.pattern, "/", 2)[0], c.name, m.calls, m.input,
			m.read, m.reported, float64(m.reported)/float64(m.read), m.wrote, m.reportWrote,
			100*float64(m.close)/float64(m.calls), m.missed, m.missedTokens, m.more)
	}
	require.NoError(t, w.Flush())
	t.Log("\n" + out.String())
}

func recorded(t *testing.T, pattern string) []*transcript.Session {
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no reported usage to compare with")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("no %s in QUIRE_DATA", pattern)
	}
	var out []*transcript.Session
	for _, f := range files {
		rec, err := transcript.Open(t.Context(), f, nil)
		require.NoError(t, err)
		for i := range rec.Sessions {
			out = append(out, &rec.Sessions[i])
		}
	}
	return out
}

// replay plays the calls of a session that appended: each request is the one
// before and what came since, as many tokens as the provider counted more. The
// program marks the end of its system prompt and of each request.
func replay(t *testing.T, s *transcript.Session, rules emulate.Rules, m *measured) {
	cache := emulate.New(rules)
	var segs []emulate.Segment
	total, first := 0, -1
	at := start
	for k, call := range s.Calls {
		u := call.Usage
		if u.Input == 0 {
			continue
		}
		if u.Input < total || call.First != first { // it summarised, or something was left out: another prompt
			segs, total, first = nil, 0, call.First
		}
		if sent := s.Messages[call.At].Time; !sent.IsZero() {
			at = sent
		} else {
			at = at.Add(10 * time.Second)
		}
		for i := range segs {
			segs[i].Mark = false
		}
		segs = append(segs, emulate.Segment{
			Level: emulate.LevelMessages, Bytes: fmt.Appendf(nil, "%d %d;", call.First, k), Tokens: u.Input - total, Mark: true, Message: k,
		})
		total = u.Input
		out, err := cache.Send(&emulate.Request{At: at, Segments: segs})
		require.NoError(t, err)
		m.add(out, u)
	}
}

func (m *measured) add(out emulate.Outcome, u quire.Usage) {
	m.calls++
	m.input += u.Input
	m.read += out.Read
	m.reported += u.CachedInput
	m.wrote += out.Write
	m.reportWrote += u.CacheWrite
	off := out.Read - u.CachedInput
	if max(off, -off)*100 <= u.Input {
		m.close++
	}
	if out.Read > 0 && u.CachedInput*10 <= out.Read {
		m.missed++
		m.missedTokens += off
	}
	m.more += max(0, -off)
}
