package overhead

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// life is an agent on a file, with what its steps took.
type life struct {
	agent    *agent.Agent
	store    *mailbox.Store
	meter    meter
	composed time.Duration
	prompt   int // tokens of the last one
	mails    int
}

// writePast makes a file with an agent whose context holds the tokens that are asked
// for: reports of 128 tokens and short answers, by a scripted model.
func writePast(ctx context.Context, file string, r rival, o *Options) error {
	model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "Read, and there is nothing to do about it before the end of the month."}}}, nil
	})
	_, info, err := r.model("http://localhost", http.DefaultClient)
	if err != nil {
		return err
	}
	l, err := newLife(ctx, file, model, info, &sqlitestore.Options{Normal: true})
	if err != nil {
		return err
	}
	for l.prompt < o.Tokens && err == nil {
		if err = l.mail(ctx, 116); err == nil {
			_, err = l.agent.Turn(ctx)
		}
		if err == nil && l.mails > o.Tokens/50+10 {
			err = fmt.Errorf("%d reports fill the context with %d tokens only: something leaves it", l.mails, l.prompt)
		}
	}
	return errors.Join(err, l.store.Close()) // which brings all into the one file
}

// openAgent opens a copy of it, with the model under test.
func openAgent(ctx context.Context, file string, r rival, o *Options, url string, client *http.Client) (*life, error) {
	model, info, err := r.model(url, client)
	if err != nil {
		return nil, err
	}
	return newLife(ctx, file, model, info, &sqlitestore.Options{Normal: o.Normal})
}

func newLife(ctx context.Context, file string, model providers.Model, info models.Profile, so *sqlitestore.Options) (*life, error) {
	store, err := sqlitestore.Open(ctx, file, so)
	if err != nil {
		return nil, err
	}
	l := &life{}
	if l.store, err = l.meter.over(store.Store); err != nil {
		return nil, err
	}
	s, err := store.Status(ctx, agentName)
	if err == nil {
		l.mails = int(s.Total)
		l.agent, err = agent.New(l.store.Box(agentName), model, &agent.Options{
			Profile: info, Budget: 1 << 20, Owner: "mia",
			// All of it is to stand: the default policy would let go of what isn't worth its rent.
			Composer: compose.New(&compose.Options{Counter: tiktoken.O200k(), Framing: info.Framing, Policy: policy.LRU, Schedule: policy.Strict{}}),
			OnStep: func(i agent.StepInfo) {
				l.composed, l.prompt = i.Planned, i.Plan.Used
			},
		})
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return l, nil
}

const agentName = "ada"

// mail sends the agent one message of so many words.
func (l *life) mail(ctx context.Context, words int) error {
	l.mails++
	_, err := l.store.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{{
		ID: mailbox.NewID(), To: []quire.Address{agentName}, Kind: quire.KindMail,
		Subject: fmt.Sprintf("Report %d", l.mails), Parts: []quire.Part{quire.Text{Text: prose(l.mails, words)}},
	}}})
	return err
}

// step lets the agent answer one short message.
func (l *life) step(ctx context.Context, c *clock) (spent, error) {
	if err := l.mail(ctx, 20); err != nil {
		return spent{}, err
	}
	l.meter.read, l.meter.commit, c.took = 0, 0, 0
	start := time.Now()
	res, err := l.agent.Step(ctx)
	all := time.Since(start)
	if err == nil && (!res.Ended || res.Attempts != 1) {
		err = fmt.Errorf("the step did not end its turn with one call: %+v", res)
	}
	return spent{all: all, read: l.meter.read, compose: l.composed, http: c.took, commit: l.meter.commit}, err
}

// prose makes a text of so many words: the same for the same number.
func prose(n, count int) string {
	words := strings.Fields("the report says that every invoice of this month was read twice before it went out and nobody knows why so we look at the export again file line error change test result build table index customer number")
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	for range count {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}
