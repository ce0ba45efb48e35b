package agent

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// refusing takes no mail of ada's to bo.
func refusing() mailbox.Rules {
	return mailbox.Rules{Contact: func(from, to quire.Address) mailbox.Contact {
		if from == "ada" && to == "bo" {
			return mailbox.ContactRefuse
		}
		return mailbox.ContactAllow
	}}
}

// TestAnAnswerThatBouncesIsNone: whether the model sends it or the agent mails what the
// model says, and whether the process dies right behind the commit or not, the model is
// told once, nothing counts as answered, and who asks how the request stands learns it.
func TestAnAnswerThatBouncesIsNone(t *testing.T) {
	for _, by := range []string{"mail_send", "answer"} {
		for _, crash := range []bool{false, true} {
			b := newBench(t)
			b.store = memstore.New(&mailbox.Options{Rules: refusing()})
			uid := b.send("bo", "Go", "go")
			replies := [][]quire.Part{}
			if by == "mail_send" {
				replies = append(replies, []quire.Part{use(toolSend, `{"reply_to":1,"text":"yes","done":true}`)})
			}
			model := script(replies...)
			options := func(o *settings) {
				o.Answer = by == "answer"
			}
			if crash {
				d := &lost{after: len(replies)*2 + 1}
				b.put(&d.mailStore, d)
			}
			a := b.agent(model, options)
			if crash {
				for range 5 {
					if _, err := a.Turn(t.Context()); errors.Is(err, errCrash) {
						break
					}
				}
				b.between = nil
				a = b.agent(model, func(o *settings) { o.Answer = by == "answer" })
			}
			b.idle(a)
			name := by
			if crash {
				name += " and a crash"
			}
			said := ""
			for _, it := range b.inbox("ada") {
				if it.Subject == notDelivered {
					said += quire.PlainText(it.Parts)
				}
			}
			assert.Equal(t, 1, strings.Count(said, "Mail to bo was not delivered"), "%s: %s", name, said)
			assert.Contains(t, b.last(), "Mail to bo was not delivered", name)
			assert.False(t, b.item(uid).Flags.Has(quire.FlagAnswered), name)
			r := b.request(uid)
			assert.Equal(t, RequestFailed, r.State, "%s: %+v", name, r)
			assert.Empty(t, r.Reply, name)
		}
	}
}

// lost commits so often, and then once more before it dies.
type lost struct {
	mailStore
	after int
}

func (d *lost) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if d.after < 0 {
		return mailbox.Committed{}, errCrash
	}
	done, err := d.mailStore.Commit(ctx, c)
	if d.after--; d.after < 0 && err == nil {
		return mailbox.Committed{}, errCrash
	}
	return done, err
}

// TestABounceWakesNobodyForEver: one that can't be answered is not tried again and again.
func TestABounceWakesNobodyForEver(t *testing.T) {
	b := newBench(t)
	b.store = memstore.New(&mailbox.Options{Rules: refusing()})
	b.send("bo", "Go", "go")
	a := b.agent(script(), func(o *settings) { o.Answer, o.Owner = true, "bo" })
	b.idle(a)
	require.Less(t, len(b.prompts), 5)
}
