package compose

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// enterResult puts a result beside its call, or, when its call is not waiting,
// into the log as data.
func (w *work) enterResult(it *quire.Item) {
	res, _ := render.ResultOf(it)
	e := w.openEntry()
	if e < 0 || !w.answer(e, it, &res) {
		w.problem(fmt.Sprintf("%s is a result of call %q, which is not waiting for one: it is shown as data", it.UID, res.CallID))
		w.closeOpen()
		w.enterUser(it, policy.ClassRecent)
	}
}

// answer adds a result to the open entry; false when no call of it waits for
// this one.
func (w *work) answer(e int, it *quire.Item, res *quire.ToolResult) bool {
	entry := &w.st.set.Log[e]
	turn, ok := w.item(entry.Spans[0].Message)
	if !ok {
		return false
	}
	shown, call := "", quire.ToolCall{}
	open, n := w.unanswered(entry), 0
	for _, p := range turn.Parts {
		c, isCall := p.(quire.ToolCall)
		if !isCall {
			continue
		}
		if id := entry.CallIDs[n]; shown == "" && c.ID == res.CallID && slices.Contains(open, id) {
			shown, call = id, c
		}
		n++
	}
	if shown == "" {
		return false
	}
	sp := w.resultSpan(it, res, shown, call, w.most(entry, it, res, len(open)))
	entry.Spans = append(w.mutable(e), sp)
	entry.Open = len(open) > 1
	w.entered(e, len(entry.Spans)-1)
	if e < w.first {
		w.first = e // the group grew: its bytes are new
	}
	return true
}

// most is how many tokens a result of the group may take: an equal part of the
// group's share, but for pulls. Of these the small ones leave what they don't take to
// the large ones, since what was pulled is wanted whole.
func (w *work) most(e *resident.Entry, it *quire.Item, res *quire.ToolResult, open int) int {
	if w.in.plain != nil {
		return w.allow(0)
	}
	left := w.room * 2 / shareResults
	equal := left / len(e.CallIDs)
	if len(shows(res.Parts)) == 0 {
		return equal
	}
	left = max(left, min(w.room*3/shareResults, w.room*9/10-w.room/shareUser-e.Spans[0].Tokens))
	for i := 1; i < len(e.Spans); i++ {
		left -= e.Spans[i].Tokens
	}
	at := slices.IndexFunc(w.in.Arrived, func(a quire.Item) bool { return a.ID == it.ID })
	sizes := make([]int, 0, open)
	for i := at; i >= 0 && i < len(w.in.Arrived) && w.in.Arrived[i].Kind == quire.KindResult && len(sizes) < open; i++ {
		sizes = append(sizes, w.resultTokens(w.allowed(&w.in.Arrived[i]), equal))
	}
	for len(sizes) < open { // those to come
		sizes = append(sizes, equal)
	}
	slices.Sort(sizes)
	all := left
	for i, n := range sizes {
		each := left / (len(sizes) - i)
		if n > each {
			return each
		}
		left -= n
	}
	return all
}

// resultTokens counts a result as it will stand beside others, once a plan: a pull
// whole, another one up to its equal part.
func (w *work) resultTokens(it *quire.Item, equal int) int {
	n, ok := w.sizes[it.ID]
	if !ok {
		n = w.countResult(it, &resident.Span{Role: quire.RoleTool, Call: "call"})
		if res, _ := render.ResultOf(it); len(shows(res.Parts)) == 0 {
			n = min(n, equal)
		}
		if w.sizes == nil {
			w.sizes = map[quire.MessageID]int{}
		}
		w.sizes[it.ID] = n
	}
	return n
}

// resultSpan makes the span of a result that may take so many tokens.
func (w *work) resultSpan(it *quire.Item, res *quire.ToolResult, shown string, call quire.ToolCall, most int) resident.Span {
	sp := w.span(it, quire.RoleTool, policy.ClassRecent, w.digest(it, quire.RoleTool))
	if stored := w.fresh[it.ID]; stored != nil { // also while it is withheld
		raw, _ := render.ResultOf(stored)
		res = &raw
	}
	if sp.Shows = append(shows(res.Parts), w.pulledBy(call)...); len(sp.Shows) > 0 {
		sp.Class = policy.ClassPulled
	}
	sp.Tool, sp.Call, sp.Key = call.Name, shown, callKey(call)
	w.refault(&sp)
	w.fitResult(it, &sp, most)
	if len(sp.Shows) > 0 || w.plan.most == 0 {
		w.plan.most, w.plan.whole = most, w.whole
	}
	w.fitStub(it, &sp)
	return sp
}

// fitStub counts what a result takes as a stub, where that is less.
func (w *work) fitStub(it *quire.Item, sp *resident.Span) {
	stub := *sp
	stub.Form, sp.Stub = resident.FormStub, 0
	if n := w.countResult(it, &stub); n < sp.Tokens {
		sp.Stub = n
	}
}

// shows lists what a pull's result shows.
func shows(parts []quire.Part) []quire.UID {
	var uids []quire.UID
	for _, p := range parts {
		if ref, ok := p.(quire.Ref); ok {
			uids = append(uids, ref.UID)
		}
	}
	return uids
}

// countResult counts one result; results of a group share one message, whose
// framing each bears, since some formats send a message each.
func (w *work) countResult(it *quire.Item, sp *resident.Span) int {
	return w.count([]quire.Part{w.result(it, sp.Call, sp)})
}

// refault notes that something that left came back.
func (w *work) refault(sp *resident.Span) {
	for _, uid := range sp.Shows {
		if g := w.st.lastGhost(uid); g != nil {
			sp.Refaults = max(sp.Refaults, g.Refaults+1)
			w.st.refaults++
			w.back = append(w.back, Refault{UID: uid, After: w.st.call - g.Call, Times: g.Refaults + 1})
		}
	}
}

// callKey identifies a call by its name and arguments.
func callKey(c quire.ToolCall) string {
	args := []byte(c.Args)
	if canon, err := codec.CanonicalJSON(args); err == nil {
		args = canon
	}
	b, err := json.Marshal([]string{c.Name, string(args)})
	if err != nil {
		return ""
	}
	return quire.DigestOf(b).Short()
}
