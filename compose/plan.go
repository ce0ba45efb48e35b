package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

// Plan is the result of composing: the prompt, why everything is in or out, and
// what the next state is.
type Plan struct {
	Prompt quire.Prompt
	Call   uint64
	Budget int // tokens that the input may take
	Room   int // of them, for the log: what system, tools, head and notice leave
	Used   int // tokens that it takes, notice and framing included, as counted
	Kept   int // of them, the tokens whose bytes are those of the call before; 0 when that was of another model
	// Mix is what the Used tokens are tokens of. Estimate is what the provider will
	// likely count, by the calibration of its model, and Bound what it will not
	// exceed at Options.Confidence; both are Used until usage was reported.
	Mix      calibrate.Mix
	Estimate int
	Bound    int
	// Unsure: before anything left the prompt was within the budget by the
	// estimate, and over it at its bound. Where the provider can count, its answer
	// may spare a cut: see [Input.ByEstimate].
	Unsure bool
	Bill   price.Bill
	Cold   bool
	// Reads is how much of what the ledger promises is likely read, 0 to 1: below 1 the
	// provider has reported less, and Bill and cuts go by that. See [State.Report].
	Reads float64
	// Lasts says up to where marks ask for the longer life, and why; empty when none does.
	Lasts string
	// Next is the state to commit when the call went well; else see [Plan.Failed].
	Next State
	// Counted are the token counts of messages that had to be made; a host may store
	// them with its next commit.
	Counted map[quire.UID]quire.Count
	// CutReason says what the schedule decided, or that what is withheld changed; empty when
	// nothing did, and what stood stands as it was.
	CutReason string
	// Left are messages that left in this call, or of which a stub stays, on a
	// policy's word alone: nobody dropped or superseded them, and they did not expire.
	Left []quire.UID
	// Refaults are messages that had left and were pulled again.
	Refaults []Refault
	// Problems are what was wrong with the input or a policy and how it was
	// dealt with, one sentence each.
	Problems []string

	failed  State
	before  before
	base    int // tokens of system, tools, head and framing
	notice  int
	changes []Decision // what this call did, in order
	names   [2]string  // of policy and schedule
	taken   intake
	setup   Setup
	again   bool          // the setup is that of the call before
	end     ledger.Prefix // of all but the notice
	read    int           // tokens that the ledger promises
	most    int           // tokens that the last pull which came was allowed
	whole   int           // that all of it takes
	hold    hold
	lacks   int // tokens that were missing for all that was pulled again to stay
	// squeezed: what must stay was cut, or is too much.
	squeezed bool
	shrunk   map[quire.UID]int // tokens less that stand for it since it was withheld or released
}

// Refault is a message that was pulled again after it had left: the price of
// evicting it.
type Refault struct {
	UID   quire.UID `json:"uid"`
	After uint64    `json:"after"` // calls since it left
	Times int       `json:"times"` // how often this happened to it, this one included
}

// Fate says what became of a candidate.
type Fate string

// The fates.
const (
	FateIn      Fate = "in"      // stands whole
	FateExcerpt Fate = "excerpt" // stands as head and tail
	FateStub    Fate = "stub"    // stands as one line
	FateOut     Fate = "out"     // does not stand in the prompt
)

// Decision is the fate of one candidate, and why.
type Decision struct {
	UID    quire.UID  `json:"uid"`
	Seq    uint64     `json:"seq,omitzero"`
	Kind   quire.Kind `json:"kind"`
	Fate   Fate       `json:"fate"`
	Tokens int        `json:"tokens"` // that it takes now; of what is out: that it took or would take
	// Left is how many tokens of it stood and do not any more, since this call: all that
	// it took when it went out, the difference when a stub or a shorter excerpt stays.
	// It is 0 for what never entered, and in receipts that were stored before the field
	// existed. Of what is withheld or released it is the difference, which may be negative.
	// Tombstones are not in it.
	Left   int    `json:"left,omitzero"`
	Reason string `json:"reason"`
	New    bool   `json:"new,omitzero"` // the fate changed in this call
}
