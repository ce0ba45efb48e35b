package work

import (
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// purse counts and prices the requests of one agent, of all strategies in the same way:
// by what of the messages stood at the same place in earlier requests.
type purse struct {
	cost   price.CostModel
	frame  tokenizer.Framing
	marks  bool
	clock  *clock
	ledger ledger.Ledger
	fixed  map[string]int // by system prompt; the tools stay the same
}

func newPurse(s *Setting, c *clock) *purse {
	p := &purse{clock: c, fixed: map[string]int{}}
	info := s.info()
	p.cost = info.Cache
	p.frame = models.FindOver(s.API, "").Framing
	p.marks = info.Dialect.Marks > 0
	return p
}

// size is the tokens of a request.
func (p *purse) size(q *quire.Prompt) int {
	n := p.frame.Fixed(tokenizer.Approx{}, q.System, q.Tools)
	for i := range q.Messages {
		n += p.frame.Message(tokenizer.Approx{}, q.Messages[i].Parts)
	}
	return n
}

// pay takes a request as sent. It returns its tokens, those of system prompt and tools,
// and its price.
func (p *purse) pay(q *quire.Prompt) (total, fixed int, cost float64) {
	fixed, ok := p.fixed[q.System]
	if !ok {
		fixed = p.frame.Fixed(tokenizer.Approx{}, q.System, q.Tools)
		p.fixed[q.System] = fixed
	}
	total = fixed
	h := hashOf(q.System)
	bounds := make([]ledger.Boundary, 1, len(q.Messages)+1)
	bounds[0] = ledger.Boundary{Prefix: ledger.Prefix(h), Tokens: total}
	for i := range q.Messages {
		m := &q.Messages[i]
		total += p.frame.Message(tokenizer.Approx{}, m.Parts)
		h = hashOf(strconv.FormatUint(h, 36), string(m.Role), codec.PartsDigest(m.Parts).String())
		bounds = append(bounds, ledger.Boundary{Index: i + 1, Prefix: ledger.Prefix(h), Tokens: total, Blocks: len(m.Parts)})
	}
	now := p.clock.now()
	var marks []int
	if p.marks { // where programs put them: at the end, at what can be read, before the messages
		marks = append(marks, len(q.Messages), 0)
		if r := p.ledger.Readable(p.cost, now, bounds); len(r) > 0 {
			marks = append(marks, r[len(r)-1].Index)
		}
	}
	bill := p.ledger.Predict(p.cost, now, bounds, marks, total)
	p.ledger = p.ledger.After(p.cost, now, bounds, marks)
	return total, fixed, bill.Cost
}
