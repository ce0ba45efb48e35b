package compose

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// placeMarks asks the provider to keep prefixes, where the row takes marks:
//   - the end of the log;
//   - the last prefix that can be read now, unless the mark at the end sees it,
//     since a mark looks back only so far;
//   - when much is written anew, two spare ones inside of it, at a third and two
//     thirds, for the next cut to fall back on;
//   - what is left goes to older prefixes that can be read, so that they live on:
//     those nearest to thirds of the log, and the end of what stands before it.
//
// No mark stands behind an assistant message: not every format can carry one
// there.
func (w *work) placeMarks() {
	most := w.in.Model.Row.Marks
	if most <= 0 {
		return
	}
	end := len(w.bounds) - 1
	at := []int{end}
	last := -1 // the last boundary that can be read
	readable := w.in.State.Ledger.Readable(w.in.Price, w.in.Now, w.bounds)
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
	if len(w.left.stones) > 0 || w.plan.Cold || w.plan.Cut != "" {
		for _, third := range []int{1, 2} {
			if spare := w.before(w.bounds[end].Tokens - written + written*third/3); spare > last {
				at = append(at, spare)
			}
		}
	}
	at = append(at, w.keepAlive(readable)...)
	at = append(at, len(w.st.Set.Head))
	w.mark(at, most)
}

// sees says whether a mark finds an entry at an earlier boundary.
func (w *work) sees(mark, entry int) bool {
	if w.in.Price.Lookback <= 0 {
		return true
	}
	positions := 0
	for i := mark; i > entry; i-- {
		positions += max(1, w.bounds[i].Blocks)
	}
	return positions < w.in.Price.Lookback
}

// keepAlive chooses, of the boundaries that can be read, those nearest to thirds
// of the log.
func (w *work) keepAlive(readable []price.Boundary) []int {
	var at []int
	base := w.bounds[len(w.st.Set.Head)].Tokens
	log := w.bounds[len(w.bounds)-1].Tokens - base
	for _, third := range []int{1, 2} {
		best, off := -1, 0
		for _, b := range readable {
			d := b.Tokens - base - log*third/3
			if d = max(d, -d); (best < 0 || d < off) && w.markable(b.Index) {
				best, off = b.Index, d
			}
		}
		if best >= 0 {
			at = append(at, best)
		}
	}
	return at
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
// ask for the life that the bill is made for.
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
	for _, i := range marks {
		w.plan.Prompt.Marks = append(w.plan.Prompt.Marks, quire.CacheMark{After: i, TTL: w.in.Price.TTL})
	}
}

// entriesEnd lists where the provider ends the entries of its cache: at the
// marks, or by itself.
func (w *work) entriesEnd() []int {
	p := &w.plan.Prompt
	if w.in.Price.Units {
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
