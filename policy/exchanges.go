package policy

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
)

// candidate is what stage 1 and 2 sort: a result, or an exchange whole.
type candidate struct {
	idle     int // calls since it was last used, less for what was refaulted
	tokens   int
	unit     int // its first unit
	exchange int // -1: the unit alone
}

func sortCandidates(c []candidate) {
	slices.SortFunc(c, func(a, b candidate) int {
		if x, y := a.weight(), b.weight(); x != y {
			return cmp.Compare(y, x)
		}
		return a.unit - b.unit
	})
}

// weight is the square of the idle calls times the tokens: of two that were used
// equally long ago the larger one goes first, but four times the size only makes
// up for twice the idleness. On 42 recorded runs of a coding agent the root of
// the size kept most of what the agent named later, of powers between 0 and 1.
func (c *candidate) weight() uint64 {
	const most = 1 << 20
	idle := uint64(min(c.idle, most)) + 1
	return idle * idle * uint64(min(max(c.tokens, 0), most))
}

// exchange is all of the log that belongs to one turn that has ended.
type exchange struct {
	idle    int // since the last use of anything in it
	first   int // its first group; sorting.next has the others
	last    int
	whole   bool // has what can become a stub or an excerpt
	stubbed bool // has what is one
	tokens  int
}

// ended yields stages 1 and 2.
func (s *sorting) ended() bool {
	exchanges := s.exchanges()
	first, second := make([]candidate, 0, len(s.v.Units)), make([]candidate, 0, len(exchanges))
	for x := range exchanges {
		e := &exchanges[x]
		whole := candidate{e.idle, e.tokens, s.at[e.first], x}
		if e.stubbed && !e.whole {
			first = append(first, whole)
		} else {
			second = append(second, whole)
		}
		if !e.whole {
			continue
		}
		for k := e.first; k >= 0; k = s.next[k] {
			for i := s.at[k]; i < s.at[k+1]; i++ {
				if s.stub[i] {
					first = append(first, candidate{idle(&s.v.Units[i]), s.v.Units[i].Tokens, i, -1})
				}
			}
		}
	}
	sortCandidates(first)
	sortCandidates(second)
	return s.leave(first, exchanges) && s.leave(second, exchanges)
}

// leave yields candidates in order.
func (s *sorting) leave(order []candidate, exchanges []exchange) bool {
	reason, of := "", -1
	for _, c := range order {
		calls := c.idle
		if c.exchange < 0 {
			calls = s.v.Units[c.unit].Idle
		}
		if calls != of {
			reason, of = endedReason(calls), calls
		}
		if c.exchange < 0 {
			if !s.smaller(c.unit, reason) {
				return false
			}
			continue
		}
		for k := exchanges[c.exchange].first; k >= 0; k = s.next[k] {
			for i := s.at[k]; i < s.at[k+1]; i++ {
				if !s.live(i, reason) {
					return false
				}
			}
		}
	}
	return true
}

func endedReason(calls int) string {
	if calls == 1 {
		return "exchange ended, last used 1 call ago"
	}
	return "exchange ended, last used " + strconv.Itoa(calls) + " calls ago"
}

// idle is the calls since the last use, divided by how often the unit had to be
// brought back, plus one.
func idle(u *Unit) int { return u.Idle / (1 + max(0, u.Refaults)) }

// exchanges collects the groups of turns that have ended, in layout order of
// their first groups. A group of no known turn is an exchange of its own.
func (s *sorting) exchanges() []exchange {
	out := make([]exchange, 0, len(s.at)/2)
	byTurn := map[uint64]int{}
	var x int     // the exchange of the group before
	var of uint64 // and its turn
	s.next = make([]int, len(s.at)-1)
	for k := range s.next {
		s.next[k] = -1
		group := s.group(k)
		turn := group[0].Turn
		if turn == s.v.Turn {
			continue
		}
		known := len(out) > 0 && turn == of && turn != 0 // mostly an exchange's groups stand together
		if !known && turn != 0 {
			x, known = byTurn[turn]
		}
		if of = turn; known {
			s.next[out[x].last] = k
		} else {
			x = len(out)
			byTurn[turn] = x
			out = append(out, exchange{idle: idle(&group[0]), first: k})
		}
		e := &out[x]
		e.last = k
		for i := range group {
			u := &group[i]
			e.idle = min(e.idle, idle(u))
			e.tokens += u.Tokens
			e.whole = e.whole || s.stub[s.at[k]+i]
			e.stubbed = e.stubbed || u.Stubbed || u.Short && u.Role == quire.RoleUser
		}
	}
	return out
}
