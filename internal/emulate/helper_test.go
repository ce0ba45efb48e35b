package emulate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/models"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rulesOf are those of a model in the table.
func rulesOf(t *testing.T, model string) emulate.Rules {
	p, known := models.Find(model)
	require.True(t, known, model)
	return emulate.For(p.Cache)
}

// prompt writes a request down in short: a word is a message's block of 1000
// tokens, with a mark behind it when it ends with "!", or with one for an hour
// when it ends with "!!". Words before "|" are system blocks; one that begins
// with "~" is the volatile tail, with "c:" a call, with "r:" a result.
func prompt(words string) *emulate.Request {
	r := &emulate.Request{At: start}
	level := emulate.LevelMessages
	if strings.Contains(words, "|") {
		level = emulate.LevelSystem
	}
	for i, w := range strings.Fields(words) {
		if w == "|" {
			level = emulate.LevelMessages
			continue
		}
		s := emulate.Segment{Level: level, Kind: emulate.KindUser, Tokens: 1000, Message: i}
		if level == emulate.LevelSystem {
			s.Kind = emulate.KindOther
		}
		text := strings.TrimRight(w, "!")
		switch len(w) - len(text) {
		case 2:
			s.TTL = time.Hour
			fallthrough
		case 1:
			s.Mark = true
		}
		switch {
		case strings.HasPrefix(text, "~"):
			s.Volatile = true
		case strings.HasPrefix(text, "c:"):
			s.Kind = emulate.KindCall
		case strings.HasPrefix(text, "r:"):
			s.Kind = emulate.KindResult
		}
		s.Bytes = []byte(text + " ")
		r.Segments = append(r.Segments, s)
	}
	return r
}

// after sets when a request is sent.
func after(d time.Duration, r *emulate.Request) *emulate.Request {
	r.At = start.Add(d)
	return r
}

// player sends requests to one cache.
type player struct {
	t *testing.T
	*emulate.Cache
}

func play(t *testing.T, r emulate.Rules) player { return player{t, emulate.New(r)} }

// reads sends a request and holds what it reads and writes, in thousands.
func (p player) reads(read, write int, r *emulate.Request, why string) emulate.Outcome {
	p.t.Helper()
	out, err := p.Send(r)
	require.NoError(p.t, err, why)
	require.Equal(p.t, [2]int{1000 * read, 1000 * write}, [2]int{out.Read, out.Write}, "read, written: %s", why)
	require.Equal(p.t, 1000*len(r.Segments), out.Input(), why)
	return out
}
