package record

import (
	"context"
	"iter"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

var bg = context.Background()

// answers is a model that always answers the same: it streams and counts.
type answers struct {
	reply *quire.Reply
	err   error
}

func (a answers) Generate(context.Context, *quire.Prompt) (*quire.Reply, error) {
	if a.err != nil {
		return nil, a.err
	}
	return a.reply, nil
}

func (a answers) CountTokens(context.Context, *quire.Prompt) (int, error) { return 42, a.err }

func (a answers) Stream(context.Context, *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		if !yield(quire.Delta{Text: "provi"}, nil) || !yield(quire.Delta{Text: "sional", Reasoning: "hm"}, nil) {
			return
		}
		if a.err != nil {
			yield(quire.Delta{}, a.err)
			return
		}
		yield(quire.Delta{Reply: a.reply}, nil)
	}
}

// drain reads a stream to its end.
func drain(m providers.Model, p *quire.Prompt) ([]quire.Delta, error) {
	var out []quire.Delta
	for d, err := range providers.Stream(bg, m, p) {
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func hello() *quire.Prompt {
	return &quire.Prompt{Model: "m", System: "You are Ada.", Messages: []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello"}}, Seq: 1},
	}}
}

// taping is a recording in a test.
type taping struct{ *Recording }

type tester interface {
	require.TestingT
	Helper()
	TempDir() string
	Cleanup(func())
}

// recordOf opens a new recording.
func recordOf(t tester, opts *Options) *taping {
	t.Helper()
	o := Options{Mode: Record}
	if opts != nil {
		o = *opts
	}
	rec, err := Open(filepath.Join(t.TempDir(), "run.jsonl"), &o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = rec.Close() })
	return &taping{rec}
}

// writeCall writes a streamed call.
func (r *taping) writeCall(p *quire.Prompt, deltas []quire.Delta) error {
	l := &lines{r: r.Recording}
	l.prompt(kindPrompt, p)
	for _, d := range deltas {
		b, err := r.appendDelta(nil, &d)
		l.put("delta", b, err)
	}
	l.end(endWhole)
	l.keep()
	return r.err
}

// reopen opens the file for playing.
func (r *taping) reopen(t tester) *Recording {
	t.Helper()
	require.NoError(t, r.Close())
	o := r.opts
	o.Mode = Replay
	rec, err := Open(r.path, &o)
	require.NoError(t, err)
	return rec
}

// text returns the file.
func (r *taping) text(t tester) string {
	b, err := os.ReadFile(r.path)
	require.NoError(t, err)
	return string(b)
}
