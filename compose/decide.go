package compose

import (
	"cmp"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// decide notes what this call did with a candidate.
func (w *work) decide(d Decision) { w.plan.changes = append(w.plan.changes, d) }

// entered notes that a span entered the log.
func (w *work) entered(entry, span int) {
	e := &w.st.set.Log[entry]
	d := standing(e, &e.Spans[span])
	d.Reason, d.New = "arrived", true
	if d.Fate == FateExcerpt {
		d.Reason = "arrived; too large to show whole"
	}
	if w.withheld(d.UID) {
		d.Reason = withheldReason
	}
	if e.Spans[span].Refaults > 0 {
		d.Reason += "; shows again what had left"
	}
	w.decide(d)
}

// standing is the decision on a span that is in the log.
func standing(e *resident.Entry, sp *resident.Span) Decision {
	d := Decision{UID: sp.UID, Seq: e.Seq, Kind: sp.Kind, Fate: fateOf(sp.Form), Tokens: sp.Tokens, Reason: "resident"}
	if d.Kind == "" {
		d.Kind = quire.KindMail
	}
	switch {
	case sp.Class == policy.ClassPinned:
		d.Reason = "pinned by configuration"
	case sp.Pinned:
		d.Reason = "pinned"
	case sp.Dead():
		d.Reason = string(sp.Mark) + "; leaves when that is cheap or needed"
	}
	return d
}

// Decisions lists the fate of every candidate: first what stands in the prompt,
// in its order, then what does not, by number. Candidates are the log, what
// arrived and what was offered; what left in an earlier call is none.
func (p *Plan) Decisions() []Decision { return p.decisions(true) }

// decisions lists them all, or only what this call changed.
func (p *Plan) decisions(all bool) []Decision {
	changed := p.final()
	var out []Decision
	for _, entries := range [][]resident.Entry{p.Next.set.Head, p.Next.set.Log} {
		for i := range entries {
			for j := range entries[i].Spans {
				sp := &entries[i].Spans[j]
				d, is := changed[sp.UID]
				switch is = is && d.Seq == entries[i].Seq; {
				case is:
					d.Tokens = sp.Tokens // a call whose result never came is answered after it entered
				case all:
					d = standing(&entries[i], sp)
				}
				if all || is && d.New {
					out = append(out, d)
				}
			}
		}
	}
	for _, d := range gone(changed) {
		if all || d.New {
			out = append(out, d)
		}
	}
	return out
}

// final is the last thing that this call did with each message.
func (p *Plan) final() map[quire.UID]Decision {
	out := make(map[quire.UID]Decision, len(p.changes))
	for _, d := range p.changes {
		d.Left += p.shrunk[d.UID]
		out[d.UID] = d
	}
	return out
}

// gone lists what is not in the prompt, by number.
func gone(changed map[quire.UID]Decision) []Decision {
	var out []Decision
	for _, d := range changed {
		if d.Fate == FateOut {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Decision) int { return cmp.Compare(a.UID, b.UID) })
	return out
}

// overBudget says that the prompt does not fit, and why not.
func (w *work) overBudget() error {
	if w.bound <= w.plan.Budget {
		return nil
	}
	e := &BudgetError{Budget: min(w.limit, w.plan.Budget), Need: w.plan.Used} // without a budget no share of the base is one
	add := func(name string, tokens int, why string) {
		if tokens > 0 {
			e.Items = append(e.Items, Size{name, tokens, why})
		}
	}
	add("system and tools", w.memo.tokens, "sent with every call")
	add("notice", w.plan.notice, "what waits in the mailbox")
	for i := range w.st.set.Head {
		sp := &w.st.set.Head[i].Spans[0]
		add(sp.UID.String()+" "+string(sp.Kind), sp.Tokens, "pinned by configuration")
	}
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			sp := &w.st.set.Log[i].Spans[j]
			why := "newest message or open group"
			if sp.Pinned {
				why = "pinned"
			}
			add(sp.UID.String()+" "+string(sp.Kind), sp.Tokens, why)
		}
	}
	slices.SortStableFunc(e.Items, func(a, b Size) int { return cmp.Compare(b.Tokens, a.Tokens) })
	return e
}
