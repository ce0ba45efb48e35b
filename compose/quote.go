package compose

import (
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
)

// Quote says what it would take to show messages in the next call.
type Quote struct {
	Tokens int  // that they take, as the result of a pull
	Room   int  // that one result may take at most, as things stand
	Fits   bool // all of it can stand beside what must stay
	// Leaves is what would leave for it and would else stay.
	Leaves []Decision
	// Cost is how much dearer the next call becomes, in uncached input tokens
	// as in [price.Bill]; what comes after is not in it.
	Cost float64
}

// TooLargeError says that messages can never be shown whole under this budget.
type TooLargeError struct {
	UIDs   []quire.UID
	Tokens int // that they take
	Room   int // that one result may take
}

// Error names the sizes.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("compose: %v take %d tokens, and a result may take %d: pull a part of it, or raise the budget", e.UIDs, e.Tokens, e.Room)
}

// Quote composes the next call twice, with a pull that shows the parts and with
// one that shows nothing, and compares them. parts are what the result would
// hold: references, mostly. in is that of the next call as far as it is known;
// calls that wait for results must not be in it. Nothing is changed but in.Memo.
//
// What can never be shown whole gives the quote and a [*TooLargeError]; the
// other errors are those of [Composer.Plan].
func (c *Composer) Quote(in Input, parts ...quire.Part) (Quote, error) {
	next := after(&in, parts)
	with, err := c.pulled(in, next, parts)
	var over *BudgetError
	if err != nil && !errors.As(err, &over) {
		return Quote{}, err
	}
	without, err := c.pulled(in, next, nil)
	if err != nil && !errors.As(err, &over) {
		return Quote{}, err
	}
	q := Quote{Room: with.most, Fits: over == nil, Cost: with.Bill.Cost - without.Bill.Cost}
	stays := map[quire.UID]bool{}
	for _, d := range without.Decisions() {
		stays[d.UID] = d.Fate == FateIn || d.Fate == FateExcerpt
	}
	excerpt := false
	for _, d := range with.Decisions() {
		switch {
		case d.UID == next+1:
			q.Tokens, excerpt = d.Tokens, d.Fate == FateExcerpt
		case stays[d.UID] && (d.Fate == FateOut || d.Fate == FateStub):
			q.Leaves = append(q.Leaves, d)
		}
	}
	if !excerpt {
		return q, nil
	}
	q.Fits, q.Tokens = false, with.whole
	e := &TooLargeError{Tokens: q.Tokens, Room: q.Room}
	for _, p := range parts {
		if ref, ok := p.(quire.Ref); ok {
			e.UIDs = append(e.UIDs, ref.UID)
		}
	}
	return q, e
}

// after is a number behind all that are known, as that of a new message is.
func after(in *Input, parts []quire.Part) quire.UID {
	top := in.State.Set.Through
	for i := range in.State.Set.Log {
		for j := range in.State.Set.Log[i].Spans {
			top = max(top, in.State.Set.Log[i].Spans[j].UID)
		}
	}
	for i := range in.Arrived {
		top = max(top, in.Arrived[i].UID)
	}
	for _, p := range parts {
		if ref, ok := p.(quire.Ref); ok {
			top = max(top, ref.UID)
		}
	}
	return top + 1
}

// pulled plans the next call as if a pull had shown the parts.
func (c *Composer) pulled(in Input, next quire.UID, parts []quire.Part) (*Plan, error) {
	const id = "quote"
	turn := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "quote/turn", Kind: quire.KindTurn,
		Parts: []quire.Part{quire.ToolCall{ID: id, Name: "context_pull", Args: "{}"}}}}, Delivery: quire.Delivery{UID: next, Self: true}}
	if len(parts) == 0 {
		parts = []quire.Part{quire.Text{Text: "."}}
	}
	result := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "quote/result", Kind: quire.KindResult,
		Parts: []quire.Part{quire.ToolResult{CallID: id, Name: "context_pull", Parts: parts}}}}, Delivery: quire.Delivery{UID: next + 1, Self: true}}
	in.Arrived = append(in.Arrived[:len(in.Arrived):len(in.Arrived)], turn, result)
	return c.Plan(in)
}
