package compose

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/render"
)

// enterResult puts a result beside its call, or, when its call is not waiting,
// into the log as data.
func (w *work) enterResult(it *quire.Item) {
	res, _ := render.ResultOf(it)
	e := w.openEntry()
	if e < 0 || !w.answer(e, it, &res) {
		w.problem(fmt.Sprintf("%s is a result of call %q, which is not waiting for one: it is shown as data", it.UID, res.CallID))
		w.closeOpen()
		w.enterUser(it, quire.ClassRecent)
	}
}

// answer adds a result to the open entry; false when no call of it waits for
// this one.
func (w *work) answer(e int, it *quire.Item, res *quire.ToolResult) bool {
	entry := &w.st.Set.Log[e]
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
	sp := w.resultSpan(it, res, shown, call, len(entry.CallIDs))
	entry.Spans = append(w.mutable(e), sp)
	entry.Open = len(open) > 1
	w.entered(e, len(entry.Spans)-1)
	if e < w.first {
		w.first = e // the group grew: its bytes are new
	}
	return true
}

func (w *work) resultSpan(it *quire.Item, res *quire.ToolResult, shown string, call quire.ToolCall, calls int) quire.Span {
	class := quire.ClassRecent
	var uids []quire.UID
	for _, p := range res.Parts {
		if ref, ok := p.(quire.Ref); ok {
			class = quire.ClassPulled
			uids = append(uids, ref.UID)
		}
	}
	if pulled := w.pulledBy(call); len(pulled) > 0 {
		class, uids = quire.ClassPulled, append(uids, pulled...)
	}
	sp := w.span(it, quire.RoleTool, class)
	sp.Tool, sp.Call, sp.Shows = call.Name, shown, uids
	sp.Key = callKey(call)
	w.refault(&sp)
	most := w.most(w.room * 2 / shareResults / calls)
	w.fitResult(it, &sp, most)
	w.plan.most, w.plan.whole = most, w.whole
	stub := sp
	stub.Form = quire.FormStub
	if n := w.countResult(it, &stub); n < sp.Tokens {
		sp.Stub = n
	}
	return sp
}

// countResult counts one result; results of a group share one message, whose
// framing each bears, since some formats send a message each.
func (w *work) countResult(it *quire.Item, sp *quire.Span) int {
	return w.count([]quire.Part{w.result(it, sp.Call, sp)})
}

// refault notes that something that left came back.
func (w *work) refault(sp *quire.Span) {
	for _, uid := range sp.Shows {
		for i := len(w.st.Ghosts) - 1; i >= 0; i-- {
			if g := &w.st.Ghosts[i]; g.UID == uid {
				sp.Refaults = max(sp.Refaults, g.Refaults+1)
				w.st.Refaults++
				w.back = append(w.back, Refault{UID: uid, After: w.st.Call - g.Call, Times: g.Refaults + 1})
				break
			}
		}
	}
}

// callKey identifies a call by its name and arguments.
func callKey(c quire.ToolCall) string {
	args := []byte(c.Args)
	if canon, err := quire.CanonicalJSON(args); err == nil {
		args = canon
	}
	b, err := json.Marshal([]string{c.Name, string(args)})
	if err != nil {
		return ""
	}
	return quire.DigestOf(b).Short()
}
