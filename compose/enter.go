package compose

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// Shares of the log's room that one thing may take when it enters; what is
// larger enters as an excerpt. With a group's message and its results at their
// largest beside the newest user message at its least, nine tenths are taken, so
// that there is always a prompt that fits.
const (
	shareMail    = 5 // two fifths (2/5) for a message that somebody sent
	shareUser    = 4 // a quarter for the newest of them when nothing else makes the prompt fit
	shareTurn    = 4 // a quarter for an assistant message
	shareResults = 5 // two fifths (2/5) for all the results of one group, three if it pulls and the rest is small
)

// callIDPattern is what every provider accepts as the id of a call.
var callIDPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// arrive lets what arrived into the log, in order, but never between a call and
// its results.
func (w *work) arrive() error {
	w.markUses()
	if w.ended = w.in.State.ended(); w.ended && !slices.ContainsFunc(w.in.Arrived, sent) {
		w.st.turn, w.begins = w.st.turn+1, true // the turn that begins goes on with what stands
		w.ended = false
	}
	var waiting []*quire.Item
	flush := func() {
		for _, it := range waiting {
			w.enterUser(it, policy.ClassRecent)
		}
		waiting = waiting[:0]
	}
	last := w.trailingUser()
	if last >= 0 {
		w.newest = w.in.Arrived[last].ID
	}
	for i := range w.in.Arrived {
		it := w.allowed(&w.in.Arrived[i])
		w.fresh[it.ID] = &w.in.Arrived[i]
		if it.Self && it.UID > w.st.set.Through {
			w.st.set.Through = it.UID
		}
		if i == last {
			w.closeOpen() // what answers to it would stand before it
			flush()
			w.offer(it)
		}
		switch {
		case it.Kind == quire.KindTurn:
			w.closeOpen()
			flush()
			w.enterTurn(it)
		case it.Kind == quire.KindResult:
			w.enterResult(it)
			if w.openEntry() < 0 {
				flush()
			}
		case w.openEntry() >= 0:
			waiting = append(waiting, it)
		default:
			w.enterUser(it, policy.ClassRecent)
		}
	}
	if len(waiting) > 0 {
		w.closeOpen()
		flush()
	}
	if last < 0 {
		w.offer(nil)
	}
	if w.ended { // nothing that came entered
		w.st.turn, w.begins = w.st.turn+1, true
	}
	if e := w.openEntry(); e >= 0 {
		entry := &w.st.set.Log[e]
		return &openCallsError{entry.Spans[0].UID, w.unanswered(entry)}
	}
	return nil
}

// sent says whether somebody sent a message, the agent's notes and events to itself
// included: no turn and no result.
func sent(it quire.Item) bool { return it.Kind != quire.KindTurn && it.Kind != quire.KindResult }

// trailingUser is the index of the arrived message that ends the log, when it
// is one that somebody sent: what a recall offers stands before it.
func (w *work) trailingUser() int {
	n := len(w.in.Arrived) - 1
	if n < 0 || !sent(w.in.Arrived[n]) {
		return -1
	}
	return n
}

// openEntry is the index of the last entry when it waits for results, or -1.
func (w *work) openEntry() int {
	if n := len(w.st.set.Log) - 1; n >= 0 && w.st.set.Log[n].Open {
		return n
	}
	return -1
}

// unanswered lists the calls of an open entry that have no result, as shown.
func (w *work) unanswered(e *resident.Entry) []string {
	answered := map[string]bool{}
	for _, sp := range e.Spans[1:] {
		answered[sp.Call] = true
	}
	var ids []string
	for _, id := range e.CallIDs {
		if !answered[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// closeOpen ends a group whose results will not come any more; layout answers
// its open calls with one line.
func (w *work) closeOpen() {
	e := w.openEntry()
	if e < 0 {
		return
	}
	entry := &w.st.set.Log[e]
	w.problem(fmt.Sprintf("calls %v of %s have no results: they are shown as unknown", w.unanswered(entry), entry.Spans[0].UID))
	entry.Open = false
	w.mutable(e)[0].Tokens += w.unknown(entry)
}

// unknown counts the lines that answer a group's calls without results.
func (w *work) unknown(e *resident.Entry) int {
	if e.Open {
		return 0
	}
	return len(w.unanswered(e)) * w.count([]quire.Part{quire.ToolResult{CallID: "q1_1", Parts: []quire.Part{quire.Text{Text: noResult}}}})
}

// noResult answers a call whose result was never stored.
const noResult = "(no result was recorded; the outcome is unknown)"

func (w *work) append(e resident.Entry) {
	w.st.seq++
	e.Seq, e.Render = w.st.seq, render.Version
	w.st.set.Log = append(w.st.set.Log, e)
	w.own = append(w.own, true)
}

// span fills what all spans have in common.
func (w *work) span(it *quire.Item, role quire.Role, class policy.Class, digest quire.Digest) resident.Span {
	return resident.Span{Message: it.ID, UID: it.UID, Kind: it.Kind, Role: role, From: it.From, Class: class,
		Digest: digest, Entered: w.st.call, LastUse: w.st.call, Turn: w.st.turn,
		Priority: priority(it), Until: it.ValidUntil, Names: w.memo.uses.namesIn(quire.PlainText(it.Parts))}
}

// enterUser lets one message that somebody sent into the log.
func (w *work) enterUser(it *quire.Item, class policy.Class) {
	if w.above(it.UID) {
		return
	}
	if why := w.refuse(it, w.in.plain == nil && w.afterUser() && it.ID != w.newest); why != "" {
		w.decide(Decision{UID: it.UID, Kind: kind(it), Fate: FateOut, Reason: why, New: true})
		return
	}
	w.supersede(it)
	if w.st.turn == 0 || w.ended || w.afterTurnEnd() {
		w.st.turn, w.begins = w.st.turn+1, true
		w.ended = false
	}
	sp := w.span(it, quire.RoleUser, class, w.digest(it, quire.RoleUser))
	w.fitUser(it, &sp, w.allow(w.room*2/shareMail))
	w.append(resident.Entry{Spans: []resident.Span{sp}})
	w.entered(len(w.st.set.Log)-1, 0)
}

// refuse says why a message does not enter, or "". once refuses one that says
// the same as another that stands; it is not asked for the newest message or for
// what answers the model: a repeated "go on" means something.
func (w *work) refuse(it *quire.Item, once bool) string {
	switch {
	case it.Flags&quire.FlagSuperseded != 0, w.replaced(it):
		return "superseded"
	case it.Flags&quire.FlagRetracted != 0:
		return "retracted"
	case it.Expired(w.in.Now):
		return "expired"
	}
	if once {
		if uid, ok := w.st.Same(it, w.resident); ok {
			return fmt.Sprintf("the same as %s above", uid)
		}
	}
	return ""
}

// resident finds a message that stands.
func (w *work) resident(uid quire.UID) (quire.Item, bool) {
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			if sp := &w.st.set.Log[i].Spans[j]; sp.UID == uid {
				return w.item(sp.Message)
			}
		}
	}
	return quire.Item{}, false
}

// Same finds a resident message that says the same as it, from the same sender: in
// its parts, and in what its handle says of it. body reads a message that stands;
// false when it can't.
func (s *State) Same(it *quire.Item, body func(quire.UID) (quire.Item, bool)) (quire.UID, bool) {
	d := resident.Short(codec.PartsDigest(it.Parts))
	for i := range s.set.Log {
		for j := range s.set.Log[i].Spans {
			sp := &s.set.Log[i].Spans[j]
			if sp.Role != quire.RoleUser || sp.Digest != d || sp.From != it.From || sp.Dead() {
				continue
			}
			if old, ok := body(sp.UID); ok && sameDraft(&old.Draft, &it.Draft) {
				return sp.UID, true
			}
		}
	}
	return 0, false
}

// sameDraft says whether two drafts differ in nothing that a reader acts on, parts
// and sender aside.
func sameDraft(a, b *quire.Draft) bool {
	kindOf := func(d *quire.Draft) quire.Kind { return cmp.Or(d.Kind, quire.KindMail) }
	return a.Subject == b.Subject && kindOf(a) == kindOf(b) && a.InReplyTo == b.InReplyTo && reflect.DeepEqual(a.Question, b.Question)
}

// replaced says whether a later message that arrived with this one, of the same
// sender, replaces it.
func (w *work) replaced(it *quire.Item) bool {
	later := false
	for i := range w.in.Arrived {
		by := &w.in.Arrived[i]
		if later && by.From == it.From && slices.Contains(by.Supersedes, it.ID) && !by.Expired(w.in.Now) {
			return true
		}
		later = later || by.ID == it.ID
	}
	return false
}

// above says whether the message stands already: then the decision on what
// stands is the one on what arrived or was offered.
func (w *work) above(uid quire.UID) bool {
	if uid == 0 {
		return false
	}
	for _, entries := range [][]resident.Entry{w.st.set.Head, w.st.set.Log} {
		for i := range entries {
			for j := range entries[i].Spans {
				if entries[i].Spans[j].UID == uid {
					return true
				}
			}
		}
	}
	return false
}

// supersede marks what the message replaces, if its sender sent that too.
func (w *work) supersede(it *quire.Item) {
	for _, id := range it.Supersedes {
		for i := range w.st.set.Log {
			for j := range w.st.set.Log[i].Spans {
				if sp := &w.st.set.Log[i].Spans[j]; sp.Message == id && sp.From == it.From {
					sp = &w.mutable(i)[j]
					sp.Mark, sp.Pinned = policy.MarkSuperseded, false
				}
			}
		}
	}
}

// afterTurnEnd says whether the log ends with an assistant message that called
// nothing: the exchange is over and what enters now begins another.
func (w *work) afterTurnEnd() bool {
	for i := len(w.st.set.Log) - 1; i >= 0; i-- {
		if e := &w.st.set.Log[i]; e.Tombstone == nil {
			return e.Spans[0].Role == quire.RoleAssistant && len(e.CallIDs) == 0
		}
	}
	return false
}

// afterUser says whether the log ends with a message that somebody sent.
func (w *work) afterUser() bool {
	n := len(w.st.set.Log)
	return n > 0 && w.st.set.Log[n-1].Tombstone == nil && w.st.set.Log[n-1].Spans[0].Role == quire.RoleUser
}

// enterTurn lets an assistant message into the log.
func (w *work) enterTurn(it *quire.Item) {
	sp := w.span(it, quire.RoleAssistant, policy.ClassRecent, w.digest(it, quire.RoleAssistant))
	sp.Says = says(it.Parts)
	ids := w.callIDs(it)
	w.fitTurn(it, ids, &sp, w.allow(w.room/shareTurn))
	e := resident.Entry{Spans: []resident.Span{sp}, Open: len(ids) > 0, CallIDs: ids}
	if slices.ContainsFunc(it.Parts, func(p quire.Part) bool { _, ok := p.(quire.Reasoning); return ok }) {
		e.Notice = w.st.notice
	}
	w.st.notice = "" // what comes next answers another call
	w.append(e)
	w.entered(len(w.st.set.Log)-1, 0)
}

func says(parts []quire.Part) bool {
	return slices.ContainsFunc(parts, func(p quire.Part) bool {
		t, ok := p.(quire.Text)
		return ok && strings.TrimSpace(t.Text) != ""
	})
}

// callIDs are the ids that the prompt uses for a message's calls: its own,
// unless they can't be sent or stand for another resident call.
func (w *work) callIDs(it *quire.Item) []string {
	var ids []string
	for _, p := range it.Parts {
		call, ok := p.(quire.ToolCall)
		if !ok {
			continue
		}
		id := call.ID
		if !callIDPattern.MatchString(id) || slices.Contains(ids, id) || w.callInUse(id) {
			id = fmt.Sprintf("q%d_%d", it.UID, len(ids)+1)
			for n := 2; slices.Contains(ids, id) || w.callInUse(id); n++ { // a model may have said just that
				id = fmt.Sprintf("q%d_%d_%d", it.UID, len(ids)+1, n)
			}
		}
		ids = append(ids, id)
	}
	return ids
}

func (w *work) callInUse(id string) bool {
	return slices.ContainsFunc(w.st.set.Log, func(e resident.Entry) bool { return slices.Contains(e.CallIDs, id) })
}

func kind(it *quire.Item) quire.Kind {
	if it.Kind == "" {
		return quire.KindMail
	}
	return it.Kind
}
