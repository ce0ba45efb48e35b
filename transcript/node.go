package transcript

import "fmt"

// node is one line in the thread of a session. Lines that hold no message, such
// as progress, are nodes too, since threads run through them.
type node struct {
	uuid, parent string
	root         bool   // the line says that it follows none
	session      string // as the line names it
	compacted    bool   // the program went on from here without what came before
	kept         string // of such a line: the last message that it went on with all the same
	call         string // of answers: the id of the model's answer
	request      string // of answers: the id of the request, where there is one
	message      bool
	told         bool // an earlier session holds it too
	entry        entry
}

// sameAnswer says whether n, a line with the id of the answer that f begins, is a
// line of it: some gateways give every answer the same id. behind says that something
// which no model wrote stands between them, as the results of calls do that were
// run while the answer still came.
func (f *node) sameAnswer(n *node, behind bool) bool {
	if f.request != "" && n.request != "" && f.request != n.request {
		return false
	}
	if !behind {
		return true
	}
	a, b := f.entry.usage, n.entry.usage
	if a.Input > 0 && b.Input > 0 { // each line of an answer repeats what was sent
		return a.Input == b.Input && a.CachedInput == b.CachedInput && a.CacheWrite == b.CacheWrite
	}
	return f.request != "" && f.request == n.request
}

// setApart makes n the beginning of another answer than the one whose id it has.
func (n *node) setApart() { n.call = fmt.Sprintf("%s line %d", n.call, n.entry.line) }

// tellApart does for lines that are told in order what a tree does for threads.
func tellApart(nodes []node) {
	first := map[string]int{}
	for i := range nodes {
		n := &nodes[i]
		if n.call == "" {
			continue
		}
		id := n.call
		f, ok := first[id]
		switch {
		case !ok:
			first[id] = i
		case nodes[f].sameAnswer(n, i > 0 && nodes[i-1].call == ""):
			n.call = nodes[f].call
		default:
			first[id] = i
			n.setApart()
		}
	}
}
