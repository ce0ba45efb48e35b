package strategy

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/quire-dev/quire/policy"
)

// values lists quire's default, as it ships and at other prices of a miss: in pulls,
// behind the name. With deaths given, what lives is worth more than anything, so that
// the schedule chooses only when the dead leave.
func values() []Strategy {
	value := func(name string, miss float64) Strategy {
		return Strategy{Name: name, Lossless: true, Composed: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) {
			if c.Setting.Deaths == Oracle {
				return composed(ctx, c, policy.Value{Miss: priceless}, nil)
			}
			v := policy.Value{Miss: miss}
			if c.Setting.Deaths == None {
				return composed(ctx, c, v, nil)
			}
			return composedBy(ctx, c, v, v, nil)
		}}
	}
	out := []Strategy{value("value", 0)}
	for _, miss := range []float64{0.25, 0.5, 1, 1.5, 3, 5} {
		s := value(fmt.Sprintf("value-%g", miss), miss)
		s.Set = Knob
		out = append(out, s)
	}
	return out
}

// priceless is what it costs to miss what is needed, in pulls, where nothing needed
// may leave.
const priceless = 1e9

// foreseeing is quire's default with the future for its rates: set, moment and depth
// are decided together by when each thing is really used next. It is not the optimum,
// since it looks at one cut at a time.
type foreseeing struct {
	policy.Value
	c *clairvoyant
}

// Name returns the name of the default, which knows.
func (f foreseeing) Name() string { return "foreseeing " + policy.Name(f.Value) }

// Victims yields what the default does.
func (f foreseeing) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return f.Value.Victims(f.foresee(v))
}

// Next chooses as the default does.
func (f foreseeing) Next(v *policy.View, victims []policy.Victim) policy.Cut {
	return f.Value.Next(f.foresee(v), victims)
}

// foresee has each unit wait for as long as it will: with a rate of one, what is used
// in n calls is reckoned to be used in the next H with a chance of H in n + H.
func (f foreseeing) foresee(v *policy.View) *policy.View {
	out := *v
	out.Units = slices.Clone(v.Units)
	for i := range out.Units {
		u := &out.Units[i]
		u.Names = u.Tokens // seen through and through
		if when := f.c.next(int(u.UID-1), int(v.Call)-1); when == never {
			u.Idle = 1 << 40
		} else {
			u.Idle = when - int(v.Call) + 1
		}
	}
	return &out
}

// certain is a rate of one for all.
func certain() policy.Rates {
	ones := policy.Rate{Uses: [4]float64{1, 1, 1, 1}, Latest: [7]float64{1, 1, 1, 1, 1, 1, 1}}
	return policy.Rates{Own: ones, Given: ones, Source: "the future"}
}
