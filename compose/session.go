package compose

import (
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// SessionOptions configure a [Session].
type SessionOptions struct {
	Composer *Composer // nil: New(nil)
	Model    quire.ModelInfo
	System   string
	Tools    []quire.Tool
	Budget   int // tokens of a request's input; 0: see [Input]
	Price    price.CostModel
	// User is who user messages are from; "" is "user".
	User quire.Address
	// State is that of an earlier session over the same conversation; the zero
	// State begins anew.
	State State
	// Now is the clock that cache lifetimes go by; nil: time.Now.
	Now func() time.Time
}

// Session composes the prompts of a loop that has no mailbox: a program that
// keeps one growing list of messages and calls a model itself. It is not safe
// for concurrent use.
//
// Messages are numbered in their order, from #1; each result of a tool message
// has a number of its own. What left is still in the program's list: a tool
// result that holds what [Session.Show] returns brings it back.
type Session struct {
	o     SessionOptions
	state State
	memo  Memo
	items []quire.Item // all that was numbered, #1 first
	byID  map[quire.MessageID]int
	ends  []int // of each message of the list: the items up to its end
	plan  *Plan // the last one, not settled yet
}

// NewSession returns a session before its next call.
func NewSession(o SessionOptions) *Session {
	if o.Composer == nil {
		o.Composer = New(nil)
	}
	if o.User == "" {
		o.User = "user"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Session{o: o, state: o.State, byID: map[quire.MessageID]int{}}
}

// ErrSession is what the errors of a [Session] about its own use wrap.
var ErrSession = errors.New("compose: session")

// Next composes the next prompt. messages is the whole conversation, oldest
// first: what earlier calls were given, unchanged, and what came since. Roles are
// user, assistant and tool; a tool message holds ToolResult parts only. Errors
// are those of [Composer.Plan], or wrap [ErrSession].
//
// Nothing is settled until [Session.Sent] or [Session.Failed] says how the call
// went; Next may be called again instead.
func (s *Session) Next(messages []quire.PromptMessage) (*Plan, error) {
	settled := int(s.state.Set.Through)
	if err := s.number(messages, settled); err != nil {
		return nil, err
	}
	plan, err := s.o.Composer.Plan(Input{
		State: s.state, Now: s.o.Now(), Arrived: s.items[settled:], Body: s.body, Model: s.o.Model,
		System: s.o.System, Tools: s.o.Tools, Budget: s.o.Budget, Price: s.o.Price, Memo: &s.memo,
	})
	if plan != nil {
		plan.Next.Set.Through = quire.UID(len(s.items))
	}
	s.plan = plan
	return plan, err
}

// Sent settles a plan whose call went well; usage is what the provider
// reported, as far as it did. It wraps [ErrSession] when plan is not the last
// one.
func (s *Session) Sent(plan *Plan, usage quire.Usage) error {
	if plan == nil || plan != s.plan {
		return fmt.Errorf("%w: Sent: not the last plan", ErrSession)
	}
	s.state, s.plan = plan.Next.Learn(plan.Mix, usage.Input), nil
	return nil
}

// Failed settles a plan whose call failed, or of which nothing is known: what
// arrived for it arrives again.
func (s *Session) Failed(plan *Plan) error {
	if plan == nil || plan != s.plan {
		return fmt.Errorf("%w: Failed: not the last plan", ErrSession)
	}
	s.state, s.plan = plan.Failed, nil
	return nil
}

// State returns what the next session over the same conversation starts from:
// store its working set and what [State.Encode] returns.
func (s *Session) State() State { return s.state }

// Drop marks message uid as no longer wanted; it leaves when that is cheap or
// needed. See [State.Drop].
func (s *Session) Drop(uid quire.UID) bool { return s.state.Drop(uid) }

// Pin forbids, or with on false allows, that message uid leaves. See
// [State.Pin].
func (s *Session) Pin(uid quire.UID, on bool) bool { return s.state.Pin(uid, on) }

// Show returns the part that shows message uid again when it stands in a tool's
// result; false when there is no such message.
func (s *Session) Show(uid quire.UID) (quire.Part, bool) {
	if uid == 0 || int(uid) > len(s.items) {
		return nil, false
	}
	it := &s.items[uid-1]
	return quire.Ref{Message: it.ID, UID: uid, Part: -1, Digest: quire.PartsDigest(it.Parts)}, true
}

func (s *Session) body(id quire.MessageID) (quire.Item, bool) {
	i, ok := s.byID[id]
	if !ok {
		return quire.Item{}, false
	}
	return s.items[i], true
}

// number numbers what came since, and anew what no call has settled.
func (s *Session) number(messages []quire.PromptMessage, settled int) error {
	keep := 0
	for keep < len(s.ends) && s.ends[keep] <= settled {
		keep++
	}
	s.ends = s.ends[:keep]
	n := 0
	if keep > 0 {
		n = s.ends[keep-1]
	}
	if n < len(s.items) {
		s.items, s.memo = s.items[:n], Memo{} // other messages may get these numbers
	}
	for i := keep; i < len(messages); i++ {
		if err := s.add(&messages[i]); err != nil {
			return fmt.Errorf("%w: message %d: %w", ErrSession, i, err)
		}
		s.ends = append(s.ends, len(s.items))
	}
	if len(messages) < keep || len(s.items) < settled {
		return fmt.Errorf("%w: the conversation has %d messages, fewer than were sent already: give all of it", ErrSession, len(messages))
	}
	return nil
}

func (s *Session) add(m *quire.PromptMessage) error {
	switch m.Role {
	case quire.RoleUser:
		s.append(quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: quire.KindMail, Parts: m.Parts}, Envelope: quire.Envelope{From: s.o.User}}})
	case quire.RoleAssistant:
		s.append(quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: quire.KindTurn, Parts: m.Parts}}, Delivery: quire.Delivery{Self: true}})
	case quire.RoleTool:
		for _, p := range m.Parts {
			if _, ok := p.(quire.ToolResult); !ok {
				return fmt.Errorf("a tool message holds a %T: it may hold ToolResult parts only", p)
			}
			s.append(quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: quire.KindResult, Parts: []quire.Part{p}}}, Delivery: quire.Delivery{Self: true}})
		}
	default:
		return fmt.Errorf("role %q: want user, assistant or tool", m.Role)
	}
	return nil
}

func (s *Session) append(it quire.Item) {
	it.UID = quire.UID(len(s.items) + 1)
	it.ID = quire.MessageID(fmt.Sprintf("%d-%s", it.UID, quire.PartsDigest(it.Parts).Short()))
	s.byID[it.ID] = len(s.items)
	s.items = append(s.items, it)
}
