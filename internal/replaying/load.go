package replaying

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/transcript"
)

// mail is a session as the mailbox of its agent holds it: every message has a
// number there.
type mail struct {
	store *mailbox.Store
	agent quire.Address
	n     int            // messages delivered
	said  [][]quire.Part // in them
	items []quire.Item   // as the mailbox shows them: of a long text, head and tail
	whole []quire.Item   // with all that was said
	byID  map[quire.MessageID]int
	// upTo[i] is how many items stand before the session's message i.
	upTo []int
	// made counts the results that the record lacks and that a provider would
	// want: calls that nothing answered before the next call.
	made int
}

// load delivers a session to a mailbox in memory. The messages are numbered
// from 1; the agent's own turns and results are its own, the rest is mail.
func load(ctx context.Context, s *transcript.Session) (*mail, error) {
	m := &mail{store: memstore.New(nil), agent: s.Agent, byID: map[quire.MessageID]int{}, upTo: make([]int, len(s.Messages))}
	defer func() { _ = m.store.Close() }()
	open := map[string]string{} // calls without a result, and their tools
	var order []string
	at := time.Unix(0, 0).UTC()
	for i := range s.Messages {
		msg := &s.Messages[i]
		if msg.Time.After(at) {
			at = msg.Time
		}
		if msg.Kind == quire.KindTurn {
			for _, id := range order {
				if tool, ok := open[id]; ok {
					if err := m.answer(ctx, msg, id, tool, at); err != nil {
						return nil, err
					}
				}
			}
			clear(open)
			order = order[:0]
		}
		m.upTo[i] = m.n
		for _, p := range msg.Parts {
			switch p := p.(type) {
			case quire.ToolCall:
				open[p.ID] = p.Name
				order = append(order, p.ID)
			case quire.ToolResult:
				delete(open, p.CallID)
			}
		}
		if err := m.deliver(ctx, msg.Draft, msg.From, at); err != nil {
			return nil, err
		}
	}
	return m, m.read(ctx)
}

// read takes the agent's mailbox out again, in order.
func (m *mail) read(ctx context.Context) error {
	uids := make([]quire.UID, m.n)
	for i := range uids {
		uids[i] = quire.UID(i + 1)
	}
	items, err := m.store.Get(ctx, m.agent, mailbox.Get{UIDs: uids})
	if err != nil {
		return err
	}
	if len(items) != m.n {
		return fmt.Errorf("%d messages were delivered, the mailbox has %d", m.n, len(items))
	}
	m.items, m.whole = items, make([]quire.Item, m.n)
	for i := range items {
		m.byID[items[i].ID] = i
		m.whole[i] = items[i]
		m.whole[i].Parts = m.said[i]
	}
	return nil
}

// answer makes the result of a call that the record never answers.
func (m *mail) answer(ctx context.Context, before *transcript.Message, id, tool string, at time.Time) error {
	m.made++
	return m.deliver(ctx, quire.Draft{
		ID: before.ID + quire.MessageID("-"+quire.DigestOf([]byte(id)).Short()), Kind: quire.KindResult,
		Parts: []quire.Part{quire.ToolResult{CallID: id, Name: tool, IsError: true,
			Parts: []quire.Part{quire.Text{Text: "(the record holds no result)"}}}},
	}, m.agent, at)
}

// deliver sends one message to the agent, from whom the record says.
func (m *mail) deliver(ctx context.Context, d quire.Draft, from quire.Address, at time.Time) error {
	d.To, d.CC = []quire.Address{m.agent}, nil
	done, err := m.store.Commit(ctx, mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: at})
	if err != nil {
		return err
	}
	if done.Sent[0].Duplicate || len(done.Sent[0].Bounced) > 0 {
		return fmt.Errorf("message %s was not delivered: %+v", d.ID, done.Sent[0])
	}
	m.n++
	m.said = append(m.said, d.Parts)
	return nil
}

// body finds a message, for the composer.
func (m *mail) body(items []quire.Item) func(quire.MessageID) (quire.Item, bool) {
	return func(id quire.MessageID) (quire.Item, bool) {
		i, ok := m.byID[id]
		if !ok {
			return quire.Item{}, false
		}
		return items[i], true
	}
}

// cut says whether the mailbox shows only head and tail of a message.
func (m *mail) cut(uid quire.UID) bool { return hasBlob(m.items[uid-1].Parts) }

func hasBlob(parts []quire.Part) bool {
	return slices.ContainsFunc(parts, func(p quire.Part) bool {
		if res, ok := p.(quire.ToolResult); ok {
			return hasBlob(res.Parts)
		}
		_, blob := p.(quire.Blob)
		return blob
	})
}
