package compose_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// TestPrefixes holds P1 and P2 on the bytes of two calls that went well: the
// second begins with the first, up to the first cut, whatever was noticed.
func TestPrefixes(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		if s.err != nil || s.last == nil {
			return
		}
		kept := common(s.last, s.plan)
		require.Equal(t, keptTokens(s, kept), s.plan.Kept, "%d messages of\n%s\nagain in\n%s", kept, prompted(&s.last.Prompt), prompted(&s.plan.Prompt))
		if s.plan.CutReason == "" && s.plan.Next.Stable() == s.last.Next.Stable() {
			require.Equal(t, len(s.last.Prompt.Messages), kept, "nothing left, so all of the last prompt stands")
			before, err := wire.Encode(s.target.api, &s.last.Prompt, nil)
			require.NoError(t, err)
			after, err := wire.Encode(s.target.api, &s.plan.Prompt, nil)
			require.NoError(t, err)
			require.Empty(t, promptcheck.CheckPair(s.target.api, before, after, s.last.Prompt.Notice), "%s\n%s", before, after)
		}
		if s.plan.Next.Stable() != s.last.Next.Stable() {
			return
		}
		sameBytes(t, s, kept)
	})
}

// sameBytes: the segments of what both prompts have are the same.
func sameBytes(t *rapid.T, s *step, kept int) {
	before, err := wire.Segments(s.target.api, &s.last.Prompt)
	require.NoError(t, err)
	after, err := wire.Segments(s.target.api, &s.plan.Prompt)
	require.NoError(t, err)
	stable := wire.Stable(before)
	for i, seg := range stable {
		for k := i; seg.Message < 0 && seg.Level == wire.LevelMessages && k < len(stable); k++ {
			seg.Message = stable[k].Message // what a format puts before a message goes with it
		}
		if seg.Message >= kept || seg.Level == wire.LevelMessages && kept == 0 {
			break
		}
		require.Less(t, i, len(wire.Stable(after)))
		require.Equal(t, string(seg.Bytes), string(after[i].Bytes), "segment %d", i)
		require.Equal(t, stable[i].Message, after[i].Message)
	}
}

// common is how many messages at the beginning are the same in both prompts.
func common(a, b *compose.Plan) int {
	n := 0
	for n < len(a.Prompt.Messages) && n < len(b.Prompt.Messages) && reflect.DeepEqual(a.Prompt.Messages[n], b.Prompt.Messages[n]) {
		n++
	}
	return n
}

// keptTokens is what Plan.Kept should be: what stands before the messages, and
// the groups all of whose messages are kept.
func keptTokens(s *step, kept int) int {
	if s.plan.Next.Stable() != s.last.Next.Stable() {
		return 0
	}
	p := &s.plan.Prompt
	fixed := s.framing.Fixed(s.counter, p.System, p.Tools)
	for i := range s.plan.Next.Set().Head {
		fixed += s.plan.Next.Set().Head[i].Spans[0].Tokens
	}
	at := len(s.plan.Next.Set().Head)
	for i := range s.plan.Next.Set().Log {
		e := s.plan.Next.Set().Log[i]
		for at < len(p.Messages) && p.Messages[at].Seq == e.Seq {
			at++
		}
		if at > kept {
			break
		}
		if e.Tombstone != nil {
			fixed += e.Tombstone.Tokens
		}
		for j := range e.Spans {
			fixed += e.Spans[j].Tokens
		}
	}
	return fixed
}

// TestSameInputSameBytes: nothing but the input counts, and it is not changed.
func TestSameInputSameBytes(rt *testing.T) {
	simulate(rt, func(t *rapid.T, s *step) {
		check := func(what string, c *compose.Composer, in compose.Input) {
			p, err := c.Plan(in)
			require.Equal(t, s.err, err, "%s\n%s\n%s", what, written(s.plan), written(p))
			require.Equal(t, s.plan.Prompt, p.Prompt, what)
			require.Equal(t, stored(t, s.plan.Next), stored(t, p.Next), what)
			require.Equal(t, stored(t, s.plan.Failed("", 0)), stored(t, p.Failed("", 0)), what)
			require.Equal(t, written(s.plan), written(p), what)
		}
		in := s.in
		check("with the memo once more", s.composer, in)
		in.Scratch = nil
		check("without a memo", s.composer, in)
		in.State = reload(t, in.State)
		check("after a restart", compose.New(&s.options), in)
		require.Equal(t, stored(t, in.State), stored(t, s.in.State), "the input is as it was")
		for i, it := range s.arrived {
			require.Equal(t, s.prints[it.ID], codec.PartsDigest(it.Parts), "arrived %d", i)
		}
	})
}

// prompted is a prompt as a person reads it.
func prompted(p *quire.Prompt) string {
	var b strings.Builder
	for _, m := range p.Messages {
		writeMessage(&b, &m)
	}
	if p.Notice != "" {
		b.WriteString("notice: " + p.Notice + "\n")
	}
	return b.String()
}
