package trace

import (
	"math"
	"slices"

	"github.com/quire-dev/quire"
)

// Sizes are the tokens that the items of a life take in a prompt under one
// budget, framing included.
type Sizes struct {
	Base   int   // system and tools
	Tokens []int // by item, as it enters; 0: it never enters
	Stub   []int // by item, as a stub; 0: it can't be one
	Whole  []int // by item, without a budget
	// Excerpts are by item what those show that enter as an excerpt, with the rest of
	// their group.
	Excerpts map[int]string
}

// liveShare is the most of the budget that what an agent still needs may take:
// an agent that keeps more than that wanted has no room to work.
const liveShare = 0.7

// Deaths says for each item from which call on it is not needed any more;
// len(Calls) is never. Items of traces that say so die then. Others die after
// their last use: an answer uses, for each identifier in it, the newest message
// that holds it, and the newest answer that does. What a person wrote is needed
// until the next thing that a person writes. A group dies as one, but for the
// bodies of its results. When what is needed would take more than seven tenths of
// the budget, the groups whose next use is the furthest die early.
func Deaths(l *Life, s *Sizes, budget int) []int {
	if l.Given != nil {
		out := slices.Clone(l.Given)
		for i := range out {
			out[i] = min(out[i], len(l.Calls))
		}
		return out
	}
	arrival := l.Arrival()
	uses := l.Uses()
	dead := make([]int, len(l.Items))
	next := len(l.Calls)
	for i := len(l.Items) - 1; i >= 0; i-- {
		dead[i] = arrival[i] + 1
		if n := len(uses[i]); n > 0 {
			dead[i] = max(dead[i], uses[i][n-1]+1)
		}
		if Person(&l.Items[i]) {
			dead[i] = max(dead[i], next)
			next = arrival[i]
		}
		dead[i] = min(dead[i], len(l.Calls))
	}
	groups := l.Groups()
	for _, g := range groups {
		dead[g.From] = slices.Max(dead[g.From:g.To])
	}
	c := capping{l: l, s: s, arrival: arrival, uses: uses, dead: dead, groups: groups}
	c.run(int(liveShare * float64(budget)))
	return dead
}

// Uses lists for each item the calls whose answers use it, in order.
func (l *Life) Uses() [][]int {
	out := make([][]int, len(l.Items))
	use := func(item int32, call int) {
		if u := out[item]; len(u) == 0 || u[len(u)-1] != call {
			out[item] = append(u, call)
		}
	}
	for t := range l.Calls {
		for _, n := range l.Calls[t].Named {
			turn, other := false, false
			for k := len(n.In) - 1; k >= 0 && !(turn && other); k-- {
				own := l.Items[n.In[k]].Kind == quire.KindTurn
				if own && !turn || !own && !other {
					use(n.In[k], t)
				}
				turn, other = turn || own, other || !own
			}
		}
	}
	return out
}

// Group is a run of items that enter the context as one entry: a message, or an
// answer with the results of its calls.
type Group struct{ From, To int }

// Groups lists the groups in order.
func (l *Life) Groups() []Group {
	var out []Group
	for i := range l.Items {
		if n := len(out); l.Items[i].Kind == quire.KindResult && n > 0 && l.Items[out[n-1].From].Kind == quire.KindTurn {
			out[n-1].To = i + 1
			continue
		}
		out = append(out, Group{i, i + 1})
	}
	return out
}

// capping lets groups die early so that what is needed fits.
type capping struct {
	l       *Life
	s       *Sizes
	arrival []int
	uses    [][]int
	dead    []int
	groups  []Group
}

func (c *capping) run(most int) {
	next := 0
	var live []int // groups
	for t := range c.l.Calls {
		for next < len(c.groups) && c.arrival[c.groups[next].From] <= t {
			live = append(live, next)
			next++
		}
		live = slices.DeleteFunc(live, func(g int) bool { return c.dead[c.groups[g].From] <= t })
		total := c.s.Base
		for _, g := range live {
			total += c.tokens(g, t)
		}
		for total > most {
			worst, at := -1, -1
			for _, g := range live {
				from := c.groups[g].From
				if c.arrival[c.groups[g].To-1] >= t || c.dead[from] <= t {
					continue
				}
				if when := c.nextUse(g, t); when > at {
					worst, at = g, when
				}
			}
			if worst < 0 {
				break
			}
			total -= c.tokens(worst, t)
			for i := c.groups[worst].From; i < c.groups[worst].To; i++ {
				c.dead[i] = min(c.dead[i], t)
			}
		}
	}
}

// tokens is what a group needs in a call.
func (c *capping) tokens(g, t int) int {
	n := 0
	for i := c.groups[g].From; i < c.groups[g].To; i++ {
		if c.dead[i] > t {
			n += c.s.Tokens[i]
		} else {
			n += c.s.Stub[i]
		}
	}
	return n
}

// nextUse is the first call from t on that uses a group. What a person wrote is
// used all the time while it is needed.
func (c *capping) nextUse(g, t int) int {
	first := math.MaxInt
	for i := c.groups[g].From; i < c.groups[g].To; i++ {
		if Person(&c.l.Items[i]) {
			return t
		}
		k, _ := slices.BinarySearch(c.uses[i], t)
		if k < len(c.uses[i]) {
			first = min(first, c.uses[i][k])
		}
	}
	return first
}
