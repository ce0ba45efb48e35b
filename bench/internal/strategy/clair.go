package strategy

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/policy"
)

// clairs lists strategies that know the future. Those under schedules which do not say
// how far a better order of victims alone could get; those of the default (clair-value,
// with what a miss costs) how far one gets that decides set, moment and depth together.
// None of them can be had, and none is a bound: they look at one cut at a time.
func clairs() []Strategy {
	clair := func(name string, schedule policy.Schedule, dead bool) Strategy {
		return Strategy{Name: name, Set: Clair, Composed: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) {
			return composedBy(ctx, c, newClairvoyant(c.Life, dead), schedule, nil)
		}}
	}
	value := func(miss float64) Strategy {
		return Strategy{Name: fmt.Sprintf("clair-value-%g", miss), Set: Clair, Composed: true, Run: func(ctx context.Context, c *Case) (*Outcome, error) {
			f := foreseeing{policy.Value{Miss: miss, Rates: certain()}, newClairvoyant(c.Life, false)}
			return composedBy(ctx, c, f, f, nil)
		}}
	}
	return []Strategy{
		value(1),
		value(2),
		value(4),
		clair("clair-rent", policy.RentOrBuy{}, false),
		clair("clair-rent-dead", policy.RentOrBuy{}, true),
		clair("clair-70-20", policy.Watermark{High: 0.7, Low: 0.2}, false),
		clair("clair-70-20-dead", policy.Watermark{High: 0.7, Low: 0.2}, true),
	}
}

// clairvoyant lets go first what the answers to come use last: by the calls until
// the next use times the tokens.
type clairvoyant struct {
	uses [][]int // by item: the calls whose answers use it
	// until are by item the call up to which it is needed all the time: what a person
	// said, until a person says the next thing. 0 for the rest.
	until []int
	// dead: what is never used again is dead, and goes when the schedule lets the dead go.
	dead bool
}

func newClairvoyant(l *trace.Life, dead bool) *clairvoyant {
	c := &clairvoyant{uses: l.Uses(), until: make([]int, len(l.Items)), dead: dead}
	arrival := l.Arrival()
	next := len(l.Calls)
	for i := len(l.Items) - 1; i >= 0; i-- {
		if trace.Person(&l.Items[i]) {
			c.until[i] = next
			next = arrival[i]
		}
	}
	return c
}

// Name returns "clairvoyant".
func (*clairvoyant) Name() string { return "clairvoyant" }

// never is the next use of what has none.
const never = math.MaxInt

// next is the first call from this one on that uses an item.
func (c *clairvoyant) next(item, call int) int {
	if c.until[item] > call {
		return call
	}
	k, _ := slices.BinarySearch(c.uses[item], call)
	if k < len(c.uses[item]) {
		return c.uses[item][k]
	}
	return never
}

// Victims yields what is never used again as dead, if that is wanted, then the rest.
// A group leaves when all of its units have had their turn.
func (c *clairvoyant) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		far := make([]float64, len(v.Units))
		var rest []int
		for i := range v.Units {
			var needed bool
			far[i], needed = c.far(&v.Units[i], int(v.Call)-1)
			if needed || !c.dead || v.Units[i].Stubbed {
				rest = append(rest, i)
			} else if !yield(policy.Victim{Unit: i, Dead: true, Reason: "never used again"}) {
				return
			}
		}
		if v.OnlyDead {
			return // the rest is not asked for: no need to order it
		}
		slices.SortStableFunc(rest, func(a, b int) int {
			switch {
			case far[a] > far[b]:
				return -1
			case far[a] < far[b]:
				return 1
			}
			return 0
		})
		for _, i := range rest {
			if !yield(policy.Victim{Unit: i, Reason: "next used last"}) {
				return
			}
		}
	})
}

// farAway is how many calls away something is that is never used again: farther
// than any life is long.
const farAway = 1e9

// far is how much a unit offers itself, in calls until its next use times tokens, and
// whether anything to come needs it.
func (c *clairvoyant) far(u *policy.Unit, call int) (score float64, needed bool) {
	when := c.next(int(u.UID-1), call)
	if when == never {
		return farAway * float64(u.Tokens), false
	}
	return float64(when-call) * float64(u.Tokens), true
}
