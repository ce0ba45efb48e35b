package transcript

import (
	"sort"

	"github.com/quire-dev/quire"
)

// finish makes the sessions. A file may hold several: lines of different
// sessions that are linked are of one, which went on under another name.
func (c *claudeFile) finish() {
	of := c.linked()
	groups := map[string][]node{}
	var order []string // by the last line that begins a group
	id := map[string]string{}
	for _, n := range c.main {
		g := of.root(n.session)
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], n)
		id[g] = firstOf(n.session, id[g])
	}
	sides := map[string][]sideKey{}
	for k := range c.side {
		g := of.root(k.session)
		if groups[g] == nil && sides[g] == nil {
			order = append(order, g)
		}
		sides[g] = append(sides[g], k)
		id[g] = firstOf(id[g], k.session)
	}
	sort.SliceStable(order, func(i, j int) bool { return c.starts(groups, sides, order[i]) < c.starts(groups, sides, order[j]) })
	if len(order) == 0 {
		c.reportUnknown(firstOf(c.session, c.base))
	}
	for i, g := range order {
		name := c.name(firstOf(id[g], c.base))
		if i == 0 {
			c.reportUnknown(name)
		}
		title := c.title(groups[g], i == 0)
		t := &tree{job: c.job, id: name, nodes: groups[g], about: func(s *Session) { s.Title = title }}
		t.threads()
		c.agents(name, sides[g])
	}
}

// starts returns the first line of a group, which need not be that of a message.
func (c *claudeFile) starts(groups map[string][]node, sides map[string][]sideKey, g string) int {
	first := 0
	if n := groups[g]; len(n) > 0 {
		first = n[0].entry.line
	}
	for _, k := range sides[g] {
		if l := c.side[k][0].entry.line; first == 0 || l < first {
			first = l
		}
	}
	return first
}

// title finds what a session was called: by its last line, or, for the first of
// a file, what stands there for no other.
func (c *claudeFile) title(nodes []node, first bool) string {
	mine := map[string]bool{}
	for i := range nodes {
		mine[nodes[i].uuid] = true
	}
	for _, t := range c.titles {
		if t.leaf != "" && mine[t.leaf] {
			return t.title
		}
	}
	for _, t := range c.titles {
		if first && !c.seen[t.leaf] {
			return t.title
		}
	}
	return ""
}

// agents makes the sessions of a session's subagents, in the order in which they were started.
func (c *claudeFile) agents(id string, keys []sideKey) {
	sort.Slice(keys, func(i, j int) bool {
		a, b := c.side[keys[i]][0].entry.line, c.side[keys[j]][0].entry.line
		return a < b || a == b && keys[i].agent < keys[j].agent
	})
	for _, k := range keys {
		b := newBuilder(c.job, c.name(id+"/"+k.agent))
		b.s.Parent, b.s.Sidechain = id, true
		b.s.User = c.o.Agent
		b.s.Agent = quire.Address(string(c.o.Agent) + "/" + string(addressOf(k.agent, "subagent")))
		nodes := c.side[k]
		tellApart(nodes)
		for _, nd := range merge(nodes) {
			b.add(nd.entry)
		}
		b.finish()
	}
}

// reportUnknown reports each type of line that was left out once.
func (c *claudeFile) reportUnknown(id string) { reportUnknown(c.job, id, c.unknown, c.first) }

func reportUnknown(j *job, id string, count, first map[string]int) {
	types := make([]string, 0, len(count))
	for t := range count {
		types = append(types, t)
	}
	sort.Strings(types)
	for _, t := range types {
		j.report(first[t], id, codeUnknown, "entries of type %.40q: %d left out", t, count[t])
	}
}

// sets are disjoint sets of names.
type sets map[string]string

// root returns the name that stands for the set.
func (s sets) root(name string) string {
	for s[name] != "" && s[name] != name {
		if up := s[s[name]]; up != "" {
			s[name] = up
		}
		name = s[name]
	}
	return name
}

// linked says which sessions are one: those whose lines hang from each other's.
// Lines before the first that names a session are of that one.
func (c *claudeFile) linked() sets {
	s := sets{}
	of := map[string]string{} // the session of each line
	named := c.named()
	for i := range c.main {
		n := &c.main[i]
		if n.session == "" {
			n.session = named
		}
		if p, ok := of[n.parent]; ok && n.parent != "" {
			if a, b := s.root(p), s.root(n.session); a != b {
				s[b] = a
			}
		}
		if n.uuid != "" {
			of[n.uuid] = n.session
		}
	}
	return s
}

// named returns the first session that a line names; "" for none.
func (c *claudeFile) named() string {
	for i := range c.main {
		if s := c.main[i].session; s != "" {
			return s
		}
	}
	return ""
}
