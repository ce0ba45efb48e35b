package compose

import (
	"errors"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// Quote says what it would take to show messages in the next call.
type Quote struct {
	Tokens int  // that they take, as the result of a pull
	Room   int  // that one result may take at most, as things stand
	Fits   bool // all of it can stand beside what must stay
	// Leaves is what would leave for it and would else stay.
	Leaves []Decision
	// Displaced are messages that were pulled in this turn, stand, and would not beside
	// it: also those that would have left in the next call without it.
	Displaced []quire.UID
	// Cost is how much dearer the next call becomes, in uncached input tokens
	// as in [price.Bill]; what comes after is not in it.
	Cost float64
}

// RoomError says that messages can't be shown whole in the next call.
type RoomError struct {
	UIDs   []quire.UID
	Tokens int // that they take
	Room   int // that are there for them
	// Never: Room is what one result may take under this budget. Otherwise it is what is
	// free beside what was pulled again in the open turn, after it had left in it: that
	// does not leave a second time.
	Never bool
	Stand []Size // what could be dropped: what was pulled in this turn, and pins
}

// Error names the sizes.
func (e *RoomError) Error() string {
	if e.Never {
		return fmt.Sprintf("compose: %v take %d tokens, and a result may take %d: pull a part of it, or raise the budget", e.UIDs, e.Tokens, e.Room)
	}
	s := fmt.Sprintf("compose: %v take %d tokens, and %d are free in this turn", e.UIDs, e.Tokens, e.Room)
	for i, it := range e.Stand {
		sep := ", "
		if i == 0 {
			sep = " beside "
		}
		s += fmt.Sprintf("%s%s (%d, %s)", sep, it.Name, it.Tokens, it.Why)
	}
	return s + ": drop what is no longer needed, or pull a part"
}

// Quote composes the next call twice, with a pull that shows the parts and with
// one that shows nothing, and compares them. parts are what the result would
// hold: references, mostly. in is that of the next call as far as it is known. Its
// Arrived may end with the agent's turn that pulls and the results there are: the
// parts then answer its first call that waits for one. Nothing is changed but in.Scratch.
//
// What can never be shown whole gives the quote and a [*RoomError], as what would
// push out something a second time in this turn does; the other errors
// are those of [Composer.Plan].
func (c *Composer) Quote(in Input, parts ...quire.Part) (Quote, error) {
	next := after(&in, parts)
	at := next // the number of the result
	if len(openCalls(in.Arrived)) == 0 {
		at++ // behind the turn that pulls
	}
	with, err := c.pulled(in, next, parts)
	var over *BudgetError
	if err != nil && !errors.As(err, &over) {
		return Quote{}, err
	}
	var alone *BudgetError
	without, err := c.pulled(in, next, nil)
	if err != nil && !errors.As(err, &alone) {
		return Quote{}, err
	}
	q := Quote{Room: with.most, Fits: over == nil, Cost: with.Bill.Cost - without.Bill.Cost}
	stays, whole := map[quire.UID]bool{}, map[quire.UID]bool{}
	for _, d := range without.Decisions() {
		stays[d.UID], whole[d.UID] = d.Fate == FateIn || d.Fate == FateExcerpt, d.Fate == FateIn && d.New
	}
	excerpt := false
	for _, d := range with.Decisions() {
		switch {
		case d.UID == at:
			q.Tokens, excerpt = d.Tokens, excerpt || d.Fate == FateExcerpt
		case d.Fate == FateExcerpt && d.Kind == quire.KindResult && whole[d.UID]: // of the same step
			excerpt = true
		case stays[d.UID] && (d.Fate == FateOut || d.Fate == FateStub):
			q.Leaves = append(q.Leaves, d)
		}
	}
	q.Displaced = displaced(&in.State, with)
	if excerpt {
		q.Fits, q.Tokens = false, with.whole
		return q, &RoomError{UIDs: shows(parts), Tokens: q.Tokens, Room: q.Room, Never: true}
	}
	if with.hold == holdNothing && (without.hold != holdNothing || over != nil && alone == nil || loses(&in.State, without, with)) {
		q.Fits = false
		return q, &RoomError{UIDs: shows(parts), Tokens: q.Tokens, Room: max(0, q.Tokens-with.lacks), Stand: standsPulled(&without.Next)}
	}
	return q, nil
}

// displaced lists what was pulled in the turn that goes on, stands in a state and does
// not in the plan.
func displaced(s *State, with *Plan) []quire.UID {
	var out []quire.UID
	for _, sp := range pulledIn(s, with.Next.turn) {
		for _, uid := range shownBy(sp) {
			if !with.Next.Resident(uid) && !slices.Contains(out, uid) {
				out = append(out, uid)
			}
		}
	}
	return out
}

// loses says whether something of the open turn that is let go last stands without a
// pull and not with it: mail, or what was pulled again.
func loses(s *State, without, with *Plan) bool {
	turn := with.Next.turn
	for i := range s.set.Log {
		for j := range s.set.Log[i].Spans {
			sp := &s.set.Log[i].Spans[j]
			if sp.Turn != turn || sp.Form == resident.FormStub || sp.Dead() || sp.Role != quire.RoleUser && !s.again(turn, shownBy(sp)) {
				continue
			}
			gone := func(uid quire.UID) bool { return without.Next.Resident(uid) && !with.Next.Resident(uid) }
			if slices.ContainsFunc(shownBy(sp), gone) {
				return true
			}
		}
	}
	return false
}

// again says whether one of the messages left in a turn, against the agent's will.
func (s *State) again(turn uint64, shows []quire.UID) bool {
	return slices.ContainsFunc(s.ghosts, func(g ghost) bool { return g.Turn == turn && slices.Contains(shows, g.UID) })
}

// standsPulled gives the sizes of what the agent holds in the context by its own
// calls.
func standsPulled(s *State) []Size {
	var out []Size
	for _, sp := range pulledIn(s, s.turn) {
		for _, uid := range shownBy(sp) {
			out = append(out, Size{uid.String(), sp.Tokens, "pulled in this turn"})
		}
	}
	for i := range s.set.Log {
		for j := range s.set.Log[i].Spans {
			if sp := &s.set.Log[i].Spans[j]; sp.Pinned {
				out = append(out, Size{sp.UID.String(), sp.Tokens, "pinned"})
			}
		}
	}
	return out
}

// pulledIn lists the spans that were pulled in a turn and stand.
func pulledIn(s *State, turn uint64) []*resident.Span {
	var out []*resident.Span
	for i := range s.set.Log {
		for j := range s.set.Log[i].Spans {
			sp := &s.set.Log[i].Spans[j]
			if sp.Turn == turn && sp.Class == policy.ClassPulled && sp.Form != resident.FormStub && !sp.Dead() && !sp.Pinned {
				out = append(out, sp)
			}
		}
	}
	return out
}

// shownBy lists the messages that a span shows: its own, but for a pull's.
func shownBy(sp *resident.Span) []quire.UID {
	if len(sp.Shows) > 0 {
		return sp.Shows
	}
	return []quire.UID{sp.UID}
}

// after is a number behind all that are known, as that of a new message is.
func after(in *Input, parts []quire.Part) quire.UID {
	top := in.State.set.Through
	for i := range in.State.set.Log {
		for j := range in.State.set.Log[i].Spans {
			top = max(top, in.State.set.Log[i].Spans[j].UID)
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

// pulled plans the next call as if a pull had shown the parts. What comes for it has
// the numbers from next on, as it will have.
func (c *Composer) pulled(in Input, next quire.UID, parts []quire.Part) (*Plan, error) {
	if len(parts) == 0 {
		parts = []quire.Part{quire.Text{Text: "."}}
	}
	in.Arrived = slices.Clip(in.Arrived)
	open := openCalls(in.Arrived)
	if len(open) == 0 {
		call := quire.ToolCall{ID: "quote", Name: "context_pull", Args: "{}"}
		open = []quire.ToolCall{call}
		in.Arrived = append(in.Arrived, quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "quote/turn", Kind: quire.KindTurn,
			Parts: []quire.Part{call}}}, Delivery: quire.Delivery{UID: next, Self: true}})
		next++
	}
	for i, call := range open {
		res := quire.ToolResult{CallID: call.ID, Name: call.Name, Parts: parts}
		if i > 0 {
			res.Parts = []quire.Part{quire.Text{Text: "."}}
		}
		id := quire.MessageID("quote/" + next.String() + "/" + codec.PartsDigest(res.Parts).String()) // the memo knows messages by their ids
		in.Arrived = append(in.Arrived, quire.Item{Message: quire.Message{Draft: quire.Draft{ID: id,
			Kind: quire.KindResult, Parts: []quire.Part{res}}}, Delivery: quire.Delivery{UID: next, Self: true}})
		next++
	}
	return c.Plan(in)
}

// openCalls lists the calls of the last turn that have no result yet, when nothing but
// results stands behind it.
func openCalls(arrived []quire.Item) []quire.ToolCall {
	answered := map[string]bool{}
	for _, it := range slices.Backward(arrived) {
		switch it.Kind {
		case quire.KindResult:
			for _, p := range it.Parts {
				if res, ok := p.(quire.ToolResult); ok {
					answered[res.CallID] = true
				}
			}
		case quire.KindTurn:
			var open []quire.ToolCall
			for _, p := range it.Parts {
				if call, ok := p.(quire.ToolCall); ok && !answered[call.ID] {
					open = append(open, call)
				}
			}
			return open
		default:
			return nil
		}
	}
	return nil
}
