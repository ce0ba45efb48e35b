package replaying

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/names"
)

// Recall is how much of what the agent was about to name the prompt still held:
// of the identifiers in its answer that stood earlier in the run, those that
// stand anywhere in the prompt, and those that stand in a message that was
// kept, not just in a line about one that left.
type Recall struct {
	Used int `json:"used"`
	Name int `json:"name"`
	Body int `json:"body"`
}

func (r *Recall) add(o Recall) {
	r.Used += o.Used
	r.Name += o.Name
	r.Body += o.Body
}

// memory knows in which messages of a run each identifier stands.
type memory struct {
	system map[string]bool
	in     map[string][]quire.UID
	read   int // items that it knows
}

func newMemory(system string) *memory {
	m := &memory{system: map[string]bool{}, in: map[string][]quire.UID{}}
	for id := range names.In(system) {
		m.system[id] = true
	}
	return m
}

// learn reads what stands before an answer.
func (m *memory) learn(items []quire.Item) {
	for ; m.read < len(items); m.read++ {
		it := &items[m.read]
		for id := range names.In(names.Written(it.Parts)) {
			m.in[id] = append(m.in[id], it.UID)
		}
	}
}

// recall compares an answer with the prompt that it would have been given.
func (m *memory) recall(answer []quire.Part, plan *compose.Plan, cut func(quire.UID) bool) Recall {
	var r Recall
	var kept map[quire.UID]bool
	var all, shown string // the prompt's text; that of excerpts
	for id := range names.In(names.Written(answer)) {
		where := m.in[id]
		if len(where) == 0 && !m.system[id] {
			continue
		}
		r.Used++
		if kept == nil {
			kept, shown = residents(plan, cut)
			all = promptText(&plan.Prompt, nil)
		}
		body := m.system[id] || strings.Contains(shown, id)
		for _, uid := range where {
			body = body || kept[uid]
		}
		if body {
			r.Body++
		}
		if body || strings.Contains(all, id) {
			r.Name++
		}
	}
	return r
}

// gone compares two prompts that an answer might have been given: how many of the
// identifiers that it names stood in a message of the one and in none of the other, and
// the tokens of the newest message of each.
func (m *memory) gone(answer []quire.Part, was, would *compose.Plan) (missed, tokens int) {
	none := func(quire.UID) bool { return false }
	before, cutBefore := residents(was, none)
	after, cutAfter := residents(would, none)
	var back []quire.UID
	for id := range names.In(names.Written(answer)) {
		in := func(uids map[quire.UID]bool, cut string) (last quire.UID, ok bool) {
			for _, uid := range m.in[id] {
				if uids[uid] {
					last = uid
				}
			}
			return last, last > 0 || strings.Contains(cut, id)
		}
		uid, stood := in(before, cutBefore)
		if _, stands := in(after, cutAfter); !stood || stands || m.system[id] {
			continue
		}
		missed++
		if uid > 0 && !slices.Contains(back, uid) {
			back = append(back, uid)
		}
	}
	for _, d := range was.Decisions() {
		if slices.Contains(back, d.UID) && d.Fate == compose.FateIn {
			tokens += d.Tokens
		}
	}
	return missed, tokens
}

// residents lists the messages that stand whole in a prompt, and the text of
// the entries that hold an excerpt.
func residents(plan *compose.Plan, cut func(quire.UID) bool) (whole map[quire.UID]bool, excerpts string) {
	whole = map[quire.UID]bool{}
	seqs := map[uint64]bool{}
	for _, s := range plan.Next.Items() {
		switch {
		case s.Fate == compose.FateStub || s.Fate == compose.FateOut:
		case s.Fate == compose.FateExcerpt, cut(s.UID):
			seqs[s.Seq] = true
		default:
			whole[s.UID] = true
		}
	}
	if len(seqs) == 0 {
		return whole, ""
	}
	return whole, promptText(&plan.Prompt, seqs)
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
