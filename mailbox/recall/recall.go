// Package recall finds again, in a mailbox, what may answer a question, and puts it on a
// sheet that fits a budget of tokens.
//
// It goes by words. With an [Embedder] it goes by vectors too, which find what says the
// same in other words; the two orders are joined by reciprocal ranks. Vectors are never
// needed: when they can't be had, the question is answered by words, and
// [Found].EmbedErr says why. The store keeps them beside the messages, so that a restart
// asks for none twice, and they go with a message that is expunged. After a change of the
// model others are made; [mailbox.Store.DropVectors] forgets those of before.
package recall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
)

// Query is what [Recaller.Recall] looks for.
type Query struct {
	Text  string
	Kinds []quire.Kind // nil: all
	// Without are not found: what the asker sees already.
	Without []quire.UID
	// Budget is the most tokens of the sheet.
	Budget int
	// Candidates is how many messages the search hands over to be judged, beside all
	// of the newest; 0 is 40, and more where the budget has room for more. Those
	// beside them in the mailbox are judged, too, and more candidates in place of those that
	// would be judged twice.
	Candidates int
	// Least leaves out what answers less well by its words than this part of how well
	// the best one does, from 0 (nothing is left out) to 1; and everything, when the best
	// ones share with Text but a word that most messages have. What says the same as
	// what stands on the sheet is left out then, too: of it the newest is shown, unless
	// what stands around another one answers far better. With an Embedder nothing else is.
	Least float64
	// Passage is how many tokens of a message are shown, about: of a longer one that holds
	// words of Text it is the part with the most of them. 0: all is shown, or nothing. With
	// a Passage a sheet holds more messages, and the number of each is the way to the whole.
	Passage int
	// Since is how many messages the sender of what is found may have written since for
	// them to stand on the sheet with it, or neither: a correction often has none of the
	// question's words. 0: none are added. Of somebody who wrote more since, most would be
	// about something else.
	Since int
	// Now is what "yesterday" in Text is before. The zero time: the newest message's.
	Now time.Time
	// Asker is whom "I" in Text means. Empty: the sender who speaks of himself far more
	// than all others, if there is one.
	Asker quire.Address
}

// Found is what was found.
type Found struct {
	// UIDs are the messages of the sheet, the best one first; what was said since stands
	// before what it was said about.
	UIDs []quire.UID
	// Sheet shows them by thread, in the mailbox's order, under their dates and
	// senders, each line with its number, so that any of them can be pulled; "" when
	// nothing was found. It holds what other people wrote: show it as such.
	Sheet  string
	Tokens int
	// InPart are those of UIDs of which a passage is shown, in the sheet's order.
	InPart []quire.UID
	// Left are those that were found and did not fit, the best one first.
	Left []quire.UID
	// Ranked is all that was judged, the best answer first, whatever it takes.
	Ranked []quire.UID
	// EmbedErr says that the Embedder failed, in part or at all, or that its vectors could
	// not be kept: what is found was ordered by words and by what vectors there were. It
	// wraps [ErrEmbedder].
	EmbedErr error
}

// Recaller finds what may answer questions in one mailbox. It remembers what it made
// of messages, so that the next question is quicker, and asks the mailbox for its
// changes before each. It is safe for concurrent use once its fields are set: it
// answers one question after the other.
type Recaller struct {
	Store   *mailbox.Store
	Address quire.Address
	// Count counts a text's tokens, as the composer that shows the sheet does. It is
	// called by one goroutine at a time.
	Count func(text string) int
	// Embedder makes vectors: what is found is then ordered by words and by vectors, see
	// [Embedder]. nil: by words alone. Vectors are kept in the store beside the messages,
	// so that nobody is asked for one twice. A question asks for its own, and for those of
	// at most [EmbedBatch] messages that have none yet, the best by their words first;
	// [Recaller.Index] has all of them made.
	Embedder Embedder
	// EmbedWithin is how long a question waits for the Embedder in all; 0: 5 seconds.
	EmbedWithin time.Duration

	once sync.Once
	turn chan struct{} // holds one value while nobody asks
	pool pool
	head int // tokens of sheetHead; 0: not counted
}

// Recall finds messages that may answer a question, among all of a mailbox, and
// puts as many of them as fit on one sheet: all of the mailbox if that fits. It judges
// the newest messages, the store's best candidates among the older ones, and what
// stands beside those, as [rank.Judge] does. What is retracted,
// superseded, or held until its sender is accepted is not found. It changes nothing.
// Errors are the store's, and one of the kind ErrInvalid for a Recaller without Count; an
// Embedder that fails is no error, see [Found].EmbedErr.
func (r *Recaller) Recall(ctx context.Context, q Query) (Found, error) {
	if r.Count == nil {
		return Found{}, &mailbox.Error{Op: "recall", Address: r.Address, Err: fmt.Errorf("%w: Count is missing: recall must know what fits", mailbox.ErrInvalid)}
	}
	done, err := r.begin(ctx)
	if err != nil {
		return Found{}, err
	}
	defer done()
	found, docs, older, err := r.pool.judged(ctx, r, &q)
	if err != nil || len(found) == 0 {
		return Found{}, err
	}
	var out Found
	order, worth, scores, err := r.ordered(ctx, &q, found, docs, older, &out.EmbedErr)
	if err != nil || len(order) == 0 {
		return out, err
	}
	out.Ranked = make([]quire.UID, len(order))
	for at, i := range order {
		out.Ranked[at] = found[i].uid
	}
	err = r.fill(ctx, &out, &q, found, worth, scores)
	return out, err
}

// Order sorts messages of the mailbox by how well they answer a question, the best one
// first, as Recall judges them, and by what stands beside them; of the question only
// Text and Now count. Those that hold all of its words come first: who searches for
// words names what he looks for. What is not there, retracted, superseded or held comes
// last. Errors are the store's; one that wraps [ErrEmbedder] comes with the order by words
// and by what vectors there were.
func (r *Recaller) Order(ctx context.Context, q Query, uids []quire.UID) ([]quire.UID, error) {
	done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	found, docs, err := r.pool.around(ctx, r, uids)
	if err != nil {
		return nil, err
	}
	var failed error
	order, _, _, err := r.ordered(ctx, &q, found, docs, nil, &failed)
	if err != nil {
		return nil, err
	}
	place := map[quire.UID]int{}
	for at, i := range order {
		place[found[i].uid] = at - len(order)
		if r.pool.judge.Holds(q.Text, found[i].number) {
			place[found[i].uid] -= len(order)
		}
	}
	out := slices.Clone(uids)
	slices.SortStableFunc(out, func(x, y quire.UID) int { return cmp.Compare(place[x], place[y]) })
	return out, failed
}

// begin waits for the turn of the caller, which ends with done.
func (r *Recaller) begin(ctx context.Context) (done func(), err error) {
	r.once.Do(func() { r.turn = make(chan struct{}, 1); r.turn <- struct{}{} })
	select {
	case <-ctx.Done():
		return nil, &mailbox.Error{Op: "recall", Address: r.Address, Err: ctx.Err()}
	case <-r.turn:
		return func() { r.turn <- struct{}{} }, nil
	}
}

// ordered are the indexes of what was found: the best one first, and what is worth most
// for the tokens that it takes first; and how well each answers. failed is the Embedder's
// error.
func (r *Recaller) ordered(ctx context.Context, q *Query, found []*known, docs int, older *rank.Older, failed *error) (order, worth []int, scores []float64, err error) {
	numbers := make([]int, len(found))
	for i, k := range found {
		numbers[i] = k.number
	}
	asker := ""
	if q.Asker != "" {
		asker = name(q.Asker)
	}
	scores = r.pool.judge.Relevance(rank.Question{Text: q.Text, Now: q.Now, Asker: asker}, numbers, docs, older)
	order = rank.Order(scores)
	fused, noVectors, err := r.byVectors(ctx, q.Text, found, order, scores)
	if err != nil {
		return nil, nil, nil, r.failed(err)
	}
	if noVectors != nil {
		*failed = r.failed(noVectors)
	}
	switch {
	case fused != nil:
		order, scores = fused, inPlaceOf(order, fused, scores)
	case len(order) > 0 && q.Least > 0:
		least := q.Least * scores[order[0]]
		order = slices.DeleteFunc(order, func(i int) bool { return scores[i] < least || scores[i] <= 0 })
		if !slices.ContainsFunc(order[:min(len(order), leading)], func(i int) bool { return r.pool.judge.Touches(q.Text, numbers[i], numbers) }) {
			return nil, nil, nil, nil
		}
	}
	worth = worthOf(found, order, scores, q.Budget)
	return order, worth, scores, nil
}

// leading is how many of the best messages have to be about something else than the
// question for nothing to be found.
const leading = 3

// worthOf orders by what messages are worth for the tokens that they take.
func worthOf(found []*known, order []int, scores []float64, budget int) []int {
	each := make([]float64, len(found))
	all := 0
	for _, k := range found {
		all += k.size
	}
	for i, k := range found {
		if scores[i] != 0 { // most have nothing of a question
			each[i] = rank.Worth(scores[i], k.size, float64(budget)/float64(max(all, 1)))
		}
	}
	place := make([]int, len(found))
	for at, i := range order {
		place[i] = at
	}
	out := slices.Clone(order)
	slices.SortFunc(out, func(x, y int) int {
		if c := cmp.Compare(each[y], each[x]); c != 0 {
			return c
		}
		return place[x] - place[y]
	})
	return out
}
