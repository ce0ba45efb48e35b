package compose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// ErrNothingToSend says that no model can be called: the context is empty, holds
// nothing that somebody sent, or ends with the model's own answer. Wait until
// something arrives.
var ErrNothingToSend = errors.New("compose: nothing to send")

// BudgetError says that what must stay does not fit the budget. The plan comes
// along with it: nothing in it was lost, but it must not be sent.
type BudgetError struct {
	Budget int    // tokens allowed
	Need   int    // tokens that what must stay takes
	Items  []Size // what must stay, largest first
}

// Size is one thing that takes room.
type Size struct {
	Name   string // "system", "tools", "notice", "#41 result"
	Tokens int
	Why    string // why it must stay
}

// Error names the sizes, and what to do.
func (e *BudgetError) Error() string {
	if e.Budget <= 0 {
		return fmt.Sprintf("compose: the budget is %d tokens: set Input.Budget, or Model.Window with less reserved for the answer", e.Budget)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "compose: what must stay takes %d tokens of a budget of %d:", e.Need, e.Budget)
	for i, it := range e.Items {
		if i == 5 {
			fmt.Fprintf(&b, " and %d more", len(e.Items)-i)
			break
		}
		fmt.Fprintf(&b, " %s %d (%s);", it.Name, it.Tokens, it.Why)
	}
	b.WriteString(" raise the budget, unpin or shorten one of these")
	return b.String()
}

// ErrOpenCalls says that the last assistant message has calls without results: no provider
// takes such a prompt. Run the tools, or report their outcome as unknown, before composing.
// The error that wraps it names the calls.
var ErrOpenCalls = errors.New("compose: calls have no results yet")

// openCallsError is an [ErrOpenCalls] that names the calls.
type openCallsError struct {
	uid     quire.UID
	callIDs []string
}

func (e *openCallsError) Error() string {
	return fmt.Sprintf("compose: calls %s of %s have no results yet: run them, or store that their outcome is unknown, before the next call",
		strings.Join(e.callIDs, ", "), e.uid)
}

func (e *openCallsError) Unwrap() error { return ErrOpenCalls }

// missingBody says that a resident message can't be read: the host's Body does not
// return it.
func missingBody(sp *resident.Span) error {
	return fmt.Errorf("compose: the body of %s (%s) stands in the context but Input.Body does not return it: load what State.Needs lists", sp.UID, sp.Message)
}

// sameIDError says that one message id came with two contents, in what arrived, was
// offered or is in the context: the model would be shown one of them twice and never
// the other. Give each message an id of its own.
type sameIDError struct {
	Message quire.MessageID
	UIDs    [2]quire.UID // of the two
}

// Error names the id and both numbers.
func (e *sameIDError) Error() string {
	return fmt.Sprintf("compose: %s and %s have one message id, %q, and different content: give each message an id of its own",
		e.UIDs[0], e.UIDs[1], e.Message)
}

// badLimitError says that one of [Options].Limits can't be meant as it stands: there is
// no such class, or its floor or cap is negative. It would never hold anything.
type badLimitError struct {
	Index int // in Options.Limits, from 0
	Limit Limit
}

// Error names the limit, and what there is.
func (e *badLimitError) Error() string {
	if e.Limit.Floor < 0 || e.Limit.Cap < 0 {
		return fmt.Sprintf("compose: Options.Limits[%d] has a floor of %d and a cap of %d tokens: neither may be negative; 0 is none",
			e.Index, e.Limit.Floor, e.Limit.Cap)
	}
	return fmt.Sprintf("compose: Options.Limits[%d] is of class %q: there are %q, %q and %q, and \"\" for any",
		e.Index, e.Limit.Class, policy.ClassRecent, policy.ClassPulled, policy.ClassPinned)
}
