package policy

import (
	"fmt"
	"iter"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// Unit is one span as policies see it: the smallest thing that can leave by
// itself. Times are counted in calls.
type Unit struct {
	UID      quire.UID
	Entry    int // index of its entry in the log: units of one entry are one group, side by side
	Kind     quire.Kind
	Role     quire.Role
	Class    Class
	From     quire.Address
	Tool     string
	Key      string      // of a result: digest of the call's name and arguments
	Shows    []quire.UID // what a pull result shows
	Says     bool        // of an assistant message: it has text beside its calls; of a result: the model wrote about it since
	Tokens   int         // as it stands
	Stub     int         // as a stub inside its pair; 0 when it can't be one
	Stubbed  bool        // it is a stub already
	Short    bool        // it is an excerpt already
	Mark     Mark
	Age      int    // calls since it entered
	Idle     int    // calls since the model last used it
	Uses     int    // how often the model used it since it entered
	Names    int    // identifiers that it holds: without any, nobody can see it used
	Latest   int    // of these, how many are in nothing newer that stands, of the model's own or of all else, as it is
	Turn     uint64 // the exchange it belongs to
	Thought  int    // tokens of its reasoning that the model loses when anything before it changes
	Refaults int
	Rent     float64 // tokens that were read since it died: its size, once for each call
	Priority int
	Fixed    bool // may not leave in this call, whatever a policy says
	New      bool // has not been sent yet
}

// View is what a policy and a schedule may look at. They must not modify it, nor
// keep it or its units after they have returned: the next call uses the memory.
type View struct {
	Units      []Unit // in layout order
	Turn       uint64 // the exchange that is going on
	Call       uint64
	Budget     int        // tokens for the log
	Base       int        // tokens that stand before it
	Growth     int        // tokens that enter in a call, lately; 0: unknown
	Used       int        // tokens that the log takes now
	Over       int        // tokens that must leave; 0 or less when all fits
	Boundaries []Boundary // readable ones, in order; Index counts units here
	Cold       bool       // nothing can be read from the cache: removal is free
	Cost       price.CostModel
	Forget     float64 // what the model's losing a token of [Unit.Thought] costs: it thinks it again
	OnlyDead   bool    // what lives is not asked for: a policy may leave it out
}

// Victim is one unit that may leave.
type Victim struct {
	Unit   int    // index in View.Units
	Keep   int    // tokens that a shorter form may take; 0 lets it go whole
	Dead   bool   // it should leave at the next chance, budget or not
	Reason string // for the plan; a few words, stable
}

// Policy says what may leave. See [Name] about what it is called.
type Policy interface {
	// Victims yields units, each at most once: first what is dead, then the
	// others, least valuable first. A unit that it does not yield stays, if the
	// budget allows. It is pure, safe for concurrent use, and need not know when
	// to stop: the caller does. Fixed units that it yields are ignored.
	Victims(v *View) iter.Seq[Victim]
}

// Name is what receipts and plans call a policy or a schedule: what a method Name() string of
// it says, if it has one, in a line that tells its settings too. Those of this package are
// known by theirs ("lru", "keep last 3 groups of value"), others by their type.
func Name(of any) string {
	switch x := of.(type) {
	case interface{ Name() string }:
		return x.Name()
	case interface{ name() string }:
		return x.name()
	}
	return fmt.Sprintf("%T", of)
}

// Boundary is a place in the log up to which the provider's cache can be read.
type Boundary struct {
	Index  int // of the unit behind it
	Tokens int // of all that stands before it
}

// Cut is what leaves in one call: everything dead from unit At on, and the Live
// victims named, wherever they stand. At len(Units) and no Live victims is no
// cut.
type Cut struct {
	At     int
	Live   []Victim
	Target int // tokens that the log should take afterwards; 0: the budget. Live victims that fit below it are given back
	Reason string
}

// Schedule says when to pay for a cut, and where it is. See [Name] about what it is called.
type Schedule interface {
	// Next chooses this call's cut, given the policy's victims in order. It is
	// pure and safe for concurrent use. The composer checks the result; one
	// that breaks a rule or the budget is replaced by that of [Strict], and the
	// plan says so.
	Next(v *View, victims []Victim) Cut
}

// Sparing is a [Schedule] that knows from the view alone when it lets nothing go
// that is still wanted. The policy is then asked only for what is dead, which
// makes most calls cheap. A schedule that is not Sparing gets all victims in
// every call.
type Sparing interface {
	Schedule
	// Live says whether Next may name live victims for this view. It is pure and
	// safe for concurrent use.
	Live(v *View) bool
}

// LoopEnder is a [Schedule] that weighs the groups of an open tool loop which the
// provider protects, where no budget forces it. Groups that leave end the loop: it begins anew
// at the first group that stays, with its reasoning untouched. A schedule that is no
// LoopEnder is offered such groups only when nothing else makes the log fit.
type LoopEnder interface {
	Schedule
	// EndsLoops says whether it wants them. It is constant.
	EndsLoops() bool
}
