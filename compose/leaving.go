package compose

import (
	"cmp"
	"math"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// leaving is one cut being carried out on a log.
type leaving struct {
	w      *work
	gone   []bool                // units that should leave
	why    []string              // reasons, by unit
	live   []int                 // of them, those that were not dead, in the policy's order
	short  map[int]resident.Span // units that stay in a shorter form
	whole  []bool                // entries that leave
	log    []resident.Entry
	stones []int  // indexes in log of the tombstones that this cut made or grew
	old    []int  // index in the log before, of each entry of log; -1: new
	again  []bool // of the log before: what stands of the entry is to be rendered anew
	used   int
	first  int // first entry of the log before whose bytes change
}

// settle decides which entries leave whole: those all of whose units should. An
// assistant message whose results don't all leave stays.
func (l *leaving) settle() {
	if l.w.in.plain != nil {
		l.complete()
	}
	log := l.w.st.set.Log
	l.whole = make([]bool, len(log))
	for i := range log {
		l.whole[i] = log[i].Tombstone == nil
	}
	for u, at := range l.w.spans {
		if !l.gone[u] {
			l.whole[at.entry] = false
		}
	}
}

// giveBack keeps live victims after all, the last one first, as long as the log
// stays within target (0: the room). Only single messages, single results, what was
// shortened, and groups that show what the open turn wants can be given back, and
// no answer to what left between two regions that leave.
func (l *leaving) giveBack(target int) {
	if l.w.in.plain != nil {
		return // an exchange leaves whole
	}
	if target <= 0 || target > l.w.room {
		target = l.w.room
	}
	used := l.count()
	for i := len(l.live) - 1; i >= 0; i-- {
		u := l.live[i]
		at := l.w.spans[u]
		e := &l.w.st.set.Log[at.entry]
		unit := &l.w.view.Units[u]
		shorter, short := l.short[u]
		switch {
		case short:
			if used+unit.Tokens-shorter.Tokens <= target {
				used += unit.Tokens - shorter.Tokens
				delete(l.short, u)
			}
		case l.whole[at.entry] && len(e.Spans) == 1:
			if used+unit.Tokens <= target && (l.w.worth[u] > worthNone || !l.strays(unit)) {
				used += unit.Tokens
				l.gone[u], l.whole[at.entry] = false, false
			}
		case !l.whole[at.entry] && at.span > 0 && l.stubs(u):
			if used+unit.Tokens-unit.Stub <= target {
				used += unit.Tokens - unit.Stub
				l.gone[u] = false
			}
		case l.whole[at.entry] && l.w.worth[u] > worthNone:
			used += l.restore(u-at.span, len(e.Spans), target-used)
		}
	}
}

// restore keeps a group after all, n units from one on, when it takes at most most
// tokens, and returns what it takes. What is dead in it leaves as a stub where it can;
// of what has to leave nothing is kept.
func (l *leaving) restore(from, n, most int) int {
	tokens := 0
	for u := from; u < from+n; u++ {
		unit := &l.w.view.Units[u]
		switch {
		case unit.Mark == policy.MarkNone && !slices.Contains(l.live, u):
			return 0
		case l.dies(u):
			tokens += unit.Stub
		default:
			tokens += unit.Tokens
		}
	}
	if tokens > most {
		return 0
	}
	l.whole[l.w.spans[from].entry] = false
	for u := from; u < from+n; u++ {
		l.gone[u] = l.dies(u)
	}
	return tokens
}

// forgetSearches lets a group that only searched leave whole when its hits leave: a model
// that sees that it searched, and not what it found, does not search again.
func (l *leaving) forgetSearches() {
	w := l.w
	if w.in.plain != nil {
		return
	}
	for from := 0; from < len(w.spans); {
		e := w.spans[from].entry
		n := len(w.st.set.Log[e].Spans)
		u := &w.view.Units[from]
		all := n > 1 && !u.Says && !u.Fixed && !l.whole[e]
		for i := from + 1; all && i < from+n; i++ {
			all = w.hit(&w.view.Units[i]) && l.stubs(i)
		}
		if all {
			l.gone[from], l.whole[e], l.why[from] = true, true, l.why[from+1]
		}
		from += n
	}
}

// dies says whether the unit becomes a stub because the agent or its sender let it go.
func (l *leaving) dies(u int) bool {
	m := l.w.view.Units[u].Mark
	return m != policy.MarkNone && m != policy.MarkStale && l.stubs(u)
}

// strays says whether the unit is an answer between two regions that leave.
func (l *leaving) strays(u *policy.Unit) bool {
	return u.Role == quire.RoleAssistant && l.leaves(u.Entry-1) && l.leaves(u.Entry+1)
}

// leaves says whether nothing of the entry will stand, or nothing stood before.
func (l *leaving) leaves(i int) bool {
	return i >= 0 && i < len(l.whole) && (l.whole[i] || l.w.st.set.Log[i].Tombstone != nil)
}

// stubs says whether the unit becomes a stub.
func (l *leaving) stubs(u int) bool {
	unit := &l.w.view.Units[u]
	return l.gone[u] && unit.Role == quire.RoleTool && !unit.Stubbed && unit.Stub > 0
}

// count is what the log will take, without tombstones made anew.
func (l *leaving) count() int {
	n := 0
	for i := range l.w.st.set.Log {
		if !l.whole[i] && l.w.st.set.Log[i].Tombstone != nil {
			n += l.w.st.set.Log[i].Tombstone.Tokens
		}
	}
	for u, at := range l.w.spans {
		shorter, short := l.short[u]
		switch {
		case l.whole[at.entry]:
		case l.stubs(u):
			n += l.w.view.Units[u].Stub
		case short:
			n += shorter.Tokens
		default:
			n += l.w.view.Units[u].Tokens
		}
	}
	return n
}

// build makes the log as it will stand, with one merged tombstone for each
// region that leaves. It takes in those beside it, unless the cache can be read up
// to just behind one: to change that would have more written anew than it saves.
func (l *leaving) build() {
	if l.w.in.plain != nil {
		l.buildPlain()
		return
	}
	w := l.w
	l.first = len(w.st.set.Log)
	l.log = make([]resident.Entry, 0, len(w.st.set.Log))
	l.old = make([]int, 0, len(w.st.set.Log))
	l.again = make([]bool, len(w.st.set.Log))
	unit := 0
	var region *region
	for i := range w.st.set.Log {
		e := &w.st.set.Log[i]
		n := len(e.Spans)
		switch {
		case l.whole[i] || e.Tombstone != nil:
			if region != nil && !region.leaves && !l.merges(region, i) {
				l.close(region, e)
				region = nil
			}
			region = region.grow(i, e)
			if region.leaves {
				l.first = min(l.first, region.from)
			}
		default:
			l.close(region, e)
			region = nil
			l.keep(i, e, unit)
		}
		unit += n
	}
	l.close(region, nil)
	for i := range l.log {
		l.used += entryTokens(&l.log[i])
	}
	l.thin()
}

// keep puts an entry into the new log, with stubs where results leave and with
// what is shortened.
func (l *leaving) keep(i int, e *resident.Entry, unit int) {
	out := *e
	for j := range e.Spans {
		shorter, short := l.short[unit+j]
		if !short && !l.stubs(unit+j) {
			continue
		}
		if !l.again[i] {
			out.Spans = append([]resident.Span(nil), e.Spans...)
			l.again[i] = true
			l.first = min(l.first, i)
		}
		if short {
			out.Spans[j] = shorter
			continue
		}
		sp := &out.Spans[j]
		sp.Form, sp.Tokens, sp.Keep, sp.Mark = resident.FormStub, sp.Stub, 0, policy.MarkNone
	}
	l.log = append(l.log, out)
	l.old = append(l.old, i)
}

// region is a run of entries that leave, and of tombstones beside them.
type region struct {
	from   int
	stone  resident.Tombstone
	kept   *resident.Entry // the tombstone, when nothing new leaves
	leaves bool
}

func (r *region) grow(i int, e *resident.Entry) *region {
	if r == nil {
		r = &region{from: i}
	}
	if t := e.Tombstone; t != nil {
		r.cover(t.First, t.Last, t.Messages)
		if r.kept == nil && !r.leaves {
			r.kept = e
			return r
		}
		r.leaves = true // two stones became neighbours
		return r
	}
	for j := range e.Spans {
		r.cover(e.Spans[j].UID, e.Spans[j].UID, 1)
	}
	r.leaves = true
	return r
}

func (r *region) cover(first, last quire.UID, n int) {
	if r.stone.Messages == 0 || first < r.stone.First {
		r.stone.First = first
	}
	r.stone.Last = max(r.stone.Last, last)
	r.stone.Messages += n
}

// close ends a region: what left gets one tombstone. next is what stands after
// it, nil at the end.
func (l *leaving) close(r *region, next *resident.Entry) {
	if r == nil {
		return
	}
	if !r.leaves {
		l.log = append(l.log, *r.kept)
		l.old = append(l.old, r.from)
		return
	}
	stone := r.stone
	stone.Tokens = l.w.count([]quire.Part{quire.Text{Text: render.Tombstone(&stone)}})
	l.stones = append(l.stones, len(l.log))
	seq := l.w.st.set.Log[r.from].Seq // of the first that left: numbers go on growing
	l.log = append(l.log, resident.Entry{Seq: seq, Tombstone: &stone, Render: render.Version})
	l.old = append(l.old, -1)
}

// merges says whether the tombstone that ends before entry i is to be one with what
// leaves from there on: when it is written anew in any case, or little else is.
func (l *leaving) merges(r *region, i int) bool {
	if l.first <= r.from {
		return true
	}
	w := l.w
	k, read := slices.BinarySearchFunc(w.cached, w.starts[i], func(b ledger.Boundary, start int) int { return cmp.Compare(b.Index, start) })
	if !read {
		return l.whole[i] // what stands behind the tombstone is written anew all the same
	}
	before := 0
	if k > 0 {
		before = w.cached[k-1].Tokens
	}
	return w.bounds[w.starts[i]].Tokens-before <= 2*r.kept.Tombstone.Tokens
}

// rate is what is written anew for each token that leaves.
func (l *leaving) rate() float64 {
	w := l.w
	if !l.changed() || l.used >= w.view.Used {
		return math.Inf(1)
	}
	start := w.starts[l.first]
	read := w.bounds[w.starts[0]].Tokens // of what stands before the log
	for _, b := range w.cached {
		if b.Index <= start {
			read = max(read, b.Tokens)
		}
	}
	return float64(w.bounds[w.starts[0]].Tokens+l.used-read) / float64(w.view.Used-l.used)
}

func (l *leaving) changed() bool { return l.first < len(l.w.st.set.Log) }
