package compose

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer"
)

// SessionOptions configure a [Session].
type SessionOptions struct {
	// Composer counts tokens and decides what leaves; nil: one with the model's framing. Where its
	// options name no policy it is policy.WindowTurns, and where they name no
	// schedule it is one that frees a quarter of the room.
	Composer *Composer
	Model    models.Profile // of the next call: NewSession sets it
	System   string
	Tools    []quire.Tool
	Budget   int    // tokens of a request's input; 0: [models.Profile.Room] of Model; needed where its window is unknown
	CacheKey string // as [Input] CacheKey
	// User is who user messages are from; "" is "user".
	User quire.Address
	// State is that of an earlier session over the same conversation; the zero
	// State begins anew.
	State State
	// Now is the clock that cache lifetimes go by; nil: time.Now.
	Now func() time.Time
	// Handles shows users' messages and results under their number, between fences,
	// as a mailbox's mail is shown: see [SystemParagraph]. Otherwise they stand as they are.
	Handles bool
	// LeftOut words the lines that stand for what left, always the same for the same
	// argument; nil, or an empty answer, the usual line.
	LeftOut func(LeftOut) string
}

// Session composes the prompts of a loop that has no mailbox: a program that
// keeps a list of messages and calls a model itself. Each call it is given the whole
// list, and makes a prompt of it that fits the budget. It is not safe for concurrent
// use.
//
// # What the model sees
//
// The system prompt and the tools, then one line, as a user's message, that says how
// many earlier messages are left out, once there are any; then what is pinned; then
// the newest exchanges, whole. An exchange is what somebody sent with all that
// answers to it: no answer stands without its question. What stands is equal, part
// by part, to what the list has, but for ids of calls that can't be sent twice. When
// the exchange that is going on does not fit, its older results become one line each,
// then its older calls leave, and only what is too large by itself is cut inside.
//
// The lines name tools only where there are any: see [Session.Tools].
//
// # When something leaves
//
// A prompt begins with the one before it until it would not fit; then a cut frees at
// least a quarter of the room. Without a state the cuts depend on the list, the
// options and nothing else: a program that begins a new Session for each call gets
// the same prompts, and its cache keeps working. With a state, whether it was stored
// or is that of the call before, the composer's schedule makes the cuts by price,
// and the budget is held by what was learned of the provider's counts: by their bound,
// and where what is new does not fit under it, by the estimate.
//
// # The list
//
// Roles are user, assistant, tool, and system or developer: such a message is part
// of the system prompt when it stands before all others, and else a user's message
// that is pinned, the newest ones up to a quarter of the room.
//
// Assistant messages that follow each other are one, so reasoning may be a message of
// its own. A result may stand in a tool's message, in a user's or in the assistant's;
// it is paired with the call of its id. One that comes when the model has gone on
// without it is shown as a message that names its call. One without a call is an
// error.
//
// The list may change: what was edited, taken back or replaced is composed anew from
// where it parts from what was sent.
//
// Messages are numbered in their order, from #1: each result has a number of its own,
// assistant messages that follow each other have one together, and system messages at
// the beginning have none.
type Session struct {
	// Options are those of the next call: system, tools, model, budget and the others
	// may be changed between calls. State is read by [NewSession] only.
	Options SessionOptions

	usual   *Composer         // where the options have none; of the model that was asked last
	framing tokenizer.Framing // that it was made with
	state   State
	memo    Scratch
	items   []quire.Item // of the list last given, #1 first
	sizes   []int        // tokens of the first ones, as far as they were counted
	mode    string       // how they were rendered
	way     string       // of counting, that sizes were counted in
	room    int          // tokens for the log in the last plan
	pins    map[quire.UID]bool
	plan    *Plan // the last one, not settled yet
	anew    bool  // it was made from the list alone
}

// NewSession returns a session with a model before its next call. nil options are the
// zero ones; the model is the one that is given, whatever they say.
func NewSession(model models.Profile, options *SessionOptions) *Session {
	var o SessionOptions
	if options != nil {
		o = *options
	}
	o.Model = model
	s := &Session{Options: o, state: o.State, pins: map[quire.UID]bool{}}
	s.Options.State = State{}
	return s
}

// errSession is what the errors of a [Session] about its own use wrap: a list that
// can't be sent, a plan that is not the last one, a call that is not the session's.
var errSession = errors.New("compose: session")

// Next composes the next prompt. messages is the whole conversation, oldest
// first. Errors are those of [Composer.Plan], or say why the list can't be sent.
//
// Nothing is settled until [Session.Sent] or [Session.Failed] says how the call
// went; Next may be called again instead. The list may be changed afterwards, but
// for what is inside of its parts.
func (s *Session) Next(messages []quire.PromptMessage) (*Plan, error) {
	s.plan = nil
	system, err := s.read(messages)
	if err != nil {
		return nil, err
	}
	c, in := s.composer(), s.input(system)
	s.room = in.budget() - c.framing.Fixed(c.counter, in.System, in.Tools)
	if s.way != c.counted {
		s.way, s.sizes = c.counted, nil
	}
	in.State = s.rejoin()
	if s.anew = len(in.State.set.Log) == 0; s.anew {
		in.State, in.Arrived = s.replay(c, in)
		c = c.steady()
	} else {
		in.Arrived = s.items[in.State.set.Through:]
	}
	plan, err := c.Plan(in)
	if plan != nil && plan.squeezed && in.State.calibration.N() > 0 {
		in.ByEstimate = true // the bound of few reports is wide: nothing that is new is cut for it
		plan, err = c.Plan(in)
	}
	if plan != nil {
		plan.Next.set.Through = quire.UID(len(s.items))
	}
	s.plan = plan
	return plan, err
}

// composer is the options', with what a session takes where they name nothing.
func (s *Session) composer() *Composer {
	c := s.Options.Composer
	if c == nil {
		if framing := s.Options.Model.Framing; s.usual == nil || s.framing != framing {
			s.usual, s.framing = New(&Options{Framing: framing}), framing
		}
		c = s.usual
	}
	own := *c
	own.policy, own.schedule = c.plainly, c.steadily
	own.searches = slices.Concat(c.searches, []string{toolFind})
	return &own
}

// input is that of the next plan, without a state and without what arrives.
func (s *Session) input(system string) Input {
	o := &s.Options
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	return Input{Now: now(), Body: s.body, Model: o.Model, System: system, Tools: o.Tools, Budget: o.Budget, CacheKey: o.CacheKey, Scratch: &s.memo,
		plain: &plain{handles: o.Handles, tools: s.offers(), say: o.LeftOut, pins: s.pins}}
}

// Sent settles a plan whose call went well; usage is what the provider
// reported, as far as it did. It is an error when plan is not the last one.
func (s *Session) Sent(plan *Plan, usage quire.Usage) error {
	if plan == nil || plan != s.plan {
		return fmt.Errorf("%w: Sent: not the last plan", errSession)
	}
	s.state, s.plan = plan.Next.Report(plan, usage), nil
	return nil
}

// Failed settles a plan whose call failed, or of which nothing is known: what
// arrived for it arrives again.
func (s *Session) Failed(plan *Plan) error {
	if plan == nil || plan != s.plan {
		return fmt.Errorf("%w: Failed: not the last plan", errSession)
	}
	s.state, s.plan = plan.Failed("", 0), nil
	if s.anew {
		s.state.set.Log, s.state.set.Through = nil, 0
	}
	return nil
}

// State returns what the next session over the same conversation starts from:
// store what [State.MarshalBinary] returns. Without it, the next session
// makes its cuts from the list alone.
func (s *Session) State() State { return s.state }

// Drop marks message uid as no longer wanted, or with on false as wanted after all; what is
// dropped leaves when that is cheap or needed. See [State.Drop].
func (s *Session) Drop(uid quire.UID, on bool) bool { return s.state.Drop(uid, on) }

// Pin forbids, or with on false allows, that message uid leaves. It says whether
// the message was in the last prompt; one that is not is pinned when it next enters,
// as all are when a new session makes its first prompt. A session without a state has
// to be told again.
func (s *Session) Pin(uid quire.UID, on bool) bool {
	s.pins[uid] = on
	return s.state.Pin(uid, on)
}
