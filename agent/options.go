package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Options say how an agent is and works. The zero value is ready to use, where the model
// says what it is.
type Options struct {
	// Profile is what is known of the model, its price included; the zero Profile is what
	// the model says of itself, where it is a [providers.Profiled].
	Profile models.Profile
	// Composer counts tokens and decides what leaves; nil: one with the profile's framing.
	Composer *compose.Composer

	// System is the agent's own part of the system prompt. A constant
	// paragraph that explains handles, fences and the mail tools follows it.
	System string
	Tools  []Tool // besides the six mail tools
	// MoreTools are tools that come and go, such as those of servers: it is asked by New and
	// when a turn begins, and must return at once. One that can't be used, for its name say,
	// is left out and logged. Another list is another beginning of the prompt, which the
	// provider has not cached. nil: there are none.
	MoreTools func() []Tool
	// Head is pinned by configuration: it stands before the log for ever.
	Head []quire.Item
	// Pin says of mail that is shown whether it is to be pinned: standing instructions,
	// which would leave with the rest of an old turn. So is mail that bears
	// quire.FlagPinned. Pins hold at most two fifths of the budget; what is beyond that
	// is not pinned, and the owner is told. It is called again after a crash, so it
	// should depend on the mail alone. nil: nothing is pinned by rule.
	Pin func(*quire.Item) bool
	// Budget is the most tokens of a request's input; 0 takes [models.Profile.Room].
	Budget int

	// Fallbacks are asked, in this order, while the models before them can't serve:
	// when they are unavailable after all retries, limit the rate for longer than
	// Limits.FallbackWait, or don't accept the key; with FallbackRefused also when they
	// refuse. See Limits.FallbackFor for how long.
	Fallbacks       []Fallback
	FallbackRefused bool

	// Owner is told, by an event message, when the agent can't go on, and asked, by a
	// question, whether it may spend more; empty for nobody.
	Owner  quire.Address
	Limits Limits
	// Answer mails what the reply that ends a turn says to each person whose
	// mail the turn handled and did not answer: for models that talk and never
	// call mail_send. Agents get no such answers, so that two of them never
	// thank each other for ever.
	Answer bool
	// Rewrite writes a note about what leaves the context on the policy's word.
	// The zero value writes none.
	Rewrite Rewriting
	// Recall begins turns with what the mailbox holds about the mail that woke the
	// agent. The zero value recalls nothing.
	Recall Recalling
	// Lease keeps a second process from running this agent at the same time.
	Lease Lease
	// Streaming lets others follow the replies while they are made.
	Streaming Streaming
	// Urgent is how soon a question must be due to count as urgent; 0 is an hour.
	Urgent time.Duration

	// Log gets a line about what somebody wants to know who looks after agents: when runs
	// and turns begin and end (turns at the debug level), calls that failed, outages,
	// limits, leases, tools that don't end, and what a turn did without: a recall, a stream,
	// a count, a note. nil: nothing is logged. What mail and models
	// say is never in it, but for the words of an error, cut to 300 bytes.
	Log *slog.Logger
	// OnError hears of every error that Run gets over: those of models before they are
	// asked again, of the store, of limits. It runs on the caller's goroutine.
	OnError func(error)

	Now   func() time.Time                           // nil: time.Now
	Sleep func(context.Context, time.Duration) error // nil: a timer that honours the context

	// OnPlan sees every plan before its prompt is sent, OnStep every finished
	// step. They run on the caller's goroutine and must not keep what they get.
	OnPlan func(*compose.Plan)
	OnStep func(StepInfo)
	// Around surrounds each piece of work, for traces: it returns the context in which the
	// work is done, derived from the one that it gets, and what is called when it has ended
	// (nil is nothing). Calls of models are none: wrap the [providers.Model]. The caller's
	// goroutine runs both. The module telemetry has one for OpenTelemetry.
	Around func(context.Context, *Work) (context.Context, func())
}

// StepInfo is what OnStep sees: a finished step, whose effects are durable.
type StepInfo struct {
	Address  quire.Address
	Turn     uint64 // number of the turn, from 1
	Step     int    // number of the step in the turn, from 1
	Plan     *compose.Plan
	Planned  time.Duration // how long composing took, by the wall clock
	Reply    *quire.Reply
	Results  []quire.ToolResult // one for each tool call, in order
	Quotes   []compose.Quote    // of its pulls, each with those before it in the step
	Rewrote  *Rewrote           // the note about what left; nil: none was asked for
	Ended    bool               // the turn ended with this step
	Model    string             // that was asked, as its Profile names it
	Cost     Cost
	Counted  int      // tokens that the provider counted before it was asked; 0: nothing was in doubt, or CountErr says why not
	CountErr error    // the bound of what was counted here stands then
	Switched []Switch // models that could not serve in this step, and who was asked instead
}

// Agent runs one mailbox. It is not safe for concurrent use: one goroutine at a
// time calls its methods, but for [Agent.Shutdown]. Two agents on one mailbox take the
// work from each other: the commits of the one that is behind fail with a [ErrShared].
// [Options.Lease] lets one of them wait.
type Agent struct {
	o       settings
	tools   map[string]Tool
	shown   []quire.Tool // as the model sees them, sorted by name
	leftOut []string     // tools of Options.MoreTools that were logged as left out
	system  string
	bodies  bodies
	memo    *compose.Scratch
	recall  *recall.Recaller
	fence   uint64 // of the lease; 0: none
	// idle is the mailbox's state when the agent last found nothing to do.
	idle     quire.State
	last     decoded    // what was committed or read last
	chain    []Fallback // the first model, and its fallbacks
	use      int        // which of them is asked now
	switched []Switch   // in this step
	counted  int        // in this step
	countErr error
	sized    int             // tokens of the last plan, as its provider counted them; 0: it did not
	planned  time.Duration   // of the last plan
	quotes   []compose.Quote // of the last step
	rewrote  *Rewrote        // of the last step

	said      *saying // the attempt at the stream that is open; nil: none
	streamErr error   // of this step
	tookOver  bool    // from the producer before this one, under tookFence
	tookFence uint64

	mail     mailStore // o.Store, but for tests
	log      *slog.Logger
	life     life
	ill      *illness      // the outage that lasts; nil: none
	failedAt time.Time     // since when the calls of this step fail
	tries    int           // that this step's model had already
	row      row           // failures in a row of Run
	parked   string        // what was logged of it
	problems string        // of the last plan, without their figures
	grace    time.Duration // that is left to calls which should have ended
	left     atomic.Int32  // calls that were abandoned and did not come back
}

// settings are all that an agent works with.
type settings struct {
	Options
	Address quire.Address
	Store   *mailbox.Store
	Model   providers.Model
}

// New returns the agent of a mailbox, which thinks with a model. nil options are the
// zero ones. It does no I/O, and keeps neither options nor box.
func New(box *mailbox.Box, model providers.Model, options *Options) (*Agent, error) {
	if box == nil {
		return nil, errors.New("agent: the mailbox is missing: give store.Box of the agent's address")
	}
	s := settings{Address: box.Address(), Store: box.Store(), Model: model}
	if options != nil {
		s.Options = *options
	}
	return newAgent(s)
}

func newAgent(o settings) (*Agent, error) {
	// A read that hangs is an error that may pass, and not the end of all turns. Commits
	// have a time of their own, see Agent.finishing.
	o.Store = o.Store.Within(o.Limits.filled().StoreFor)
	if err := o.Address.Valid(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	if o.Model == nil {
		return nil, errors.New("agent: the model is missing")
	}
	o.Profile = profileOf(o.Profile, o.Model)
	if o.Budget <= 0 && o.Profile.Room() <= 0 {
		return nil, errors.New("agent: Options.Budget or Options.Profile.Window must say how much a prompt may hold")
	}
	if o.Composer == nil {
		o.Composer = compose.New(&compose.Options{Framing: o.Profile.Framing})
	}
	if err := o.Recall.valid(); err != nil {
		return nil, err
	}
	o.Limits = o.Limits.filled()
	o.Streaming = o.Streaming.filled()
	chain, err := o.chained()
	if err != nil {
		return nil, err
	}
	if o.Limits.inMoney() && o.Rewrite.By != nil && !o.Rewrite.Tariff.Known() {
		return nil, errors.New("agent: Limits has a limit in money, and what notes cost is not known: give Options.Rewrite.Tariff, which may be one of zeros")
	}
	if o.Urgent == 0 {
		o.Urgent = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.Head, o.Tools = slices.Clone(o.Head), slices.Clone(o.Tools)
	a := &Agent{o: o, mail: o.Store, log: o.logger(), grace: callGrace, chain: chain, tools: map[string]Tool{}, bodies: newBodies(), memo: &compose.Scratch{},
		recall: &recall.Recaller{Store: o.Store, Address: o.Address, Count: o.Composer.CountText, Embedder: o.Recall.Embedder}}
	a.life.asked, a.life.ask = context.WithCancel(context.Background())
	if err := a.register(o.Tools); err != nil {
		return nil, err
	}
	a.system = compose.SystemParagraph
	if o.System != "" {
		a.system = o.System + "\n\n" + compose.SystemParagraph
	}
	return a, nil
}

// register checks the custom tools and lays out all tools by name.
func (a *Agent) register(custom []Tool) error {
	a.shown = MailTools()
	for _, t := range custom {
		if err := t.valid(a.shown); err != nil {
			return err
		}
		a.tools[t.Name] = t
		a.shown = append(a.shown, t.shown())
	}
	sortTools(a.shown)
	a.renewTools()
	return nil
}

// valid says why a tool can't stand beside those that there are.
func (t *Tool) valid(beside []quire.Tool) error {
	switch {
	case t.err != nil:
		return t.err
	case t.Name == "" || strings.ContainsFunc(t.Name, notToolRune) || len(t.Name) > 64:
		return fmt.Errorf("agent: tool name %q: want 1 to 64 letters, digits, _ or -", t.Name)
	case t.Run == nil:
		return fmt.Errorf("agent: tool %s has no Run", t.Name)
	case slices.ContainsFunc(beside, func(b quire.Tool) bool { return b.Name == t.Name }):
		return fmt.Errorf("agent: tool %s is defined twice", t.Name)
	}
	return nil
}

// shown is the tool as the model sees it.
func (t *Tool) shown() quire.Tool {
	schema := slices.Clone(t.Schema)
	if len(schema) == 0 {
		schema = []byte(`{"type":"object","properties":{}}`)
	}
	return quire.Tool{Name: t.Name, Description: t.Description, Schema: schema}
}

func notToolRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
}

// budget is the most tokens of a request's input.
func (a *Agent) budget() int { return a.model().budget() }

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
