package trace

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/transcript"
)

// perCall is the time between two calls where the record has none: short
// enough for every cache to last.
const perCall = 10 * time.Second

// builder makes one life of one session, or of several one after the other.
type builder struct {
	life    *Life
	answers []int // by call: item
	open    []quire.ToolCall
}

// lifeOf makes one life of sessions.
func lifeOf(id string, counter tokenizer.Counter, sessions ...*transcript.Session) *Life {
	b := builder{life: &Life{ID: id, System: sessions[0].System, Model: sessions[0].Model, Real: true, Counter: counter}}
	b.life.Tools = sessions[0].Tools
	for i, s := range sessions {
		b.session(fmt.Sprintf("%d-", i), s)
	}
	b.life.Index()
	b.life.name(b.answers)
	return b.life
}

func (b *builder) session(prefix string, s *transcript.Session) {
	next := 0
	for i := range s.Messages {
		m := &s.Messages[i]
		if m.Kind == quire.KindTurn {
			b.answerOpen()
		}
		if next < len(s.Calls) && s.Calls[next].At == i {
			b.call(m.Time)
			next++
		}
		b.message(prefix, m)
	}
}

// call notes that the model was called with all that is there.
func (b *builder) call(at time.Time) {
	l := b.life
	least := time.Unix(0, 0).UTC()
	if n := len(l.Calls); n > 0 {
		least = l.Calls[n-1].At.Add(perCall)
		if at.After(l.Calls[n-1].At) {
			least = at
		}
	} else if !at.IsZero() {
		least = at
	}
	l.Calls = append(l.Calls, Call{Upto: len(l.Items), At: least})
	b.answers = append(b.answers, len(l.Items)) // the answer is what comes next
}

// message adds one message as an item of the agent's mailbox.
func (b *builder) message(prefix string, m *transcript.Message) {
	it := quire.Item{Message: quire.Message{Draft: m.Draft, Envelope: quire.Envelope{From: m.From, Sent: m.Time}}}
	it.ID = quire.MessageID(prefix) + it.ID
	switch m.Kind {
	case quire.KindTurn:
		it.Self = true
		for _, p := range m.Parts {
			if c, ok := p.(quire.ToolCall); ok {
				b.open = append(b.open, c)
			}
		}
	case quire.KindResult:
		it.Self = true
		for _, p := range m.Parts {
			if r, ok := p.(quire.ToolResult); ok {
				b.close(r.CallID)
			}
		}
	default:
		it.Kind = quire.KindMail
		it.Trust = quire.TrustPerson
		if m.From == environment {
			it.Trust = quire.TrustAgent
		}
	}
	b.life.Items = append(b.life.Items, it)
}

func (b *builder) close(id string) {
	for i, c := range b.open {
		if c.ID == id {
			b.open = append(b.open[:i:i], b.open[i+1:]...)
			return
		}
	}
}

// answerOpen makes a result for each call that the record never answers: no
// provider takes a prompt without.
func (b *builder) answerOpen() {
	for _, c := range b.open {
		it := quire.Item{}
		it.ID = quire.MessageID(fmt.Sprintf("made-%d", len(b.life.Items)))
		it.Kind, it.Self = quire.KindResult, true
		it.Parts = []quire.Part{quire.ToolResult{CallID: c.ID, Name: c.Name, IsError: true,
			Parts: []quire.Part{quire.Text{Text: "(the record holds no result)"}}}}
		b.life.Items = append(b.life.Items, it)
	}
	b.open = nil
}
