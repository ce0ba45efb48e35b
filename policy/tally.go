package policy

import (
	"sort"

	"github.com/quire-dev/quire"
)

// Tally says how many tokens leave as victims are added one by one, under the
// rule for groups. The units of one entry are a group: an assistant message or
// one from somebody else, then its results.
//
//   - A result that leaves by itself becomes a stub: it frees Tokens - Stub, or
//     nothing when it is one already, when it can't be one (Stub is 0), or when
//     the stub is no shorter.
//   - Any other unit that leaves by itself frees nothing: its group holds it.
//   - When all units of a group leave, the group does, with every token.
//   - A victim with Keep stays in a form of that many tokens, so its group stays
//     too. Only what shortens the unit counts. A group's assistant message can't
//     be shortened.
//   - A Fixed unit never leaves, and so never its group.
//
// Nothing else counts as leaving than what was added, whatever a unit's mark: a
// schedule that lets the dead go has to add them. What a tombstone takes is the
// composer's account.
//
// A Tally is for one goroutine. It keeps the view and does not change it.
type Tally struct {
	view   *View
	units  []tallied
	freed  int
	groups []tallyGroup
}

type tallied struct {
	group   int32
	added   bool
	removed bool // by itself
}

type tallyGroup struct {
	entry  int
	left   int // units that were not added, or with Keep
	tokens int // of all its units
	freed  int // by its units, one by one
}

// NewTally returns a tally of v with nothing leaving.
func NewTally(v *View) *Tally {
	t := &Tally{view: v, units: make([]tallied, len(v.Units))}
	n := 0
	for i := range v.Units {
		if i == 0 || v.Units[i].Entry != v.Units[i-1].Entry {
			n++
		}
	}
	t.groups = make([]tallyGroup, 0, n)
	for i := range v.Units {
		u := &v.Units[i]
		if i == 0 || u.Entry != v.Units[i-1].Entry {
			t.groups = append(t.groups, tallyGroup{entry: u.Entry})
		}
		t.units[i].group = int32(len(t.groups) - 1)
		g := &t.groups[len(t.groups)-1]
		g.left++
		g.tokens += u.Tokens
	}
	return t
}

// Add lets a victim leave and returns how many tokens that frees, those of its
// group included if it was the last one in it. What is Fixed, out of range or was
// added before changes nothing. It takes constant time.
func (t *Tally) Add(v Victim) (freed int) {
	if v.Unit < 0 || v.Unit >= len(t.units) || t.view.Units[v.Unit].Fixed {
		return 0
	}
	unit, s := &t.view.Units[v.Unit], &t.units[v.Unit]
	if s.added {
		return 0
	}
	s.added = true
	g := &t.groups[s.group]
	if v.Keep <= 0 {
		g.left--
	}
	if g.left == 0 {
		freed = g.tokens - g.freed
	} else {
		freed = unit.aloneFrees(v.Keep)
		s.removed = freed > 0
	}
	g.freed += freed
	t.freed += freed
	return freed
}

// aloneFrees is what leaving by itself frees: with keep, in a shorter form.
func (u *Unit) aloneFrees(keep int) int {
	switch {
	case keep > 0 && u.Role != quire.RoleAssistant && !u.Stubbed:
		return max(0, u.Tokens-keep)
	case keep <= 0 && u.stubs():
		return u.Tokens - u.Stub
	}
	return 0
}

// stubs says whether the unit can leave by itself, as a stub.
func (u *Unit) stubs() bool {
	return u.Role == quire.RoleTool && !u.Stubbed && u.Stub > 0 && u.Stub < u.Tokens
}

// AddDead adds all that is marked, from unit from on.
func (t *Tally) AddDead(from int) (freed int) {
	for i := max(0, from); i < len(t.units); i++ {
		if t.view.Units[i].Mark != MarkNone {
			freed += t.Add(Victim{Unit: i, Dead: true})
		}
	}
	return freed
}

// Freed returns the tokens that leave with all that was added.
func (t *Tally) Freed() int { return t.freed }

// Removed says whether anything of the unit leaves: with its group, as a stub or
// in a shorter form. What was added but has to stay, like an assistant message
// whose results stay, is not removed.
func (t *Tally) Removed(unit int) bool {
	if unit < 0 || unit >= len(t.units) {
		return false
	}
	s := &t.units[unit]
	return s.removed || t.groups[s.group].left == 0
}

// Leaves says whether the entry leaves whole.
func (t *Tally) Leaves(entry int) bool {
	i := sort.Search(len(t.groups), func(i int) bool { return t.groups[i].entry >= entry })
	return i < len(t.groups) && t.groups[i].entry == entry && t.groups[i].left == 0
}
