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
	at := []int{end}
	last := -1 // the last boundary that can be read
	readable := w.in.State.ledger.Readable(w.in.Model.Cache, w.in.Now, w.bounds)
	if len(readable) > 0 {
		last = w.before(readable[len(readable)-1].Tokens)
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
	at = append(at, w.keepAlive(readable)...)
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

// keepAlive chooses, of the boundaries that can be read and lie well apart, those
// that were used the longest ago: marked in turn, many live on with few marks.
func (w *work) keepAlive(readable []ledger.Boundary) []int {
	used := make(map[ledger.Prefix]time.Time, len(w.in.State.ledger.Entries))
	for _, e := range w.in.State.ledger.Entries {
		used[e.Prefix] = e.Used
	}
	least := w.bounds[len(w.bounds)-1].Tokens / apart
	var at []ledger.Boundary
	for _, b := range readable {
		if w.markable(b.Index) && (len(at) == 0 || b.Tokens-at[len(at)-1].Tokens >= least) {
			at = append(at, b)
		}
	}
	slices.SortStableFunc(at, func(a, b ledger.Boundary) int { return used[a.Prefix].Compare(used[b.Prefix]) })
	var out []int
	for _, b := range at {
		out = append(out, b.Index)
	}
	return out
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
	var marks []int
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
