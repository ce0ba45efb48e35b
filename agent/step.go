package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// StepResult is what one step did.
type StepResult struct {
	// Idle: no turn is open and nothing waits, so no call was made. Parked then
	// says why what does wait is not taken up; "" when nothing waits.
	Idle   bool
	Parked string

	Ended    bool // the turn ended with this step
	Call     uint64
	Calls    int // tool calls that it ran
	Resumed  int // tool calls finished for a step that was cut off before
	Text     string
	Usage    quire.Usage
	Model    string // that was asked
	Cost     Cost
	Plan     *compose.Plan // nil when no call was made
	Handled  []quire.UID   // mail acknowledged by the step that ended the turn
	Attempts int           // requests made; 0 when no call was made
	// StreamErr says what went wrong with the stream, see [Streaming]. The step is
	// none the worse for it.
	StreamErr error
	// RecallErr says why the turn begins without what [Options.Recall] would have found, or,
	// if it wraps [recall.ErrEmbedder], with what was found by words alone, or nearly.
	RecallErr error
}

// moment is a mailbox as one step sees it.
type moment struct {
	snap  mailbox.Snapshot
	state compose.State
	seen  quire.State // changes of deliveries up to here are in state
	host  host
	now   time.Time
	wake  []quire.Item // mail that this step delivers whole
	// thread is that of the mail which begins the turn.
	thread quire.MessageID
	// page is what waited when the turn began, for the notice; nil: to be read.
	page *mailbox.Page
	// noneShown: when the turn began nothing waited that the model had been shown, and
	// nothing has been written since.
	noneShown bool
	took      compose.State // of the last call that was taken
	kept      []quire.UID   // what this call holds back of what is held back, to try the rest
	bare      bool          // the notice names no senders and no subjects
	cleared   []quire.UID   // what was held back and stands now
	put       []quire.UID   // what was refused, and is tried again later
	judged    []string      // what the owner is told of what is held back
}

// Step makes one model call and runs its tools. It first finishes a step that
// was cut off, and begins a turn when none is open and something waits.
//
// Errors are those of the store (*[mailbox.Error]), of the model
// (*[providers.Error]), *[compose.BudgetError] when what must stay does not fit,
// *[LimitError], [ErrShared] when another process was faster, and [ErrShutdown]. After any of them everything committed stands, and Step can
// be called again. When ctx ends, a commit that is under way is finished first.
func (a *Agent) Step(ctx context.Context) (StepResult, error) {
	res, err := a.step(ctx)
	a.stepped(&res)
	return res, err
}

func (a *Agent) step(ctx context.Context) (StepResult, error) {
	var res StepResult
	m, err := a.look(ctx)
	if err != nil {
		return res, err
	}
	a.takeOver(ctx, m)
	if len(m.snap.Journal) > 0 {
		ctx = a.inTurn(ctx, m)
		ended, err := a.resume(ctx, m, &res)
		if err != nil || ended {
			return res, err
		}
		if m, err = a.look(ctx); err != nil {
			return res, err
		}
	}
	if err := a.consent(ctx, m); err != nil {
		return res, err
	}
	if !m.host.Open {
		a.renewTools()
		ready, err := a.begin(ctx, m, &res)
		if err != nil || !ready {
			a.idle = m.snap.State
			return res, err
		}
		a.turning(m)
		ctx = a.inTurn(ctx, m)
		if err := a.remember(ctx, m, &res); err != nil {
			return res, err
		}
	}
	ctx = a.inTurn(ctx, m)
	if err := a.check(ctx, m); err != nil {
		return res, err
	}
	err = a.call(ctx, m, &res)
	if errors.Is(err, compose.ErrNothingToSend) { // what was new says nothing to the model: it is over, expired or above
		if m.host.Open {
			return res, a.stop(ctx, m, &LimitError{Address: a.o.Address, Limit: limitEmpty})
		}
		err = a.awoke(ctx, m)
		a.idle, res.Idle = m.snap.State, err == nil
	}
	return res, err
}

// look reads the mailbox.
func (a *Agent) look(ctx context.Context) (*moment, error) {
	snap, err := a.mail.Snapshot(ctx, a.o.Address)
	if err != nil {
		return nil, err
	}
	m := &moment{snap: snap, now: a.o.Now(), seen: snap.Agent.Seen}
	if m.state, err = a.last.decode(snap.Agent.State); err != nil {
		return nil, err
	}
	m.took = m.state
	for i := range snap.Changed {
		if d := &snap.Changed[i]; d.Flags.Has(quire.FlagForgotten) { // from here on what is left of it stands there
			a.bodies.drop(d.UID)
			m.state.Withhold(d.UID, true)
		}
	}
	m.host, err = decodeHost(m.state.Host)
	a.pick(m)
	return m, err
}

// check ends a turn that has used up a limit.
func (a *Agent) check(ctx context.Context, m *moment) error {
	l := a.o.Limits
	switch {
	case m.host.Steps >= l.Steps:
		return a.stop(ctx, m, &LimitError{Address: a.o.Address, Limit: limitSteps, Max: l.Steps, Refused: m.host.Refused})
	case m.host.CutOff >= l.Repeats:
		return a.stop(ctx, m, &LimitError{Address: a.o.Address, Limit: limitCutOff, Max: l.Repeats})
	case m.host.Same >= l.Repeats:
		return a.stop(ctx, m, &LimitError{Address: a.o.Address, Limit: limitRepeats, Max: l.Repeats, Refused: m.host.Refused})
	}
	return nil
}

// call plans, asks the model, commits its reply and runs its tools.
func (a *Agent) call(ctx context.Context, m *moment, res *StepResult) error {
	in, told, err := a.input(ctx, m)
	if err != nil {
		return err
	}
	plan, reply, err := a.generate(ctx, m, in, res)
	if err != nil {
		return a.failed(ctx, m, plan, err)
	}
	res.Plan, res.Call, res.Usage, res.Model = plan, plan.Call, reply.Usage, a.model().Profile.Name
	parts, rest := whole(reply)
	parts = normalize(parts)
	res.Text = textOf(parts)
	step, err := a.commitReply(ctx, m, plan, reply, parts, rest, told, res)
	a.committed(&step, res, err)
	if err != nil {
		return err
	}
	var results []quire.ToolResult
	a.quotes, a.rewrote = nil, nil
	if len(step.entries) > 0 {
		if results, err = a.finish(ctx, m, step, res); err != nil {
			return err
		}
	}
	if err := a.rewrite(ctx, m, plan, step.id); err != nil {
		return err
	}
	if a.o.OnStep != nil {
		a.o.OnStep(StepInfo{Address: a.o.Address, Turn: step.turn, Step: step.number, Plan: plan, Planned: a.planned,
			Reply: reply, Results: results, Quotes: a.quotes, Rewrote: a.rewrote, Ended: res.Ended,
			Model: res.Model, Cost: res.Cost, Counted: a.counted, CountErr: a.countErr, Switched: a.switched})
	}
	if step.empty {
		return a.stopEmpty(ctx)
	}
	return nil
}

// input gathers what the plan depends on. told is what the notice names for the
// first time.
func (a *Agent) input(ctx context.Context, m *moment) (compose.Input, []quire.UID, error) {
	arrived, offered := m.split()
	needs := append(m.state.Needs(), shownBy(arrived)...)
	if err := a.bodies.load(ctx, a.mail, a.o.Address, needs, slices.Concat(arrived, offered)); err != nil {
		return compose.Input{}, nil, err
	}
	notice, told, err := a.notice(ctx, m)
	if err != nil {
		return compose.Input{}, nil, err
	}
	return compose.Input{
		State: m.state, Now: m.now, Arrived: arrived, Offered: offered, Changed: m.snap.Changed, Body: a.bodies.get,
		Model: a.model().Profile, System: a.system, Tools: a.shown, Head: a.o.Head, Notice: notice,
		Budget: a.allowed(m), Next: m.host.wakeAt(), Scratch: a.memo, CacheKey: a.cacheKey(),
	}, told, nil
}

// cacheKey keeps the calls of an agent together at its provider, where the model takes a
// key; it does not say the address.
func (a *Agent) cacheKey() string {
	if a.model().Profile.Dialect.CacheKey == "" {
		return ""
	}
	return quire.DigestOf([]byte("agent " + string(a.o.Address))).String()[:32]
}

// allowed is the budget, or less when the model took less before.
func (a *Agent) allowed(m *moment) int {
	if h := &m.host; h.Tight > 0 && h.TightFor == a.model().Profile.Name && m.now.Before(h.TightTo) {
		return min(a.budget(), m.host.Tight)
	}
	return a.budget()
}

// commit writes a change that was made on m, and moves m past it. A commit is
// not abandoned when ctx ends: it is short, and what it holds was paid for.
func (a *Agent) commit(ctx context.Context, m *moment, c mailbox.Commit) (mailbox.Committed, error) {
	var err error
	if m.state.Host, err = m.host.encode(); err != nil {
		return mailbox.Committed{}, err
	}
	s, err := stored(&m.state, m.seen)
	if err != nil {
		return mailbox.Committed{}, err
	}
	c.Address, c.Rev, c.Agent, c.Now, c.Fence = a.o.Address, m.snap.Rev, s, m.now, a.fence
	done, err := a.store(ctx, c)
	if err != nil {
		return done, err
	}
	a.last = decoded{s.State, m.state}
	m.snap.Rev, m.snap.State, m.snap.Agent = done.Rev, done.State, *s
	m.page, m.noneShown = nil, false
	return done, nil
}

// stored is a state as a store keeps it.
func stored(st *compose.State, seen quire.State) (*driver.AgentState, error) {
	b, err := st.MarshalBinary()
	return &driver.AgentState{State: b, Through: st.Through(), Seen: seen, Holds: st.Needs()}, err
}
