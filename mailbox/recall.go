package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	// Candidates is how many messages the search hands over to be judged, and how
	// many of the newest are judged with them; 0 is 200. Those beside the former in
	// the mailbox are judged, too.
	Candidates int
	Now        time.Time
}

// Recalled is what was found.
type Recalled struct {
	// UIDs are the messages of the sheet, the best one first.
	UIDs []quire.UID
	// Sheet shows them in the mailbox's order, under their dates, each line with its
	// number, so that any of them can be pulled; "" when nothing was found. It
	// holds what other people wrote: show it as such.
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

	once  sync.Once
	turn  chan struct{} // holds one value while nobody asks
	state quire.State   // of the mailbox when known was right
	known map[quire.UID]*known
	words rank.Analyzer
}

// known is what does not change of a message in a mailbox.
type known struct {
	uid    quire.UID
	kind   quire.Kind
	thread quire.MessageID
	sender string
	sent   time.Time
	doc    rank.Doc
	line   string
	tokens int // of line; -1: not counted
}

const (
	remembered = 10_000 // messages that a Recaller remembers at most
	catchUp    = 10     // pages of changes that it reads rather than begin anew
)

// Recall finds messages that may answer a question, among all of a mailbox, and
// puts as many of them as fit on one sheet. What it finds is [rank.Relevance] of the
// store's best candidates and of what stands beside them; it changes nothing.
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
	if err := r.forget(ctx); err != nil {
		return Recalled{}, err
	}
	found, docs, err := r.judged(ctx, &q)
	if err != nil || len(found) == 0 {
		return Recalled{}, err
	}
	order := rank.Order(rank.Relevance(q.Text, passages(found), docs))
	var out Recalled
	for _, i := range order {
		out.Ranked = append(out.Ranked, found[i].uid)
	}
	r.fill(&out, q.Budget, found, order)
	return out, nil
}

// forget drops what the mailbox has no more.
func (r *Recaller) forget(ctx context.Context) error {
	for range catchUp {
		if len(r.known) == 0 || len(r.known) > remembered {
			break
		}
		c, err := r.Store.Changes(ctx, r.Address, r.state, 0)
		if errors.Is(err, ErrCannotCalculateChanges) {
			break
		}
		if err != nil {
			return err
		}
		for _, uid := range c.Destroyed {
			delete(r.known, uid)
		}
		if r.state = c.State; !c.More {
			return nil
		}
	}
	status, err := r.Store.Status(ctx, r.Address)
	r.state, r.known = status.State, map[quire.UID]*known{}
	return err
}

// judged are the candidates and what stands beside them, in the mailbox's order,
// and how many messages there are.
func (r *Recaller) judged(ctx context.Context, q *Question) ([]*known, int, error) {
	status, err := r.Store.Status(ctx, r.Address)
	if err != nil {
		return nil, 0, err
	}
	limit := q.Candidates
	if limit <= 0 {
		limit = 200
	}
	page, err := r.Store.Query(ctx, r.Address, Query{Text: q.Text, Kinds: q.Kinds, Limit: limit, Now: q.Now})
	if err != nil {
		return nil, 0, err
	}
	near := map[quire.UID]bool{}
	for uid := max(status.NextUID, quire.UID(limit)+1) - quire.UID(limit); uid < status.NextUID; uid++ {
		near[max(uid, 1)] = true
	}
	for i := range page.Rows {
		uid := page.Rows[i].UID
		for d := range quire.UID(5) {
			if uid+d > 2 && uid+d-2 < status.NextUID {
				near[uid+d-2] = true
			}
		}
	}
	uids := slices.Sorted(maps.Keys(near))
	if err := r.learn(ctx, uids); err != nil {
		return nil, 0, err
	}
	found := make([]*known, 0, len(uids))
	for _, uid := range uids {
		if k := r.known[uid]; k != nil && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, k.kind)) {
			found = append(found, k)
		}
	}
	return found, status.Total, nil
}

// learn reads what is not known yet.
func (r *Recaller) learn(ctx context.Context, uids []quire.UID) error {
	var missing []quire.UID
	for _, uid := range uids {
		if r.known[uid] == nil {
			missing = append(missing, uid)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	items, err := r.Store.Get(ctx, r.Address, Get{UIDs: missing})
	if err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		r.known[it.UID] = &known{uid: it.UID, kind: it.Kind, thread: it.Thread, sender: name(it.From), sent: it.Sent,
			doc: r.words.Analyze(SearchText(&it.Draft)), line: line(it), tokens: -1}
	}
	return nil
}

// count is the tokens of a line.
func (r *Recaller) count(k *known, budget int) int {
	if k.tokens >= 0 {
		return k.tokens
	}
	if len(k.line) > longest*max(budget, 1) {
		return budget + 1
	}
	k.tokens = r.Count(k.line)
	return k.tokens
}

func passages(found []*known) []rank.Passage {
	out := make([]rank.Passage, len(found))
	threads := map[quire.MessageID]int{}
	for i, k := range found {
		thread, ok := threads[k.thread]
		if !ok {
			thread = len(threads)
			threads[k.thread] = thread
		}
		out[i] = rank.Passage{Doc: k.doc, Sender: k.sender, Thread: thread, Sent: k.sent}
	}
	return out
}

// name is what people call an address: what stands before its domain.
func name(a quire.Address) string {
	local, _, _ := strings.Cut(string(a.Base()), "@")
	return local
}

// longest is how many bytes a token may have on average in a line that is counted: what
// is longer does not fit, and need not be counted.
const longest = 64

// fill chooses what goes on the sheet and writes it.
func (r *Recaller) fill(out *Recalled, budget int, found []*known, order []int) {
	used := r.Count(sheetHead)
	on := map[quire.MessageID]int{} // what the date of a thread takes, once it is counted
	dated := map[quire.MessageID]bool{}
	var chosen []int
	for _, i := range order {
		thread, n := found[i].thread, budget+1
		if used < budget { // else nothing is counted: nothing fits
			n = r.count(found[i], budget)
		}
		if n <= budget-used && !dated[thread] {
			if on[thread] == 0 {
				on[thread] = r.Count(dateLine(found[i].sent))
			}
			n += on[thread]
		}
		if n > budget-used {
			out.Left = append(out.Left, found[i].uid)
			continue
		}
		used += n
		dated[thread] = true
		chosen = append(chosen, i)
		out.UIDs = append(out.UIDs, found[i].uid)
	}
	for ; len(chosen) > 0; chosen = chosen[:len(chosen)-1] {
		out.Sheet = sheet(found, slices.Clone(chosen))
		if out.Tokens = r.Count(out.Sheet); out.Tokens <= budget {
			return
		}
		// The whole takes more than its lines: the least of them goes.
		last := len(out.UIDs) - 1
		out.Left = slices.Insert(out.Left, 0, out.UIDs[last])
		out.UIDs = out.UIDs[:last]
	}
	out.Sheet, out.Tokens = "", 0
}

const sheetHead = "Found in the mailbox; context_pull #n shows one with all around it:\n"

// sheet writes lines by thread, each under the date of its first one.
func sheet(found []*known, chosen []int) string {
	first := map[quire.MessageID]int{}
	for _, i := range chosen {
		if at, ok := first[found[i].thread]; !ok || i < at {
			first[found[i].thread] = i
		}
	}
	slices.SortFunc(chosen, func(x, y int) int {
		return cmp.Or(cmp.Compare(first[found[x].thread], first[found[y].thread]), cmp.Compare(x, y))
	})
	var b strings.Builder
	b.WriteString(sheetHead)
	for k, i := range chosen {
		if k == 0 || found[chosen[k-1]].thread != found[i].thread {
			b.WriteString(dateLine(found[i].sent))
		}
		b.WriteString(found[i].line)
	}
	return b.String()
}

func dateLine(sent time.Time) string { return sent.UTC().Format("[2 January 2006, 15:04]\n") }

// line is a message on the sheet.
func line(it *quire.Item) string {
	text := quire.PlainText(it.Parts)
	return fmt.Sprintf("%s %s: %s\n", it.UID, it.From.Base(), oneLine(text, len(text)+8))
}
