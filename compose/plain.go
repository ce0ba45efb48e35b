package compose

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

// LeftOut is what one line of a session's prompt stands for.
type LeftOut struct {
	// Fate says which line: FateOut is the one at the front, for all messages that
	// left; FateStub stands for what a tool returned; FateExcerpt inside a text for
	// its middle.
	Fate        Fate
	First, Last quire.UID // the lowest and the highest number of what is left out
	Messages    int       // how many they are
	Tool        string    // of a stub: the tool's name
	Bytes       int64     // of an excerpt: how much is left out
	Tools       bool      // the model has the tools that [Session.Tools] returns
}

// usual is the line as a session writes it, if it is not told otherwise.
func (l LeftOut) usual() string {
	switch {
	case l.Fate == FateStub && l.Tools:
		return "[what " + toolName(l.Tool) + " returned is left out; context_pull " + l.First.String() + " shows it]"
	case l.Fate == FateStub:
		return "[what " + toolName(l.Tool) + " returned is left out]"
	case l.Fate == FateExcerpt && l.Tools:
		return "[… " + strconv.FormatInt(l.Bytes, 10) + " bytes left out; context_pull " + l.First.String() + " shows any range …]"
	case l.Fate == FateExcerpt:
		return "[… " + strconv.FormatInt(l.Bytes, 10) + " bytes left out …]"
	}
	what := "[" + strconv.Itoa(l.Messages) + " earlier messages of this conversation"
	if l.Messages == 1 {
		what = "[1 earlier message of this conversation"
	}
	switch {
	case !l.Tools && l.Messages == 1:
		return what + " is left out]"
	case !l.Tools:
		return what + " are left out]"
	case l.Messages == 1:
		return what + ", " + l.First.String() + ", is left out; context_pull shows it]"
	}
	return what + ", from " + l.First.String() + " to " + l.Last.String() + ", are left out; context_find searches them, context_pull shows them by number]"
}

func toolName(name string) string {
	if name == "" {
		return "a tool"
	}
	return name
}

// plain is how a list of messages that is not a mailbox is shown: as it is.
type plain struct {
	handles bool // with handles and fences all the same
	tools   bool // the context tools are there
	say     func(LeftOut) string
	pins    map[quire.UID]bool
}

// line is a line of one's own, or the usual one. It is never empty.
func (p *plain) line(l LeftOut) string {
	l.Tools = p.tools
	if p.say != nil {
		if s := p.say(l); s != "" {
			return s
		}
	}
	return l.usual()
}

func (p *plain) gap(uid quire.UID) func(int64) string {
	return func(left int64) string {
		return p.line(LeftOut{Fate: FateExcerpt, First: uid, Last: uid, Messages: 1, Bytes: left})
	}
}

// allow is how many tokens something may take when it enters, elsewhere its share: in
// a session any number, since only what does not fit is shortened, and that shows
// later.
func (w *work) allow(share int) int {
	if w.in.plain != nil {
		return math.MaxInt32
	}
	return share
}

// plainUser shows what somebody sent as it is; keep 0 is all of it.
func (w *work) plainUser(it *quire.Item, keep int) []quire.Part {
	parts := render.Shorten(it.Parts, keep, w.in.plain.gap(it.UID))
	if !w.in.plain.handles {
		return w.inline(parts)
	}
	as := *it
	as.Parts = parts
	return w.r.Mail(&as, w.bodyTokens(it), 0)
}

// plainTurn shows what the model said as it is, but for ids of calls that can't be
// sent or stand twice.
func (w *work) plainTurn(it *quire.Item, ids []string, sp *resident.Span) []quire.Part {
	parts := slices.Clone(render.Shorten(it.Parts, excerpt(sp), w.in.plain.gap(it.UID)))
	n := 0
	for i, p := range parts {
		if call, ok := p.(quire.ToolCall); ok && n < len(ids) {
			call.ID = ids[n]
			parts[i] = call
			n++
		}
	}
	return parts
}

// result renders what a tool returned, under the id that its call has here.
func (w *work) result(it *quire.Item, callID string, sp *resident.Span) quire.ToolResult {
	p := w.in.plain
	if p == nil {
		return w.r.Result(it, callID, w.bodyTokens(it), sp)
	}
	res, _ := render.ResultOf(it)
	res.CallID = callID
	switch {
	case sp.Form == resident.FormStub:
		res.Parts = []quire.Part{quire.Text{Text: p.line(LeftOut{Fate: FateStub, First: it.UID, Last: it.UID, Messages: 1, Tool: sp.Tool})}}
		return res
	case p.handles:
		res.Parts = render.Shorten(res.Parts, excerpt(sp), p.gap(it.UID))
		as := *it
		as.Parts = []quire.Part{res}
		return w.r.Result(&as, callID, w.bodyTokens(it), &resident.Span{})
	}
	res.Parts = render.Shorten(w.inline(res.Parts), excerpt(sp), p.gap(it.UID))
	return res
}

// inline shows, in place of references, what they refer to, as mail.
func (w *work) inline(parts []quire.Part) []quire.Part {
	if !slices.ContainsFunc(parts, isRef) {
		return parts
	}
	var out []quire.Part
	for _, p := range parts {
		ref, ok := p.(quire.Ref)
		if !ok {
			out = append(out, p)
			continue
		}
		it, ok := w.item(ref.Message)
		if !ok {
			out = append(out, quire.Text{Text: "[" + ref.UID.String() + " is no longer there]"})
			continue
		}
		out = append(out, w.r.Mail(&it, w.bodyTokens(&it), 0)...)
	}
	return out
}

func isRef(p quire.Part) bool {
	_, ok := p.(quire.Ref)
	return ok
}

// tombstone is the line that stands for what left.
func (w *work) tombstone(t *resident.Tombstone) string {
	if w.in.plain == nil {
		return render.Tombstone(t)
	}
	return w.in.plain.line(LeftOut{Fate: FateOut, First: t.First, Last: t.Last, Messages: t.Messages})
}

// noteShare is the part of the log's room that pinned system messages take at most:
// a quarter.
const noteShare = 4

// heed pins what a session was told to, and the newest system messages, and drops
// what the model dropped with the session's tool.
func (w *work) heed() {
	p := w.in.plain
	if p == nil {
		return
	}
	for i := range w.in.Arrived {
		for _, uid := range droppedBy(&w.in.Arrived[i]) {
			w.st.Drop(uid, true)
		}
	}
	notes := 0
	for i := len(w.st.set.Log) - 1; i >= 0; i-- {
		for j := range w.st.set.Log[i].Spans {
			sp := &w.st.set.Log[i].Spans[j]
			pin := sp.Pinned
			if sp.Kind == quire.KindNote {
				notes += sp.Tokens
				pin = notes <= w.room/noteShare
			}
			if told, ok := p.pins[sp.UID]; ok {
				pin = told
			}
			if pin != sp.Pinned {
				w.mutable(i)[j].Pinned = pin
			}
		}
	}
}

// lateResult is how a result is shown that comes after the model went on without
// it: as a message that names the call.
func lateResult(call *quire.ToolCall, res *quire.ToolResult) []quire.Part {
	state := ""
	if res.IsError {
		state = ", an error"
	}
	head := fmt.Sprintf("[the late result%s of call %s: %s %s]", state, call.ID, call.Name, render.Shorten([]quire.Part{*call}, 200, nil)[0].(quire.ToolCall).Args)
	return append([]quire.Part{quire.Text{Text: head}}, res.Parts...)
}
