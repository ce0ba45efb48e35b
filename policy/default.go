package policy

import (
	"iter"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// Default is the policy for work with tools. It needs no help from the model,
// which may never drop anything.
//
// Dead, besides what is marked, are
//   - bookkeeping of exchanges that have ended: groups that only called tools which
//     manage mail and context. A group whose results show content, or that says
//     something, is none.
//   - a result, when the same call with the same arguments was made again later. One
//     that shows messages is dead only when the later one shows them: it may have said no
//     more than that they stand.
//
// Of what lives, in this order:
//
//  1. What belongs to exchanges that have ended, by last use and size: results
//     become stubs, and large messages that somebody sent become excerpts of an
//     eighth; an exchange of which all that is so already leaves whole. A result
//     that was evicted and pulled again counts as used more recently, the more
//     often that was.
//  2. The other ended exchanges, whole, in the same order.
//  3. The exchange that is going on: groups whose results have all become stubs
//     before, then results that the model has used since, then the others and large
//     messages as in 1, then what remains, each from the oldest on.
//
// Large is what takes more than a hundredth of the log's budget, and more than twice
// what an excerpt takes that says something. What the model itself said is never
// shortened.
//
// That a group which was stubbed in an earlier cut goes before the results of
// newer ones keeps a long exchange from filling with stubs while each cut takes
// the results that the model has just seen.
type Default struct {
	// Bookkeeping names the tools that only manage mail and context. nil is
	// mail_find, context_drop, context_pin and context_pull; empty is none.
	Bookkeeping []string
}

// Reasons of Default that are not marks.
const (
	reasonBookkeeping = "bookkeeping"
	reasonOlderResult = "older result of the same call"
	reasonOldest      = "oldest"
)

var bookkeeping = [...]string{"mail_find", "context_drop", "context_pin", "context_pull"}

// name returns "default", with the tools if they are not the usual ones.
func (d Default) name() string {
	if d.Bookkeeping == nil {
		return "default"
	}
	return "default(bookkeeping: " + strings.Join(d.Bookkeeping, ", ") + ")"
}

// Victims yields the dead, then the order above; equal ones in layout order.
func (d Default) Victims(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		if len(v.Units) == 0 {
			return
		}
		s := newSorting(v, yield)
		_ = d.bookkeeping(s) && s.olderResults() && !v.OnlyDead && s.ended() && s.current()
	})
}

// sorting is one run of Default over a view.
type sorting struct {
	v     *View
	at    []int  // see groups
	next  []int  // by group: the next one of the same exchange, -1 after the last
	open  []bool // by unit: it may leave, lives and was not yielded
	stub  []bool // by unit: it may leave, lives and can become a stub or an excerpt
	yield func(Victim) bool
}

func newSorting(v *View, yield func(Victim) bool) *sorting {
	n := len(v.Units)
	flags := make([]bool, 2*n)
	s := &sorting{v: v, at: groups(v), open: flags[:n], stub: flags[n:], yield: yield}
	for i := range v.Units {
		u := &v.Units[i]
		s.open[i] = u.live()
		s.stub[i] = s.open[i] && (u.stubs() || u.shortens(v.Budget))
	}
	return s
}

func (s *sorting) group(k int) []Unit { return s.v.Units[s.at[k]:s.at[k+1]] }

// kill yields unit i as dead, live as a victim that is still wanted; both pass
// over what may not leave, is marked, or was yielded before.
func (s *sorting) kill(i int, reason string) bool {
	return s.once(Victim{Unit: i, Dead: true, Reason: reason})
}

func (s *sorting) live(i int, reason string) bool {
	return s.once(Victim{Unit: i, Reason: reason})
}

// smaller yields a unit as a victim that leaves in part: a result becomes a stub,
// what somebody sent an excerpt.
func (s *sorting) smaller(i int, reason string) bool {
	u := &s.v.Units[i]
	if u.Role != quire.RoleUser {
		return s.live(i, reason)
	}
	return s.once(Victim{Unit: i, Keep: max(leastExcerpt, u.Tokens/excerptShare), Reason: reason})
}

const (
	excerptShare = 8   // an excerpt keeps an eighth
	leastExcerpt = 100 // or so many tokens: a handle, two fence lines, a gap and a sentence
	largeShare   = 100 // what takes more than a hundredth of the budget is large
)

// shortens says whether the unit is large and can become an excerpt.
func (u *Unit) shortens(budget int) bool {
	return u.Role == quire.RoleUser && u.Kind != quire.KindNote && !u.Short && u.Tokens > max(budget/largeShare, 2*leastExcerpt)
}

func (s *sorting) once(victim Victim) bool {
	if !s.open[victim.Unit] {
		return true
	}
	s.open[victim.Unit] = false
	return s.yield(victim)
}

func (d Default) bookkeeping(s *sorting) bool {
	tools := d.Bookkeeping
	if tools == nil {
		tools = bookkeeping[:]
	}
	for k := range len(s.at) - 1 {
		if group := s.group(k); group[0].Turn == s.v.Turn || !onlyCalls(group, tools) {
			continue
		}
		for i := s.at[k]; i < s.at[k+1]; i++ {
			if !s.kill(i, reasonBookkeeping) {
				return false
			}
		}
	}
	return true
}

// onlyCalls says whether a group only called the tools, without content in what
// they returned or in what the model said beside it.
func onlyCalls(group []Unit, tools []string) bool {
	if group[0].Role != quire.RoleAssistant || group[0].Says || len(group) == 1 {
		return false
	}
	for i := range group[1:] {
		u := &group[1+i]
		if len(u.Shows) > 0 || !slices.Contains(tools, u.Tool) {
			return false
		}
	}
	return true
}

// olderResults kills results whose call was made again.
func (s *sorting) olderResults() bool {
	var seen map[string]bool // by key: whether the newest shows messages
	var older []int
	for i := len(s.v.Units) - 1; i >= 0; i-- {
		u := &s.v.Units[i]
		if u.Role != quire.RoleTool || u.Key == "" {
			continue
		}
		if seen == nil {
			seen = make(map[string]bool, i/2+1)
		}
		newest, again := seen[u.Key]
		switch shows := len(u.Shows) > 0; {
		case !again || shows && !newest:
			seen[u.Key] = newest || shows && !u.Stubbed
		case !u.Stubbed:
			older = append(older, i)
		}
	}
	for _, i := range slices.Backward(older) {
		if !s.kill(i, reasonOlderResult) {
			return false
		}
	}
	return true
}

// current yields stage 3.
func (s *sorting) current() bool {
	for k := range len(s.at) - 1 {
		if !s.spent(k) {
			continue
		}
		for i := s.at[k]; i < s.at[k+1]; i++ {
			if !s.live(i, reasonOldest) {
				return false
			}
		}
	}
	for _, used := range []bool{true, false} {
		for i := range s.v.Units {
			if s.stub[i] && s.v.Units[i].written() == used && !s.smaller(i, reasonOldest) {
				return false
			}
		}
	}
	for i := range s.v.Units {
		if s.open[i] && !s.live(i, reasonOldest) {
			return false
		}
	}
	return true
}

// written says whether the unit is a result that the model has written about: what it
// wanted of it is likely in its own words by now.
func (u *Unit) written() bool { return u.Role == quire.RoleTool && u.Says }

// spent says whether all results of a group became stubs in an earlier cut.
func (s *sorting) spent(k int) bool {
	stubbed := false
	for i := s.at[k]; i < s.at[k+1]; i++ {
		if s.stub[i] {
			return false
		}
		stubbed = stubbed || s.v.Units[i].Stubbed
	}
	return stubbed
}
