package compose

import (
	"errors"
	"fmt"
	"iter"

	"github.com/quire-dev/quire"
)

// Replay composes calls again from their receipts: under the rules of that time,
// which gives the same plans, or under others, to see what these would have done.
//
// What a message makes of the context is in the message and the receipts. What
// was configured is not: Composer, Input and Aim say it. Of Input, Model, System,
// Tools, Head and Body are used, and Budget if it is not 0; the rest is the
// receipts'. Where Input has neither System nor Tools nor Head, what stood there then
// stands by its size. A notice is counted with what it took then, and not written
// anew. Calls that failed are composed too, since they may have left something in a
// cache; receipts that were stored before 2026-11-29 do not have them, and of more than
// 16 in a row the last are had. A call that was composed with a zero Input.Now can't be
// replayed.
type Replay struct {
	Composer *Composer // nil: New(nil)
	Input    Input
	// Aim changes what a call is composed with, by what it was configured with then: for
	// an agent with fallbacks, each model's own. It is called before each call, those that
	// failed too; the setup is the zero one as long as receipts do not say it. nil: Input
	// holds for all calls alike.
	Aim func(was Setup, in *Input)
	// Item returns a message of the mailbox; false when it is gone, which ends
	// the replay.
	Item func(quire.UID) (quire.Item, bool)
}

// Replayed is one call, as it was and as it would have been.
type Replayed struct {
	Was   Receipt
	Setup Setup // that it was configured with; zero: not known
	Plan  *Plan
	// Failed are the plans of Was.Failed, one for each; nil where it can't be
	// composed.
	Failed []*Plan
	// Forgotten are the messages that this call took in and that were forgotten since:
	// what is left of them stands in their place, so this plan, and those of later calls
	// in which they stand, are not what they were.
	Forgotten []quire.UID
}

// errReplay is what the errors of a [Replay] about its receipts wrap.
var errReplay = errors.New("compose: replay")

// Run composes call after call. The receipts must be all of an agent's, from its
// first call on, in order. A call that does not fit its budget yields the plan
// with its [*BudgetError], and the replay goes on; any other error ends it.
func (r Replay) Run(receipts iter.Seq2[Receipt, error]) iter.Seq2[Replayed, error] {
	return func(yield func(Replayed, error) bool) {
		run := replaying{Replay: r, memo: &Scratch{}, names: map[string]string{}}
		if run.Composer == nil {
			run.Composer = New(nil)
		}
		for was, err := range receipts {
			done := Replayed{Was: was}
			if err == nil {
				err = run.call(&done)
			}
			if !yield(done, err) || done.Plan == nil {
				return
			}
		}
	}
}

// replaying is a replay under way.
type replaying struct {
	Replay
	state     State
	setup     Setup             // of the calls now
	names     map[string]string // of models: as they were, and as they are aimed at
	memo      *Scratch
	forgotten []quire.UID // of the call now
}

// call composes one call again, and before it those that failed.
func (r *replaying) call(done *Replayed) error {
	was, t := &done.Was, &done.Was.taken
	switch {
	case t.Time.IsZero():
		return fmt.Errorf("%w: the receipt of call %d does not say what it took in", errReplay, was.Call)
	case was.Call != r.state.call+1:
		return fmt.Errorf("%w: the receipt of call %d follows that of call %d: give all of them, from call 1 on", errReplay, was.Call, r.state.call)
	}
	r.forgotten = nil
	defer func() { done.Forgotten = r.forgotten }()
	edits, learned := 0, 0
	for i := range t.Failed {
		f := &t.Failed[i]
		r.know(&f.Setup)
		r.edit(t, &edits, f.Edits, &learned, f.Learned)
		plan, err := r.plan(f.taken(), f.Setup, f.Budget)
		if errors.Is(err, errReplay) {
			return err
		}
		if done.Failed = append(done.Failed, plan); plan != nil {
			r.state = plan.Failed(f.Why, f.Tries)
		}
	}
	if was.Setup != nil {
		r.setup = *was.Setup
	}
	r.know(&r.setup)
	r.edit(t, &edits, len(t.Edits), &learned, len(t.Learned))
	done.Setup = r.setup
	var err error
	if done.Plan, err = r.plan(t, r.setup, was.Budget); done.Plan != nil {
		r.state = done.Plan.Next
	}
	return err
}

// taken is what a call that failed took in.
func (f *failure) taken() *intake {
	return &intake{Time: f.Time, Next: f.Next, Arrived: f.Arrived, Offered: f.Offered, Changed: f.Changed, Noticed: f.Noticed, Notice: f.Notice, ByEstimate: f.ByEstimate}
}

// know notes what a model is now.
func (r *replaying) know(s *Setup) {
	if r.names[s.Model] == "" {
		in := r.Input
		r.aim(*s, &in)
		r.names[s.Model] = in.Model.Name
	}
}

func (r *replaying) aim(s Setup, in *Input) {
	if r.Aim != nil {
		r.Aim(s, in)
	}
}

// edit does to the state what the agent did before a call, and what was learned.
func (r *replaying) edit(t *intake, edits *int, upTo int, learned *int, until int) {
	for ; *edits < min(upTo, len(t.Edits)); *edits++ {
		t.Edits[*edits].apply(&r.state)
	}
	for ; *learned < min(until, len(t.Learned)); *learned++ { // of the prompts of that time, whatever is composed now
		l := t.Learned[*learned]
		if name := r.names[l.Model]; name != "" {
			r.state = r.state.forModel(name)
		}
		r.state.absorb(l)
		r.state.learned = append(r.state.learned, l)
	}
}

// plan composes with what a call had.
func (r *replaying) plan(t *intake, s Setup, budget int) (*Plan, error) {
	in := r.Input
	in.State, in.Scratch, in.Now, in.ByEstimate, in.Next, in.again = r.state, r.memo, t.Time, t.ByEstimate, t.Next, t
	if in.Budget == 0 {
		in.Budget = budget
	}
	var err error
	if in.Arrived, err = r.items(t.Arrived); err != nil {
		return nil, err
	}
	if in.Offered, err = r.items(t.Offered); err != nil {
		return nil, err
	}
	for _, s := range t.Changed {
		in.Changed = append(in.Changed, quire.Delivery{UID: s.UID, Flags: s.Flags})
	}
	r.aim(s, &in)
	if s.Model != "" && in.System == "" && len(in.Tools)+len(in.Head) == 0 {
		in.stands = &s
	}
	return r.Composer.Plan(in)
}

func (r *replaying) items(list []seenItem) ([]quire.Item, error) {
	var out []quire.Item
	for _, s := range list {
		it, ok := quire.Item{}, false
		if r.Item != nil {
			it, ok = r.Item(s.UID)
		}
		if !ok {
			return nil, fmt.Errorf("%w: message %s is gone", errReplay, s.UID)
		}
		if it.Flags.Has(quire.FlagForgotten) {
			r.forgotten = append(r.forgotten, s.UID)
			it.Flags = s.Flags | quire.FlagForgotten
		} else {
			it.Flags = s.Flags
		}
		out = append(out, it)
	}
	return out, nil
}
