package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// meddling is a store on which something happens before a commit of an agent.
type meddling struct {
	mailStore
	before func(*mailbox.Commit) error
}

func (s *meddling) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if f := s.before; f != nil {
		if err := f(&c); err != nil {
			return mailbox.Committed{}, &mailbox.Error{Op: "commit", Address: c.Address, Err: err}
		}
	}
	return s.mailStore.Commit(ctx, c)
}

// askedOnce is an agent that asked its owner whether it may go on.
func askedOnce(t *testing.T, b *bench) (*Agent, quire.Item) {
	t.Helper()
	b.send("ben", "Hello", "hi")
	a := limited(b, spending(), Limits{TokensPerHour: 6000})
	paused(t, a, limitTokens)
	require.Len(t, b.questions(), 1)
	return a, b.questions()[0]
}

func TestTheLastOfSeveralAnswersCounts(t *testing.T) {
	for _, last := range []string{sayGoOn, sayWait} {
		b := newBench(t)
		a, q := askedOnce(t, b)
		first := b.say("mia", q, map[string]string{sayGoOn: sayWait, sayWait: sayGoOn}[last])
		second := b.say("mia", q, last)
		_, err := a.Step(t.Context())
		assert.Equal(t, last == sayGoOn, err == nil, "%v", err)
		for _, uid := range []quire.UID{first, second} {
			assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
		}
	}
}

func TestAnAnswerBehindMuchMailIsFound(t *testing.T) {
	b := newBench(t)
	a, q := askedOnce(t, b)
	for i := range 120 {
		b.send("mia", fmt.Sprint("Other ", i), fmt.Sprint("number ", i))
	}
	b.say("mia", q, sayGoOn)
	_, err := a.Step(t.Context())
	require.NoError(t, err)
}

func TestAnAnswerThatWasTakenBackIsNone(t *testing.T) {
	b := newBench(t)
	a, q := askedOnce(t, b)
	uid := b.say("mia", q, sayGoOn)
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Retract: []quire.MessageID{b.item(uid).ID}, Now: b.now})
	require.NoError(t, err)
	_, err = a.Step(t.Context())
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
}

func TestAnAnswerThatCameThroughAGatewayIsNone(t *testing.T) {
	b := newBench(t)
	a, q := askedOnce(t, b)
	forged := quire.Draft{ID: messageID(b.now, "forged"), To: []quire.Address{"ada"}, Kind: quire.KindAnswer, InReplyTo: q.ID, Parts: []quire.Part{quire.Text{Text: sayGoOn}}}
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{forged}, Via: []quire.Via{{Name: "smtp", From: "mia@example.org"}}, Now: b.now})
	require.NoError(t, err)
	_, err = a.Step(t.Context())
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	b.say("mia", q, sayGoOn)
	_, err = a.Step(t.Context())
	require.NoError(t, err)
}

// TestWhatHappensWhileTheOwnerIsHeardIsNotMissed: mail is taken back between the look
// at the mailbox and the commit that handles the answer.
func TestWhatHappensWhileTheOwnerIsHeardIsNotMissed(t *testing.T) {
	b := newBench(t)
	s := &meddling{}
	b.put(&s.mailStore, s)
	a, q := askedOnce(t, b)
	mail := b.inbox("ada")[0]
	b.say("mia", q, sayGoOn)
	s.before = func(c *mailbox.Commit) error {
		s.before = nil
		_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ben", Retract: []quire.MessageID{mail.ID}, Now: b.now})
		return err
	}
	_, err := a.Step(t.Context())
	require.NoError(t, err)
	st := mustState(t, b)
	for _, s := range st.Items() {
		assert.False(t, s.UID == mail.UID && s.Mark == "", "it was taken back")
	}
}

func TestAPauseThatIsNotWrittenDownEndsRun(t *testing.T) {
	b := newBench(t)
	s := &meddling{}
	b.put(&s.mailStore, s)
	b.send("ben", "Hello", "hi")
	a := limited(b, spending(), Limits{TokensPerThread: 6000})
	full := errors.New("the disk is full")
	s.before = func(c *mailbox.Commit) error {
		if len(c.Sends) > 0 && c.Sends[0].Kind == quire.KindQuestion {
			return full
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a hang is a failure
	defer cancel()
	err := a.Run(ctx)
	require.ErrorIs(t, err, full, "else it would wait for an answer to what nobody was asked")
	var limit *LimitError
	assert.ErrorAs(t, err, &limit)
}

func TestAQuestionThatTheOwnerDoesNotGetEndsTheTurn(t *testing.T) {
	b := newBench(t)
	b.store = memstore.New(&mailbox.Options{Rules: mailbox.Rules{Contact: func(from, to quire.Address) mailbox.Contact {
		if to == "mia" {
			return mailbox.ContactRefuse
		}
		return mailbox.ContactAllow
	}}})
	b.send("ben", "Hello", "hi")
	a := limited(b, spending(), Limits{TokensPerThread: 6000})
	paused(t, a, limitTokensThread)
	s := mustStatus(t, a)
	assert.False(t, s.Open, "nobody would ever answer")
	assert.Empty(t, s.Paused)
}
