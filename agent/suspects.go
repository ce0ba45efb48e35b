package agent

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/providers"
)

// search is the search for what made the server refuse a prompt, within one step. That
// something is guilty of what a prompt showed and the next one did not is known when the
// one was refused and the other was taken.
type search struct {
	began   bool
	shown   []quire.UID // suspects that the last prompt showed, the most suspect last
	hot     []quire.UID // of them those that are thought guilty
	aside   []quire.UID // suspects that this step holds back
	last    []quire.UID // of those, what the last prompt held back that the one before showed
	guilty  []quire.UID // refused when nothing else was suspect
	hoped   bool        // that what is not hot is innocent
	kept    []quire.UID // held back since calls before
	convict bool        // too much was refused in this hour: all that is suspect is guilty
}

// refused takes in that a prompt was refused, and holds back what the next one is to do
// without; false, when nothing that this one showed is suspect.
func (a *Agent) refused(m *moment, s *search, plan *compose.Plan, cause *providers.Error) bool {
	q := m.host.isolate(a.key())
	q.count(m, cause)
	a.survived(cause)
	if !s.began {
		s.begin(a, m, q, plan)
	}
	if len(s.shown) == 0 {
		return false
	}
	if s.hot = less(s.hot, s.aside); len(s.hot) == 0 {
		s.hot = s.shown
	}
	left := q.most() - q.Refused
	s.hoped = s.hoped || q.many() || left <= 3
	s.convict = q.InHour > maxSuspect
	switch {
	case left <= 1 || q.Out || s.convict:
		s.hide(s.shown)
	case len(s.hot) < len(s.shown) && (s.hoped || len(s.hot) == 1):
		s.hide(less(s.shown, s.hot))
	case len(s.shown) > 1:
		s.hoped = true
		s.hide(s.hot[len(s.hot)-part(len(s.hot), soonBack-q.Calls, left-1):])
	default: // it is the one: what was held back before it was found comes back
		s.guilty = append(s.guilty, s.shown...)
		s.shown, s.aside, s.last, s.hot = s.aside, nil, nil, nil
	}
	a.show(m, s)
	a.log.Warn(logRefused, append(a.failing(cause), "turn", m.host.turn(), "step", m.host.Steps+1, "refused", q.Refused, "suspects", len(s.shown)+len(s.aside))...)
	return true
}

// hide holds back suspects that are shown.
func (s *search) hide(uids []quire.UID) {
	s.last, s.shown, s.aside = uids, less(s.shown, uids), append(slices.Clip(s.aside), uids...)
}

// count notes a refused prompt.
func (q *quarantine) count(m *moment, cause *providers.Error) {
	q.of(m.host.turn())
	if m.now.Sub(q.Since) >= time.Hour || m.now.Before(q.Since) {
		q.Since, q.InHour = m.now, 0
	}
	q.Refused++
	if q.Why = oneLine(cause.Error(), maxSaid); !q.Out {
		q.InHour++
	}
}

// show withholds all that the search does without, and nothing that it shows.
func (a *Agent) show(m *moment, s *search) {
	for _, uid := range slices.Concat(s.aside, s.guilty) {
		m.hide(uid, true)
	}
	for _, uid := range s.shown {
		m.hide(uid, false)
	}
}

// less is a list without what another holds.
func less(list, without []quire.UID) []quire.UID {
	return slices.DeleteFunc(slices.Clone(list), func(uid quire.UID) bool { return contains(without, uid) })
}

// begin finds what the first prompt of a step that was refused shows, and no prompt that
// was taken did.
func (s *search) begin(a *Agent, m *moment, q *quarantine, plan *compose.Plan) {
	took := map[quire.UID]bool{}
	if m.took.Model() == a.model().Profile.Name && !q.Out {
		for uid := range standing(&m.took) {
			took[uid] = true
		}
		for _, uid := range m.took.Withheld() {
			delete(took, uid)
		}
	}
	for uid := range standing(&plan.Next) {
		if !took[uid] && !contains(plan.Next.Withheld(), uid) {
			s.shown = append(s.shown, uid)
		}
	}
	if plan.Prompt.Notice != "" && !m.bare {
		s.shown = append(s.shown, noticed)
	}
	s.began, s.shown, s.kept = true, a.byOddness(s.shown), m.kept
	fresh := len(less(s.shown, q.Held))
	q.Suspects = max(q.Suspects+fresh, len(s.shown)+len(s.kept))
	for _, uid := range s.shown {
		if contains(q.Hot, uid) {
			s.hot = append(s.hot, uid)
		}
	}
	if len(q.Hot) == 0 {
		q.Calls = 0
	}
}

// byOddness orders suspects: first plain words, then what is rarer in a prompt, at last
// what is no text; of each the oldest first.
func (a *Agent) byOddness(uids []quire.UID) []quire.UID {
	uids = sorted(uids)
	odd := map[quire.UID]int{}
	for _, uid := range uids {
		if it, ok := a.bodies.byUID[uid]; ok {
			odd[uid] = oddness(it.Parts)
		}
	}
	slices.SortStableFunc(uids, func(x, y quire.UID) int { return cmp.Compare(odd[x], odd[y]) })
	return uids
}

func oddness(parts []quire.Part) int {
	most := 0
	for _, p := range parts {
		n := 0
		switch p := p.(type) {
		case quire.Text:
			if strings.ContainsFunc(p.Text, rare) {
				n = 1
			}
		case quire.ToolCall:
			if !json.Valid([]byte(p.Args)) || strings.ContainsFunc(p.Args, rare) {
				n = 1
			}
		case quire.ToolResult:
			n = oddness(p.Parts)
		case quire.Ref:
		default:
			n = 2
		}
		most = max(most, n)
	}
	return most
}

// rare says whether a character is one that seldom stands in text.
func rare(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r'
}

// standing lists the messages in a context, but for its head, and what its pulls show.
func standing(st *compose.State) map[quire.UID]bool {
	out := map[quire.UID]bool{}
	for _, s := range st.Items() {
		if s.Fate == compose.FateStub || s.Fate == compose.FateOut || s.Class == policy.ClassPinned {
			continue
		}
		out[s.UID] = true
		for _, uid := range s.Shows {
			out[uid] = true
		}
	}
	delete(out, 0)
	return out
}
