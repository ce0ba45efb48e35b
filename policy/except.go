package policy

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// KeepLast is a policy that does not let go of the newest groups with tools, as
// long as the budget allows. It says nothing about other messages.
type KeepLast struct {
	Groups int    // how many groups of calls with their results are kept; 0 or less is none
	Of     Policy // what orders the rest; nil: Default
}

// name returns "keep last 3 groups of", with the other policy's name.
func (k KeepLast) name() string {
	return "keep last " + strconv.Itoa(max(k.Groups, 0)) + " groups of " + Name(or(k.Of))
}

// Victims yields those of the other policy that are not in the newest groups. What
// was dropped or marked otherwise goes all the same.
func (k KeepLast) Victims(v *View) iter.Seq[Victim] {
	kept := make([]bool, len(v.Units))
	at := groups(v)
	for n, left := len(at)-2, k.Groups; n >= 0 && left > 0; n-- {
		if group := v.Units[at[n]:at[n+1]]; len(group) > 1 {
			left--
			for i := at[n]; i < at[n+1]; i++ {
				kept[i] = true
			}
		}
	}
	return except(v, k.Of, kept)
}

// NeverClear is a policy that does not let go of what some tools returned, nor of
// the calls that asked for it, as long as the budget allows.
type NeverClear struct {
	Tools []string // names of tools
	Of    Policy   // what orders the rest; nil: Default
}

// name returns "never clear read, bash of", with the other policy's name.
func (n NeverClear) name() string {
	return "never clear " + strings.Join(n.Tools, ", ") + " of " + Name(or(n.Of))
}

// Victims yields those of the other policy that are not of these tools. What was
// dropped or marked otherwise goes all the same.
func (n NeverClear) Victims(v *View) iter.Seq[Victim] {
	kept := make([]bool, len(v.Units))
	at := groups(v)
	for k := range len(at) - 1 {
		for i := at[k]; i < at[k+1]; i++ {
			if u := &v.Units[i]; u.Role == quire.RoleTool && slices.Contains(n.Tools, u.Tool) {
				kept[i], kept[at[k]] = true, true
			}
		}
	}
	return except(v, n.Of, kept)
}

// ExcerptFirst is a policy that shortens what tools returned before it goes: a
// result becomes an excerpt, its beginning and end, and the next time a stub.
type ExcerptFirst struct {
	Tokens int      // of an excerpt, at most; 0 or less is 100
	Tools  []string // whose results are shortened; nil: those of all tools
	Of     Policy   // whose victims they are; nil: Default
}

// name returns "excerpts of 100 tokens of", with the other policy's name.
func (e ExcerptFirst) name() string {
	name := "excerpts of " + strconv.Itoa(e.tokens()) + " tokens"
	if e.Tools != nil {
		name += " for " + strings.Join(e.Tools, ", ")
	}
	return name + " of " + Name(or(e.Of))
}

func (e ExcerptFirst) tokens() int {
	if e.Tokens <= 0 {
		return 100
	}
	return e.Tokens
}

// Victims yields those of the other policy; a result that lives, is longer than an
// excerpt and is none yet, is to stay as one.
func (e ExcerptFirst) Victims(v *View) iter.Seq[Victim] {
	return func(yield func(Victim) bool) {
		for victim := range or(e.Of).Victims(v) {
			if i := victim.Unit; i >= 0 && i < len(v.Units) && !victim.Dead && victim.Keep == 0 && e.shortens(&v.Units[i]) {
				victim.Keep = e.tokens()
			}
			if !yield(victim) {
				return
			}
		}
	}
}

func (e ExcerptFirst) shortens(u *Unit) bool {
	return u.stubs() && !u.Short && u.Tokens > e.tokens() && (e.Tools == nil || slices.Contains(e.Tools, u.Tool))
}

// or returns the policy, or the one that stands in for none.
func or(p Policy) Policy {
	if p == nil {
		return Default{}
	}
	return p
}

// except yields what a policy yields but for the units that are kept. What bears a
// mark is not kept by anything.
func except(v *View, of Policy, kept []bool) iter.Seq[Victim] {
	return func(yield func(Victim) bool) {
		for victim := range or(of).Victims(v) {
			if i := victim.Unit; i >= 0 && i < len(kept) && kept[i] && v.Units[i].Mark == MarkNone {
				continue
			}
			if !yield(victim) {
				return
			}
		}
	}
}
