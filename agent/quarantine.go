package agent

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
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
	Guilty []quire.UID `json:"guilty,omitzero"` // stay out: they were refused twice
	Struck []struck    `json:"struck,omitzero"` // were refused once: a server may have said so by mistake
	Held   []quire.UID `json:"held,omitzero"`   // are out until they were tried; oldest first
	Hot    []quire.UID `json:"hot,omitzero"`    // of them one at least is guilty; the most suspect last
	Calls  int         `json:"calls,omitzero"`  // that were taken since something is held
	Why    string      `json:"why,omitzero"`    // in the server's words

	Turn     uint64    `json:"turn,omitzero"`     // to which these belong:
	Refused  int       `json:"refused,omitzero"`  // prompts
	Suspects int       `json:"suspects,omitzero"` // messages
	Since    time.Time `json:"since,omitzero"`    // when the hour began to which this belongs:
	InHour   int       `json:"inHour,omitzero"`   // refused prompts

	Out bool `json:"out,omitzero"` // even a prompt without anything suspect was refused
}

// struck is a message that is tried once more, when it is time.
type struck struct {
	UID quire.UID `json:"uid"`
	At  time.Time `json:"at"`
}

const (
	maxGuilty  = 256              // messages that are known to be refused, the newest
	maxSuspect = 64               // prompts that may be refused in an hour, before the suspects are no longer looked at one by one
	soonBack   = 3                // calls after which what is innocent should stand again
	retrial    = 15 * time.Minute // after which what is guilty is tried once more
	maxSaid    = 1000             // bytes of what the server says, for the owner

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

// unserved says that the server takes not even a prompt without anything suspect.
type unserved struct{ error }

func (o *unserved) Unwrap() error { return o.error }

// key names the model and the version of what makes its requests.
func (a *Agent) key() string {
	return fmt.Sprintf("%s@%d", a.model().Profile.Name, providers.Encoding)
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

// quarantined is the quarantine of the model that is asked now; nil: there is none.
func (a *Agent) quarantined(m *moment) *quarantine {
	if len(m.host.Quarantine) == 0 {
		return nil
	}
	return m.host.quarantine(a.key())
}

// held says whether a message may not be shown yet, for the model that is asked now.
func (a *Agent) held(m *moment, uid quire.UID) bool {
	q := a.quarantined(m)
	return q != nil && contains(q.Held, uid)
}

// guilty says whether a message is never to be shown to the model that is asked now.
func (a *Agent) guilty(m *moment, uid quire.UID) bool {
	q := a.quarantined(m)
	return q != nil && contains(q.Guilty, uid)
}

// shows says whether a message stands in the context as far as it ever will.
func (a *Agent) shows(m *moment, uid quire.UID) bool {
	return m.state.Resident(uid) && !a.held(m, uid)
}

// withhold makes the state hold back what may not be sent to the model that is asked now.
func (a *Agent) withhold(m *moment) {
	q := a.quarantined(m)
	if q == nil && len(m.state.Withheld()) == 0 {
		return
	}
	var out []quire.UID
	m.kept = nil
	if q != nil {
		q = m.host.isolate(q.Model)
		q.of(m.host.turn())
		if q.Refused > 0 && q.Refused+1 >= q.most() { // nothing more is tried in this turn
			for _, list := range [][]quire.Item{m.snap.Arrived, m.wake} {
				for i := range list {
					q.hold(list[i].UID)
				}
			}
		}
		m.kept = q.keep(m.now)
		out = slices.Concat(q.Guilty, m.kept)
	}
	for _, uid := range m.state.Withheld() {
		if !contains(out, uid) {
			m.state.Withhold(uid, false)
		}
	}
	m.bare = false
	for _, uid := range out {
		m.hide(uid, true)
	}
}

// hide makes the next prompt show a message or not.
func (m *moment) hide(uid quire.UID, on bool) {
	if uid == noticed {
		m.bare = on
		return
	}
	m.state.Withhold(uid, on)
}

// of begins the account of a turn, if it is another one.
func (q *quarantine) of(turn uint64) {
	if q.Turn != turn {
		q.Turn, q.Refused, q.Suspects = turn, 0, 0
	}
}

// hold adds what is not to be shown before it was tried.
func (q *quarantine) hold(uid quire.UID) {
	if at, found := slices.BinarySearch(q.Held, uid); !found {
		q.Held = slices.Insert(slices.Clone(q.Held), at, uid)
	}
}

// most is how many prompts may be refused in a turn.
func (q *quarantine) most() int { return 2 + bits.Len(uint(max(q.Suspects, 1)-1)) }

// keep is what of the held the next call does not show: what was refused lately, and the
// newer part of what is hot, or all when no more may be refused in this turn.
func (q *quarantine) keep(now time.Time) []quire.UID {
	wait := q.lately(now)
	hot := less(q.Hot, wait)
	switch left := q.most() - q.Refused; {
	case q.Refused > 0 && left <= 1:
		return q.Held
	case len(hot) < 2:
		return wait
	default:
		out := hot[len(hot)-part(len(hot), soonBack-q.Calls, left-1):]
		if q.many() { // the rest waits until one of them is found
			out = less(q.Held, less(less(hot, out), wait))
		}
		return sorted(slices.Concat(wait, out))
	}
}

// many says whether more than one message seems to be guilty: else it would be known by
// now which.
func (q *quarantine) many() bool { return q.Calls > soonBack }

// part is how many of n suspects the next prompt holds back: half, or as near to it as
// lets one be found with so many prompts that are taken and so many that are refused.
func part(n, calls, refusals int) int {
	calls, refusals = max(calls, 1), max(refusals, 1)
	least, most := n-among(calls, refusals-1), among(calls-1, refusals)
	k := n / 2
	if least <= most {
		k = min(max(k, least), most)
	}
	return min(max(k, 1), n-1)
}

// among is in how many the one can be found by so many prompts that are taken and so
// many that are refused, at most: the binomial coefficient.
func among(taken, refused int) int {
	n := 1
	for i := 1; i <= taken && n < 1<<20; i++ {
		n = n * (refused + i) / i
	}
	return n
}

// accepted takes in that a prompt was taken: what is guilty of the refusals before it,
// what is still suspect, and what is not.
func (a *Agent) accepted(m *moment, s *search) {
	q := a.quarantined(m)
	if q == nil || !s.began && len(q.Held) == 0 {
		return
	}
	q = m.host.isolate(q.Model)
	q.Out = false
	before := q.Held
	q.Calls++
	if s.began {
		q.taken(m, s)
	} else {
		q.tried(m)
	}
	if len(q.Held) == 0 {
		q.Hot, q.Calls = nil, 0
	}
	cleared := less(sorted(slices.Concat(before, s.aside, s.guilty)), q.Held)
	q.Struck = slices.DeleteFunc(slices.Clone(q.Struck), func(s struck) bool { return contains(cleared, s.UID) })
	for _, uid := range cleared {
		if uid != noticed && !contains(q.Guilty, uid) && !contains(m.cleared, uid) { // what is guilty has a turn of its own
			m.cleared = append(m.cleared, uid)
		}
	}
}

// taken ends a search.
func (q *quarantine) taken(m *moment, s *search) {
	before := q.Hot
	q.Held, q.Hot = sorted(slices.Concat(s.kept, s.aside)), s.last
	q.Hot = less(q.Hot, q.lately(m.now))
	if rest := less(less(before, less(before, q.Held)), q.lately(m.now)); len(rest) > 0 && len(rest) <= len(q.Hot) && len(less(before, s.guilty)) == len(before) {
		q.Hot = rest // known before, and still true
	}
	guilty := s.guilty
	switch {
	case s.convict:
		guilty = append(guilty, s.last...)
	case len(q.Hot) == 1:
		guilty = append(guilty, q.Hot...)
	}
	if len(guilty) > 0 {
		q.blame(m, guilty)
	}
}

// tried takes in that a prompt was taken at once that showed part of what was held.
func (q *quarantine) tried(m *moment) {
	if len(m.kept) == len(q.Held) {
		return // nothing was
	}
	q.Held = sorted(m.kept)
	if q.Hot = less(m.kept, q.lately(m.now)); len(q.Hot) == 1 {
		q.blame(m, q.Hot)
	}
}

// lately lists what was refused once and is not to be tried yet.
func (q *quarantine) lately(now time.Time) (out []quire.UID) {
	for _, s := range q.Struck {
		if now.Before(s.At) && s.At.Sub(now) <= retrial {
			out = append(out, s.UID)
		}
	}
	return out
}

// blame holds back what was found guilty, tells why, and keeps it out for good when it is
// found guilty again.
func (q *quarantine) blame(m *moment, guilty []quire.UID) {
	var first, again []quire.UID
	for _, uid := range guilty {
		if at := slices.IndexFunc(q.Struck, func(s struck) bool { return s.UID == uid }); at >= 0 || uid == noticed || q.InHour > maxSuspect {
			q.Struck = slices.DeleteFunc(slices.Clone(q.Struck), func(s struck) bool { return s.UID == uid })
			again = append(again, uid)
			continue
		}
		first = append(first, uid)
		q.Struck = append(slices.Clip(q.Struck), struck{uid, m.now.Add(retrial)})
		q.hold(uid)
	}
	q.Struck = q.Struck[max(0, len(q.Struck)-maxGuilty):]
	q.Guilty = append(slices.Clip(q.Guilty), again...)
	q.Guilty = q.Guilty[max(0, len(q.Guilty)-maxGuilty):]
	q.Held = less(q.Held, again)
	q.Hot = less(q.Hot, guilty)
	model := q.Model[:strings.LastIndexByte(q.Model, '@')]
	if len(first) > 0 {
		m.put = append(m.put, first...)
		m.judged = append(m.judged, fmt.Sprintf("%s can't be shown to %s now: its server refuses what it holds, and the agent goes on without. It stays in the mailbox and is tried once more at %s.\nThe server says: %s",
			numbers(first), model, stamp(m.now.Add(retrial)), q.Why))
	}
	if again = less(again, []quire.UID{noticed}); len(again) > 0 {
		m.judged = append(m.judged, fmt.Sprintf("%s can't be shown to %s: its server refuses what it holds. It stays in the mailbox.\nThe server says: %s", numbers(again), model, q.Why))
	}
}

// verdicts tells the owner what is kept out.
func (a *Agent) verdicts(m *moment) []quire.Draft {
	if len(m.judged) == 0 {
		return nil
	}
	for _, said := range m.judged {
		a.log.Warn(logBlamed, "turn", m.host.turn(), "what", oneLine(said, maxWords))
	}
	return a.tellOwner(m, "Held back from the model", strings.Join(m.judged, "\n\n"))
}

// endTurn lets the notice name senders and subjects again.
func (q *quarantine) endTurn() {
	q.Guilty = slices.DeleteFunc(slices.Clone(q.Guilty), func(uid quire.UID) bool { return uid == noticed })
}

// none notes that no prompt at all is taken: nothing was learned of what is suspect.
func (q *quarantine) none() { q.Out, q.Refused, q.Suspects = true, 0, 0 }

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
