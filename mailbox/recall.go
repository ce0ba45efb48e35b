package mailbox

import (
	"context"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Question is what [Recaller.Recall] looks for.
type Question struct {
	Text  string
	Kinds []quire.Kind // nil: all
	// Budget is the most tokens of the sheet.
	Budget int
	// Candidates is how many messages the search hands over to be judged, beside all
	// of the newest; 0 is 200, and more where the budget has room for more. Those
	// beside them in the mailbox are judged, too.
	Candidates int
	// Now is what "yesterday" in Text is before. The zero time: the newest message's.
	Now time.Time
}

// Recalled is what was found.
type Recalled struct {
	// UIDs are the messages of the sheet, the best one first.
	UIDs []quire.UID
	// Sheet shows them by thread, in the mailbox's order, under their dates and
	// senders, each line with its number, so that any of them can be pulled; "" when
	// nothing was found. It holds what other people wrote: show it as such.
	Sheet  string
	Tokens int
	// Left are those that were found and did not fit, the best one first.
	Left []quire.UID
	// Ranked is all that was judged, the best answer first, whatever it takes.
	Ranked []quire.UID
}

// Recaller finds what may answer questions in one mailbox. It remembers what it made
// of messages, so that the next question is quicker, and asks the mailbox for its
// changes before each. It is safe for concurrent use once its fields are set: it
// answers one question after the other.
type Recaller struct {
	Store   Store
	Address quire.Address
	// Count counts a text's tokens, as the composer that shows the sheet does. It is
	// called by one goroutine at a time.
	Count func(text string) int

	once sync.Once
	turn chan struct{} // holds one value while nobody asks
	pool pool
	head int // tokens of sheetHead; 0: not counted
}

// Recall finds messages that may answer a question, among all of a mailbox, and
// puts as many of them as fit on one sheet: all of the mailbox if that fits. It judges
// the newest messages, the store's best candidates among the older ones, and what
// stands beside those, as [rank.Judge] does. What is retracted or superseded is not
// found. It changes nothing.
// Errors are the store's, and one of the kind ErrInvalid for a Recaller without Count.
func (r *Recaller) Recall(ctx context.Context, q Question) (Recalled, error) {
	if r.Count == nil {
		return Recalled{}, &Error{Op: "recall", Address: r.Address, Err: invalid("Count is missing: recall must know what fits")}
	}
	r.once.Do(func() { r.turn = make(chan struct{}, 1); r.turn <- struct{}{} })
	select {
	case <-ctx.Done():
		return Recalled{}, &Error{Op: "recall", Address: r.Address, Err: ctx.Err()}
	case <-r.turn:
		defer func() { r.turn <- struct{}{} }()
	}
	found, docs, err := r.pool.judged(ctx, r, &q)
	if err != nil || len(found) == 0 {
		return Recalled{}, err
	}
	passages := make([]rank.Passage, len(found))
	for i, k := range found {
		passages[i] = k.passage
	}
	order := rank.Order(r.pool.judge.Relevance(rank.Question{Text: q.Text, Now: q.Now}, passages, docs))
	out := Recalled{Ranked: make([]quire.UID, len(order))}
	for at, i := range order {
		out.Ranked[at] = found[i].uid
	}
	r.fill(&out, q.Budget, found, order)
	return out, nil
}
