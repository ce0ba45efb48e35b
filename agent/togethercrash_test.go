package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// TestACrashLosesAndDoublesNothing stops an agent that streams, recalls, falls back and
// is held by a limit at each of its commits, before or behind it, and lets another one
// go on: what it did, spent and asked is what one that nobody stops does.
func TestACrashLosesAndDoublesNothing(t *testing.T) {
	want, commits := crashTogether(t, -1, false)
	require.Greater(t, commits, 8)
	for at := range commits {
		for _, behind := range []bool{false, true} {
			got, _ := crashTogether(t, at, behind)
			assert.Equal(t, want, got, "commit %d, behind it: %v", at, behind)
		}
	}
}

func crashTogether(t *testing.T, at int, behind bool) (outcome string, commits int) {
	t.Helper()
	b := newBench(t)
	b.past()
	s := &crashAt{at: -1}
	b.put(&s.mailStore, s)
	uid := b.send("ben", "Port?", "On which port does the machine listen?")
	agent := func() *Agent {
		failing := modelFunc(func(*quire.Prompt) (*quire.Reply, error) {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeUnavailable}
		})
		serving := func(p *quire.Prompt) (*quire.Reply, error) {
			r := &quire.Reply{Parts: []quire.Part{text("8443.")}, Usage: quire.Usage{Input: 900, Output: 100}}
			looked := 0 // by what stands in the prompt: the tool may run twice
			for _, m := range p.Messages {
				if m.Role == quire.RoleTool {
					looked++
				}
			}
			if looked < 3 {
				r.Parts = []quire.Part{use("look", fmt.Sprintf(`{"n":%d}`, looked))}
			}
			return r, nil
		}
		return b.agent(failing, recalling(10), func(o *settings) {
			o.Answer, o.Streaming, o.Profile.Tariff = true, Streaming{On: true, Tick: never}, dear
			o.Profile.MaxOutput = 100
			second := o.Profile
			second.Name = "test-2"
			second.Tariff = dear
			o.Fallbacks = []Fallback{{Model: modelFunc(serving), Profile: second}}
			o.Limits = Limits{Retries: 1, TokensPerDay: 3500}
			o.Tools = []Tool{{Name: "look", Repeatable: true, Run: func(context.Context, Call) ([]quire.Part, error) {
				return say("seen"), nil
			}}}
		})
	}
	s.at, s.behind = at, behind
	a := agent()
	for range 60 {
		r, err := a.Step(t.Context())
		var limit *LimitError
		switch {
		case errors.Is(err, errCut):
			a = agent()
		case errors.As(err, &limit):
			if q := b.questions(); len(q) > 0 && mustStatus(t, a).Paused != "" {
				b.say("mia", q[0], sayGoOn)
			}
		default:
			require.NoError(t, err)
		}
		if err == nil && r.Idle {
			break
		}
	}
	commits = s.n
	st := mustStatus(t, a)
	req := b.request(uid)
	notes := 0
	for _, it := range b.inbox("ada") {
		if it.Subject == recalled {
			notes++
		}
	}
	end, err := newestAttempt(t.Context(), b.store, "ada")
	require.NoError(t, err)
	require.NotNil(t, end.End)
	return fmt.Sprintf("turns %d, open %v, spent %d, request %s turn %d replied %v, questions %d, answers %d, notes %d, stream more %v %s named %v", st.Turns, st.Open,
		st.Spending.All.Tokens, req.State, req.Turn, req.Reply != "", len(b.questions()), len(b.inbox("ben")), notes, end.End.More, end.End.Kind, end.End.Message == req.Message), commits
}

var errCut = errors.New("crash")

// crashAt fails at the agent's commit number at, before or behind it.
type crashAt struct {
	mailStore
	n, at  int
	behind bool
}

func (s *crashAt) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	n := s.n
	s.n++
	if n == s.at && !s.behind {
		return mailbox.Committed{}, errCut
	}
	done, err := s.mailStore.Commit(ctx, c)
	if n == s.at && err == nil {
		return mailbox.Committed{}, errCut
	}
	return done, err
}
