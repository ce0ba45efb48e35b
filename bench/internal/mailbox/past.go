package mailbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	drivers "github.com/quire-dev/quire/mailbox/driver"
)

const (
	owner     = quire.Address("ada")
	size      = 1024 // bytes of a message
	senders   = 50
	inThread  = 4
	unhandled = 20
	batch     = 1000
)

var begin = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// past makes the messages. The same number is always the same message.
type past struct{ n int }

// word is one of 60,000 words; small numbers are common ones.
func word(k int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for k += 70; k > 0; k /= 70 {
		b.WriteByte(consonants[k%70/5])
		b.WriteByte(vowels[k%5])
	}
	return b.String()
}

// text has words that are spread as Zipf found them.
func (past) text(i int) string {
	rnd := rand.New(rand.NewPCG(uint64(i), 7))
	zipf := rand.NewZipf(rnd, 1.1, 2, 60_000)
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(word(int(zipf.Uint64())))
		b.WriteByte(' ')
	}
	return b.String()[:size]
}

// words are three of a message: what somebody remembers of it.
func (p past) words(rnd *rand.Rand) string {
	list := strings.Fields(p.text(rnd.IntN(p.n)))
	return list[rnd.IntN(len(list)-1)] + " " + list[rnd.IntN(len(list)-1)] + " " + list[rnd.IntN(len(list)-1)]
}

func id(i int) quire.MessageID { return quire.MessageID(fmt.Sprintf("message-%d", i)) }

func (p past) draft(i int) quire.Draft {
	d := quire.Draft{ID: id(i), To: []quire.Address{owner}, Kind: quire.KindMail, Subject: fmt.Sprintf("Report %d", i),
		Parts: []quire.Part{quire.Text{Text: p.text(i)}}}
	if i%inThread > 0 {
		d.InReplyTo = id(i - i%inThread)
	}
	return d
}

func sender(i int) quire.Address { return quire.Address(fmt.Sprintf("sender-%d", i%senders)) }

// fill writes the past, a thousand messages to a commit, and has it handled.
func (p past) fill(ctx context.Context, s *mailbox.Store, progress func(done int)) error {
	for from := 0; from < p.n; from += batch {
		to := min(from+batch, p.n)
		c := mailbox.Commit{Address: sender(from / batch), Now: begin.Add(time.Duration(from) * time.Minute)}
		own := mailbox.Commit{Address: owner, Now: c.Now}
		for i := from; i < to; i++ {
			c.Sends = append(c.Sends, p.draft(i))
			if i < p.n-unhandled {
				own.Flags = append(own.Flags, mailbox.FlagChange{UID: quire.UID(i + 1), Set: quire.FlagHandled})
			}
		}
		for _, c := range []mailbox.Commit{c, own} {
			if _, err := s.Commit(ctx, c); err != nil {
				return err
			}
		}
		progress(to)
	}
	return p.live(ctx, s)
}

// live gives the owner an agent that holds 1,000 messages spread over the past.
func (p past) live(ctx context.Context, s *mailbox.Store) error {
	st, err := s.Status(ctx, owner)
	if err != nil {
		return err
	}
	agent := drivers.AgentState{State: make([]byte, 40_000), Through: quire.UID(p.n), Seen: st.State}
	for i := range 1000 {
		agent.Holds = append(agent.Holds, quire.UID((i+1)*p.n/1000))
	}
	_, err = s.Commit(ctx, mailbox.Commit{Address: owner, Agent: &agent, Now: begin})
	return err
}
