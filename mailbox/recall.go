package mailbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Question is what [Recall] looks for.
type Question struct {
	Text  string
	Kinds []quire.Kind // nil: all
	// Budget is the most tokens of the sheet.
	Budget int
	// Count counts a text's tokens, as the composer that shows the sheet does.
	Count func(text string) int
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

// Recall finds messages that may answer a question, among all of a mailbox, and
// puts as many of them as fit on one sheet. What it finds is [rank.Relevance] of the
// store's best candidates and of what stands beside them; it changes nothing.
// Errors are the store's, and one of the kind ErrInvalid for a question without Count.
func Recall(ctx context.Context, store Store, addr quire.Address, q Question) (Recalled, error) {
	if q.Count == nil {
		return Recalled{}, &Error{Op: "recall", Address: addr, Err: invalid("Count is missing: recall must know what fits")}
	}
	items, docs, err := q.judged(ctx, store, addr)
	if err != nil || len(items) == 0 {
		return Recalled{}, err
	}
	scores := rank.Relevance(q.Text, passages(items), docs)
	var r Recalled
	for _, i := range rank.Order(scores) {
		r.Ranked = append(r.Ranked, items[i].UID)
	}
	q.fill(&r, items, scores)
	return r, nil
}

// judged reads the candidates and what stands beside them, in the mailbox's order,
// and how many messages there are.
func (q *Question) judged(ctx context.Context, store Store, addr quire.Address) ([]quire.Item, int, error) {
	status, err := store.Status(ctx, addr)
	if err != nil {
		return nil, 0, err
	}
	limit := q.Candidates
	if limit <= 0 {
		limit = 200
	}
	page, err := store.Query(ctx, addr, Query{Text: q.Text, Kinds: q.Kinds, Limit: limit, Now: q.Now})
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
	items, err := store.Get(ctx, addr, Get{UIDs: uids})
	if err != nil {
		return nil, 0, err
	}
	items = slices.DeleteFunc(items, func(it quire.Item) bool {
		return len(q.Kinds) > 0 && !slices.Contains(q.Kinds, it.Kind)
	})
	return items, status.Total, nil
}

func passages(items []quire.Item) []rank.Passage {
	out := make([]rank.Passage, len(items))
	threads := map[quire.MessageID]int{}
	var analyzer rank.Analyzer
	for i := range items {
		it := &items[i]
		thread, ok := threads[it.Thread]
		if !ok {
			thread = len(threads)
			threads[it.Thread] = thread
		}
		out[i] = rank.Passage{Doc: analyzer.Analyze(SearchText(&it.Draft)), Sender: name(it.From), Thread: thread, Sent: it.Sent}
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
func (q *Question) fill(r *Recalled, items []quire.Item, scores []float64) {
	lines, tokens := make([]string, len(items)), make([]int, len(items))
	for i := range items {
		lines[i] = line(&items[i])
		if tokens[i] = q.Budget + 1; len(lines[i]) <= longest*max(q.Budget, 1) {
			tokens[i] = q.Count(lines[i])
		}
	}
	used := q.Count(sheetHead)
	on := map[quire.MessageID]bool{}
	var chosen []int
	for _, i := range rank.Order(scores) {
		n := tokens[i]
		if !on[items[i].Thread] {
			n += q.Count(dateLine(&items[i]))
		}
		if used+n > q.Budget {
			r.Left = append(r.Left, items[i].UID)
			continue
		}
		used += n
		on[items[i].Thread] = true
		chosen = append(chosen, i)
		r.UIDs = append(r.UIDs, items[i].UID)
	}
	if len(chosen) == 0 {
		return
	}
	r.Sheet = sheet(items, lines, chosen)
	r.Tokens = q.Count(r.Sheet)
}

const sheetHead = "Found in the mailbox; context_pull #n shows one with all around it:\n"

// sheet writes lines by thread, each under the date of its first one.
func sheet(items []quire.Item, lines []string, chosen []int) string {
	first := map[quire.MessageID]int{}
	for _, i := range chosen {
		if at, ok := first[items[i].Thread]; !ok || i < at {
			first[items[i].Thread] = i
		}
	}
	slices.SortFunc(chosen, func(x, y int) int {
		return cmp.Or(cmp.Compare(first[items[x].Thread], first[items[y].Thread]), cmp.Compare(x, y))
	})
	var b strings.Builder
	b.WriteString(sheetHead)
	for k, i := range chosen {
		if k == 0 || items[chosen[k-1]].Thread != items[i].Thread {
			b.WriteString(dateLine(&items[i]))
		}
		b.WriteString(lines[i])
	}
	return b.String()
}

func dateLine(it *quire.Item) string { return it.Sent.UTC().Format("[2 January 2006, 15:04]\n") }

// line is a message on the sheet.
func line(it *quire.Item) string {
	text := quire.PlainText(it.Parts)
	return fmt.Sprintf("%s %s: %s\n", it.UID, it.From.Base(), oneLine(text, len(text)+8))
}
