package transcript

import (
	"slices"
	"sort"

	"github.com/quire-dev/quire"
)

// maxBranches is how many branches of one session are told as sessions of their
// own. Each repeats its beginning, so that a hostile file could ask for much.
const maxBranches = 64

// tree is the thread of a session with its branches. Whoever goes back and asks
// anew starts another branch.
//
// The parents that the lines name don't make the tree by themselves. A model's
// answer is spread over several lines, and the results of parallel calls hang
// from their own call's line, so that only one of them is on the way to what
// follows. Here an answer, all its lines and all the results of its calls are
// one step; progress and the like are looked through. A step is named by the
// index of its first line, and comes after its parent in the file, so that no
// damage makes a circle.
type tree struct {
	*job
	id     string
	about  func(*Session) // fills in what is said of the session as a whole
	nodes  []node
	parent []int         // of each line: the line that it names; -1 for none
	near   []int         // of each line: itself or the nearest above that holds a message; -1 for none
	step   []int         // of each line: its step, or that of the lines above; -1 for none
	up     []int         // of each step: the one before; -1 for none
	lines  map[int][]int // of each step
}

// threads makes a session of each path through the thread: the one that was
// held last, and the branches that hold model calls of their own.
func (t *tree) threads() {
	t.grow()
	leaves := t.leaves()
	if len(leaves) == 0 {
		return
	}
	done := map[int]bool{}
	t.thread(0, t.path(leaves[0]), done)
	n := 1
	for _, leaf := range leaves[1:] {
		if t.job.told() {
			return
		}
		calls := 0
		var prompts []int
		for s := leaf; s >= 0 && !done[s]; s = t.up[s] {
			if t.nodes[s].call != "" {
				calls++
			} else {
				prompts = append(prompts, s)
			}
		}
		if calls > 0 && n <= maxBranches {
			t.thread(n, t.path(leaf), done)
			n++
			continue
		}
		for _, s := range prompts {
			t.report(t.nodes[s].entry.line, t.id, codeAbandoned, "a message on another branch, which nothing answered")
		}
		if calls > 0 {
			t.report(t.nodes[leaf].entry.line, t.id, codeAbandoned, "a branch with %d calls: more than %d branches", calls, maxBranches)
		}
		for s := leaf; s >= 0 && !done[s]; s = t.up[s] {
			done[s] = true
		}
	}
}

// thread makes the session of one path. What an earlier one had is not
// reported, nor are its calls counted, again.
func (t *tree) thread(n int, path []int, done map[int]bool) {
	b := newBuilder(t.job, t.id)
	t.about(&b.s)
	if n > 0 {
		b.s.ID, b.s.Parent, b.s.Title = t.name(t.id), t.id, ""
	}
	var lines []int
	for _, s := range path {
		lines = append(lines, t.lines[s]...)
	}
	sort.Ints(lines)
	nodes := make([]node, len(lines))
	for i, l := range lines {
		nodes[i] = t.nodes[l]
		nodes[i].told = done[t.step[l]]
	}
	for _, nd := range merge(nodes) {
		if b.told = nd.told; t.job.told() {
			break
		}
		b.add(nd.entry)
	}
	b.finish()
	for _, s := range path {
		done[s] = true
	}
}

// grow finds the steps and what each of them follows.
func (t *tree) grow() {
	n := len(t.nodes)
	t.parent, t.near = make([]int, n), make([]int, n)
	t.step, t.up, t.lines = make([]int, n), make([]int, n), map[int][]int{}
	t.link()
	firstLine := map[string]int{} // of each answer
	caller := map[string]int{}    // step that holds a tool call
	for i := range t.nodes {
		s := t.stepOf(i, firstLine, caller)
		t.step[i] = s
		if !t.nodes[i].message {
			continue
		}
		t.lines[s] = append(t.lines[s], i)
		if s == i {
			t.up[i] = t.stepAt(t.parent[i])
		}
		for _, p := range t.nodes[i].entry.parts {
			if call, ok := p.(quire.ToolCall); ok {
				caller[call.ID] = s
			}
		}
	}
}

// link finds the line that each line follows. One that is not there is taken
// to be the message before.
func (t *tree) link() {
	at := map[string]int{}
	kept := map[int]string{} // the message behind which a summary stands, by what a boundary says
	last := -1               // the message before
	for i := range t.nodes {
		n := &t.nodes[i]
		p, ok := at[n.parent]
		switch {
		case n.parent == "" && n.root:
			p = -1
		case n.parent == "" || !ok:
			p = last
			if n.parent != "" && n.message && i > 0 {
				t.report(n.entry.line, t.id, codeGap, "parent %q is not there", n.parent)
			}
		default:
			p = t.behindSummary(i, p, at, kept)
		}
		t.parent[i], t.near[i] = p, i
		if !n.message {
			t.near[i] = t.nearAt(p)
		}
		if p >= 0 && t.nodes[p].compacted && n.message {
			n.entry.restart = true
		}
		if n.uuid != "" {
			at[n.uuid] = i
		}
		if n.message {
			last = i
		}
		if k, ok := at[n.kept]; ok && n.kept != "" {
			kept[t.nearAt(k)] = n.uuid
		}
	}
}

// behindSummary returns what line i follows that names p: a program that
// summarised and kept the newest messages goes on from these, as its lines tell
// it, although the summary stands between.
func (t *tree) behindSummary(i, p int, at map[string]int, kept map[int]string) int {
	boundary, ok := kept[t.nearAt(p)]
	if !ok || p > at[boundary] {
		return p
	}
	b := at[boundary]
	for s := b + 1; s < i && s < b+maxNotes; s++ {
		if t.nodes[s].message && t.nodes[s].entry.restart {
			return s
		}
	}
	return b
}

// maxNotes is how many lines may stand between a boundary and its summary.
const maxNotes = 32

// nearAt looks through the lines that hold no message, up from i.
func (t *tree) nearAt(i int) int {
	if i < 0 {
		return -1
	}
	return t.near[i]
}

func (t *tree) stepAt(line int) int {
	if line < 0 {
		return -1
	}
	return t.step[line]
}

// stepOf finds the step that a line belongs to.
func (t *tree) stepOf(i int, firstLine, caller map[string]int) int {
	n := &t.nodes[i]
	if !n.message {
		return t.stepAt(t.parent[i])
	}
	if n.call != "" {
		f, ok := firstLine[n.call]
		above := t.nearAt(t.parent[i])
		if ok && t.nodes[f].sameAnswer(n, above >= 0 && t.nodes[above].call == "") {
			n.call = t.nodes[f].call
			return f
		}
		firstLine[n.call] = i
		if ok {
			n.setApart()
		}
		return i
	}
	results, _ := split(n.entry.parts)
	for _, r := range results {
		if s, ok := caller[r.CallID]; ok {
			return s
		}
	}
	return i
}

// leaves returns the steps that nothing follows: first the one that was held
// last, then the others in the order of the file.
func (t *tree) leaves() []int {
	inner := map[int]bool{}
	for s := range t.lines {
		if t.up[s] >= 0 {
			inner[t.up[s]] = true
		}
	}
	var leaves []int
	for s := range t.lines {
		if !inner[s] {
			leaves = append(leaves, s)
		}
	}
	sort.Ints(leaves)
	last := 0
	for i, s := range leaves {
		if t.end(s) > t.end(leaves[last]) {
			last = i
		}
	}
	if len(leaves) > 0 {
		leaf := leaves[last]
		copy(leaves[1:last+1], leaves[:last])
		leaves[0] = leaf
	}
	return leaves
}

// end returns the last line of a step.
func (t *tree) end(s int) int { return t.lines[s][len(t.lines[s])-1] }

// path returns the steps from a leaf up.
func (t *tree) path(leaf int) []int {
	var path []int
	for s := leaf; s >= 0; s = t.up[s] {
		path = append(path, s)
	}
	return path
}

// merge joins the lines of one model call: they stand where the first one did,
// before the results that came in between.
func merge(nodes []node) []node {
	var out []node
	at := map[string]int{}
	for _, n := range nodes {
		if !n.message {
			continue
		}
		if i, ok := at[n.call]; ok && n.call != "" {
			out[i].entry.join(n.entry)
			continue
		}
		at[n.call] = len(out)
		n.entry.parts = slices.Clip(n.entry.parts) // a branch joins others to the same
		out = append(out, n)
	}
	return out
}
