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
// was configured is not: Composer and Input say it, for all calls alike. Of Input,
// Model, System, Tools, Head, Price and Body are used, and Budget if it is not 0;
// the rest is the receipts'. Calls that failed left no receipt, so what they may
// have left in the provider's cache is not known here. A notice is counted with
// what it took then, and not written anew. A call that was composed with a zero
// Input.Now can't be replayed.
type Replay struct {
	Composer *Composer // nil: New(nil)
	Input    Input
	// Item returns a message of the mailbox; false when it is gone, which ends
	// the replay.
	Item func(quire.UID) (quire.Item, bool)
}

// Replayed is one call, as it was and as it would have been.
type Replayed struct {
	Was  Receipt
	Plan *Plan
}

// ErrReplay is what the errors of a [Replay] about its receipts wrap.
var ErrReplay = errors.New("compose: replay")

// Run composes call after call. The receipts must be all of an agent's, from its
// first call on, in order. A call that does not fit its budget yields the plan
// with its [*BudgetError], and the replay goes on; any other error ends it.
func (r Replay) Run(receipts iter.Seq2[Receipt, error]) iter.Seq2[Replayed, error] {
	return func(yield func(Replayed, error) bool) {
		c := r.Composer
		if c == nil {
			c = New(nil)
		}
		var st State
		in := r.Input
		in.Memo = &Memo{}
		for was, err := range receipts {
			if err == nil {
				err = r.load(&in, &st, &was)
			}
			if err != nil {
				yield(Replayed{Was: was}, err)
				return
			}
			plan, err := c.Plan(in)
			if plan != nil {
				st = plan.Next
			}
			if !yield(Replayed{was, plan}, err) || plan == nil {
				return
			}
		}
	}
}

// load makes in what the call had, and edits st as the agent did before it.
func (r Replay) load(in *Input, st *State, was *Receipt) error {
	t := &was.Taken
	switch {
	case t.Time.IsZero():
		return fmt.Errorf("%w: the receipt of call %d does not say what it took in", ErrReplay, was.Call)
	case was.Call != st.Call+1:
		return fmt.Errorf("%w: the receipt of call %d follows that of call %d: give all of them, from call 1 on", ErrReplay, was.Call, st.Call)
	}
	for _, e := range t.Edits {
		e.apply(st)
	}
	for _, l := range t.Learned { // of the prompts of that time, whatever is composed now
		st.Calibration = st.Calibration.Observe(l.Mix, l.Tokens)
	}
	in.State, in.Now, in.ByEstimate, in.Next, in.again = *st, t.Time, t.ByEstimate, t.Next, t
	if r.Input.Budget == 0 {
		in.Budget = was.Budget
	}
	in.Arrived, in.Offered, in.Changed = nil, nil, nil
	var err error
	if in.Arrived, err = r.items(t.Arrived); err != nil {
		return err
	}
	if in.Offered, err = r.items(t.Offered); err != nil {
		return err
	}
	for _, s := range t.Changed {
		in.Changed = append(in.Changed, quire.Delivery{UID: s.UID, Flags: s.Flags})
	}
	return nil
}

func (r Replay) items(list []Seen) ([]quire.Item, error) {
	var out []quire.Item
	for _, s := range list {
		it, ok := quire.Item{}, false
		if r.Item != nil {
			it, ok = r.Item(s.UID)
		}
		if !ok {
			return nil, fmt.Errorf("%w: message %s is gone", ErrReplay, s.UID)
		}
		it.Flags = s.Flags
		out = append(out, it)
	}
	return out, nil
}
