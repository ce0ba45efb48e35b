package agent

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
)

// quarantine is what one model's server refused to take, or may refuse. One message with
// a part that it does not like would else make it refuse every later prompt too, since
// what stands in the context is sent with each.
//
// When a prompt is refused, what it shows and no prompt before it showed is suspect. The
// newest half of that is held back, and of what is still refused again the newest half,
// until a prompt is taken: its reply is the reply, and the guilty is among what was held
// back last. The next calls bring the rest back, in the same way. See [compose.State.Withhold]
// for how what is held back stands.
type quarantine struct {
	Model  string      `json:"model"`           // and the version of what its requests are made by
	Guilty []quire.UID `json:"guilty,omitzero"` // stay out
	Held   []quire.UID `json:"held,omitzero"`   // are out until they were tried; oldest first
	Hot    []quire.UID `json:"hot,omitzero"`    // of them one at least is guilty
	Calls  int         `json:"calls,omitzero"`  // that were taken since something is held
	Why    string      `json:"why,omitzero"`    // in the server's words

	Turn     uint64    `json:"turn,omitzero"`     // to which these belong:
	Refused  int       `json:"refused,omitzero"`  // prompts
	Suspects int       `json:"suspects,omitzero"` // messages
	Since    time.Time `json:"since,omitzero"`    // when the hour began to which this belongs:
	InHour   int       `json:"inHour,omitzero"`   // refused prompts

	Out  bool          `json:"out,omitzero"`  // even a prompt without anything suspect was refused
	Wait time.Duration `json:"wait,omitzero"` // until it is tried again
}

const (
	maxGuilty  = 256 // messages that are known to be refused, the newest
	maxSuspect = 64  // prompts that may be refused in an hour, before the suspects are no longer looked at one by one
	soonBack   = 3   // calls after which what is innocent should stand again
	firstRetry = time.Minute
	lastRetry  = time.Hour
	maxWords   = 1000 // bytes of what the server says, for the owner

	// noticed stands for the senders and subjects in the notice, which are mail's too.
	noticed = ^quire.UID(0)
)

// suspicious says whether a failure may be one message's doing.
func suspicious(e *providers.Error, unread int) bool {
	switch e.Code {
	case providers.CodeInvalid, providers.CodeRefused:
		return true
	case providers.CodeBadReply:
		return unread > 1
	}
	return false
}

// outage says that the server takes not even a prompt without anything suspect.
type outage struct{ error }

func (o *outage) Unwrap() error { return o.error }

// key names the model and the version of what makes its requests.
func (a *Agent) key() string {
	return fmt.Sprintf("%s@%d", a.model().Info.Name, providers.Encoding)
}

// quarantine finds that of a model; nil: there is none.
func (h *host) quarantine(key string) *quarantine {
	i := slices.IndexFunc(h.Quarantine, func(q quarantine) bool { return q.Model == key })
	if i < 0 {
		return nil
	}
	return &h.Quarantine[i]
}

// isolate returns the quarantine of a model, a new one if there is none.
func (h *host) isolate(key string) *quarantine {
	q := h.quarantine(key)
	if q == nil {
		name, _, _ := strings.Cut(key, "@")
		kept := slices.DeleteFunc(slices.Clone(h.Quarantine), func(q quarantine) bool { return strings.HasPrefix(q.Model, name+"@") })
		h.Quarantine = append(kept, quarantine{Model: key})
		q = &h.Quarantine[len(h.Quarantine)-1]
	} else { // what m was copied from keeps its own
		h.Quarantine = slices.Clone(h.Quarantine)
		q = h.quarantine(key)
	}
	return q
}

// held says whether a message may not be shown yet, for the model that is asked now.
func (a *Agent) held(m *moment, uid quire.UID) bool {
	q := m.host.quarantine(a.key())
	return q != nil && contains(q.Held, uid)
}

// shows says whether a message stands in the context as far as it ever will.
func (a *Agent) shows(m *moment, uid quire.UID) bool {
	return m.state.Resident(uid) && !a.held(m, uid)
}

// withhold makes the state hold back what may not be sent to the model that is asked now.
func (a *Agent) withhold(m *moment) {
	q := m.host.quarantine(a.key())
	if q == nil && len(m.state.Withheld) == 0 {
		return
	}
	var out []quire.UID
	if q != nil {
		q = m.host.isolate(q.Model)
		if q.Turn != m.host.turn() {
			q.Turn, q.Refused, q.Suspects = m.host.turn(), 0, 0
		}
		if q.Refused > 0 && q.Refused+1 >= q.most() { // nothing more is tried in this turn
			for _, list := range [][]quire.Item{m.snap.Arrived, m.wake} {
				for i := range list {
					q.hold(list[i].UID)
				}
			}
		}
		out = slices.Concat(q.Guilty, q.keep())
	}
	for _, uid := range slices.Clone(m.state.Withheld) {
		if !contains(out, uid) {
			m.state.Withhold(uid, false)
		}
	}
	for _, uid := range out {
		if uid != noticed {
			m.state.Withhold(uid, true)
		}
	}
	m.bare = contains(out, noticed)
}

// hold adds what is not to be shown before it was tried.
func (q *quarantine) hold(uid quire.UID) {
	if at, found := slices.BinarySearch(q.Held, uid); !found {
		q.Held = slices.Insert(slices.Clone(q.Held), at, uid)
	}
}

// most is how many prompts may be refused in a turn.
func (q *quarantine) most() int { return 2 + bits.Len(uint(max(q.Suspects, 1)-1)) }

// keep is what of the held the next call does not show: the newer part of what is hot,
// or all when no more may be refused in this turn.
func (q *quarantine) keep() []quire.UID {
	switch left := q.most() - q.Refused; {
	case q.Refused > 0 && left <= 1:
		return q.Held
	case len(q.Hot) < 2:
		return nil
	default:
		return q.Hot[len(q.Hot)-part(len(q.Hot), soonBack-q.Calls, left-1):]
	}
}

// part is how many of n suspects the next prompt holds back: half, but not so many that
// more than calls prompts are taken, nor so few that more than refusals are refused,
// until one is left.
func part(n, calls, refusals int) int {
	calls, refusals = max(calls, 1), max(refusals, 1)
	k := n / 2
	k = max(k, n-within(calls, refusals-1))
	k = min(k, within(calls-1, refusals))
	return min(max(k, 1), n-1)
}

// within is among how many the one can be found by so many prompts that are taken and so
// many that are refused, at most: the binomial coefficient.
func within(taken, refused int) int {
	n := 1
	for i := 1; i <= taken && n < 1<<20; i++ {
		n = n * (refused + i) / i
	}
	return n
}

// search is the search for what made the server refuse a prompt, within one step.
type search struct {
	shown   []quire.UID // suspects that the last prompt showed, oldest first
	hot     []quire.UID // of them those that are thought guilty
	out     []quire.UID // suspects that are held back
	last    []quire.UID // of those, what was held back last; nil: nothing was refused yet
	plain   bool        // the last prompt shows nothing suspect
	convict bool        // too much was refused in this hour: all that is suspect is guilty
}

// refused takes in that a prompt was refused and says what of it to hold back next;
// nothing, when what is left is not suspect.
func (a *Agent) refused(m *moment, s *search, plan *compose.Plan, cause *providers.Error) bool {
	q := m.host.isolate(a.key())
	if q.Turn != m.host.turn() {
		q.Turn, q.Refused, q.Suspects = m.host.turn(), 0, 0
	}
	if m.now.Sub(q.Since) >= time.Hour || m.now.Before(q.Since) {
		q.Since, q.InHour = m.now, 0
	}
	q.Refused++
	if q.Why = oneLine(cause.Error(), maxWords); !q.Out {
		q.InHour++
	}
	if s.last == nil {
		s.begin(a, m, q, plan)
	} else {
		s.hot = slices.DeleteFunc(slices.Clone(s.hot), func(uid quire.UID) bool { return contains(s.last, uid) })
	}
	if len(s.shown) == 0 {
		return false
	}
	if len(s.hot) == 0 {
		s.hot = s.shown
	}
	left := q.most() - q.Refused
	s.convict = q.InHour > maxSuspect
	switch {
	case left <= 1 || q.Out || s.convict:
		s.last, s.plain = s.shown, true
	case len(s.hot) > 1:
		s.last = s.hot[len(s.hot)-part(len(s.hot), soonBack-q.Calls, left-1):]
	default:
		s.last = s.hot
	}
	s.out = sorted(append(slices.Clone(s.out), s.last...))
	s.shown = slices.DeleteFunc(slices.Clone(s.shown), func(uid quire.UID) bool { return contains(s.last, uid) })
	for _, uid := range s.last {
		if uid != noticed {
			m.state.Withhold(uid, true)
		}
	}
	m.bare = m.bare || contains(s.last, noticed)
	return true
}

// begin finds what the first prompt of a step that was refused shows, and no prompt that
// was taken did.
func (s *search) begin(a *Agent, m *moment, q *quarantine, plan *compose.Plan) {
	took := map[quire.UID]bool{}
	if m.took.Model == a.model().Info.Name && !q.Out {
		for uid := range standing(m.took.Set.Log) {
			took[uid] = true
		}
		for _, uid := range m.took.Withheld {
			delete(took, uid)
		}
	}
	for uid := range standing(plan.Next.Set.Log) {
		if !took[uid] && !contains(plan.Next.Withheld, uid) {
			s.shown = append(s.shown, uid)
		}
	}
	if plan.Prompt.Notice != "" && !m.bare {
		s.shown = append(s.shown, noticed)
	}
	s.shown = sorted(s.shown)
	s.out = slices.Clone(q.keep())
	for _, uid := range s.shown {
		if !contains(q.Held, uid) {
			q.Suspects++
		}
		if contains(q.Hot, uid) {
			s.hot = append(s.hot, uid)
		}
	}
}

// standing lists the messages in a log, and what its pulls show.
func standing(log []quire.Entry) map[quire.UID]bool {
	out := map[quire.UID]bool{}
	for i := range log {
		for j := range log[i].Spans {
			sp := &log[i].Spans[j]
			if sp.Form == quire.FormStub {
				continue
			}
			out[sp.UID] = true
			for _, uid := range sp.Shows {
				out[uid] = true
			}
		}
	}
	delete(out, 0)
	return out
}

// accepted takes in that a prompt was taken: what is guilty of the refusals before it,
// what is still suspect, and what is not.
func (a *Agent) accepted(m *moment, s *search) {
	q := m.host.quarantine(a.key())
	if q == nil || s.last == nil && len(q.Held) == 0 && !q.Out {
		return
	}
	q = m.host.isolate(q.Model)
	if q.Out {
		q.Out, q.Wait = false, 0
		m.judged = append(m.judged, "The model's server takes prompts again.")
	}
	before := q.Held
	hot, out := s.last, s.out
	if s.last == nil { // nothing was refused in this step
		hot, out = q.keep(), q.keep()
		if len(out) == len(q.Held) && q.Refused > 0 { // nothing was tried either
			hot = q.Hot
		}
	} else if s.plain && len(s.hot) < len(s.last) {
		hot = s.hot
	}
	q.Held, q.Hot = sorted(out), sorted(hot)
	if q.Calls++; s.last != nil && len(before) == 0 {
		q.Calls = 1
	}
	switch {
	case s.convict:
		q.blame(m, s.last)
	case len(q.Hot) == 1 && (s.last != nil || len(before) > len(out)):
		q.blame(m, q.Hot)
	}
	if len(q.Held) == 0 {
		q.Hot, q.Calls = nil, 0
	}
	for _, uid := range slices.Concat(before, s.out) {
		if !contains(q.Held, uid) && uid != noticed && !contains(m.cleared, uid) {
			m.cleared = append(m.cleared, uid)
		}
	}
}

// blame keeps messages out for good, and tells why.
func (q *quarantine) blame(m *moment, guilty []quire.UID) {
	guilty = slices.Clone(guilty)
	q.Guilty = append(slices.Clip(q.Guilty), guilty...)
	q.Guilty = q.Guilty[max(0, len(q.Guilty)-maxGuilty):]
	q.Held = slices.DeleteFunc(slices.Clone(q.Held), func(uid quire.UID) bool { return contains(guilty, uid) })
	q.Hot = nil
	if guilty = slices.DeleteFunc(guilty, func(uid quire.UID) bool { return uid == noticed }); len(guilty) > 0 {
		m.judged = append(m.judged, fmt.Sprintf("%s can't be shown to %s: its server refuses what it holds, and the agent goes on without. It stays in the mailbox.\nThe server says: %s",
			numbers(guilty), q.Model[:strings.LastIndexByte(q.Model, '@')], q.Why))
	}
}

// verdicts tells the owner what is kept out.
func (a *Agent) verdicts(m *moment) []quire.Draft {
	if len(m.judged) == 0 {
		return nil
	}
	return a.tellOwner(m, "Held back from the model", strings.Join(m.judged, "\n\n"))
}

// endTurn lets the notice name senders and subjects again.
func (q *quarantine) endTurn() {
	q.Guilty = slices.DeleteFunc(slices.Clone(q.Guilty), func(uid quire.UID) bool { return uid == noticed })
}

// out notes that the server takes no prompt at all, and returns when to try again.
func (a *Agent) out(m *moment) time.Time {
	q := m.host.isolate(a.key())
	q.Out = true
	q.Wait = min(max(2*q.Wait, firstRetry), lastRetry)
	return m.now.Add(q.Wait)
}

// declined makes a reply that the model broke off on purpose an error: no part of it is
// an answer.
func declined(name string, r *quire.Reply) error {
	if r.Stop != quire.StopRefused || len(callsOf(r.Parts[:r.Whole()])) > 0 {
		return nil
	}
	said := "the model declined to answer"
	if t := textOf(r.Parts); t != "" {
		said += ": " + oneLine(t, 300)
	}
	return &providers.Error{Provider: name, Code: providers.CodeRefused, Err: errors.New(said)}
}

func sorted(uids []quire.UID) []quire.UID {
	out := slices.Clone(uids)
	slices.Sort(out)
	return slices.Compact(out)
}
