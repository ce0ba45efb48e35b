package compose

import (
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
)

// placeMarks asks the provider to keep prefixes, where the row takes marks:
//   - the end of the log;
//   - the last prefix that can be read now, unless the mark at the end sees it,
//     since a mark looks back only so far;
//   - when much is written anew, two spare ones inside of it, at a third and two
//     thirds, for the next cut to fall back on;
//   - what is left goes to older prefixes that can be read, so that they live on,
//     and to the end of what stands before the log.
//
// No mark stands behind an assistant message: not every format can carry one
// there.
func (w *work) placeMarks() {
	most := w.in.Model.Dialect.Marks
	if most <= 0 {
		return
	}
	end := len(w.bounds) - 1
	at := append(make([]int, 0, apart+8), end)
	last := -1 // the last boundary that can be read
	if w.left.changed() {
		w.cached = w.in.State.ledger.Readable(w.in.Model.Cache, w.in.Now, w.bounds)
	}
	if n := len(w.cached); n > 0 {
		last = w.before(w.cached[n-1].Tokens)
		if !w.sees(end, last) {
			at = append(at, last)
		}
	}
	written := w.bounds[end].Tokens
	if last >= 0 {
		written -= w.bounds[last].Tokens
	}
	if len(w.left.stones) > 0 || w.plan.Cold || w.plan.CutReason != "" {
		for _, third := range []int{1, 2} {
			if spare := w.before(w.bounds[end].Tokens - written + written*third/3); spare > last {
				at = append(at, spare)
			}
		}
	}
	at = w.keepAlive(at)
	at = append(at, len(w.st.set.Head))
	w.mark(at, most)
}

// sees says whether a mark finds an entry at an earlier boundary.
func (w *work) sees(mark, entry int) bool {
	if w.in.Model.Cache.Lookback <= 0 {
		return true
	}
	positions := 0
	for i := mark; i > entry; i-- {
		positions += max(1, w.bounds[i].Blocks)
	}
	return positions < w.in.Model.Cache.Lookback
}

// apart is how many parts of the log the prefixes that are kept alive lie apart at
// least: a finer choice of places is not worth a mark.
const apart = 24

// keepAlive adds, of the boundaries that can be read and lie well apart, those
// that were used the longest ago first: marked in turn, many live on with few marks.
func (w *work) keepAlive(at []int) []int {
	type kept struct {
		index int
		used  time.Time
	}
	list, last := make([]kept, 0, apart+2), 0
	least := w.bounds[len(w.bounds)-1].Tokens / apart
	for _, b := range w.cached {
		if w.markable(b.Index) && (len(list) == 0 || b.Tokens-last >= least) {
			list, last = append(list, kept{b.Index, w.used(b.Prefix)}), b.Tokens
		}
	}
	slices.SortStableFunc(list, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, k := range list {
		at = append(at, k.index)
	}
	return at
}

// used is when a prefix was last written or read.
func (w *work) used(p ledger.Prefix) time.Time {
	for _, e := range slices.Backward(w.in.State.ledger.Entries) {
		if e.Prefix == p {
			return e.Used
		}
	}
	return time.Time{}
}

// markable says whether every format can carry a mark there.
func (w *work) markable(i int) bool {
	return i == 0 || w.plan.Prompt.Messages[i-1].Role != quire.RoleAssistant
}

// before returns the last boundary with at most so many tokens before it that
// does not follow an assistant message.
func (w *work) before(tokens int) int {
	for i := len(w.bounds) - 1; i > 0; i-- {
		if w.bounds[i].Tokens <= tokens && w.markable(i) {
			return i
		}
	}
	return 0
}

// mark sets the first so many of the marks, each once, in the prompt's order. They
// ask for the lives that the bill is made for.
func (w *work) mark(at []int, most int) {
	marks := make([]int, 0, most)
	for _, i := range at {
		if i == 0 && strings.TrimSpace(w.plan.Prompt.System) == "" {
			continue // nothing there that every format could mark
		}
		if !slices.Contains(marks, i) && len(marks) < most {
			marks = append(marks, i)
		}
	}
	slices.Sort(marks)
	w.lifetimes(marks)
	w.plan.Prompt.Marks = slices.Grow(w.plan.Prompt.Marks, len(marks))
	for _, i := range marks {
		w.plan.Prompt.Marks = append(w.plan.Prompt.Marks, w.lives(i))
	}
}

// entriesEnd lists where the provider ends the entries of its cache: at the
// marks, or by itself.
func (w *work) entriesEnd() []int {
	p := &w.plan.Prompt
	if w.in.Model.Cache.Units {
		if w.plan.notice > 0 {
			return nil // the request ends behind it
		}
		return []int{len(p.Messages)}
	}
	marks := make([]int, len(p.Marks))
	for i, m := range p.Marks {
		marks[i] = m.After
	}
	return marks
}
