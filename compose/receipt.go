package compose

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

const (
	receiptVersion = 1
	// fullEvery is how often a receipt lists everything: what came between is
	// found by reading at most so many.
	fullEvery = 64
)

// Receipt is what is kept of a plan for good: what it took in, what it took, and
// what changed. Every 64th one lists everything that stood. Receipts answer,
// later, why a call did not see a message: see [Explain]; with the messages they
// are enough to compose the calls again, under other rules: see [Replay].
type Receipt struct {
	Call   uint64     `json:"call"`
	Full   bool       `json:"full,omitzero"` // Decisions has all that stood, not only what changed
	Budget int        `json:"budget"`
	Used   int        `json:"used"`
	Kept   int        `json:"kept"`
	Bill   price.Bill `json:"bill"`
	Cold   bool       `json:"cold,omitzero"`
	Reads  float64    `json:"reads,omitzero"` // as Plan.Reads, when it is not 1
	// Prompt identifies the bytes of all but the notice: equal prompts have equal ones.
	Prompt uint64 `json:"prompt,string,omitzero"`
	// Setup is left out while it is that of the receipt before; full ones have it.
	Setup *Setup `json:"setup,omitzero"`
	// What the host adds: what the provider reported, and how many requests were made for
	// the call until one was answered. Zero: unknown.
	Usage quire.Usage `json:"usage,omitzero"`
	Tries int         `json:"tries,omitzero"`
	// Changed is what the provider did to the prompt, and Phase what it said of the last
	// text of the reply: the host adds them too.
	Changed   []quire.InputChange `json:"changed,omitzero"`
	Phase     string              `json:"phase,omitzero"`
	Policy    string              `json:"policy"`
	Schedule  string              `json:"schedule"`
	CutReason string              `json:"cut,omitzero"`
	Refaults  []Refault           `json:"refaults,omitzero"`
	Problems  []string            `json:"problems,omitzero"`

	Time    time.Time   `json:"-"` // that the call was composed at
	Arrived []quire.UID `json:"-"` // the messages that arrived for it
	Notice  int         `json:"-"` // tokens of its notice
	// Failed are the calls since the one before that brought no reply, oldest first, the
	// last 16 of them. What the provider kept of one, and whether it bills it, is not
	// known. They have a Time, what Arrived, Used, Setup, Tries, Why, and the Bill of a call
	// that went well.
	Failed    []Receipt  `json:"-"`
	Why       string     `json:"-"` // of one that failed: why, in the host's words
	Decisions []Decision `json:"decisions,omitzero"`

	taken intake // of which Time, Arrived, Notice and Failed tell
}

// intake is what a call took in, as far as it is not told by the messages
// themselves.
type intake struct {
	Time    time.Time  `json:"time"`
	Edits   []edit     `json:"edits,omitzero"` // since the call before
	Arrived []seenItem `json:"arrived,omitzero"`
	Offered []seenItem `json:"offered,omitzero"`
	Changed []seenItem `json:"changed,omitzero"`
	// Noticed: there was a notice, or room for one; Notice is what it took.
	Noticed bool `json:"noticed,omitzero"`
	Notice  int  `json:"notice,omitzero"`
	// Learned is what was learned of the provider's counts since the call before.
	Learned []lesson `json:"learned,omitzero"`
	// ByEstimate is that of the call's [Input].
	ByEstimate bool `json:"byEstimate,omitzero"`
	// Failed are the calls since the one before that brought no reply, oldest first, the
	// last 16 of them.
	Failed []failure `json:"failed,omitzero"`
	// Next is that of the call's [Input].
	Next time.Time `json:"next,omitzero"`
	// Said is the text of the notice where it has to stay, see State.
	Said string `json:"said,omitzero"`
}

// take makes the receipt that of a call which took this in.
func (r *Receipt) take(t *intake) {
	r.taken, r.Time, r.Arrived, r.Notice, r.Failed = *t, t.Time, uidsOf(t.Arrived), t.Notice, nil
	for i := range t.Failed {
		f := &t.Failed[i]
		setup := f.Setup
		r.Failed = append(r.Failed, Receipt{Time: f.Time, Arrived: uidsOf(f.Arrived), Used: f.Used, Bill: f.Bill, Setup: &setup, Why: f.Why, Tries: f.Tries})
	}
}

func uidsOf(items []seenItem) []quire.UID {
	var out []quire.UID
	for _, it := range items {
		out = append(out, it.UID)
	}
	return out
}

// seenItem is a delivery as a call met it: its flags may be others by now.
type seenItem struct {
	UID   quire.UID   `json:"uid"`
	Flags quire.Flags `json:"flags,omitzero"`
}

// take notes what the plan takes in.
func (w *work) take() {
	in, t := w.in, &w.plan.taken
	t.Time, t.Edits = in.Now, in.State.edits
	t.Arrived, t.Offered = seen(in.Arrived), seen(in.Offered)
	for i := range in.Changed {
		t.Changed = append(t.Changed, seenItem{in.Changed[i].UID, in.Changed[i].Flags})
	}
	t.Noticed, t.Notice, t.Said = w.reserve > 0, w.plan.notice, w.st.notice
	t.Learned, t.ByEstimate, t.Failed, t.Next = in.State.learned, in.ByEstimate, in.State.failures, in.Next
}

func seen(items []quire.Item) []seenItem {
	var out []seenItem
	for i := range items {
		out = append(out, seenItem{items[i].UID, items[i].Flags})
	}
	return out
}

// Receipt makes the plan's receipt.
func (p *Plan) Receipt() Receipt {
	r := Receipt{Call: p.Call, Full: p.Call%fullEvery == 1, Budget: p.Budget, Used: p.Used, Kept: p.Kept,
		Bill: p.Bill, Cold: p.Cold, Policy: p.names[0], Schedule: p.names[1], CutReason: p.CutReason, Refaults: p.Refaults, Problems: p.Problems, Prompt: uint64(p.end)}
	r.take(&p.taken)
	if !p.again || r.Full {
		r.Setup = &p.setup
	}
	if p.Reads < 1 {
		r.Reads = p.Reads
	}
	r.Decisions = p.decisions(r.Full)
	return r
}

// storedReceipt is a receipt as it is stored: what it shows of its intake is in there.
type storedReceipt struct {
	V int `json:"v"`
	*Receipt
	Taken     intake     `json:"taken,omitzero"`
	Decisions []Decision `json:"decisions,omitzero"`
}

// Encode returns the receipt as versioned bytes for a store.
func (r Receipt) Encode() ([]byte, error) {
	return json.Marshal(storedReceipt{receiptVersion, &r, r.taken, r.Decisions})
}

// DecodeReceipt reads what Encode returned.
func DecodeReceipt(b []byte) (Receipt, error) {
	var r Receipt
	w := storedReceipt{Receipt: &r}
	if err := json.Unmarshal(b, &w); err != nil {
		return Receipt{}, fmt.Errorf("compose: stored receipt: %w", err)
	}
	if w.V != receiptVersion {
		return Receipt{}, fmt.Errorf("compose: stored receipt has format %d, this program knows %d", w.V, receiptVersion)
	}
	r.Decisions = w.Decisions
	r.take(&w.Taken)
	return r, nil
}

// Explain says what became of a message in the last of the receipts, and in
// which call that was decided. Give the receipts in order, from a full one on.
// ok is false when the message was never a candidate in them.
func Explain(receipts []Receipt, uid quire.UID) (d Decision, call uint64, ok bool) {
	for _, r := range receipts {
		for _, c := range r.Decisions {
			if c.UID == uid && (c.New || !ok) {
				d, call, ok = c, r.Call, true
			}
		}
	}
	return d, call, ok
}
