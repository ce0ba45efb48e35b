package speed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// historyWindow is about how many messages stand in the context.
const historyWindow = 100

// history is an agent with a long past, a full context, and one new message.
type history struct {
	dir   string
	store *sqlitestore.Store
	agent *agent.Agent
	err   error
}

// newHistory writes the past: mail that was handled, a thousand to a commit.
func newHistory(ctx context.Context, n int, progress func(done int)) (*history, error) {
	dir, err := os.MkdirTemp("", "quire-speed-")
	if err != nil {
		return nil, err
	}
	h := &history{dir: dir}
	if h.store, err = sqlitestore.Open(ctx, filepath.Join(dir, "past.db"), nil); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := h.write(ctx, n, progress); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *history) write(ctx context.Context, n int, progress func(int)) error {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	framing := models.FindOver(quire.APIOpenAIChat, "").Framing
	model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "Read."}}}, nil
	})
	var err error
	if h.agent, err = agent.New(h.store.Box("ada"), model, &agent.Options{Budget: historyWindow * 150,
		Profile:  models.Profile{Name: "gpt-5", Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups}},
		Composer: compose.New(&compose.Options{Counter: tiktoken.O200k(), Framing: framing}), Owner: "mia", Now: func() time.Time { return now }}); err != nil {
		return err
	}
	send := func(from, to int) error {
		c := mailbox.Commit{Address: "mia", Now: now}
		var flags []mailbox.FlagChange
		for i := from; i < to; i++ {
			c.Sends = append(c.Sends, quire.Draft{ID: quire.MessageID(fmt.Sprintf("past-%d", i)), To: []quire.Address{"ada"}, Kind: quire.KindMail,
				Subject: fmt.Sprintf("Report %d", i), Parts: []quire.Part{quire.Text{Text: prose(i)}}})
			flags = append(flags, mailbox.FlagChange{UID: quire.UID(i + 1), Set: quire.FlagNotified | quire.FlagPulled | quire.FlagHandled})
		}
		if _, err := h.store.Commit(ctx, c); err != nil {
			return err
		}
		_, err := h.store.Commit(ctx, mailbox.Commit{Address: "ada", Flags: flags, Now: now})
		return err
	}
	for i := 0; i < n; i += 1000 {
		if err := send(i, min(i+1000, n)); err != nil {
			return err
		}
		progress(i)
	}
	return h.fill(ctx, n, now)
}

// fill lets the agent live until its context is full, and leaves a message for it.
func (h *history) fill(ctx context.Context, n int, now time.Time) error {
	mail := func(i int) error {
		_, err := h.store.Commit(ctx, mailbox.Commit{Address: "mia", Now: now, Sends: []quire.Draft{{ID: quire.MessageID(fmt.Sprintf("now-%d", i)),
			To: []quire.Address{"ada"}, Kind: quire.KindMail, Subject: "Now", Parts: []quire.Part{quire.Text{Text: prose(n + i)}}}}})
		return err
	}
	for i := range historyWindow {
		if err := mail(i); err != nil {
			return err
		}
		if _, err := h.agent.Turn(ctx); err != nil {
			return err
		}
	}
	return mail(historyWindow)
}

// preview is what an agent does before a call: it reads its mailbox and plans.
func (h *history) preview(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.agent.Preview(context.Background()); err != nil {
			h.err = err
			b.Fatal(err)
		}
	}
}

func (h *history) close() error {
	return errors.Join(h.store.Close(), os.RemoveAll(h.dir))
}
