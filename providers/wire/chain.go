package wire

import (
	"crypto/sha256"
	"io"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Chain is what a server of the Responses API holds of a conversation on an open
// websocket: the items of the last request and those of its own reply. It is
// immutable; a nil Chain holds nothing.
type Chain struct {
	id    string // of the last reply
	model string
	tools [sha256.Size]byte
	items [][sha256.Size]byte // without their marks
}

// Create is one response.create event.
type Create struct {
	Event   []byte            // what goes out; it is the same for the same chain and prompt
	Chained bool              // only what is new is sent
	Marks   []quire.CacheMark // that the event carries, as [SentMarks] reports them
	next    *Chain            // without the reply; nil when nothing can follow it
	dialect *models.Dialect
}

// Create makes the event that asks for the reply to p. It sends only what is new
// where p begins with exactly what the server holds, byte for byte, goes on with
// something that is not the model's, and has no notice. Anything else is sent in
// full: after a cut, an edit, other tools or another model. A notice would stay at
// the server, so a request with one is sent in full and nothing is chained to it.
//
// Marks on what the server holds already can't be sent and are not in Marks. opts
// are those of [Encode]; Stream and Count say nothing here. p is not kept.
func (c *Chain) Create(p *quire.Prompt, opts *Options) (*Create, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	o.Stream, o.Count = false, false // a websocket always streams
	r, err := build(quire.APIOpenAIResponses, p, &o, sentSchema)
	if err != nil {
		return nil, err
	}
	held := &Chain{model: p.Model}
	input := &r.sections[len(r.sections)-1]
	volatile := false
	for i := range r.sections {
		s := &r.sections[i]
		for k := range s.items {
			if s == input {
				held.items = append(held.items, s.items[k].digest())
				volatile = volatile || s.items[k].isVolatile()
				continue
			}
			d := s.items[k].digest()
			held.tools = sha256.Sum256(append(held.tools[:], d[:]...))
		}
	}
	out := &Create{next: held, dialect: o.dialect(quire.APIOpenAIResponses, p)}
	if !volatile && c.heldBy(held) {
		fresh := input.items[len(c.items):]
		if !slices.ContainsFunc(fresh, func(it item) bool {
			return it.msg >= 0 && p.Messages[it.msg].Role == quire.RoleAssistant
		}) {
			input.items, out.Chained = fresh, true
			r.params.str("previous_response_id", c.id)
		}
	}
	if volatile {
		out.next = nil
	}
	body := r.bytes()
	out.Event = append([]byte(`{"type":"response.create",`), body[1:]...)
	out.Marks = r.sentMarks()
	return out, nil
}

// heldBy says whether next begins with all that c holds, and has more.
func (c *Chain) heldBy(next *Chain) bool {
	return c != nil && c.model == next.model && c.tools == next.tools &&
		len(c.items) < len(next.items) && slices.Equal(c.items, next.items[:len(c.items)])
}

// Then returns what the server holds once it has answered with reply, or nil when
// the next request has to be sent in full: it held a notice, or the reply has no
// id or is not whole.
func (c *Create) Then(reply *quire.Reply) *Chain {
	if c.next == nil || reply.ID == "" || reply.Stop != quire.StopEnd && reply.Stop != quire.StopTools {
		return nil
	}
	next := *c.next
	next.id = reply.ID
	next.items = slices.Clone(next.items)
	said := ours(&quire.Prompt{Model: next.model, Messages: []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: reply.Parts}}}, c.dialect).Messages[0]
	for _, it := range responsesAssistant(-1, said) {
		next.items = append(next.items, it.digest())
	}
	return &next
}

// digest is of the item's bytes without marks.
func (it *item) digest() [sha256.Size]byte {
	h := sha256.New()
	h.Write(it.body)
	io.WriteString(h, it.open)
	for k, bl := range it.blocks {
		if k > 0 {
			io.WriteString(h, bl.lead)
		}
		h.Write(bl.body.bytes())
	}
	io.WriteString(h, it.close)
	return [sha256.Size]byte(h.Sum(nil))
}

func (it *item) isVolatile() bool {
	return it.volatile || slices.ContainsFunc(it.blocks, func(b block) bool { return b.volatile })
}
