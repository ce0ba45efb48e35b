package strategy

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/names"
)

// standing is what a prompt shows of the messages.
type standing struct {
	whole    func(item int32) bool
	cut      func(item int32) bool // it counts as whole and is an excerpt; nil: none is
	excerpts string                // the text of those that do not
	all      func() string         // the text of all that stands; nil: what is whole is all
}

// shows says whether a name stands in the system prompt, in a message that stands
// whole or in an excerpt.
func (s *standing) shows(n *trace.Name) bool {
	return n.System || s.excerpts != "" && strings.Contains(s.excerpts, n.Text) || holds(n.In, s.whole)
}

// holds looks for an item that is kept, the newest first.
func holds(in []int32, kept func(int32) bool) bool {
	for k := len(in) - 1; k >= 0; k-- {
		if kept(in[k]) {
			return true
		}
	}
	return false
}

// planned is what stands in a prompt of the composer.
func planned(plan *compose.Plan) *standing {
	whole := map[int32]bool{}
	excerpts := map[uint64]bool{}
	for _, s := range plan.Next.Items() {
		switch s.Fate {
		case compose.FateIn:
			whole[int32(s.UID-1)] = true
		case compose.FateExcerpt:
			excerpts[s.Seq] = true
		}
	}
	s := &standing{whole: func(i int32) bool { return whole[i] }, all: func() string { return promptText(&plan.Prompt, nil) }}
	if len(excerpts) > 0 {
		s.excerpts = promptText(&plan.Prompt, excerpts)
	}
	return s
}

// promptText is the text of a prompt's messages, or of those that show one of
// the entries.
func promptText(p *quire.Prompt, seqs map[uint64]bool) string {
	var b strings.Builder
	for i := range p.Messages {
		if seqs == nil || seqs[p.Messages[i].Seq] {
			b.WriteString(names.Written(p.Messages[i].Parts))
		}
	}
	return b.String()
}

// recalled notes how much of what the answer of a call names the prompt held.
func recalled(c *Case, t int, stands *standing, out *Outcome) {
	all := ""
	weighed := map[int32]bool{}
	for i := range c.Life.Calls[t].Named {
		n := &c.Life.Calls[t].Named[i]
		out.Named++
		weigh(c, n, weighed, stands, out)
		if stands.shows(n) {
			out.Body++
			out.Name++
			continue
		}
		if all == "" && stands.all != nil {
			all = stands.all()
		}
		if strings.Contains(all, n.Text) {
			out.Name++
		}
	}
}

// weigh counts the message that a name is taken from, once a call, with its tokens:
// a prompt full of short lines that are dense with names has many of the names, and
// little of what they stood in. What the system prompt says needs no message.
func weigh(c *Case, n *trace.Name, weighed map[int32]bool, stands *standing, out *Outcome) {
	if n.System {
		return
	}
	from := source(c.Life, n)
	if weighed[from] {
		return
	}
	weighed[from] = true
	tokens := int64(c.Sizes.Tokens[from])
	out.NamedTokens += tokens
	if stands.whole(from) && (stands.cut == nil || !stands.cut(from)) {
		out.BodyTokens += tokens
	}
}

// source is the newest message that holds a name and is not the agent's own; the
// newest of its own where there is no other.
func source(l *trace.Life, n *trace.Name) int32 {
	for k := len(n.In) - 1; k >= 0; k-- {
		if l.Items[n.In[k]].Kind != quire.KindTurn {
			return n.In[k]
		}
	}
	return n.In[len(n.In)-1]
}
